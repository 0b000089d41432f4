"""What single points of proposals, as made and after a few steps, tell of relaxed ones.

Four questions with the defaults of the wizard, none of them that of `bench design`: cathodes for
sodium and for magnesium, lithium electrolytes, alloys for hydrogen evolution. Of the 800 candidates
that a search ranks first (400 seeds x 300 steps, no learning, cells of at most 20 atoms) sixty from
all over the list are relaxed with CHGNet, and in cathodes the hosts that all ions have left; alloys
are made at their volume of lowest energy. The constants of `design/search/ranking.py` are those of
the last two rows:

    always, share  what relaxing takes off the distance to the hull: eV/atom always (of crystals
                   within 50 meV/atom), and the share of the distance besides (of those farther
                   off), by least absolute deviations, each with its spread; as made, and after
                   a few steps
    volts          by how much single points and learned heads say too much (median)
    head's share   of the head in a voltage beside the single point, by least squares
    volts, spread  about both together, and after a few steps
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from designer_app import __version__
from designer_app.design.criteria import targets_of
from designer_app.design.representation.library import load_library
from designer_app.design.search.judging import STEPS, PointJudge, without
from designer_app.design.search.limits import limits_of
from designer_app.design.search.ranking import HEADS, Gains, taken_off
from designer_app.design.searching import generator_of, plan_of
from designer_app.io.atomic_write import atomic_write
from designer_app.io.user_folders import references_folder
from designer_app.potentials import load_potential
from designer_app.relaxation import relax
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.screening.reference.relaxing import REFERENCE_GOAL
from designer_app.screening.reference.table import load_reference
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_purposes import applied, purpose_named
from designer_app.specs.structure import Structure
from designer_app.weights.cards import read_card

Floats = NDArray[np.float64]
QUESTIONS = ("na-cathode", "mg-cathode", "electrolyte", "her")
"""Purposes of the wizard, the alloys last."""
EACH, MOST_ATOMS, CHUNK = 60, 20, 12
"""Of each question: crystals, atoms of a cell, and crystals relaxed together."""
_LOST = math.inf
_FEWEST = 8
"""Crystals of one kind that a number stands on."""
_UNKNOWN = Gains(always=math.nan, always_error=math.nan, drop=math.nan, drop_error=math.nan)
_SIGMA_MAE = math.sqrt(math.pi / 2.0)


@dataclass(frozen=True, eq=False)
class Stages:
    """Numbers of n proposals as made, after a few steps, and relaxed: (n, 3)."""

    e_above_hull: Floats
    """eV/atom; NaN where there is none."""
    voltage: Floats
    """V, all ions removed; NaN where there is none."""
    head: Floats
    """(n,) V by the learned head."""

    @classmethod
    def joined(cls, parts: Sequence["Stages"]) -> "Stages":
        """All of them."""
        return cls(
            np.concatenate([each.e_above_hull for each in parts]),
            np.concatenate([each.voltage for each in parts]),
            np.concatenate([each.head for each in parts]),
        )


def rows(
    quick: bool, say: Callable[[str], None], keep: Path | None = None
) -> Iterator[dict[str, Any]]:
    """A row a question, and one of all that hold ions."""
    folder = keep or references_folder().parent / "bench-single-points"
    folder.mkdir(parents=True, exist_ok=True)
    say(f"Finished parts are kept in {folder}.")
    table = load_reference("chgnet", "")
    assert table is not None
    judge = PointJudge(load_potential("chgnet", ""), table)
    found = []
    for question in QUESTIONS:
        kept = _relaxed(question, judge, folder, say, EACH // 10 if quick else EACH)
        spec = _spec(question)
        found.append(_stages(kept, judge, spec.ion if spec.is_electrode else ""))
        yield told(question, found[-1])
    yield told("all but alloys", Stages.joined(found[:-1]))


def told(question: str, stages: Stages) -> dict[str, Any]:
    """What relaxing changes, as the constants of the ranking are defined."""
    made, settled, relaxed = stages.e_above_hull.T
    there = np.isfinite(stages.e_above_hull).all(axis=1)
    row: dict[str, Any] = {"question": question, "crystals": int(there.sum())}
    for name, before in (("as made", made), (f"after {STEPS} steps", settled)):
        gains = taken_off(before, relaxed, _UNKNOWN, _FEWEST)
        row[f"{name}: rank correlation"] = _rank(before[there], relaxed[there])
        row[f"{name}: always"] = _text(gains.always, gains.always_error, 3)
        row[f"{name}: share"] = _text(gains.drop, gains.drop_error, 2)
    return row | _volts(stages)


def _volts(stages: Stages) -> dict[str, Any]:
    there = np.isfinite(stages.voltage).all(axis=1) & np.isfinite(stages.head)
    (made, settled, relaxed), head = stages.voltage[there].T, stages.head[there]
    if not there.any():
        names = ("voltages", "as made: volts", "head: volts", "head's share", "volts, spread")
        return dict.fromkeys((*names, f"after {STEPS} steps: volts", "spread after steps"))
    high, head_high = float(np.median(made - relaxed)), float(np.median(head - relaxed))
    point, learned = made - high, head - head_high
    apart = learned - point
    share = float(np.clip((relaxed - point) @ apart / (apart @ apart), 0.0, 1.0))
    rest = relaxed - (1.0 - share) * point - share * learned
    return {
        "voltages": int(there.sum()),
        "as made: volts": high,
        "head: volts": head_high,
        "head's share": share,
        "volts, spread": _SIGMA_MAE * float(np.abs(rest).mean()),
        f"after {STEPS} steps: volts": float(np.median(settled - relaxed)),
        "spread after steps": _SIGMA_MAE * float(np.abs(settled - relaxed).mean()),
    }


def _text(value: float, spread: float, digits: int) -> str | None:
    return None if math.isnan(value) else f"{value:.{digits}f} +- {spread:.{digits}f}"


def _rank(first: Floats, second: Floats) -> float:
    return float(np.asarray(spearmanr(first, second))[0]) if len(first) > 2 else math.nan


def _spec(question: str) -> DesignSpec:
    return applied(purpose_named(question), DesignSpec(max_atoms=MOST_ATOMS, learn=False))


# --- relaxing ---


def _relaxed(
    question: str, judge: PointJudge, folder: Path, say: Callable[[str], None], n: int
) -> list[dict[str, Any]]:
    """Energies of the first n proposals, from a file as far as it goes."""
    spec = _spec(question)
    name = f"{question}-{_made_with(spec, judge)}"
    made, done = folder / f"{name}-proposals.json", folder / f"{name}-energies.jsonl"
    if not made.exists():
        atomic_write(made, json.dumps(_proposed(spec, judge)), backup=False)
        say(f"{question}: proposed.")
    proposals = json.loads(made.read_text("utf-8"))[:n]
    lines = done.read_text("utf-8").splitlines() if done.exists() else []
    ion = spec.ion if spec.is_electrode else ""
    for start in range(len(lines), len(proposals), CHUNK):
        chunk = proposals[start : start + CHUNK]
        lines += [json.dumps(each) for each in _energies(chunk, judge, ion)]
        atomic_write(done, "".join(line + "\n" for line in lines), backup=False)
        say(f"{question}: {len(lines)} of {len(proposals)} relaxed.")
    return [json.loads(line) for line in lines[:n]]


def _made_with(spec: DesignSpec, judge: PointJudge) -> str:
    """Start of the hash of what proposals depend on: models, potential, hull, what is asked."""
    cards = [read_card(resource("weights") / key) for key in ("material-vae", "design-heads")]
    parts = [*(card.weights_sha256 for card in cards), load_library().hash, judge.origin]
    told = "\n".join([*parts, repr(spec), __version__])
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def _proposed(spec: DesignSpec, judge: PointJudge) -> list[dict[str, Any]]:
    generator = generator_of(judge.potential, judge.table)
    found = generator.inverse_design(targets_of(spec), limits_of(spec), plan=plan_of(spec))
    rows = []
    n = len(found.candidates)
    spread_out = np.linspace(0, n - 1, min(EACH, n)).round().astype(int)
    for each in [found.candidates[place] for place in spread_out.tolist()]:
        volts = [one for one in each.estimates if (one.key, one.method) == ("voltage", HEADS)]
        rows.append(
            {
                "formula": each.formula,
                "numbers": each.structure.numbers.tolist(),
                "positions": each.structure.positions.round(6).tolist(),
                "cell": each.structure.cell.round(6).tolist(),
                "head": volts[0].value if volts else None,
            }
        )
    return rows


def _energies(
    chunk: Sequence[Mapping[str, Any]], judge: PointJudge, ion: str
) -> list[dict[str, Any]]:
    """Energies (eV) as made, after a few steps, and relaxed, of crystals and of their hosts."""
    structures = [_structure(row) for row in chunk]
    crystals, hosts = [], []
    for steps in (0, STEPS, REFERENCE_GOAL.steps):
        ends = _moved(structures, judge, steps)
        crystals.append([energy for _, energy in ends])
        left = [without(each, ion) if ion else None for each, _ in ends]
        moved = iter(_moved([each for each in left if each is not None], judge, steps))
        hosts.append([_LOST if each is None else next(moved)[1] for each in left])
    return [
        {
            "numbers": row["numbers"],
            "head": row["head"],
            "crystal": [energies[place] for energies in crystals],
            "host": [energies[place] for energies in hosts],
        }
        for place, row in enumerate(chunk)
    ]


def _moved(
    structures: Sequence[Structure], judge: PointJudge, steps: int
) -> list[tuple[Structure, float]]:
    """Structures after some steps with their energies; those of full ones must converge."""
    is_last = steps == REFERENCE_GOAL.steps
    goal = replace(REFERENCE_GOAL, steps=steps)
    ends = relax(structures, judge.potential, goal, control=RunControl())
    return [
        (each.structure, each.energy if each.error is None and (each.converged or not is_last)
         else _LOST)
        for each in ends
    ]  # fmt: skip


def _stages(kept: Sequence[Mapping[str, Any]], judge: PointJudge, ion: str) -> Stages:
    distances = np.full((len(kept), 3), np.nan)
    voltages = np.full((len(kept), 3), np.nan)
    for place, row in enumerate(kept):
        numbers = np.array(row["numbers"], dtype=np.int64)
        crystal = Structure(numbers, np.zeros((len(numbers), 3)), np.eye(3), (True, True, True))
        for stage, (whole, host) in enumerate(zip(row["crystal"], row["host"], strict=True)):
            distances[place, stage] = judge.distance(crystal, whole)
            if ion and math.isfinite(host):
                voltages[place, stage] = judge.voltage(crystal, ion, whole, host)
    head = [math.nan if row["head"] is None else row["head"] for row in kept]
    return Stages(distances, voltages, np.array(head))


def _structure(row: Mapping[str, Any]) -> Structure:
    return Structure(
        np.array(row["numbers"], dtype=np.int64),
        np.array(row["positions"], dtype=np.float64),
        np.array(row["cell"], dtype=np.float64),
        (True, True, True),
    )
