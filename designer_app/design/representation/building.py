"""Prototypes of many crystals: training formulas found them, the others join."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.describing import (
    TOLERANCES,
    Coarse,
    coarse,
    describe,
    fits_tokens,
)
from designer_app.design.representation.mining import FAR, Cluster, Clusters, target_of
from designer_app.screening.duplicates import reduced_formula
from designer_app.screening.reference.symmetry import SymmetricCrystal
from designer_app.specs.structure import Structure
from designer_app.training.splits import split_of

Floats = NDArray[np.float64]
CHUNK = 64
"""Crystals that a process takes at a time."""


@dataclass(frozen=True, eq=False)
class Mined:
    """Prototypes in the making."""

    clusters: Clusters
    splits: tuple[str, ...]
    """Of each crystal, by its place: "train", "validation" or "test"."""
    n_without: int
    """Crystals without clear symmetry or with too many orbits or elements for tokens."""


def mined(
    structures: Sequence[Structure], order: Floats, pool: Executor, say: Callable[[str], None]
) -> Mined:
    """The prototypes of all crystals, by their symmetry within 0.1 A.

    Other tolerances found no prototypes: they are for bringing further crystals to these.
    """
    splits = tuple(split_of(reduced_formula(each)) for each in structures)
    described = pool.map(partial(describe, symprec=TOLERANCES[0]), structures, chunksize=CHUNK)
    usual = {
        row: each for row, each in enumerate(described) if each is not None and fits_tokens(each)
    }
    say(f"{len(usual)} of {len(structures)} crystals fit tokens within {TOLERANCES[0]} A")
    clusters = Clusters(order)
    founders = {row: each for row, each in usual.items() if splits[row] == "train"}
    for found in pool.map(partial(_found, order), _groups(founders), chunksize=4):
        for cluster in found:
            clusters.add(cluster)
    say(f"{len(clusters)} prototypes of training formulas")
    return placed(usual, clusters, splits, say)


def placed(
    usual: Mapping[int, SymmetricCrystal],
    clusters: Clusters,
    splits: tuple[str, ...],
    say: Callable[[str], None],
) -> Mined:
    """The other crystals in the prototypes that training formulas founded, or in their own."""
    placing = Placing(clusters, splits)
    others = [row for row in usual if splits[row] != "train"]
    left = [row for row in others if not placing.join(row, usual[row], is_founded)]
    for row in left:
        placing.found(row, usual[row])
    for cluster in clusters:
        cluster.settle()
    say(f"{len(clusters)} prototypes of all formulas")
    return Mined(clusters, splits, len(splits) - len(usual))


def is_founded(cluster: Cluster) -> bool:
    """Whether it has members that may be learned from."""
    return bool(cluster.members)


@dataclass(frozen=True, eq=False)
class Placing:
    """Crystals on their way into prototypes, as members where their formula is for training."""

    clusters: Clusters
    splits: Sequence[str]

    def join(self, row: int, crystal: SymmetricCrystal, suits: Callable[[Cluster], bool]) -> bool:
        """Into the nearest suitable prototype, if one is near."""
        near = self.clusters.nearest(crystal, suits)
        if near is None or near[1].distance > FAR:
            return False
        self._put(row, near[1].crystal, near[0])
        return True

    def found(self, row: int, crystal: SymmetricCrystal) -> None:
        """Into whatever prototype is near, or one of its own."""
        near = self.clusters.nearest(crystal)
        own = crystal if near is None else near[1].crystal
        if near is not None and near[1].distance <= FAR:
            self._put(row, own, near[0])
        else:
            cluster = Cluster(target_of(own))
            self._put(row, own, cluster)
            self.clusters.add(cluster)

    def _put(self, row: int, crystal: SymmetricCrystal, cluster: Cluster) -> None:
        into = cluster.members if self.splits[row] == "train" else cluster.guests
        into[row] = crystal


def _groups(crystals: dict[int, SymmetricCrystal]) -> list[dict[int, SymmetricCrystal]]:
    """Crystals that may belong together, the largest group first."""
    found: dict[Coarse, dict[int, SymmetricCrystal]] = defaultdict(dict)
    for row, crystal in crystals.items():
        found[coarse(crystal.kind)][row] = crystal
    return sorted(found.values(), key=len, reverse=True)


def _found(order: Floats, crystals: dict[int, SymmetricCrystal]) -> list[Cluster]:
    clusters = Clusters(order)
    clusters.found(crystals)
    return list(clusters)
