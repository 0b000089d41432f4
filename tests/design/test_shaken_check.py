"""Whether a crystal that is shaken comes back is told by its energy, up or down."""

import numpy as np
import pytest
from ase.build import bulk

from designer_app.design.checking import MOST_CHANGE, checked
from designer_app.device import Compute
from designer_app.potentials import load_potential
from designer_app.relaxation import relax
from designer_app.running.control import RunControl
from designer_app.specs.structure import Structure


@pytest.fixture(scope="module")
def chgnet():
    return load_potential("chgnet", "0.3.0", Compute(device="cpu"))


@pytest.fixture(scope="module")
def sodium_chloride(chgnet):
    """Its relaxed cell, and its energy in eV/atom."""
    atoms = bulk("NaCl", "rocksalt", a=5.7)
    crystal = Structure(
        numbers=atoms.numbers.astype(np.int64),
        positions=atoms.positions,
        cell=atoms.cell.array,
        pbc=(True, True, True),
    )
    (found,) = relax([crystal], chgnet)
    return found.structure, found.energy / 2


@pytest.mark.parametrize(
    ("error", "holds"),
    [(0.0, True), (-2 * MOST_CHANGE, False), (2 * MOST_CHANGE, False)],
    ids=["its energy", "too low an energy", "too high an energy"],
)
def test_rock_salt_comes_back_to_its_own_energy_alone(error, holds, chgnet, sodium_chloride):
    crystal, energy = sodium_chloride
    answer = checked(crystal, energy + error, chgnet, 1, RunControl())
    assert answer.checks[0].holds is holds


def test_only_a_crystal_that_fell_is_shown_anew(chgnet, sodium_chloride):
    crystal, energy = sodium_chloride
    shown = [
        len(checked(crystal, energy + error, chgnet, 1, RunControl()).relaxed)
        for error in (-2 * MOST_CHANGE, 2 * MOST_CHANGE)
    ]
    assert shown == [0, 1]
