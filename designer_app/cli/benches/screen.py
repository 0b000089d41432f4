"""10,000 candidates made from known crystals, checked and judged by the crystal network."""

from collections.abc import Callable, Iterator
from typing import Any

import psutil

from designer_app.jobs import screen
from designer_app.running.control import RunControl
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import funnel_of

CANDIDATES, FEW = 10_000, 300
_TITLES = {
    "made": "make candidates",
    "checks": "check, compare, balance",
    "network": "crystal network and heads",
    "rules": "rules",
}


def rows(quick: bool, say: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """A row a stage: candidates that entered it, seconds, candidates a second."""
    spec = ScreenSpec(
        rules="stability",
        make="prototypes",
        n_candidates=FEW if quick else CANDIDATES,
        relax_best=0,
        physics_best=0,
    )
    say(f"Screening {spec.n_candidates} candidates; no relaxations.")
    process = psutil.Process()
    before = process.cpu_times().user
    result = screen.run(spec, RunControl())
    cpu = process.cpu_times().user - before
    for sentence in result.warnings:
        say(sentence)
    entered = {count.stage: count.entered for count in funnel_of(result.rows)}
    counts = {**entered, "checks": entered["valid"]}
    total = 0.0
    for stage, seconds in result.seconds:
        if stage not in _TITLES:
            continue
        total += seconds
        n = counts[stage]
        yield {"stage": _TITLES[stage], "candidates": n, "seconds": seconds, "per s": n / seconds}
    n = len(result.rows)
    yield {"stage": "all", "candidates": n, "seconds": total, "per s": n / total}
    yield {"stage": "all, CPU time", "candidates": n, "seconds": cpu, "per s": n / cpu}
    say(f"Memory at the end: {process.memory_info().rss / 1e9:.2f} GB.")
