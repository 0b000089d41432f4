"""Numbers of a report: one unit for each quantity, as many digits as the error allows, what was
predicted beside what was computed, and shares with intervals.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from designer_app.specs.design_estimates import EXACT, predicted, verified
from designer_app.specs.design_targets import OWN, PROPERTIES, Target, in_words
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen_rows import PASSES, ScreenRow

_Z = 1.96
"""Of a 95 % interval."""
HULL, SECOND_HULL, CHARGED = "e_above_hull", "e_above_hull_second", "charged_above_hull"
DISTANCES = (HULL, SECOND_HULL, CHARGED)
"""Distances to the hull, told as “12 above” and “30 below”."""


@dataclass(frozen=True)
class Shown:
    """How a quantity is told in a report."""

    title: str
    unit: str
    decimals: int = 0
    """At most; fewer where the error is larger."""
    factor: float = 1.0
    """From the unit of estimates."""
    is_log: bool = False

    @property
    def head(self) -> str:
        """Of a column."""
        return f"{self.title}, {self.unit}" if self.unit else self.title


_SHOWN: Mapping[str, Shown] = {
    HULL: Shown("Energy to the hull", "meV/atom", factor=1000.0),
    SECOND_HULL: Shown("Energy to the hull, second potential", "meV/atom", factor=1000.0),
    CHARGED: Shown("Charged state to the hull", "meV/atom", factor=1000.0),
    "stability": Shown("Chance to lie within 50 meV/atom of the hull", "%", factor=100.0),
    "ion_release": Shown("Ions that leave", "%", factor=100.0),
    "migration_barrier": Shown("Migration barrier", "eV", 2),
    "log10_conductivity": Shown("log10 of the conductivity in S/cm", "", 1),
}
"""Where it differs from the unit of the estimates, or where these are no targets."""


def shown(key: str, unit: str = "") -> Shown:
    """How a quantity is told; `unit` is that of its estimates, for properties of one's own."""
    if key in _SHOWN:
        return _SHOWN[key]
    known = PROPERTIES.get(key)
    if known is None:
        return Shown(key.removeprefix(OWN).replace("_", " ").capitalize(), unit, 3)
    return Shown(known.title, known.unit, known.decimals, is_log=known.is_log)


def title_of_key(key: str) -> str:
    """What a row misses, in words: the title of a quantity, or a mark as it is."""
    known = key in _SHOWN or key in PROPERTIES or key.startswith(OWN)
    return shown(key).title.lower() if known else key


def asked(target: Target) -> str:
    """A target in words and in the unit of the report."""
    if target.key not in _SHOWN:
        return in_words(target)
    told = shown(target.key)
    low, high, about = (
        None if each is None else each * told.factor
        for each in (target.low, target.high, target.about)
    )
    name = PROPERTIES[target.key].title.lower()
    if about is not None:
        return f"{name} about {about:g} {told.unit}"
    if math.isinf(low or 0.0):
        return f"{name} at most {high:g} {told.unit}"
    end = "" if math.isinf(high or 0.0) else f" to {high:g}"
    return f"{name} {'' if end else 'at least '}{low:g}{end} {told.unit}"


def rounded(value: float, decimals: int, error: float | None = None) -> str:
    """A number to the first digit of its error, or the second where the first is 1."""
    if error and math.isfinite(error):
        first = math.floor(math.log10(error))
        is_one = error / 10.0**first < 1.95
        decimals = min(decimals, int(is_one) - first)
    return f"{round(value, decimals):z,.{max(decimals, 0)}f}"


def value_text(each: Estimate) -> str:
    """The value with its typical error, e.g. "3.8 ± 0.3"; "-" where there is none."""
    told = shown(each.key, each.unit)
    if not math.isfinite(each.value):
        return "-"
    if told.is_log:
        return f"{each.value:.0e}"
    value = each.value * told.factor
    error = None if each.error is None else each.error * told.factor
    side = ""
    if each.key in DISTANCES:
        side = " below" if value < 0 else " above"
        value = abs(value)
    text = rounded(value, told.decimals, error)
    return (f"{text} ± {rounded(error, told.decimals, error)}" if error else text) + side


def interval_text(each: Estimate) -> str:
    """The bounds of the interval, "" without."""
    if each.low is None or each.high is None:
        return ""
    told = shown(each.key, each.unit)
    if told.is_log:
        return f"{each.low:.0e} … {each.high:.0e}"
    ends = (
        rounded(end * told.factor, told.decimals, _coarse(each)) for end in (each.low, each.high)
    )
    return " … ".join(ends)


def _coarse(each: Estimate) -> float | None:
    """The error that sets the digits of an interval, in the unit of the report."""
    if each.error is not None:
        return each.error * shown(each.key, each.unit).factor
    return None


@dataclass(frozen=True)
class Paired:
    """One property of one row, predicted and computed."""

    name: str
    predicted: float
    verified: float
    error: float
    """Of the prediction, on data kept back; 0 where it is not known."""
    is_hit: bool


def pairs_of(rows: Sequence[ScreenRow], key: str) -> tuple[Paired, ...]:
    """All rows that have both, in the report's unit; exact numbers are compared with nothing."""
    factor = shown(key).factor
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


def bounds_of(target: Target) -> tuple[float, float]:
    """The range in which a value meets a target, in the unit of the report."""
    known = PROPERTIES.get(target.key)
    low, high = target.bounds(known.wide if known else 0.0)
    factor = shown(target.key).factor
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
