import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from designer_app.io.cell_words import MOST_ATOMS, lattice_in_words

COPPER = bulk("Cu", "fcc", a=3.6)
SIXTY = "α, β, γ = 60.00°, 60.00°, 60.00°"  # noqa: RUF001
LEANING = [[3.0, 0.0, 0.0], [0.0, 4.0, 0.0], [-0.5, 0.0, 5.0]]


def said_of(atoms):
    return lattice_in_words(atoms.cell.array, atoms.positions, atoms.numbers)


def rattled(atoms):
    atoms.rattle(0.1, seed=0)
    return atoms


@pytest.mark.parametrize(
    ("atoms", "said"),
    [
        (COPPER, "a = 3.600 Å"),
        (bulk("Cu", "fcc", a=3.6, cubic=True), "a = 3.600 Å"),
        (COPPER * (2, 2, 2), "a = 3.600 Å"),
        (COPPER * (3, 1, 2), "a = 3.600 Å"),
        (bulk("Fe", "bcc", a=2.87), "a = 2.870 Å"),
        (bulk("Zn", "hcp", a=2.66, c=4.95) * (2, 2, 1), "a, c = 2.660, 4.950 Å"),
        (Atoms("Po", cell=LEANING, pbc=True), "a, b, c = 3.000, 4.000, 5.025 Å, β = 95.71°"),
        (rattled(COPPER * (2, 2, 2)), f"cell a, b, c = 5.091, 5.091, 5.091 Å, {SIXTY}"),
    ],
)  # fmt: skip
def test_constants_are_those_of_the_conventional_cell_in_any_cell(atoms, said):
    assert said_of(atoms) == said


def test_a_box_too_large_to_ask_is_called_a_cell():
    box = bulk("Cu", "fcc", a=3.6, cubic=True) * (6, 6, 4)
    assert len(box) > MOST_ATOMS
    assert said_of(box) == "cell a, b, c = 21.600, 21.600, 14.400 Å"


def test_a_crystal_strained_a_little_is_told_by_its_own_lengths():
    strained = bulk("Cu", "fcc", a=3.6, cubic=True)
    strained.set_cell(strained.cell.array * np.array([[1.0], [1.0], [1.02]]), scale_atoms=True)
    assert said_of(strained).startswith("a, c = ")
