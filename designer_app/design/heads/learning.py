"""A quick round of learning: heads tuned on what a search just found out, within seconds.

New labels alone would be learned by heart and the rest forgotten, so half of each batch comes from
our own energies that are shipped.
"""

import copy
from dataclasses import replace
from functools import lru_cache

import numpy as np

from designer_app.design.heads.computed import read_computed
from designer_app.design.heads.ensemble import DesignHeads, Group
from designer_app.design.heads.labels import KNOWN, MADE, SPLITS, LabelledTokens
from designer_app.design.heads.training import GroupTraining, TrainingSettings
from designer_app.design.representation.library import load_library
from designer_app.errors import InvalidSpecError
from designer_app.running.control import RunControl

FEWEST = 16
"""New labels below which a round is not worth its time."""
REPLAYED = 4000
"""Shipped labels that are shown besides."""
BATCHES = 400
QUICK = TrainingSettings(
    epochs=1, batch=256, learning_rate=6e-4, averaging=0.97, weight_decay=0.01, bagged=0.9
)


def learn_from(
    heads: DesignHeads,
    labelled: LabelledTokens,
    *,
    seed: int = 0,
    control: RunControl | None = None,
) -> DesignHeads:
    """The heads after a round on new labels; the given ones stay as they are.

    `labelled` holds any of the heads' keys, as `negatives.labels_by_energy` makes them. Groups with
    fewer than `FEWEST` new labels stay untouched; raises `InvalidSpecError` where all have fewer.
    """
    found = heads
    counts: dict[str, int] = {}
    for name, group in heads.groups.items():
        keys = [row.key for row in group.rows if row.key in labelled.keys]
        new = labelled.rows(labelled.known(keys)) if keys else labelled.rows(np.arange(0))
        counts[name] = len(new)
        if len(new) >= FEWEST:
            found = found.with_group(name, _tuned(heads, name, new, seed, control or RunControl()))
    if found is heads:
        told = f"{max(counts.values(), default=0)} labels are too few, {FEWEST} are needed"
        raise InvalidSpecError("labelled", len(labelled), told)
    return found


def _tuned(
    heads: DesignHeads, name: str, new: LabelledTokens, seed: int, control: RunControl
) -> Group:
    group = heads.groups[name]
    keys = [row.key for row in group.rows]
    new = replace(
        new,
        values=new.with_keys(keys),
        keys=tuple(keys),
        origin=np.full(len(new), MADE, np.int8),
    )
    data = new
    old = _replayed(name, seed)
    if old is not None:
        data = replace(old, values=old.with_keys(keys), keys=tuple(keys)).and_more(new)
    # As many batches whatever the number of new labels: the time is what is given.
    epochs = max(1, round(BATCHES * QUICK.batch / (2 * max(len(data) - len(new), len(new)))))
    training = GroupTraining(
        data, group.rows, heads.featurizer, heads.slot_counts, replace(QUICK, epochs=epochs), seed,
        start=(copy.deepcopy(group.network), group.scaling),
    )  # fmt: skip
    return Group(group.rows, training.run(control, f"{name} heads"), group.scaling)


@lru_cache(maxsize=4)
def _replayed(name: str, seed: int) -> LabelledTokens | None:
    """Shipped labels, known and made, as if all were known; None for groups without any."""
    place = {"crystal": 0, "electrode": 1}.get(name)
    if place is None:
        return None
    found = read_computed(load_library())[place]
    found = found.rows(found.split == SPLITS.index("train"))
    generator = np.random.default_rng((seed, place))
    is_known = found.origin == KNOWN
    parts = [
        generator.permutation(np.flatnonzero(chosen))[: REPLAYED // 2]
        for chosen in (is_known, ~is_known)
    ]
    found = found.rows(np.sort(np.concatenate(parts)))
    return replace(found, origin=np.full(len(found), KNOWN, np.int8))
