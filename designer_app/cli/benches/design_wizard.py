"""A whole run with a budget of the wizard: how long it takes, and whether its candidates hold.

Lithium cathodes without cobalt of at least 600 Wh/kg, from nothing to a shortlist with its report,
on two processes. Reference phases of the second judge are relaxed anew, as on a new computer.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from designer_app.design.checking import NAME
from designer_app.design.second_judge import KEY
from designer_app.io.design_store import DesignStore
from designer_app.jobs import design
from designer_app.running.control import RunControl
from designer_app.screening.hull_errors import STABLE
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_budgets import BUDGETS, expected_seconds
from designer_app.specs.design_rows import DesignResult
from designer_app.specs.presets import applied, preset_named
from designer_app.specs.screen_rows import ScreenRow

_TARGETS = ("energy_density=600..", "voltage=2..4.6", "e_above_hull=..0.05")


def rows(
    quick: bool, say: Callable[[str], None], keep: Path | None = None
) -> Iterator[dict[str, Any]]:
    """One row; times are wall-clock on this machine, with whatever else it does. The run is left in
    the folder `keep`, where one is named.
    """
    budget = preset_named(BUDGETS, "quick" if quick else "balanced")
    asked = DesignSpec(targets=_TARGETS, exclude="Co", workers=2)
    with tempfile.TemporaryDirectory() as name:
        os.environ["DESIGNER_APP_HOME"] = f"{name}/home"
        folder = keep or Path(name) / "run"
        spec = replace(applied(budget, asked), out=folder)
        cpu, began = os.times(), time.perf_counter()
        result = design.run(spec, RunControl())
        wall, after = time.perf_counter() - began, os.times()
        used = sum(after[:4]) - sum(cpu[:4])
        say(result.verdict)
        for stage, seconds in result.seconds:
            say(f"{stage:>10s} {seconds:7.1f} s")
        store = DesignStore(folder)
        yield {
            "budget": budget.key,
            "wall s": wall,
            "CPU s, also of ended workers": used,
            "expected s": expected_seconds(spec),
            "relaxed": sum(arm.n_relaxed for arm in result.arms),
            "shortlist": result.n_shortlist,
            "meet all targets": result.n_hits,
            **_held(result, store),
            **_second(result.rows[: result.n_shortlist]),
        }


def _held(result: DesignResult, store: DesignStore) -> dict[str, Any]:
    """Of the shortlist, how many were shaken and how many came back."""
    checks = store.checks()
    shaken = [
        check.holds
        for row in result.rows[: result.n_shortlist]
        for check in checks.get(row.id, ())
        if check.name == NAME
    ]
    return {"shaken": len(shaken), "hold": sum(shaken)}


def _second(rows: tuple[ScreenRow, ...]) -> dict[str, Any]:
    """Rank correlation of the two distances to the hull, and how many are near both hulls."""
    pairs = [(row.estimate("e_above_hull"), row.estimate(KEY)) for row in rows]
    both = np.array([(a.value, b.value) for a, b in pairs if a is not None and b is not None])
    rank = float("nan")
    if len(both) > 2:
        rank = float(spearmanr(both[:, 0], both[:, 1]).statistic)  # type: ignore[union-attr]
    return {
        "judged twice": len(both),
        "near the second hull": int((both[:, 1] <= STABLE).sum()) if len(both) else 0,
        "rank correlation": rank,
    }
