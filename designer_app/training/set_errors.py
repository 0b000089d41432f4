"""What a potential says of labelled frames, and how far off it is: by set, by element, by tag."""

import math
from collections.abc import Sequence

import numpy as np
import torch

from designer_app.elements import SYMBOLS
from designer_app.io.potential_cards import ErrorsOn
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.base import Potential
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.state import state_from_structures
from designer_app.training.training_log import Said
from designer_app.units import GPA

ATOMS_AT_ONCE = 512
"""In a batch: a cancelled run ends within a second."""


def said_of(
    potential: Potential, frames: Sequence[LabelledFrame], control: RunControl, what: str = ""
) -> Said:
    """Energies, forces and stresses of frames, in their order. Raises what the potential raises."""
    said = Said()
    for batch in _batches(frames):
        control.checkpoint()
        state = state_from_structures([frame.structure for frame in batch], potential.device)
        want = {"energy", "forces"} | ({"stress"} if _has_stress(batch) else set())
        want &= potential.gives
        potential.check(state, frozenset(want))
        neighbors = build_neighbors(state, potential.cutoff, potential.half_list)
        found = potential.predict(state, neighbors, frozenset(want))
        sizes = [len(frame) for frame in batch]
        said.energies += found.energy.double().tolist()
        forces = torch.full((sum(sizes), 3), math.nan) if found.forces is None else found.forces
        said.forces += [each.numpy() for each in forces.double().cpu().split(sizes)]
        blank = torch.full((len(sizes), 3, 3), math.nan)
        stresses = blank if found.stress is None else found.stress
        said.stresses += list(stresses.double().cpu().numpy())
        control.progress(len(said.energies), len(frames), what)
    return said


def errors_on(name: str, frames: Sequence[LabelledFrame], said: Said) -> ErrorsOn:
    """Mean absolute errors over the labels that are known."""
    energies = [
        abs(found - frame.energy) / len(frame)
        for frame, found in zip(frames, said.energies, strict=True)
        if frame.energy is not None
    ]
    forces = [
        np.abs(found - frame.forces).ravel()
        for frame, found in zip(frames, said.forces, strict=True)
        if frame.forces is not None
    ]
    stresses = [
        np.abs(found - frame.stress).ravel()
        for frame, found in zip(frames, said.stresses, strict=True)
        if frame.stress is not None
    ]
    return ErrorsOn(
        name=name,
        n_frames=len(frames),
        energy_meV_atom=_mean([np.array(energies)], 1e3),
        force_meV_A=_mean(forces, 1e3),
        stress_GPa=_mean(stresses, 1.0 / GPA),
    )


def errors_by_element(frames: Sequence[LabelledFrame], said: Said) -> tuple[ErrorsOn, ...]:
    """Errors of the forces on atoms of each element, named by its symbol."""
    found: dict[int, list[np.ndarray]] = {}
    held: dict[int, int] = {}
    for frame, forces in zip(frames, said.forces, strict=True):
        if frame.forces is None:
            continue
        off = np.abs(forces - frame.forces)
        for number in np.unique(frame.structure.numbers):
            mine = off[frame.structure.numbers == number]
            found.setdefault(int(number), []).append(mine.ravel())
            held[int(number)] = held.get(int(number), 0) + 1
    return tuple(
        ErrorsOn(name=SYMBOLS[number], n_frames=held[number], force_meV_A=_mean(found[number], 1e3))
        for number in sorted(found)
    )


def errors_by_tag(frames: Sequence[LabelledFrame], said: Said) -> tuple[ErrorsOn, ...]:
    """Errors on the frames of each tag, named "tag NAME"; none where there are no tags."""
    tags = sorted({frame.tag for frame in frames if frame.tag})
    found: list[ErrorsOn] = []
    for tag in tags:
        rows = [row for row, frame in enumerate(frames) if frame.tag == tag]
        mine = Said(
            [said.energies[row] for row in rows],
            [said.forces[row] for row in rows],
            [said.stresses[row] for row in rows],
        )
        found.append(errors_on(f"tag {tag}", [frames[row] for row in rows], mine))
    return tuple(found)


def _mean(parts: Sequence[np.ndarray], unit: float) -> float | None:
    values = np.concatenate(parts) if parts else np.empty(0)
    values = values[np.isfinite(values)]
    return float(values.mean()) * unit if values.size else None


def _has_stress(frames: Sequence[LabelledFrame]) -> bool:
    return all(frame.stress is not None for frame in frames)


def _batches(frames: Sequence[LabelledFrame]) -> list[list[LabelledFrame]]:
    """Frames in order, together while they are few and alike in having stress."""
    batches: list[list[LabelledFrame]] = []
    n_atoms = 0
    for frame in frames:
        alike = bool(batches) and _has_stress(batches[-1]) == _has_stress([frame])
        if not alike or n_atoms + len(frame) > ATOMS_AT_ONCE:
            batches.append([])
            n_atoms = 0
        batches[-1].append(frame)
        n_atoms += len(frame)
    return batches
