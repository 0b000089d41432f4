"""Whether a structure is relaxed, or lost."""

import math
from dataclasses import dataclass

import torch

from designer_app.errors import NotFiniteError, RunawayRelaxationError, RunError
from designer_app.potentials.base import Prediction
from designer_app.state import AtomicState
from designer_app.units import GPA

LARGEST_VOLUME_CHANGE = 3.0
"""Factor, either way, beyond which a cell is no longer the structure that was given."""
LARGEST_RISE, DEEPEST_FALL = 10.0, 1000.0
"""eV/atom against the start: a minimiser that climbs, or falls without end, has lost its way."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """When a structure counts as relaxed, and what may move."""

    fmax: float = 0.05
    """eV/A: the largest force on a free atom."""
    smax: float | None = 0.5 * GPA
    """eV/A^3: the largest component of stress + pressure. None is the criterion of ASE's cell
    filters: rows of V (stress + pressure) / n_atoms, in eV, are compared with `fmax`."""
    fix_cell: bool = False
    pressure: float = 0.0
    """eV/A^3."""
    steps: int = 500


@dataclass(frozen=True)
class Facts:
    """What is known of one structure after an evaluation, on the host."""

    energy: float
    fmax: float
    smax: float
    cell_force: float
    """Longest row of V (stress + pressure) / n_atoms, eV."""
    volume: float


def facts_of(state: AtomicState, prediction: Prediction, goal: Goal) -> list[Facts]:
    """The facts of each structure of a batch; one transfer from the device."""
    assert prediction.forces is not None
    forces = torch.linalg.vector_norm(prediction.forces, dim=1).masked_fill(state.fixed, 0.0)
    fmax = forces.new_zeros(state.n_systems).scatter_reduce(0, state.system_idx, forces, "amax")
    smax = cell_force = torch.full_like(fmax, torch.nan)
    if prediction.stress is not None:
        pressed = prediction.stress + goal.pressure * torch.eye(3).to(prediction.stress)
        smax = pressed.abs().amax(dim=(1, 2))
        per_atom = state.volume / state.atoms_per_system
        cell_force = torch.linalg.vector_norm(pressed, dim=2).amax(dim=1) * per_atom
    table = torch.stack([prediction.energy, fmax, smax, cell_force, state.volume])
    return [Facts(*column) for column in table.T.tolist()]


def is_relaxed(fact: Facts, goal: Goal) -> bool:
    """Whether forces, and the stress where the cell moves, are below the goal."""
    if fact.fmax > goal.fmax:
        return False
    if goal.fix_cell:
        return True
    return fact.cell_force <= goal.fmax if goal.smax is None else fact.smax <= goal.smax


def what_broke(
    start: Facts, fact: Facts, *, n_atoms: int, step: int, potential: str, fix_cell: bool
) -> RunError | None:
    """The error of a structure that is lost, or None."""
    told = {"energy": fact.energy, "force": fact.fmax}
    if not fix_cell:
        told["stress"] = fact.smax
    for quantity, value in told.items():
        if not math.isfinite(value):
            return NotFiniteError(potential, quantity, step)
    ratio = fact.volume / start.volume if start.volume > 0 else 1.0
    if not 1 / LARGEST_VOLUME_CHANGE <= ratio <= LARGEST_VOLUME_CHANGE:
        return RunawayRelaxationError(step, f"the volume became {ratio:.2g} times as large")
    rise = (fact.energy - start.energy) / n_atoms
    if not -DEEPEST_FALL <= rise <= LARGEST_RISE:
        return RunawayRelaxationError(step, f"the energy changed by {rise:+.3g} eV per atom")
    return None


def share_done(start: Facts, fact: Facts, goal: Goal) -> float:
    """How far the force has come on the way down to the goal, on a logarithmic scale, 0 to 1."""
    if start.fmax <= goal.fmax or fact.fmax >= start.fmax:
        return 0.0
    gone = math.log(start.fmax / max(fact.fmax, goal.fmax))
    return gone / math.log(start.fmax / goal.fmax)
