"""Every strategy of the search at the same cost: new, stable, useful crystals per relaxation.

Li cathodes without Co in a window of 2 to 4.6 V. Each arm proposes with five seeds; known crystals
are passed over, as they cost no relaxation; of the rest the first of each seed are relaxed with
CHGNet and placed on the hull of the shipped reference set. A hit is

    new           no crystal of the reference set or of the data folder is the same by
                  `StructureMatcher`, before and after relaxation, and no earlier hit of the arm is;
    near          less than 50 meV/atom above that hull;
    useful        at least 600 Wh/kg at 2 to 4.6 V, computed as in every run of a design: relaxed
                  with and without the lithium that the other elements can make up for.

Random decodes stand there twice. Unlimited, a random point is what the decoder likes best, taken
where it holds lithium and no cobalt: this is what "random decoding" means by itself. Within the
limits it is the likeliest crystal that also balances its charges and holds something that can be
oxidised in exchange for lithium, to which the decoders of all other arms keep as well.

The seeds of an arm take turns and never take one crystal twice, so that 400 relaxations are of 400
crystals for every arm, also where seeds change little or nothing; one crystal is one prototype with
its elements in their slots. Retrieval proposes known crystals alone, so by this measure it has no
hits. What two arms propose alike is relaxed once. All arms and seeds advance side by side, finished
parts are kept, the same call goes on, and with `--kept` it says what they tell so far.

Cost is counted in relaxations. Arms judged by single points also spend up to 600 of these a seed,
which cost little beside a relaxation; the constants with which they correct a single point
(`design/search/ranking.py`) were fitted on other questions (`bench single-points`). Searches are
of the size of the quick budget, without learning on the way, and with cells of at most 28 atoms; a
run with its usual settings has 40 atoms, keeps to usual elements and learns.

Where most proposals are hits, rates tell arms apart no longer; so hits are also counted by what is
different about them: formulas, chemical systems, prototypes (anonymous formula and space group of
the relaxed crystal), and formulas that no substitution has among its hits.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from designer_app.cli.benches.design.intervals import Interval, rate, ratio
from designer_app.cli.benches.design.proposing import (
    ARMS,
    LIMITED,
    PLAIN,
    Arm,
    Proposal,
    dealt,
    proposals_of,
)
from designer_app.cli.benches.design.trials import Trial, Trials
from designer_app.io.user_folders import references_folder
from designer_app.running.control import RunControl
from designer_app.training.published.folder import data_folder

SEEDS, EACH, ROUND = 5, 80, 4
"""Of each arm: seeds, relaxations a seed, and relaxations a seed in one round."""
_QUICK = (2, 4, 4)
_SUBSTITUTIONS = ("substitution by probability", "substitution by judge")
_RANDOM = (PLAIN, LIMITED)


def rows(
    quick: bool,
    say: Callable[[str], None],
    data: Path | None = None,
    keep: Path | None = None,
    kept: bool = False,
) -> Iterator[dict[str, Any]]:
    """A row an arm: relaxations, share below 100 meV/atom, hits, ratios, with 95 % intervals."""
    seeds, each, step = _QUICK if quick else (SEEDS, EACH, ROUND)
    folder = keep or references_folder().parent / ("bench-design" + ("-quick" if quick else ""))
    folder.mkdir(parents=True, exist_ok=True)
    say(f"Finished parts are kept in {folder}.")
    control = RunControl()
    if not kept:
        data = data_folder(data)
    lists: dict[str, list[list[Proposal]]] = {arm.name: [] for arm in ARMS}
    for seed in range(seeds):
        for arm in ARMS:
            mine = proposals_of(arm, seed, folder, say, quick=quick, kept=kept)
            lists[arm.name].append(mine)
    found = {
        (name, seed): mine
        for name, of_arm in lists.items()
        for seed, mine in enumerate(dealt(of_arm, each))
    }
    trials = Trials(folder, data, control)
    if kept:
        yield from _table(_so_far(trials, found))
        return
    with trials:
        for start in range(0, each, step):
            turns = range(start, min(start + step, each))
            wanted = [mine[turn] for turn in turns for mine in found.values() if turn < len(mine)]
            trials.judge(wanted, say)
            say(f"After {turns.stop} relaxations a seed:")
            for row in _table(_so_far(trials, found)):
                say(str(row))
    yield from _table(_so_far(trials, found))


def _so_far(
    trials: Trials, found: dict[tuple[str, int], list[Proposal]]
) -> dict[tuple[str, int], list[Trial]]:
    """What became of the proposals up to the first that waits: some behind it were judged for
    another arm, and what two arms like is better than most.
    """
    return {
        key: [trials.of(each) for each in takewhile(trials.is_judged, mine)]
        for key, mine in found.items()
    }


def _table(judged: dict[tuple[str, int], list[Trial]]) -> Iterator[dict[str, Any]]:
    by_arm = {
        arm.name: _grouped(
            arm, _once([trials for (name, _), trials in judged.items() if name == arm.name])
        )
        for arm in ARMS
    }
    low = {name: [[t.is_low for t in each] for each in groups] for name, groups in by_arm.items()}
    hit = {name: [[t.is_hit for t in each] for each in groups] for name, groups in by_arm.items()}
    hits = {
        name: [trial for each in groups for trial in each if trial.is_hit]
        for name, groups in by_arm.items()
    }
    for arm in ARMS:
        n = sum(map(len, by_arm[arm.name]))
        trials = [trial for each in by_arm[arm.name] for trial in each]
        mine = hits[arm.name]
        others = {
            trial.formula
            for name, several in hits.items()
            if name in _SUBSTITUTIONS and name != arm.name
            for trial in several
        }
        yield {
            "arm": arm.name,
            "relaxations": n,
            "converged": _share(trials, "converged"),
            "below 100 meV": _text(rate(low[arm.name])) if n else "-",
            "hits": len(mine),
            "formulas": len({trial.formula for trial in mine}),
            "systems": len({trial.elements for trial in mine}),
            "prototypes": len({trial.prototype for trial in mine}),
            "formulas no substitution has": len({trial.formula for trial in mine} - others),
            "hits per relaxation": _text(rate(hit[arm.name])) if n else "0 by definition",
            **{
                f"below 100 meV / {name}": _text(ratio(low[arm.name], low[name])) if n else "-"
                for name in _RANDOM
            },
            **{
                f"hits / {name}": _text(ratio(hit[arm.name], hit[name])) if n else "-"
                for name in (*_RANDOM, *_SUBSTITUTIONS)
            },
        }


def _once(groups: list[list[Trial]]) -> list[list[Trial]]:
    """Trials of an arm, in which what relaxed to an earlier hit is none; seeds take turns."""
    seen: set[str] = set()
    found: list[list[Trial]] = [[] for _ in groups]
    for turn in range(max(map(len, groups), default=0)):
        for mine, trials in zip(found, groups, strict=True):
            if turn >= len(trials):
                continue
            trial = trials[turn]
            mine.append(replace(trial, is_hit=trial.is_hit and trial.same not in seen))
            if trial.is_hit:
                seen.add(trial.same)
    return found


def _grouped(arm: Arm, groups: list[list[Trial]]) -> list[list[Trial]]:
    """As drawn again for intervals: seeds that deal from one list are one group."""
    return groups if arm.draws else [[trial for each in groups for trial in each]]


def _share(trials: list[Trial], name: str) -> float | None:
    return sum(getattr(trial, name) for trial in trials) / len(trials) if trials else None


def _text(found: Interval) -> str:
    return f"{found.value:.3g} [{found.low:.3g}, {found.high:.3g}]"
