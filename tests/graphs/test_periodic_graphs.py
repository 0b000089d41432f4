"""Structures as PyTorch Geometric graphs: edges, labels, and how they batch."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from ase import Atoms
from ase.build import bulk, molecule
from ase.calculators.singlepoint import SinglePointCalculator
from ase.neighborlist import neighbor_list

from designer_app.errors import InvalidPositionsError
from designer_app.graphs import atoms_to_graph
from designer_app.graphs.dataset import FrameGraphs, batches
from designer_app.graphs.periodic import edge_graph_of
from designer_app.graphs.pyg import DataLoader
from designer_app.io.documents import structure_from_atoms
from designer_app.specs.labelled import LabelledFrame

CUTOFF = 5.0
CPU = torch.device("cpu")
ROUNDING = 1e-10
"""A: sums of positions and cell vectors in double precision."""


def rattled(atoms, seed=0):
    atoms = atoms.copy()
    atoms.positions += np.random.default_rng(seed).normal(0.0, 0.05, atoms.positions.shape)
    return atoms


def vectors(graph):
    sender, receiver = graph.edge_index
    moved = graph.shifts.double() @ graph.cell[0]
    return graph.pos[sender] + moved - graph.pos[receiver]


@pytest.mark.parametrize(
    "atoms",
    [
        rattled(bulk("Si")),  # thinner than the cutoff: atoms see their own images
        rattled(bulk("NaCl", "rocksalt", 5.6, cubic=True)),
        rattled(molecule("CH3CH2OH")),
        Atoms("Pt4", rattled(bulk("Pt", cubic=True)).positions, cell=[4, 4, 20], pbc=[1, 1, 0]),
    ],
    ids=["primitive", "crystal", "molecule", "slab"],
)
def test_the_edges_are_all_directed_pairs_within_the_cutoff(atoms):
    graph = atoms_to_graph(atoms, CUTOFF)
    first, second, shifts = neighbor_list("ijS", atoms, CUTOFF)
    known = {(i, j, *map(int, s)) for i, j, s in zip(first, second, shifts, strict=True)}
    found = zip(
        graph.edge_index[1].tolist(), graph.edge_index[0].tolist(), graph.shifts, strict=True
    )
    assert {(i, j, *s.tolist()) for i, j, s in found} == known
    assert graph.num_edges == len(known)


def test_an_edge_led_back_has_the_opposite_vector():
    graph = atoms_to_graph(rattled(bulk("Si")), CUTOFF)
    assert torch.equal(graph.edge_index[:, graph.reverse], graph.edge_index.flip(0))
    assert torch.allclose(vectors(graph)[graph.reverse], -vectors(graph), atol=ROUNDING)


def test_receivers_ascend():
    graph = atoms_to_graph(rattled(bulk("Si", cubic=True)), CUTOFF)
    assert bool((graph.edge_index[1].diff() >= 0).all())


def test_labels_of_a_calculator_are_part_of_the_graph():
    atoms = bulk("Si")
    forces = np.arange(6.0).reshape(2, 3)
    stress = np.array([1.0, 2, 3, 4, 5, 6])  # xx yy zz yz xz xy
    atoms.calc = SinglePointCalculator(atoms, energy=-3.0, forces=forces, stress=stress)
    graph = atoms_to_graph(atoms, CUTOFF)
    assert graph.energy.tolist() == [-3.0]
    assert graph.forces.tolist() == forces.tolist()
    assert graph.stress[0].tolist() == [[1.0, 6, 5], [6, 2, 4], [5, 4, 3]]


def test_labels_that_are_not_known_are_absent():
    assert not {"energy", "forces", "stress"} & set(atoms_to_graph(bulk("Si"), CUTOFF).keys())


def test_a_batch_of_graphs_is_the_graphs_side_by_side():
    each = [rattled(bulk("Si")), rattled(molecule("H2O")), rattled(bulk("NaCl", "rocksalt", 5.6))]
    graphs = [atoms_to_graph(atoms, CUTOFF) for atoms in each]
    (batch,) = DataLoader(graphs, batch_size=3)
    together = edge_graph_of(batch, torch.float64)
    alone = [edge_graph_of(graph, torch.float64) for graph in graphs]
    assert torch.allclose(
        together.vectors, torch.cat([graph.vectors for graph in alone]), atol=ROUNDING
    )
    assert torch.equal(together.first[together.reverse], together.second)
    assert torch.allclose(together.vectors[together.reverse], -together.vectors, atol=ROUNDING)
    assert together.system_idx.tolist() == [0, 0, 1, 1, 1, 2, 2]


def test_an_atom_alone_is_a_graph_without_edges():
    graph = edge_graph_of(atoms_to_graph(Atoms("He"), CUTOFF), torch.float32)
    assert (graph.n_atoms, graph.n_edges) == (1, 0)


def test_positions_that_are_no_numbers_are_refused():
    with pytest.raises(InvalidPositionsError):
        atoms_to_graph(Atoms("H2", [[0, 0, 0], [0, 0, np.nan]]), CUTOFF)


def test_a_label_that_is_missing_is_nan_in_a_batch():
    structure = structure_from_atoms(molecule("H2O"))
    frames = [
        LabelledFrame(structure, energy=1.0),
        LabelledFrame(structure, forces=np.ones((3, 3))),
    ]
    (batch,) = batches(FrameGraphs(frames, CUTOFF), [0, 1], 2, CPU)
    assert torch.isnan(batch.energy).tolist() == [False, True]
    assert torch.isnan(batch.forces[:, 0]).tolist() == [True] * 3 + [False] * 3
    assert torch.isnan(batch.stress).all()


def test_frames_that_find_no_room_in_memory_are_the_same_graphs():
    frames = [
        LabelledFrame(structure_from_atoms(rattled(bulk("Si"), k)), energy=1.0) for k in (1, 2)
    ]
    kept, searched = FrameGraphs(frames, CUTOFF), FrameGraphs(frames, CUTOFF, most_bytes=0)
    assert kept[1] is kept[1]
    assert searched[1] is not searched[1]
    assert torch.equal(kept[1].edge_index, searched[1].edge_index)


def test_nothing_waits_for_pytorch_geometric_before_a_graph_is_asked_for():
    code = "import sys, designer_app.graphs; sys.exit('torch_geometric' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
