"""Numbers of a report: what was predicted beside what was computed, and shares with intervals."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from designer_app.specs.design_estimates import EXACT, predicted, verified
from designer_app.specs.design_targets import PROPERTIES, Target
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen_rows import PASSES, ScreenRow

_Z = 1.96
"""Of a 95 % interval."""
SHOWN_AS = {
    "e_above_hull": (1000.0, "meV/atom", 0),
    "adsorption_free_energy": (1.0, "eV", 2),
}
"""(factor, unit, decimals) where a table shows another unit than the estimate has."""


@dataclass(frozen=True)
class Paired:
    """One property of one row, predicted and computed."""

    name: str
    predicted: float
    verified: float
    error: float
    """Of the prediction, on data kept back; 0 where it is not known."""
    is_hit: bool


def pairs_of(rows: Sequence[ScreenRow], key: str, factor: float = 1.0) -> tuple[Paired, ...]:
    """All rows that have both; exact numbers are compared with nothing."""
    found: list[Paired] = []
    for row in rows:
        guess, truth = predicted(row, key), verified(row, key)
        if guess is None or truth is None or truth.method == EXACT:
            continue
        found.append(
            Paired(
                name=f"{row.id} {row.formula}",
                predicted=guess.value * factor,
                verified=truth.value * factor,
                error=(guess.error or 0.0) * factor,
                is_hit=row.verdict == PASSES,
            )
        )
    return tuple(found)


def scale_of(key: str, estimates: Iterable[Estimate | None] = ()) -> tuple[float, str, str]:
    """(factor, unit, format) of a property in tables."""
    known = PROPERTIES.get(key)
    if key in SHOWN_AS:
        factor, unit, decimals = SHOWN_AS[key]
        return factor, unit, f"z.{decimals}f"
    if known is None:
        unit = next((each.unit for each in estimates if each is not None), "")
        return 1.0, unit, ".4g"
    return 1.0, known.unit, ".1e" if known.is_log else f"z.{known.decimals}f"


def bounds_of(target: Target, factor: float = 1.0) -> tuple[float, float]:
    """The range in which a value meets a target, in the unit of tables."""
    known = PROPERTIES.get(target.key)
    low, high = target.bounds(known.wide if known else 0.0)
    return low * factor, high * factor


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953); 0 to 1 without
    tries.
    """
    if tries == 0:
        return 0.0, 1.0
    share, squared = hits / tries, _Z**2 / tries
    middle = (share + squared / 2) / (1 + squared)
    half = _Z * math.sqrt(share * (1 - share) / tries + squared / (4 * tries)) / (1 + squared)
    return max(middle - half, 0.0), min(middle + half, 1.0)
