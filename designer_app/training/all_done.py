"""Whether a training that is to go on came to its end before, and nothing more is asked of it."""

import math
from collections.abc import Mapping
from typing import Any

from designer_app.io.potential_cards import PotentialCard
from designer_app.io.unfinished import fits_of, is_unfinished
from designer_app.specs.train_potential import TrainPotentialSpec

_LIMITS = ("epochs", "max_minutes", "patience")
"""Of these, more is more to be done; 0 is no limit."""
_OTHERS = ("averaging", "batch_size", "learning_rate")


def is_all_done(spec: TrainPotentialSpec, card: PotentialCard, before: PotentialCard) -> bool:
    """Whether the potential of a folder is what the spec asks for.

    `card` is what is known before the fit, `before` the card in the folder.
    """
    if is_unfinished(before) or len(fits_of(before)) != spec.members:
        return False
    return _files(card) == _files(before) and not _asks_for_more(spec, before.training)


def _files(card: PotentialCard) -> set[tuple[str, bool | None]]:
    return {(each.sha256, each.is_test) for each in card.data}


def _asks_for_more(spec: TrainPotentialSpec, told: Mapping[str, Any]) -> bool:
    by_hand = told.get("by_hand", ())
    for name in (*_LIMITS, *_OTHERS):
        now, then = getattr(spec, name), told.get(name)
        if now == then and (name in spec.by_hand) == (name in by_hand):
            continue
        if name not in _LIMITS or not isinstance(then, int | float):
            return True
        if (now or math.inf) > (then or math.inf) or (name in spec.by_hand and name not in by_hand):
            return True
    return False
