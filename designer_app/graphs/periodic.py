"""Periodic graphs: atoms are nodes, every directed pair within a cutoff is an edge."""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from designer_app.graphs.pyg import Data
from designer_app.io.documents import structure_from_atoms
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.pairs import NeighborList
from designer_app.nn.edges import EdgeGraph, reverse_edges
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

if TYPE_CHECKING:
    from ase import Atoms


class AtomsGraph(Data):
    """A graph whose `reverse` names edges, and so counts on by edges in a batch."""

    def __inc__(self, key: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        """By how much the entries of a field grow with each graph before."""
        return self.num_edges if key == "reverse" else super().__inc__(key, value, *args, **kwargs)


def atoms_to_graph(atoms: "Atoms | Structure | LabelledFrame", cutoff: float) -> Data:
    """The graph of a structure with every directed pair nearer than `cutoff` A.

    Fields: `z` atomic numbers, `pos` A, `cell` (1, 3, 3) A with rows that are lattice vectors,
    `pbc` (1, 3), `edge_index` (2, n_edges): edge k leads from atom `edge_index[0, k]`, the sender,
    to `edge_index[1, k]`, the receiver, ascending; `shifts` (n_edges, 3) whole cell vectors;
    `reverse` (n_edges,) the place of the same edge led back. The vector from the receiver to the
    image of the sender that it sees is
    `pos[edge_index[0]] + shifts @ cell - pos[edge_index[1]]`. Pairs of an atom with its own
    images, and several images of one neighbour, are edges of their own.

    Where known, of a labelled frame or of the calculator of ASE's atoms: `energy` (1,) eV,
    `forces` (n_atoms, 3) eV/A, `stress` (1, 3, 3) eV/A^3, tension positive. Graphs batch by
    PyTorch Geometric's own rules. Raises where the structure cannot be computed.
    """
    structure, labels = _unwrapped(atoms)
    graph = graph_of_pairs(structure, pairs_within(structure, cutoff))
    for name, value in labels.items():
        graph[name] = value
    return graph


def pairs_within(structure: Structure, cutoff: float) -> NeighborList:
    """Every directed pair of a structure nearer than `cutoff` A."""
    state = state_from_structures([structure], torch.device("cpu"))
    return build_neighbors(state, cutoff, half=False)


def graph_of_pairs(structure: Structure, pairs: NeighborList) -> Data:
    """The graph of a structure whose pairs are known."""
    first, second, shifts = pairs.first, pairs.second, pairs.shifts
    return AtomsGraph(
        z=_tensor(structure.numbers),
        pos=_tensor(structure.positions),
        cell=_tensor(structure.cell)[None],
        pbc=torch.tensor([structure.pbc]),
        edge_index=torch.stack([second, first]),
        shifts=shifts,
        reverse=reverse_edges(first, second, shifts, len(structure)),
    )


def edge_graph_of(batch: Data, dtype: torch.dtype) -> EdgeGraph:
    """What networks read of a graph or a batch of them; vectors anew from positions and cell."""
    numbers, positions, cells = batch["z"], batch["pos"], batch["cell"]
    sender, receiver = batch["edge_index"].unbind(dim=0)
    n_systems = cells.shape[0]
    systems = batch.get("batch")
    if systems is None:
        systems = torch.zeros_like(numbers)
    shifts = batch["shifts"].to(positions.dtype)
    if n_systems == 1:
        moved = shifts @ cells[0]
    else:
        moved = torch.einsum("pa,pab->pb", shifts, cells[systems[receiver]])
    vectors = positions[sender] - positions[receiver] + moved
    return EdgeGraph(
        numbers=numbers,
        first=receiver,
        second=sender,
        reverse=batch["reverse"],
        vectors=vectors.to(dtype),
        system_idx=systems,
        n_systems=n_systems,
    )


def label_tensors(frame: LabelledFrame, *, missing: bool = False) -> dict[str, Tensor]:
    """Labels of a frame as a graph holds them; with `missing`, NaN for those not known."""
    n_atoms = len(frame)
    energy, forces, stress = frame.energy, frame.forces, frame.stress
    if missing:
        energy = np.nan if energy is None else energy
        forces = np.full((n_atoms, 3), np.nan) if forces is None else forces
        stress = np.full((3, 3), np.nan) if stress is None else stress
    found: dict[str, Tensor] = {}
    if energy is not None:
        found["energy"] = torch.tensor([energy], dtype=torch.float64)
    if forces is not None:
        found["forces"] = _tensor(forces)
    if stress is not None:
        found["stress"] = _tensor(stress)[None]
    return found


def _unwrapped(
    atoms: "Atoms | Structure | LabelledFrame",
) -> tuple[Structure, dict[str, Tensor]]:
    if isinstance(atoms, LabelledFrame):
        return atoms.structure, label_tensors(atoms)
    if isinstance(atoms, Structure):
        return atoms, {}
    known = getattr(atoms.calc, "results", {})
    frame = LabelledFrame(
        structure_from_atoms(atoms),
        energy=known.get("energy"),
        forces=known.get("forces"),
        stress=_full(known.get("stress")),
    )
    return frame.structure, label_tensors(frame)


def _full(voigt: "np.ndarray | None") -> "np.ndarray | None":
    """(3, 3) of ASE's (6,): xx yy zz yz xz xy."""
    if voigt is None or np.shape(voigt) == (3, 3):
        return voigt
    xx, yy, zz, yz, xz, xy = np.asarray(voigt)
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


def _tensor(array: "np.ndarray") -> Tensor:
    return torch.from_numpy(np.array(array))  # a copy: the structure's own arrays are read-only
