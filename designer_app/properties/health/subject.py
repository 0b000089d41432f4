"""What is checked: a potential on one structure at its nearest minimum."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.base import Potential, Prediction
from designer_app.relaxation import Goal, relax
from designer_app.running.control import RunControl
from designer_app.specs.health import HealthSpec
from designer_app.specs.structure import Structure
from designer_app.state import AtomicState, state_from_structures

Floats = NDArray[np.float64]

REST = Goal(fmax=0.01, smax=None, fix_cell=True, steps=200)
"""Atoms at rest in the given cell."""
ATOMS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Subject:
    """Potential, structure as given and at rest, and what the user asked for."""

    potential: Potential
    given: Structure
    rest: Structure
    spec: HealthSpec
    control: RunControl

    @property
    def is_crystal(self) -> bool:
        """Whether it has a full cell."""
        return all(self.rest.pbc) and self.rest.volume > 0


def subject_of(potential: Potential, spec: HealthSpec, control: RunControl) -> Subject:
    """The structure relaxed in its cell; raises what the relaxation raises."""
    assert spec.structure is not None
    (found,) = relax([spec.structure], potential, REST, control=control)
    if found.error is not None:
        raise found.error
    return Subject(potential, spec.structure, found.structure, spec, control)


def energies_of(potential: Potential, structures: list[Structure], control: RunControl) -> Floats:
    """(n,) eV of structures that need not be at rest."""
    found = [
        said.energy.detach().cpu().double().numpy()
        for _, said in _batches(potential, structures, frozenset({"energy"}), control)
    ]
    return np.concatenate(found)


def forces_of(
    potential: Potential, structures: list[Structure], control: RunControl
) -> list[Floats]:
    """(n_atoms, 3) eV/A of each structure."""
    found: list[Floats] = []
    for state, said in _batches(potential, structures, frozenset({"energy", "forces"}), control):
        assert said.forces is not None
        forces = said.forces.detach().cpu().double().numpy()
        ends = torch.cumsum(state.atoms_per_system, 0).tolist()
        found += np.split(forces, ends[:-1])
    return found


def _batches(
    potential: Potential, structures: list[Structure], want: frozenset[str], control: RunControl
) -> list[tuple[AtomicState, Prediction]]:
    size = max(1, ATOMS_AT_ONCE // max(len(each) for each in structures))
    found = []
    for at in range(0, len(structures), size):
        control.checkpoint()
        state = state_from_structures(structures[at : at + size], potential.device)
        neighbors = build_neighbors(state, potential.cutoff, half=potential.half_list)
        found.append((state, potential.predict(state, neighbors, want)))
    return found


def moved(structure: Structure, positions: Floats, cell: Floats | None = None) -> Structure:
    """The same atoms elsewhere."""
    new_cell = structure.cell.copy() if cell is None else cell
    return replace(structure, positions=positions, cell=new_cell, velocities=None)
