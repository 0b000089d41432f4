import numpy as np
import torch
from ase.build import bulk

from designer_app.cli.benches import relax
from designer_app.cli.benches.crystals import crystals
from designer_app.io.documents import structure_from_atoms
from designer_app.neighbors.build import build_neighbors
from designer_app.state import state_from_structures

NEAREST = 1.2
"""A: shorter than any bond of these crystals after the rattling."""


def test_there_are_about_two_hundred_crystals_of_all_sizes():
    sizes = [len(atoms) for _, made in crystals() for atoms in made]
    assert 190 <= len(sizes) <= 220
    assert min(sizes) == 1
    assert max(sizes) == 28


def test_no_crystal_starts_with_atoms_on_top_of_each_other():
    made = [structure_from_atoms(atoms) for _, several in crystals() for atoms in several]
    batch = state_from_structures(made, torch.device("cpu"))
    assert build_neighbors(batch, NEAREST, half=True).n_pairs == 0


def test_the_crystals_are_always_the_same():
    for (_, first), (_, second) in zip(crystals(quick=True), crystals(quick=True), strict=True):
        np.testing.assert_array_equal(first[0].positions, second[0].positions)


def test_ours_and_the_package_end_in_the_same_minimum(monkeypatch):
    copper = bulk("Cu", a=3.65)

    def one_crystal(quick=False):
        yield "fcc", [copper]

    monkeypatch.setattr(relax, "crystals", one_crystal)
    said = []
    fcc, total = relax.rows(True, said.append)
    assert said == ["fcc: 1 crystals"]
    assert fcc["within 2 meV/atom %"] == 100.0
    assert fcc["our converged %"] == 100.0
    assert total["crystals"] == 1
    assert total["ratio"] > 0
