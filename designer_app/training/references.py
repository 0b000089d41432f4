"""Energies of free atoms and the unit of a network's energies, from the frames learned from."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import SYMBOLS
from designer_app.specs.fields import refusal
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.training.frames import SplitFrames

RIDGE = 1e-6
"""Pull towards the mean energy of an atom, against the share of an element in the frames: it
decides only what the compositions leave open, as in frames of one formula."""
_SMALLEST_SCALE = 1e-3
"""eV/A. Forces of perfect crystals alone are zero."""


def references_for(frames: SplitFrames, spec: TrainPotentialSpec) -> dict[str, float]:
    """Energies of free atoms in eV as a spec wants them: of the data where it has any, or fitted.

    Raises `InvalidSpecError` where an element of the validation frames is in none learned from.
    """
    known = {SYMBOLS[n] for frame in frames.train for n in np.unique(frame.structure.numbers)}
    for frame in frames.validation:
        for number in np.unique(frame.structure.numbers):
            if SYMBOLS[number] not in known:
                reason = (
                    f"{SYMBOLS[number]} is in the validation frames but in none learned from: "
                    "split at random, or leave these frames out"
                )
                raise refusal(spec, "split", reason)
    return free_atom_energies(frames.train, frames.free_atoms if spec.references == "auto" else {})


def free_atom_energies(
    frames: Sequence[LabelledFrame], given: Mapping[str, float]
) -> dict[str, float]:
    """Energy of the free atom of every element in eV: given, or by least squares.

    The fitted r minimise mean_f [E_f / n_f - sum_e x_fe r_e]^2 + RIDGE sum_e (r_e - r)^2 with x_fe
    the share of element e in frame f and r the mean energy of an atom. They hold the mean binding
    energy too, so they are no energies of real atoms.
    """
    elements = np.unique(np.concatenate([frame.structure.numbers for frame in frames]))
    known = {SYMBOLS[n]: float(given[SYMBOLS[n]]) for n in elements if SYMBOLS[n] in given}
    energies, shares = _per_atom(frames, elements)
    is_free = np.array([SYMBOLS[n] not in known for n in elements])
    if not is_free.any():
        return known
    if not len(energies):
        return {SYMBOLS[n]: known.get(SYMBOLS[n], 0.0) for n in elements}
    for column in np.flatnonzero(~is_free):
        energies = energies - shares[:, column] * known[SYMBOLS[elements[column]]]
    x = shares[:, is_free]
    mean = float(energies.sum() / max(x.sum(), 1e-12))
    square = x.T @ x / len(x) + RIDGE * np.eye(x.shape[1])
    solved = mean + np.linalg.solve(
        square, x.T @ (energies - x @ np.full(x.shape[1], mean)) / len(x)
    )
    fitted = dict(zip((SYMBOLS[n] for n in elements[is_free]), solved.tolist(), strict=True))
    return {SYMBOLS[n]: {**known, **fitted}[SYMBOLS[n]] for n in elements}


def binding_energy(frames: Sequence[LabelledFrame], references: Mapping[str, float]) -> float:
    """Mean energy of an atom over that of the free atoms, eV; 0 where no energy is known."""
    found = [
        (frame.energy - sum(references[SYMBOLS[n]] for n in frame.structure.numbers)) / len(frame)
        for frame in frames
        if frame.energy is not None and np.isfinite(frame.energy)
    ]
    return float(np.mean(found)) if found else 0.0


def energy_scale(frames: Sequence[LabelledFrame], references: Mapping[str, float]) -> float:
    """Root mean square of a force component, eV/A read as eV; without forces, the spread of E/n."""
    squares, count = 0.0, 0
    for frame in frames:
        if frame.forces is not None:
            finite = frame.forces[np.isfinite(frame.forces)]
            squares, count = squares + float(np.square(finite).sum()), count + finite.size
    if count:
        return max(float(np.sqrt(squares / count)), _SMALLEST_SCALE)
    elements = np.unique(np.concatenate([frame.structure.numbers for frame in frames]))
    energies, shares = _per_atom(frames, elements)
    if not len(energies):
        return 1.0
    left = energies - shares @ np.array([references[SYMBOLS[n]] for n in elements])
    return max(float(left.std()), _SMALLEST_SCALE)


def _per_atom(
    frames: Sequence[LabelledFrame], elements: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Energy of an atom, and share of each element, of the frames whose energy is known."""
    chosen = [f for f in frames if f.energy is not None and np.isfinite(f.energy)]
    energies = np.array([f.energy for f in chosen], dtype=np.float64)
    counts = np.array(
        [[(f.structure.numbers == n).sum() for n in elements] for f in chosen], dtype=np.float64
    ).reshape(len(chosen), len(elements))
    sizes = counts.sum(axis=1)
    return energies / sizes, counts / sizes[:, None]
