"""Crystals whose minimum is known in closed form or published."""

import math

import numpy as np
import pytest
from ase.build import bulk

from designer_app.device import Compute
from designer_app.potentials import load_potential
from designer_app.relaxation import Goal, relax

SIGMA, EPSILON = 3.4, 0.0103
"""A, eV."""
A6, A12 = 14.45392, 12.13188
"""Lattice sums of the fcc crystal over (r_nearest/r)^6 and ^12 (Ashcroft and Mermin, Solid State
Physics, table 20.2)."""
CUT_OFF_TAIL = 2e-3
"""Relative: what pairs beyond 9 sigma add to the energy; to the lattice constant a tenth."""


@pytest.fixture(scope="module")
def long_range_argon(tmp_path_factory):
    """Lennard-Jones with a cutoff so long that it hardly matters."""
    path = tmp_path_factory.mktemp("model") / "argon.toml"
    path.write_text(
        'form = "lennard-jones"\n'
        'cutoff = { unit = "sigma", begin = 9.0, end = 10.0 }\n'
        f"elements = {{ Ar = {{ sigma = {SIGMA}, epsilon = {EPSILON} }} }}\n",
        encoding="utf-8",
    )
    return load_potential("lennard-jones", str(path), Compute(device="cpu"))


@pytest.mark.parametrize("optimizer", ["lbfgs", "fire"])
def test_lennard_jones_argon_has_the_lattice_constant_of_its_lattice_sums(
    optimizer, long_range_argon, structure_of
):
    (found,) = relax(
        [structure_of(bulk("Ar", a=5.5))],
        long_range_argon,
        Goal(fmax=1e-5, smax=1e-6),
        optimizer=optimizer,
    )
    lattice_constant = math.sqrt(2) * (2 * A12 / A6) ** (1 / 6) * SIGMA
    cohesive_energy = A6**2 / (2 * A12) * EPSILON
    assert (4 * found.structure.volume) ** (1 / 3) == pytest.approx(
        lattice_constant, rel=0.1 * CUT_OFF_TAIL
    )
    assert found.energy == pytest.approx(-cohesive_energy, rel=CUT_OFF_TAIL)


def test_sodium_chloride_with_chgnet_has_its_lattice_constant(structure_of):
    """The package's own optimizer, driven to 1 meV/A, ends at 5.6943 A and -3.66798 eV/atom."""
    chgnet = load_potential("chgnet", "0.3.0", Compute(device="cpu"))
    atoms = bulk("NaCl", "rocksalt", a=5.5)
    atoms.rattle(0.05, seed=1)
    (found,) = relax([structure_of(atoms)], chgnet, Goal(fmax=1e-3, smax=None))
    assert (4 * found.structure.volume) ** (1 / 3) == pytest.approx(5.6943, abs=1e-3)
    assert found.energy / 2 == pytest.approx(-3.66798, abs=5e-5)


def test_a_slab_keeps_its_bulk_side_and_relaxes_its_surface(structure_of, emt):
    """The first layer of EMT's Cu(111) moves inwards, as in experiment."""
    from ase.build import fcc111

    atoms = fcc111("Cu", (1, 1, 4), a=3.59, vacuum=8.0, periodic=True)
    fixed = atoms.get_tags() >= 3
    (found,) = relax([structure_of(atoms, fixed)], emt, Goal(fmax=0.005, fix_cell=True))
    heights = np.sort(found.structure.positions[:, 2])
    spacing = np.diff(heights)
    assert found.converged
    assert spacing[-1] < spacing[0]
