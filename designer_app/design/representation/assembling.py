"""The prototype library's file made from mined prototypes and hand-built frameworks."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.building import Mined, Placing
from designer_app.design.representation.frameworks import Framework
from designer_app.design.representation.library_file import Prototype, prototype_arrays
from designer_app.design.representation.mining import NEAR, Cluster
from designer_app.design.representation.tokens import MAX_SHAPE, N_ELEMENTS, N_GEOMETRY
from designer_app.design.representation.volumes import fitted_atomic_volumes
from designer_app.screening.duplicates import reduced_formula
from designer_app.screening.reference.classes import Arrays, slot_counts
from designer_app.screening.reference.symmetry import SymmetricCrystal, free_shape
from designer_app.training.splits import split_of

Floats = NDArray[np.float64]
SPLITS = ("train", "validation", "test")


def library_arrays(
    found: Mined,
    frameworks: Sequence[tuple[Framework, SymmetricCrystal]],
    likenesses: Sequence[tuple[str, SymmetricCrystal]],
    order: Floats,
) -> tuple[dict[str, object], Arrays]:
    """Header and arrays of the file, the most common prototypes first.

    Frameworks become members; they and `likenesses` name the families of the prototypes they fit.
    """
    splits = _with_frameworks(found, frameworks)
    named = [(each.family, crystal) for each, crystal in frameworks] + [*likenesses]
    families = _families(found, named)
    every = sorted(found.clusters, key=_place)
    volumes = _atomic_volumes(every)
    templates: dict[object, Iterator[int]] = defaultdict(count)
    prototypes = [
        Prototype(
            kind=each.kind,
            template=next(templates[each.kind]),
            n_members=len(each.members) + len(each.guests),
            n_train=len(each.members),
            shape=each.target.shape,
            free=each.target.free,
            log_volume=_median_log_volume(each, volumes),
            families=tuple(families.get(id(each), ())),
        )
        for each in every
    ]
    names, arrays = prototype_arrays(prototypes)
    rows = [row for each in every for row in (*each.members, *each.guests)]
    header: dict[str, object] = {
        "families": names,
        "n_by_split": {name: sum(splits[row] == name for row in rows) for name in SPLITS},
        "n_without_tokens": found.n_without,
    }
    arrays["atomic_volumes"] = volumes.astype(np.float32)
    arrays["order"] = order.astype(np.float32)
    arrays["geometry_scales"] = _scales(every)
    return header, arrays


def _place(cluster: Cluster) -> tuple[int, int]:
    """The most common first, whatever the order in which they were found."""
    rows = (*cluster.members, *cluster.guests)
    return -len(rows), min(rows)


def _with_frameworks(
    found: Mined, frameworks: Sequence[tuple[Framework, SymmetricCrystal]]
) -> list[str]:
    """Frameworks put into their prototypes; splits of all crystals, theirs at the end."""
    splits = [*found.splits]
    placing = Placing(found.clusters, splits)
    for framework, crystal in frameworks:
        splits.append(split_of(reduced_formula(framework.structure)))
        placing.found(len(splits) - 1, crystal)
    for cluster in found.clusters:
        cluster.settle()
    return splits


def _families(found: Mined, named: Sequence[tuple[str, SymmetricCrystal]]) -> dict[int, list[str]]:
    """Families by prototype: each crystal names the nearest prototype, if it is near."""
    families: dict[int, list[str]] = defaultdict(list)
    for family, crystal in named:
        near = found.clusters.nearest(crystal)
        if near is not None and near[1].distance <= NEAR:
            known = families[id(near[0])]
            if family not in known:
                known.append(family)
    return families


def _atomic_volumes(clusters: Sequence[Cluster]) -> Floats:
    members = [each for cluster in clusters for each in cluster.members.values()]
    amounts = np.zeros((len(members), N_ELEMENTS))
    for row, crystal in enumerate(members):
        for element, n in zip(crystal.elements, slot_counts(crystal.kind), strict=True):
            amounts[row, element] += n
    amounts /= amounts.sum(axis=1, keepdims=True)
    return fitted_atomic_volumes(amounts, np.array([each.volume_per_atom for each in members]))


def _median_log_volume(cluster: Cluster, volumes: Floats) -> float:
    counts = np.array(slot_counts(cluster.kind))
    return float(
        np.median(
            [
                np.log(each.volume_per_atom * counts.sum() / (volumes[[*each.elements]] @ counts))
                for each in (cluster.members or cluster.guests).values()
            ]
        )
    )


def _scales(clusters: Sequence[Cluster]) -> NDArray[np.float32]:
    """Root mean square deviations of lengths, angles and free numbers from the medians."""
    squares: dict[str, list[Floats]] = {"lengths": [], "angles": [], "free": []}
    for cluster in clusters:
        goal = cluster.target
        if len(cluster.members) < 2:
            continue
        n_lengths = sum(place < 2 for place in free_shape(cluster.kind.space_group))
        shapes = np.array([each.shape for each in cluster.members.values()]).T
        shape = np.array(goal.shape)[:, None]
        squares["lengths"].append((np.log(shapes / shape)[:n_lengths] ** 2).ravel())
        squares["angles"].append(((shapes - shape)[n_lengths:] ** 2).ravel())
        frees = np.array([each.free for each in cluster.members.values()]) - np.array(goal.free)
        squares["free"].append(((frees - np.rint(frees)) ** 2).ravel())
    rms = {name: float(np.sqrt(np.concatenate(each).mean())) for name, each in squares.items()}
    scales = np.full(N_GEOMETRY, rms["free"], dtype=np.float32)
    scales[:MAX_SHAPE] = [rms["lengths"]] * 2 + [rms["angles"]] * 3
    return scales
