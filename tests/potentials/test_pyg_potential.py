"""The example of the docs: a PyTorch Geometric model as a potential."""

import ast
import re
import sys

import numpy as np
import pytest
import torch
from ase.build import bulk, molecule

from designer_app.device import Compute
from designer_app.graphs.pyg import Data
from designer_app.io.documents import structure_from_atoms
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials import load_potential
from designer_app.resources import resource
from designer_app.specs.potentials import POTENTIALS
from designer_app.state import state_from_structures

CPU = Compute("cpu", "float64", 1)
EVERYTHING = frozenset({"energy", "forces", "stress"})
STEP, SLOPE = 1e-4, 1e-6
"""A of a finite difference, and its relative error."""
ROUNDING = 1e-9


@pytest.fixture(scope="module")
def blocks():
    text = resource("docs/pyg_potential.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def potential(blocks, tmp_path, monkeypatch):
    """The potential of the docs, with weights drawn by chance."""
    (tmp_path / "my_schnet.py").write_text(blocks[0])
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(POTENTIALS, "_rows", dict(POTENTIALS._rows))
    monkeypatch.delitem(sys.modules, "my_schnet", raising=False)
    import my_schnet

    torch.manual_seed(0)
    network = my_schnet.SchNet(hidden_channels=32, num_filters=32, num_interactions=2, cutoff=5.0)
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    return load_potential("my-schnet", str(tmp_path / "weights.pt"), CPU)


def said(potential, *structures):
    state = state_from_structures(structures, torch.device("cpu"))
    neighbors = build_neighbors(state, potential.cutoff, potential.half_list)
    return potential.predict(state, neighbors, EVERYTHING)


def crystal(move=0.0):
    atoms = bulk("NaCl", "rocksalt", 5.6, cubic=True)
    atoms.positions[0] += [0.1 + move, 0.05, 0.0]
    return structure_from_atoms(atoms)


def test_the_example_takes_ten_lines(blocks):
    statements = [each for each in ast.walk(ast.parse(blocks[0])) if isinstance(each, ast.stmt)]
    kinds = (ast.Import, ast.ImportFrom)
    assert len([each for each in statements if not isinstance(each, kinds)]) <= 10


def test_forces_are_the_slope_of_the_energy(potential):
    higher, lower = (float(said(potential, crystal(m)).energy[0]) for m in (STEP, -STEP))
    force = float(said(potential, crystal()).forces[0, 0])
    assert -(higher - lower) / (2 * STEP) == pytest.approx(force, rel=SLOPE)


def test_a_larger_cell_of_the_same_crystal_has_the_same_energy_an_atom(potential):
    one, two = bulk("NaCl", "rocksalt", 5.6), bulk("NaCl", "rocksalt", 5.6) * (2, 1, 1)
    single, double = (float(said(potential, structure_from_atoms(a)).energy[0]) for a in (one, two))
    assert double == pytest.approx(2 * single, rel=ROUNDING)


def test_a_batch_says_what_each_says_alone(potential):
    stretched = structure_from_atoms(bulk("NaCl", "rocksalt", 5.9))
    together = said(potential, crystal(), stretched).energy
    alone = [float(said(potential, each).energy[0]) for each in (crystal(), stretched)]
    assert together.tolist() == pytest.approx(alone, rel=ROUNDING)


def test_the_graphs_of_the_docs_make_a_batch(blocks):
    made: dict[str, object] = {}
    exec(blocks[1], made)
    batch = made["batch"]
    assert isinstance(batch, Data)
    assert batch.num_graphs == 2


def test_a_key_is_not_taken_twice():
    with pytest.raises(ValueError, match="already"):
        POTENTIALS.add(POTENTIALS["morse"])


def test_molecules_without_a_cell_are_computed(potential):
    state = state_from_structures([structure_from_atoms(molecule("H2O"))], torch.device("cpu"))
    neighbors = build_neighbors(state, potential.cutoff, potential.half_list)
    assert np.isfinite(float(potential.predict(state, neighbors).energy[0]))
