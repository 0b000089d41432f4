"""How much time an inverse design may take: three sizes, and what a spec is expected to need."""

import os
from dataclasses import dataclass, replace
from typing import Any

from designer_app.specs.design import DesignSpec

CUSTOM = ("custom", "Own numbers")


@dataclass(frozen=True)
class Budget:
    """A size of a run."""

    key: str
    title: str
    doc: str
    """How deep candidates are judged; one sentence."""
    changes: tuple[tuple[str, Any], ...]
    """Of a `DesignSpec`."""


BUDGETS = (
    Budget(
        "quick",
        "Quick, about 2 minutes",
        "A look: few candidates are relaxed, the best three get their numbers from physics, and "
        "one is recomputed.",
        (("seeds", 200), ("steps", 150), ("relax_best", 16), ("physics_best", 3),
         ("check_best", 1), ("learn", False), ("n", 5)),
    ),
    Budget(
        "balanced",
        "Balanced, about 10 minutes",
        "Sixty candidates are relaxed and placed on the hull, the best dozen computed, and the "
        "shortlist recomputed from shaken supercells.",
        (("seeds", 400), ("steps", 300), ("relax_best", 60), ("physics_best", 12),
         ("check_best", 10), ("learn", True), ("n", 10)),
    ),
    Budget(
        "careful",
        "Careful, about an hour",
        "Six hundred candidates are relaxed; more of the rare good ones are found, and all of a "
        "longer shortlist are recomputed.",
        (("seeds", 1000), ("steps", 400), ("relax_best", 600), ("physics_best", 80),
         ("check_best", 20), ("learn", True), ("n", 20)),
    ),
)  # fmt: skip

_LOADING = 12.0
_SEED_STEP = 12.0 / (400 * 300)
_CHECKS = 0.02
_LEARNING = 60.0
_RELAXATION = 2.5
_PHYSICS = {"cathode": 9.0, "anode": 9.0, "electrolyte": 10.0, "catalyst": 30.0, "own": 0.0}
_CHECK = 12.0
_REPORT = 5.0
"""Seconds on one core of a laptop: loading, one seed's step, checking one decode, the round of
learning, one relaxation, one candidate's physics, one recomputation, the report."""


def budget_named(key: str) -> Budget:
    """The budget of a key; `KeyError` for another."""
    return {each.key: each for each in BUDGETS}[key]


def applied(budget: Budget, spec: DesignSpec) -> DesignSpec:
    """The spec with the numbers of a budget."""
    changes: dict[str, Any] = dict(budget.changes)
    return replace(spec, **changes)


def budget_of(spec: DesignSpec) -> str:
    """The budget whose numbers a spec has, or custom."""
    for budget in BUDGETS:
        if all(getattr(spec, name) == value for name, value in budget.changes):
            return budget.key
    return CUSTOM[0]


def expected_parts(spec: DesignSpec, cores: int | None = None) -> tuple[tuple[str, float], ...]:
    """(what, seconds) that a run is expected to take on this computer, by counting."""
    side_by_side = max(1, min(spec.workers, cores or os.cpu_count() or 1))
    searching = _LOADING + _SEED_STEP * spec.seeds * spec.steps + _CHECKS * spec.seeds
    parts = (
        ("Search", searching + (_LEARNING / side_by_side if spec.learn else 0.0)),
        ("Relaxations", _RELAXATION * spec.relax_best / side_by_side),
        ("Physics", _PHYSICS[spec.purpose] * spec.physics_best / side_by_side),
        ("Recomputing", _CHECK * spec.check_best / side_by_side),
        ("Report", _REPORT),
    )
    return tuple((what, seconds) for what, seconds in parts if seconds > 0.0)


def expected_seconds(spec: DesignSpec, cores: int | None = None) -> float:
    """Seconds that a run is expected to take on this computer; right within a factor of two."""
    return sum(seconds for _, seconds in expected_parts(spec, cores))
