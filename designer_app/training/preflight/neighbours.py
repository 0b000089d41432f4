"""Frames that are close to each other: copies, steps of one run, strained cells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import KDTree

from designer_app.elements import SYMBOLS
from designer_app.neighbors.build import build_neighbors
from designer_app.specs.labelled import LabelledFrame
from designer_app.state import AtomicState, state_from_structures

Array = NDArray[np.float64]
Frames = Sequence[LabelledFrame]

_CUTOFF = 6.0
_CENTERS = np.arange(0.5, _CUTOFF, 0.25)
_WIDTH = 0.2
_ATOMS_AT_ONCE = 4_000
_NEAREST = 4
"""Of each frame, so many are compared atom by atom."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What the distances in each frame tell."""

    fingerprints: NDArray[np.float32]
    """(n_frames, n) histogram of distances by element: equal for equal structures, however they
    are turned, numbered or repeated."""
    shortest: Array
    """(n_frames,) shortest distance in A; infinite where there is none below the cutoff."""
    tightest: Array
    """(n_frames,) the smallest distance in units of the sum of covalent radii."""
    tightest_pair: tuple[str, ...]
    """(n_frames,) its elements, such as O-H."""


@torch.no_grad()
def surroundings(frames: Frames) -> Surroundings:
    """Distances in frames, up to 6 A."""
    elements = np.unique(np.concatenate([each.structure.numbers for each in frames]))
    parts = [_of_batch(batch, elements) for batch in _batches(frames)]
    return Surroundings(
        fingerprints=np.concatenate([part[0] for part in parts]),
        shortest=np.concatenate([part[1] for part in parts]),
        tightest=np.concatenate([part[2] for part in parts]),
        tightest_pair=tuple(pair for part in parts for pair in part[3]),
    )


def _batches(frames: Frames) -> Iterator[Frames]:
    batch: list[LabelledFrame] = []
    for frame in frames:
        if batch and sum(map(len, batch)) + len(frame) > _ATOMS_AT_ONCE:
            yield batch
            batch = []
        batch.append(frame)
    if batch:
        yield batch


def _of_batch(
    frames: Frames, elements: NDArray[np.int64]
) -> tuple[NDArray[np.float32], Array, Array, list[str]]:
    from ase.data import covalent_radii

    state = state_from_structures([each.structure for each in frames], torch.device("cpu"))
    pairs = build_neighbors(state, _CUTOFF, half=True)
    first, second = pairs.first.numpy(), pairs.second.numpy()
    distances = _distances(state, first, second, pairs.shifts.numpy())
    numbers, system = state.numbers.numpy(), state.system_idx.numpy()
    radii = covalent_radii[numbers]
    tightness = distances / (radii[first] + radii[second])
    shortest = np.full(len(frames), np.inf)
    tightest = np.full(len(frames), np.inf)
    np.minimum.at(shortest, system[first], distances)
    np.minimum.at(tightest, system[first], tightness)
    prints = np.zeros((2, len(frames) * len(elements), len(_CENTERS)))
    waves = np.exp(-((distances[:, None] - _CENTERS) ** 2) / (2 * _WIDTH**2))
    waves *= 0.5 * (1.0 + np.cos(np.pi * distances / _CUTOFF))[:, None]
    row = system * len(elements) + np.searchsorted(elements, numbers)
    for here, there in ((first, second), (second, first)):
        np.add.at(prints[0], row[here], waves)
        np.add.at(prints[1], row[here], waves * (numbers[there] / 50.0)[:, None])
    sizes = np.repeat([len(each) for each in frames], len(elements))
    prints /= sizes[:, None]
    # Of each frame the tightest pair: sorted, it is the last one that is written.
    order = np.argsort(-tightness, kind="stable")
    closest = np.full(len(frames), -1)
    closest[system[first[order]]] = order
    names = [
        f"{SYMBOLS[numbers[first[pair]]]}-{SYMBOLS[numbers[second[pair]]]}" if pair >= 0 else ""
        for pair in closest
    ]
    by_frame = prints.reshape(2, len(frames), -1).swapaxes(0, 1).reshape(len(frames), -1)
    return by_frame.astype(np.float32), shortest, tightest, names


def _distances(
    state: AtomicState, first: NDArray[np.int64], second: NDArray[np.int64], shifts: Array
) -> Array:
    at, cell = state.positions.numpy(), state.cell.numpy()
    system = state.system_idx.numpy()[first]
    vectors = at[second] - at[first] + np.einsum("pi,pij->pj", shifts, cell[system])
    return np.linalg.norm(vectors, axis=1)


@dataclass(frozen=True, eq=False)
class Step:
    """How one frame differs from another of the same atoms."""

    first: int
    second: int
    moved: Array
    """(n_atoms, 3) A, within the mean cell."""
    strain: Array
    """(3, 3) symmetric."""
    turned: Array
    """(3, 3) rotation by which the second was laid on the first."""

    @property
    def rms(self) -> float:
        """Root mean square displacement, A."""
        return float(np.sqrt((self.moved**2).sum(axis=1).mean()))

    @property
    def strained(self) -> float:
        """Largest entry of the strain."""
        return float(np.abs(self.strain).max())


def step_between(frames: Frames, first: int, second: int) -> Step | None:
    """The way from one frame to another; None where atoms or periodicity differ."""
    a, b = frames[first].structure, frames[second].structure
    if a.pbc != b.pbc or not np.array_equal(a.numbers, b.numbers):
        return None
    if not any(a.pbc):
        moved, turned = _laid_on(a.positions, b.positions)
        return Step(first, second, moved, np.zeros((3, 3)), turned)
    if a.volume <= 0.0 or b.volume <= 0.0:
        return None
    fraction = np.linalg.solve(b.cell.T, b.positions.T) - np.linalg.solve(a.cell.T, a.positions.T)
    fraction = fraction.T
    periodic = np.array(a.pbc)
    fraction[:, periodic] -= np.round(fraction[:, periodic])
    middle = 0.5 * (a.cell + b.cell)
    moved = fraction @ middle
    if all(a.pbc):  # a crystal that drifts as a whole is the same one
        moved -= moved.mean(axis=0)
    change = np.linalg.solve(middle, b.cell - a.cell)
    return Step(first, second, moved, 0.5 * (change + change.T), np.eye(3))


def _laid_on(a: Array, b: Array) -> tuple[Array, Array]:
    """(displacements after b was turned onto a, rotation); Kabsch 1976."""
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    left, _, right = np.linalg.svd(b.T @ a)
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    turn = left @ flip @ right
    return b @ turn - a, turn


def nearest_pairs(found: Surroundings) -> NDArray[np.int64]:
    """(n, 2) frames of which one is among the nearest of the other, each pair once."""
    n = len(found.fingerprints)
    if n < 2:
        return np.zeros((0, 2), dtype=np.int64)
    near: Any = KDTree(found.fingerprints).query(found.fingerprints, k=min(_NEAREST + 1, n))[1]
    pairs = {
        (min(place, int(other)), max(place, int(other)))
        for place, others in enumerate(near)
        for other in others
        if other != place
    }
    return np.array(sorted(pairs), dtype=np.int64)


def steps(frames: Frames, found: Surroundings) -> list[Step]:
    """Ways between frames that lie close: by their distances, or one after another in a file."""
    following = [
        (place, place + 1)
        for place in range(len(frames) - 1)
        if frames[place].source == frames[place + 1].source
    ]
    pairs = {(int(a), int(b)) for a, b in nearest_pairs(found)} | set(following)
    made = (step_between(frames, first, second) for first, second in sorted(pairs))
    return [each for each in made if each is not None]
