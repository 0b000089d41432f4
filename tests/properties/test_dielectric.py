"""Dielectric tensors: Hessian against finite fields, and what the sets are known for."""

import numpy as np
import pytest
from ase.build import bulk

from designer_app.cli.benches.core_shell import Crystal, atoms_of, structure_of
from designer_app.device import Compute
from designer_app.potentials.core_shell import load
from designer_app.properties.dielectric import dielectric_in_field, dielectric_tensors
from designer_app.specs.structure import Structure

IN_FIELD = 1e-5
"""Relative difference of the two ways: what is left of the fifth power of the field."""
AT_REST = {
    "mgo-gale": ("MgO", "rocksalt", 4.2425),
    "bush": ("OLi2", "fluorite", 4.6187),
    "srtio3-akhtar": ("SrTiO3", "perovskite", 3.8967),
    "ceo2-sayle": ("CeO2", "fluorite", 5.4293),
}
"""Cubic crystals near the lattice constant (A) of each set."""


@pytest.fixture
def magnesia():
    return load("mgo-gale", Compute(device="cpu"))


def crystal(rattle=0.0, a=4.2425):
    atoms = bulk("MgO", "rocksalt", a=a)
    atoms.rattle(rattle, seed=0)
    return Structure(atoms.numbers, atoms.positions, atoms.cell.array, (True, True, True))


@pytest.mark.parametrize("model", AT_REST)
def test_static_tensor_is_that_in_a_finite_field(model):
    name, kind, a = AT_REST[model]
    potential = load(model, Compute(device="cpu"))
    cubic = Crystal(name=name, model=model, kind=kind, measured=(a, None, None, None))
    structure = structure_of(atoms_of(cubic, a))
    found = dielectric_tensors(potential, structure).static
    known = dielectric_in_field(potential, structure)
    np.testing.assert_allclose(found, known, rtol=IN_FIELD, atol=IN_FIELD)


def test_high_frequency_tensor_is_that_of_the_shells_in_a_finite_field(magnesia):
    rattled = crystal(rattle=0.1)
    found = dielectric_tensors(magnesia, rattled).high_frequency
    known = dielectric_in_field(magnesia, rattled, cores_move=False)
    np.testing.assert_allclose(found, known, rtol=IN_FIELD, atol=IN_FIELD)


def test_born_charges_add_up_to_nothing(magnesia):
    born = dielectric_tensors(magnesia, crystal()).born_charges
    np.testing.assert_allclose(born.sum(axis=0), 0.0, atol=1e-8)


def test_an_unstable_crystal_has_no_static_tensor(magnesia):
    found = dielectric_tensors(magnesia, crystal(a=6.5))
    assert found.softest < 0
    assert found.static is None
