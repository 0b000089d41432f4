"""How much time an inverse design may take: three sizes, and what a spec is expected to need."""

import os

from designer_app.specs.design import DesignSpec
from designer_app.specs.presets import Preset

BUDGETS = (
    Preset(
        "quick",
        "Quick",
        "A look: forty candidates are relaxed, the best eight get their numbers from physics, and "
        "five are recomputed.",
        (("seeds", 200), ("steps", 150), ("relax_best", 40), ("physics_best", 8),
         ("check_best", 5), ("learn", False), ("n", 5)),
    ),
    Preset(
        "balanced",
        "Balanced",
        "Two hundred candidates are relaxed and placed on the hull, the best forty computed, and "
        "the best dozen recomputed from shaken supercells.",
        (("seeds", 400), ("steps", 300), ("relax_best", 200), ("physics_best", 40),
         ("check_best", 12), ("learn", True), ("n", 10)),
    ),
    Preset(
        "careful",
        "Careful",
        "Three thousand candidates are relaxed; more of the rare good ones are found, and all of "
        "a longer shortlist are recomputed.",
        (("seeds", 1500), ("steps", 500), ("relax_best", 3000), ("physics_best", 400),
         ("check_best", 60), ("learn", True), ("n", 30)),
    ),
)  # fmt: skip

_LOADING = 15.0
_SEED_STEP = 20.0 / (400 * 300)
_SINGLE_POINT = 0.04
_LEARNING = 60.0
_RELAXATION = 0.6
_PHYSICS = {"cathode": 2.0, "anode": 2.0, "electrolyte": 20.0, "catalyst": 15.0, "own": 0.0}
_CHECK = 20.0
_REPORT = 15.0
"""Seconds on one core of a laptop: loading, one seed's step, one single point, the round of
learning, one relaxation, one candidate's physics, one recomputation with the reference
phases of the second judge, the report."""


def single_points(spec: DesignSpec) -> int:
    """Proposals that get a single point, which ranks them: some times as many as are relaxed."""
    return max(500, min(1500, 8 * spec.relax_best), 2 * spec.relax_best)


def expected_parts(spec: DesignSpec, cores: int | None = None) -> tuple[tuple[str, float], ...]:
    """(what, seconds) that a run is expected to take on this computer, by counting."""
    side_by_side = max(1, min(spec.workers, cores or os.cpu_count() or 1))
    searching = _LOADING + _SEED_STEP * spec.seeds * spec.steps
    searching += _SINGLE_POINT * single_points(spec)
    parts = (
        ("Search", searching + (_LEARNING if spec.learn else 0.0)),
        ("Relaxations", _RELAXATION * spec.relax_best / side_by_side),
        ("Physics", _PHYSICS[spec.purpose] * spec.physics_best / side_by_side),
        ("Recomputing", _CHECK * spec.check_best / side_by_side),
        ("Report", _REPORT),
    )
    return tuple((what, seconds) for what, seconds in parts if seconds > 0.0)


def expected_seconds(spec: DesignSpec, cores: int | None = None) -> float:
    """Seconds that a run is expected to take on this computer; right within a factor of two."""
    return sum(seconds for _, seconds in expected_parts(spec, cores))
