"""Frames as a GAP learns from them: neighbours, labels less free atoms, sparse points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.errors import InvalidSpecError
from designer_app.neighbors.build import build_neighbors
from designer_app.nn.soap import Soap, Surroundings, surroundings
from designer_app.potentials.gap_basis import firsts, soap_shape
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.networks import GAPSettings
from designer_app.state import state_from_structures
from designer_app.training.closest_pairs import repulsion_ends
from designer_app.training.gap_sparse import chosen

FloatArray = NDArray[np.float64]

MOST_CANDIDATES = 20_000
"""Atoms of one element among which sparse points are chosen; of more, so many by chance."""


@dataclass(frozen=True, eq=False)
class Described:
    """One frame: what the basis reads, and its labels; None where there is none."""

    near: Surroundings
    volume: float
    """A^3; NaN without a cell."""
    energy: float | None
    """eV, less the free atoms'."""
    forces: FloatArray | None
    """(3 n_atoms,) eV/A."""
    virial: FloatArray | None
    """(6,) stress times volume, eV: xx yy zz yz xz xy."""
    tag: str

    @property
    def n_atoms(self) -> int:
        """Atoms of the frame."""
        return len(self.near.kinds)


def described(
    frames: Sequence[LabelledFrame],
    elements: Sequence[str],
    references: Mapping[str, float],
    settings: GAPSettings,
    control: RunControl,
    what: str,
) -> list[Described]:
    """Frames with their neighbours."""
    kind_of_number = np.full(len(SYMBOLS), -1, np.int64)
    kind_of_number[[ATOMIC_NUMBERS[symbol] for symbol in elements]] = np.arange(len(elements))
    found: list[Described] = []
    for k, frame in enumerate(frames):
        control.checkpoint()
        control.progress(k, len(frames), what)
        state = state_from_structures([frame.structure], torch.device("cpu"))
        neighbors = build_neighbors(state, settings.cutoff, half=False)
        near = surroundings(state, neighbors, settings.cutoff, kind_of_number)
        found.append(_with_labels(frame, near, references))
    return found


def _with_labels(
    frame: LabelledFrame, near: Surroundings, references: Mapping[str, float]
) -> Described:
    """Labels that are not numbers count as missing."""
    energy = frame.energy
    if energy is not None:
        energy -= sum(references[SYMBOLS[number]] for number in frame.structure.numbers)
        energy = energy if np.isfinite(energy) else None
    forces = None if frame.forces is None else frame.forces.reshape(-1)
    if forces is not None and not np.isfinite(forces).all():
        forces = None
    volume = abs(float(np.linalg.det(frame.structure.cell)))
    virial = None
    if frame.stress is not None and volume > 0 and np.isfinite(frame.stress).all():
        virial = volume * frame.stress[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
    return Described(near, volume, energy, forces, virial, frame.tag)


def sparse_points(
    frames: Sequence[Described],
    elements: Sequence[str],
    settings: GAPSettings,
    rng: np.random.Generator,
    control: RunControl,
) -> list[FloatArray]:
    """(n, n_features) of each element in the middle; as many as its share of the atoms asks."""
    control.progress(0, 1, "Choosing sparse points")
    soap = Soap(soap_shape(settings), len(elements))
    counts = np.bincount(
        np.concatenate([each.near.kinds for each in frames]), minlength=len(elements)
    )
    # The root between equal parts and parts by number: rare elements are learned from few atoms.
    shares = np.sqrt(counts) / np.sqrt(counts).sum()
    found: list[FloatArray] = []
    for kind in range(len(elements)):
        keep = min(1.0, MOST_CANDIDATES / max(1, counts[kind]))
        units: list[FloatArray] = []
        for each in frames:
            control.checkpoint()
            mine = np.flatnonzero(each.near.kinds == kind)
            mine = mine[rng.random(len(mine)) < keep] if keep < 1.0 else mine
            if len(mine):
                units.append(soap.spectra(each.near, each.near.kinds).unit[mine])
        unit = np.concatenate(units)
        n = max(1, round(settings.n_sparse * float(shares[kind])))
        found.append(unit[chosen(unit, n, settings.selection, rng)])
    return found


def repulsion_distances(frames: Sequence[Described], n_kinds: int) -> FloatArray:
    """(n_kinds, n_kinds) A, below which the repulsion of nuclei begins: no frame holds such pairs.

    A pair of elements that never meets within the cutoff takes the shortest distance of all.
    """
    nearest = np.full((n_kinds, n_kinds), np.inf)
    for each in frames:
        if len(each.near.vectors):
            r = np.linalg.norm(each.near.vectors, axis=1)
            kinds = each.near.kinds
            np.minimum.at(nearest, (kinds[firsts(each.near)], kinds[each.near.second]), r)
    return repulsion_ends(nearest)


def tag_factors(settings: GAPSettings) -> dict[str, float]:
    """Factor on the noises of each tag. Raises `InvalidSpecError`."""
    found: dict[str, float] = {}
    for part in filter(None, (each.strip() for each in settings.tag_sigmas.split(","))):
        tag, _, text = part.partition("=")
        try:
            factor = float(text)
        except ValueError:
            factor = float("nan")
        if not (tag and factor > 0):
            reason = "write tag=factor, several with commas, such as Liquid=3, Elastic=0.3"
            raise InvalidSpecError("tag_sigmas", part, reason, "Noise by tag")
        found[tag.strip()] = factor
    return found
