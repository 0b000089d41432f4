import numpy as np
import pytest
from ase import Atoms
from ase.neighborlist import neighbor_list

from designer_app.design.representation.describing import describe, fits_tokens, is_sound
from designer_app.design.representation.frameworks import Framework, frameworks, likenesses
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.potentials import load_potential
from designer_app.relaxation import Goal, relax
from designer_app.screening.duplicates import same_crystal
from designer_app.screening.reference.symmetry import (
    CrystalClass,
    Orbit,
    Template,
)
from designer_app.specs.structure import Structure
from designer_app.units import GPA

RADII_A = {
    "Li": (0.59, 0.76), "P": (0.17, 0.17), "Ge": (0.39, 0.39), "Zr": (0.72, 0.72),
    "Te": (0.56, 0.56), "La": (1.16, 1.16), "Nd": (1.109, 1.109),
}  # fmt: skip
"""Shannon 1976, doi:10.1107/S0567739476001551; of the coordination below, of lithium with four and
with six neighbours."""
ANIONS_A = {"O": 1.38, "S": 1.84}
COORDINATION = {"Li": 4, "P": 4, "Ge": 4, "Zr": 6, "Te": 6, "La": 8, "Nd": 8}
"""Anions nearest to each cation; where lithium has six, the nearest four."""
RADII_HOLD_A = 0.12
"""Sums of radii hold this well for a coordination shell."""
REACH_A = 3.5
CELL_MOVES = 0.02
"""CHGNet makes garnets 1.1 % longer than measured, as PBE does."""
FMAX = 0.05
"""eV/A."""

HALL_I4MMM = 424
EVERY = frameworks()
BY_NAME = {each.name: each for each in EVERY}


def misfits(structure: Structure) -> list[tuple[str, float]]:
    """Of each cation its symbol, and by how much (A) the nearest anion is nearer than the sum of
    radii, or the mean of the nearest is longer."""
    atoms = Atoms(structure.numbers, structure.positions, cell=structure.cell, pbc=True)
    first, second, distances = neighbor_list("ijd", atoms, REACH_A)
    symbols = np.array(atoms.get_chemical_symbols())
    anion = "S" if "S" in symbols else "O"
    found = []
    for place in np.flatnonzero(symbols != anion):
        symbol = str(symbols[place])
        near = np.sort(distances[(first == place) & (symbols[second] == anion)])
        mean = float(near[: COORDINATION[symbol]].mean())
        low, high = (radius + ANIONS_A[anion] for radius in RADII_A[symbol])
        found.append((symbol, max(low - near[0], mean - high)))
    return found


@pytest.mark.parametrize("framework", EVERY, ids=lambda each: each.name)
def test_bonds_of_each_framework_are_as_long_as_ions_are_large(framework: Framework):
    for symbol, misfit in misfits(framework.structure):
        assert misfit < RADII_HOLD_A, symbol


def test_a_framework_with_a_wrong_coordinate_would_be_noticed():
    structure = BY_NAME["Li10GeP2S12"].structure
    positions = structure.positions.copy()
    positions[structure.numbers == ATOMIC_NUMBERS["P"]] += (0.0, 0.0, 0.5)
    moved = Structure(structure.numbers, positions, structure.cell, structure.pbc)
    assert max(misfit for _, misfit in misfits(moved)) > RADII_HOLD_A


def test_the_framework_that_was_relaxed_is_relaxed():
    structure = BY_NAME["Li10GeP2S12"].structure
    goal = Goal(fmax=FMAX, smax=0.5 * GPA, fix_cell=False, pressure=0.0, steps=1)
    result = relax([structure], load_potential("chgnet"), goal)[0]
    assert result.converged


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Li7La3Zr2O12", "Li3Nd3Te2O12"])
def test_measured_frameworks_stay_themselves_when_relaxed(name):
    structure = BY_NAME[name].structure
    goal = Goal(fmax=FMAX, smax=0.5 * GPA, fix_cell=False, pressure=0.0, steps=100)
    result = relax([structure], load_potential("chgnet"), goal)[0]
    assert result.converged
    lengths = [np.linalg.norm(each.cell, axis=1) for each in (result.structure, structure)]
    assert lengths[0] == pytest.approx(lengths[1], rel=CELL_MOVES)
    assert same_crystal(structure, result.structure)


@pytest.mark.parametrize("framework", EVERY, ids=lambda each: each.name)
def test_each_framework_has_the_symmetry_it_was_built_with(framework: Framework):
    crystal = describe(framework.structure, 0.01)
    assert crystal is not None
    assert fits_tokens(crystal)


def test_every_crystal_that_names_a_family_fits_tokens():
    for family, structure in likenesses():
        crystal = describe(structure, 0.1)
        assert crystal is not None, family
        assert fits_tokens(crystal), family


def test_a_class_of_atoms_just_off_a_special_position_is_not_sound():
    on = Template(directions=(), origin=(0, 12, 6))  # 4d of I4/mmm
    off = Template(directions=((1, -1, 0),), origin=(0, 12, 6))
    orbits = [Orbit(slot=0, count=2, letter="d", template=each) for each in (on, off)]
    assert [is_sound(CrystalClass(HALL_I4MMM, (each,))) for each in orbits] == [True, False]
