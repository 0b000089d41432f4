"""Rules of a screening run: which numbers are asked, which criteria count, what sorts the rows."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from designer_app.running.control import RunControl
from designer_app.specs.estimates import LIGHTS, Estimate
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import FAILS, PASSES, ScreenRow
from designer_app.specs.structure import Structure


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """A number that must lie in a range."""

    key: str
    low: float = -math.inf
    high: float = math.inf
    least_probability: float | None = None
    """Asked of the probability instead, where the estimate has one."""

    def is_met(self, estimate: Estimate | None) -> bool:
        """Whether an estimate meets it; what is not known does not."""
        if estimate is None:
            return False
        if self.least_probability is not None and estimate.probability is not None:
            return estimate.probability >= self.least_probability
        return self.low <= estimate.value <= self.high


class Rules(Protocol):
    """What a kind of screen asks; one object for a run."""

    criteria: tuple[Criterion, ...]

    def refusal(self, structure: Structure) -> str:
        """Why a material cannot be judged by these rules, such as no working ion; "" if it can."""
        ...

    def quick(
        self, structures: Sequence[Structure], rows: Sequence[ScreenRow], control: RunControl
    ) -> list[tuple[Estimate, ...]]:
        """Numbers by learned heads, some milliseconds a material."""
        ...

    def physics(
        self, structure: Structure, row: ScreenRow, control: RunControl
    ) -> tuple[Estimate, ...]:
        """Numbers from relaxations, some minutes a material; raises what they raise."""
        ...

    def score(self, row: ScreenRow) -> float:
        """Larger is better."""
        ...


class StabilityRules:
    """Near the hull, and nothing else."""

    def __init__(self, spec: ScreenSpec) -> None:
        self.criteria = stability_criteria(spec)

    def refusal(self, structure: Structure) -> str:
        """Nothing is refused."""
        del structure
        return ""

    def quick(
        self, structures: Sequence[Structure], rows: Sequence[ScreenRow], control: RunControl
    ) -> list[tuple[Estimate, ...]]:
        """The network has said all."""
        del rows, control
        return [() for _ in structures]

    def physics(
        self, structure: Structure, row: ScreenRow, control: RunControl
    ) -> tuple[Estimate, ...]:
        """The hull has said all."""
        del structure, row, control
        return ()

    def score(self, row: ScreenRow) -> float:
        """Minus the energy above the hull, eV/atom."""
        return 0.0 - value_of(row, "e_above_hull", math.inf)


def stability_criteria(spec: ScreenSpec) -> tuple[Criterion, ...]:
    """Those that count for every kind of screen."""
    return (
        Criterion(key="stability", low=spec.stability),
        Criterion(key="e_above_hull", high=spec.e_above_hull),
    )


def judged(row: ScreenRow, criteria: Iterable[Criterion]) -> tuple[str, tuple[str, ...], str]:
    """(verdict, keys that fail, a sentence that says which, and why where an estimate knows)."""
    failing = tuple(each.key for each in criteria if not each.is_met(row.estimate(each.key)))
    if not failing:
        return PASSES, (), ""
    unknown = [key for key in failing if math.isnan(value_of(row, key, math.nan))]
    told = f"misses {', '.join(key.replace('_', ' ') for key in failing)}"
    if unknown:
        told += f" (not known: {', '.join(key.replace('_', ' ') for key in unknown)})"
    found = (row.estimate(key) for key in failing)
    reasons = [each.reason for each in found if each is not None and each.light == "red"]
    return FAILS, failing, "; ".join(dict.fromkeys([told, *filter(None, reasons)]))


def worst_light(row: ScreenRow, criteria: Iterable[Criterion]) -> str:
    """The worst light of the numbers that count; amber where one is missing."""
    found = [row.estimate(each.key) for each in criteria]
    lights = ["amber" if each is None else each.light for each in found]
    return max(lights, key=LIGHTS.index, default="amber")


def value_of(row: ScreenRow, key: str, otherwise: float) -> float:
    """The value of an estimate, or what stands for an unknown one."""
    found = row.estimate(key)
    return otherwise if found is None or not math.isfinite(found.value) else found.value
