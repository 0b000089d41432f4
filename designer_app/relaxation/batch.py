"""Relaxation of many structures at a time.

Structures enter a batch from a queue while its atoms are fewer than a limit, take their steps
together, and leave it one by one: converged, out of steps, or failed. What happens to one changes
nothing for the others.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from designer_app.errors import (
    DesignerAppError,
    InputError,
    MissingCellError,
    OutOfMemoryError,
)
from designer_app.neighbors.overlap import check_overlaps
from designer_app.neighbors.verlet import VerletList
from designer_app.potentials.base import (
    ENERGY_AND_FORCES,
    ENERGY_FORCES_STRESS,
    Potential,
    Prediction,
)
from designer_app.relaxation.cell_filter import Coordinates, coordinates
from designer_app.relaxation.fire import Fire
from designer_app.relaxation.judging import (
    Facts,
    Goal,
    facts_of,
    is_relaxed,
    share_done,
    what_broke,
)
from designer_app.relaxation.lbfgs import LBFGS
from designer_app.relaxation.rows import continued_rows, regathered
from designer_app.running.channels import Frame
from designer_app.running.control import RunControl
from designer_app.specs.structure import Structure
from designer_app.state import AtomicState, state_from_structures, structure_from_state
from designer_app.units import GPA

OPTIMIZERS: dict[str, type[LBFGS] | type[Fire]] = {"lbfgs": LBFGS, "fire": Fire}
SKIN = 0.5
"""A, of the neighbour list."""
BATCH_ATOMS = {"cpu": 64, "cuda": 4096, "mps": 1024}
"""Atoms that are relaxed together, by device."""


@dataclass(frozen=True, eq=False)
class Relaxed:
    """The end of one relaxation; with an error, the structure as it was given."""

    structure: Structure
    converged: bool
    n_steps: int
    energy: float
    """eV."""
    fmax: float
    """eV/A."""
    smax: float
    """eV/A^3; NaN where the cell was kept."""
    error: DesignerAppError | None = None


@dataclass(frozen=True, eq=False)
class _Batch:
    """The structures that are moving now."""

    members: tuple[int, ...]
    """Which of the structures given, for each system."""
    n_steps: tuple[int, ...]
    coordinates: Coordinates
    displacement: Tensor
    optimizer: LBFGS | Fire


def relax(
    structures: Sequence[Structure],
    potential: Potential,
    goal: Goal | None = None,
    *,
    optimizer: str = "lbfgs",
    batch_atoms: int | None = None,
    control: RunControl | None = None,
    on_finished: Callable[[int, Relaxed], None] | None = None,
) -> list[Relaxed]:
    """Every structure moved to the nearest minimum of its energy, in the order given.

    A structure that cannot be computed or breaks on the way is returned with its error.
    `on_finished(index, result)` is called as soon as a structure is done. Where the memory of the
    device does not hold a batch, it is halved.
    """
    return _Relaxation(
        structures,
        potential,
        goal or Goal(),
        optimizer=optimizer,
        batch_atoms=batch_atoms,
        control=control or RunControl(),
        on_finished=on_finished or (lambda _index, _result: None),
    ).run()


class _Relaxation:
    """The loop over a batch; one object for one call of `relax`."""

    def __init__(
        self,
        structures: Sequence[Structure],
        potential: Potential,
        goal: Goal,
        *,
        optimizer: str,
        batch_atoms: int | None,
        control: RunControl,
        on_finished: Callable[[int, Relaxed], None],
    ) -> None:
        self.structures = structures
        self.potential = potential
        self.goal = goal
        self.optimizer = OPTIMIZERS[optimizer]
        self.batch_atoms = batch_atoms or BATCH_ATOMS[potential.device.type]
        self.control = control
        self.on_finished = on_finished
        self.want = ENERGY_AND_FORCES if goal.fix_cell else ENERGY_FORCES_STRESS
        self.queue = deque(range(len(structures)))
        self.results: dict[int, Relaxed] = {}
        self.starts: dict[int, Facts] = {}

    def run(self) -> list[Relaxed]:
        verlet = VerletList(self.potential.cutoff, SKIN, half=self.potential.half_list)
        batch = self._refilled(None, [])
        while batch is not None:
            self.control.checkpoint()
            state = batch.coordinates.state(batch.displacement)
            try:
                prediction = self.potential.predict(state, verlet.update(state), self.want)
            except (torch.OutOfMemoryError, OutOfMemoryError):  # the device's, the pair search's
                batch = self._halved(batch)
                continue
            facts = facts_of(state, prediction, self.goal)
            stays = [self._goes_on(batch, system, state, fact) for system, fact in enumerate(facts)]
            self._report(batch, state, facts)
            batch = self._moved(batch, state, prediction)
            if not all(stays):
                batch = self._refilled(batch, stays)
        return [self.results[index] for index in range(len(self.structures))]

    # --- a step ---

    def _goes_on(self, batch: _Batch, system: int, state: AtomicState, fact: Facts) -> bool:
        """Whether a structure needs another step; files its result where not."""
        index, n_steps = batch.members[system], batch.n_steps[system]
        start = self.starts.setdefault(index, fact)
        error = what_broke(
            start,
            fact,
            n_atoms=len(self.structures[index]),
            step=n_steps,
            potential=self.potential.key,
            fix_cell=self.goal.fix_cell,
        )
        if error is not None:
            self._file(index, _failed(self.structures[index], error, n_steps))
            return False
        converged = is_relaxed(fact, self.goal)
        if converged or n_steps >= self.goal.steps:
            given = self.structures[index]
            moved = structure_from_state(state, system, given.name)
            found = Relaxed(
                replace(
                    given,
                    positions=moved.positions,
                    cell=moved.cell,
                    velocities=None,
                    magmoms=None,
                ),
                converged,
                n_steps,
                fact.energy,
                fact.fmax,
                fact.smax,
            )
            self._file(index, found)
            return False
        return True

    def _moved(self, batch: _Batch, state: AtomicState, prediction: Prediction) -> _Batch:
        rows = batch.coordinates.rows
        forces = batch.coordinates.forces(batch.displacement, prediction)
        enthalpy = prediction.energy + batch.coordinates.pressure * state.volume
        optimizer, step = batch.optimizer.step(rows, forces, enthalpy)
        return replace(
            batch,
            displacement=batch.displacement + step,
            optimizer=optimizer,
            n_steps=tuple(n + 1 for n in batch.n_steps),
        )

    # --- entering and leaving ---

    def _file(self, index: int, result: Relaxed) -> None:
        self.results[index] = result
        self.on_finished(index, result)

    def _halved(self, batch: _Batch) -> _Batch | None:
        """The first half of a batch that was too large; the others wait, and start anew."""
        n_kept = len(batch.members) // 2
        for index in reversed(batch.members[max(n_kept, 1) :]):
            self.queue.appendleft(index)
        if n_kept == 0:
            (index,) = batch.members
            error = OutOfMemoryError(self.potential.device.type, len(self.structures[index]))
            self._file(index, _failed(self.structures[index], error, batch.n_steps[0]))
        else:
            kept = batch.members[:n_kept]
            self.batch_atoms = sum(len(self.structures[index]) for index in kept)
        return self._refilled(batch, [system < n_kept for system in range(len(batch.members))])

    def _refilled(self, batch: _Batch | None, stays: list[bool]) -> _Batch | None:
        """The batch without those that are done, and with as many new ones as there is room."""
        kept = [system for system, stay in enumerate(stays) if stay]
        members = [] if batch is None else [batch.members[system] for system in kept]
        n_atoms = sum(len(self.structures[index]) for index in members)
        while self.queue and (not members or n_atoms < self.batch_atoms):
            index = self.queue[0]
            if members and n_atoms + len(self.structures[index]) > self.batch_atoms:
                break
            self.queue.popleft()
            if self._may_enter(index):
                members.append(index)
                n_atoms += len(self.structures[index])
        if not members:
            return None
        reference = state_from_structures(
            [self.structures[index] for index in members], self.potential.device
        )
        place = coordinates(reference, fix_cell=self.goal.fix_cell, pressure=self.goal.pressure)
        fresh = torch.zeros(len(place.rows.system), 3).to(reference.positions)
        if batch is None:
            optimizer = self.optimizer.start(fresh, len(members))
            return _Batch(tuple(members), (0,) * len(members), place, fresh, optimizer)
        n_new = len(members) - len(kept)
        origins = kept + [-1] * n_new
        rows = continued_rows(origins, batch.coordinates.rows, place.rows)
        systems = torch.tensor(origins, device=reference.device)
        n_steps = [batch.n_steps[system] for system in kept] + [0] * n_new
        return _Batch(
            tuple(members),
            tuple(n_steps),
            place,
            regathered(batch.displacement, rows),
            batch.optimizer.regrouped(rows, systems),
        )

    def _may_enter(self, index: int) -> bool:
        """Whether a structure can be computed; files its error where not."""
        structure = self.structures[index]
        try:
            state = state_from_structures([structure], self.potential.device)
            has_cell = bool(state.pbc.all() and state.volume[0] > 0)
            if not (has_cell or self.goal.fix_cell):
                raise MissingCellError("relaxing the cell")
            self.potential.check(state, self.want)
            check_overlaps(state)
        except InputError as error:
            self._file(index, _failed(structure, error, 0))
            return False
        return True

    def _report(self, batch: _Batch, state: AtomicState, facts: list[Facts]) -> None:
        """Every step of a single structure; of many, where each ended and how many are left."""
        is_single = len(self.structures) == 1
        done = float(len(self.results))
        for index, step, fact in zip(batch.members, batch.n_steps, facts, strict=True):
            if index not in self.results:
                done += share_done(self.starts[index], fact, self.goal)
            if is_single:
                self.control.series.append(self._row(step, fact))
            elif index in self.results:
                self.control.series.append({"structure": index, **self._row(step, fact)})
        text = f"{len(self.results)} of {len(self.structures)} structures"
        if is_single:
            text = f"step {batch.n_steps[0]}, largest force {facts[0].fmax:.3f} eV/Å"
            if not self.goal.fix_cell:
                text += f", stress {facts[0].smax / GPA:.2f} GPa"
            cell = state.cell[0].cpu().numpy().astype(np.float64)
            positions = state.positions.cpu().numpy().astype(np.float32)
            self.control.frames.put(Frame(batch.n_steps[0], 0.0, positions, cell))
        self.control.progress(done, len(self.structures), text)

    def _row(self, step: int, fact: Facts) -> dict[str, float]:
        row = {
            "step": step,
            "energy_eV": fact.energy,
            "fmax_eV_A": fact.fmax,
            "volume_A3": fact.volume,
        }
        return row if self.goal.fix_cell else {**row, "smax_GPa": fact.smax / GPA}


def _failed(structure: Structure, error: DesignerAppError, n_steps: int) -> Relaxed:
    nan = math.nan
    return Relaxed(structure, False, n_steps, nan, nan, nan, error)
