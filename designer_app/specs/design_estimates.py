"""What was predicted of a candidate beside what was computed: never mixed, never averaged."""

import math
from collections.abc import Iterable

from designer_app.specs.estimates import Estimate
from designer_app.specs.screen_rows import ScreenRow

PREDICTING = ("learned head", "crystal network", "single point")
"""Methods that guess, also from a crystal as it was proposed; all others compute, but for what
follows from the formula alone."""
EXACT = "composition"


def is_predicted(estimate: Estimate) -> bool:
    """Whether it was guessed before anything was relaxed."""
    return estimate.method.startswith(PREDICTING)


def predicted(row: ScreenRow, key: str) -> Estimate | None:
    """The last guess that has a value: what the search went by."""
    return _first(
        each for each in reversed(row.estimates) if each.key == key and is_predicted(each)
    )


def verified(row: ScreenRow, key: str) -> Estimate | None:
    """The last computed value; None where nothing but guesses was made."""
    return _first(
        each for each in reversed(row.estimates) if each.key == key and not is_predicted(each)
    )


def _first(estimates: Iterable[Estimate]) -> Estimate | None:
    return next((each for each in estimates if math.isfinite(each.value)), None)
