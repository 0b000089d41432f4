"""Every strategy of the search at the same cost: new, stable, useful crystals per relaxation.

Li cathodes without Co in a window of 2 to 4.6 V. Each arm proposes with five seeds; known crystals
are passed over, as they cost no relaxation; of the rest the first of each seed are relaxed with
CHGNet and placed on the hull of the shipped reference set. A hit is

    new           no crystal of the reference set, nor of the data folder where one is given, is the
                  same by `StructureMatcher`, before and after relaxation;
    near          less than 50 meV/atom above that hull;
    useful        at least 600 Wh/kg at 2 to 4.6 V, with the voltage of the relaxed crystal and its
                  relaxed host without lithium, and the charge that its metals can make up for.

The seeds of an arm take turns and never take one crystal twice, so that 400 relaxations are of 400
crystals for every arm, also where seeds change little or nothing. Retrieval proposes known crystals
alone, so by this measure it has no hits. What two arms propose alike is relaxed once. Finished
parts are kept; the same call goes on.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from designer_app.cli.benches.design.intervals import Interval, rate, ratio
from designer_app.cli.benches.design.proposing import ARMS, Proposal, dealt, proposals_of
from designer_app.cli.benches.design.trials import Trial, Trials
from designer_app.io.user_folders import references_folder
from designer_app.running.control import RunControl

SEEDS, EACH, ROUND = 5, 80, 10
"""Of each arm: seeds, relaxations a seed, and relaxations a seed in one round."""
_QUICK = (2, 4, 4)
_BASELINES = ("random", "substitution by probability", "substitution by judge")


def rows(
    quick: bool,
    say: Callable[[str], None],
    data: Path | None = None,
    keep: Path | None = None,
) -> Iterator[dict[str, Any]]:
    """A row an arm: relaxations, share below 100 meV/atom, hits, ratios, with 95 % intervals."""
    seeds, each, step = _QUICK if quick else (SEEDS, EACH, ROUND)
    folder = keep or references_folder().parent / ("bench-design" + ("-quick" if quick else ""))
    folder.mkdir(parents=True, exist_ok=True)
    say(f"Finished parts are kept in {folder}.")
    control = RunControl()
    found: dict[tuple[str, int], list[Proposal]] = {}
    for arm in ARMS:
        lists = [proposals_of(arm, seed, folder, say, quick=quick) for seed in range(seeds)]
        found |= {(arm.name, seed): mine for seed, mine in enumerate(dealt(lists, each))}
    judged: dict[tuple[str, int], list[Trial]] = {key: [] for key in found}
    with Trials(folder, data, control) as trials:
        for start in range(0, each, step):
            wanted = {key: each_of[start : start + step] for key, each_of in found.items()}
            trials.judge([one for several in wanted.values() for one in several], say)
            for key, several in wanted.items():
                judged[key] += [trials.of(one) for one in several]
            say(f"After {start + step} relaxations a seed:")
            for row in _table(judged):
                say(str(row))
    yield from _table(judged)


def _table(judged: dict[tuple[str, int], list[Trial]]) -> Iterator[dict[str, Any]]:
    by_arm = {
        arm.name: [trials for (name, _), trials in judged.items() if name == arm.name]
        for arm in ARMS
    }
    low = {name: [[t.is_low for t in each] for each in groups] for name, groups in by_arm.items()}
    hit = {name: [[t.is_hit for t in each] for each in groups] for name, groups in by_arm.items()}
    for arm in ARMS:
        n = sum(map(len, by_arm[arm.name]))
        trials = [trial for each in by_arm[arm.name] for trial in each]
        yield {
            "arm": arm.name,
            "relaxations": n,
            "different": len({trial.key for trial in trials}),
            "converged": _share(trials, "converged"),
            "below 100 meV": _text(rate(low[arm.name])) if n else "-",
            "hits": sum(trial.is_hit for trial in trials),
            "hits per relaxation": _text(rate(hit[arm.name])) if n else "0 by definition",
            "below 100 meV / random": _text(ratio(low[arm.name], low["random"])) if n else "-",
            **{
                f"hits / {name}": _text(ratio(hit[arm.name], hit[name])) if n else "-"
                for name in _BASELINES
            },
        }


def _share(trials: list[Trial], name: str) -> float | None:
    return sum(getattr(trial, name) for trial in trials) / len(trials) if trials else None


def _text(found: Interval) -> str:
    return f"{found.value:.3g} [{found.low:.3g}, {found.high:.3g}]"
