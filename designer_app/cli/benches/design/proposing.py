"""What each arm proposes with each seed, kept in a file."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from designer_app import __version__
from designer_app.design.criteria import targets_of
from designer_app.design.representation.library import load_library
from designer_app.design.search.generator import MaterialGenerator
from designer_app.design.search.limits import Limits, limits_of
from designer_app.design.searching import generator_of, plan_of
from designer_app.device import Compute
from designer_app.io.atomic_write import atomic_write
from designer_app.io.formulas import amounts_of
from designer_app.potentials import load_potential
from designer_app.resources import resource
from designer_app.screening.checks import ReferenceCrystals
from designer_app.screening.reference.table import ReferenceTable, load_reference
from designer_app.specs.design import DesignSpec
from designer_app.specs.structure import Structure
from designer_app.weights.cards import read_card

TARGETS = ("energy_density=600..", "voltage=2..4.6", "e_above_hull=..0.05")
MOST_ATOMS = 28
"""Of a cell: olivines have 28; larger ones would double the time."""
_ALL = 10_000
_DRAWN, _PLAIN = 3000, 4000
"""Random points that are decoded for a seed; of plain decodes most hold no lithium."""


@dataclass(frozen=True)
class Arm:
    """A strategy and the judge that ranks what it proposes."""

    name: str
    strategy: str
    judge: str
    draws: bool = True
    """Whether seeds change what is proposed; otherwise they have one list."""
    is_limited: bool = True
    """Whether decodes choose among what keeps the limits; otherwise what the decoder likes best is
    taken where it holds lithium and no cobalt, whatever its charges, elements and structure."""


PLAIN, LIMITED = "random, unlimited", "random, within the limits"
ARMS = (
    Arm(PLAIN, "random", "prior", is_limited=False),
    Arm(LIMITED, "random", "prior"),
    Arm("best-of-n", "best-of-n", "points"),
    Arm("retrieval", "retrieval", "points"),
    Arm("substitution by probability", "substitution", "prior", draws=False),
    Arm("substitution by judge", "substitution", "points", draws=False),
    Arm("gradient", "gradient", "points"),
    Arm("mix", "mix", "points"),
)


@dataclass(frozen=True, eq=False)
class Proposal:
    """A crystal to be relaxed."""

    key: str
    """Of the structure as it is relaxed."""
    crystal: str
    """Prototype and elements: what makes proposals of several seeds one crystal."""
    structure: Structure
    formula: str
    strategy: str


def proposals_of(
    arm: Arm, seed: int, folder: Path, say: Callable[[str], None], *, quick: bool, kept: bool
) -> list[Proposal]:
    """New crystals in the order of the arm, for one of the seeds; with `kept` only if they are
    there already. Those of other models lie in files of another name and are not read.
    """
    if arm.strategy == "retrieval":
        return []
    name = "-".join(("proposals", *arm.name.replace(",", "").split()))
    name = f"{name}-{seed if arm.draws else 'all'}"
    path = folder / f"{name}-{_models()}-{'quick' if quick else 'full'}.jsonl"
    if kept and not path.exists():
        return []
    if not path.exists():
        found = _searched(arm, seed, quick=quick)
        atomic_write(path, "".join(json.dumps(_row(each)) + "\n" for each in found), backup=False)
        say(f"{arm.name}, seed {seed}: {len(found)} new candidates.")
    return [_proposal(json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def dealt(lists: Sequence[Sequence[Proposal]], each: int) -> list[list[Proposal]]:
    """The first of every seed, in turns; none is taken twice."""
    taken: set[str] = set()
    left = [iter(each_of) for each_of in lists]
    found: list[list[Proposal]] = [[] for _ in lists]
    for _ in range(each):
        for mine, rest in zip(found, left, strict=True):
            chosen = next((one for one in rest if one.crystal not in taken), None)
            if chosen is not None:
                taken.add(chosen.crystal)
                mine.append(chosen)
    return found


def spec_of(seed: int, *, quick: bool) -> DesignSpec:
    """What is asked; the search of the quick budget, without learning on the way."""
    return DesignSpec(
        targets=TARGETS,
        no_cobalt=True,
        usual=False,
        max_atoms=MOST_ATOMS,
        seed=seed,
        learn=False,
        seeds=60 if quick else 200,
        steps=40 if quick else 150,
    )


def unlimited(spec: DesignSpec) -> Limits:
    """Of plain decodes: the same size, and as everywhere no radioactive elements."""
    return limits_of(replace(spec, purpose="own", charge="off", no_cobalt=False))


def is_asked(structure: Structure) -> bool:
    """Whether a crystal is a compound of lithium without cobalt: all that the question says."""
    held = amounts_of(structure.numbers).keys()
    return "Li" in held and "Co" not in held and len(held) > 1


def _searched(arm: Arm, seed: int, *, quick: bool) -> list[Proposal]:
    spec = spec_of(seed, quick=quick)
    seeds, n = spec.seeds, 40 if quick else 450
    # Random decodes are as many as are needed, not as many as descend.
    if not arm.is_limited:
        seeds = n = _PLAIN // 10 if quick else _PLAIN
    elif arm.strategy == "random" and not quick:
        seeds = _DRAWN
    found = _generator().inverse_design(
        targets_of(spec),
        limits_of(spec) if arm.is_limited else unlimited(spec),
        plan=plan_of(spec),
        strategy=arm.strategy,
        judge=arm.judge,
        seeds=seeds,
        n=n,
        n_points=60 if quick else 600,
    )
    table = _table()
    known = ReferenceCrystals(table, lambda: None, _ALL)
    return [
        Proposal(
            key_of(each.structure),
            f"{each.tokens.prototype}:{'-'.join(map(str, each.tokens.elements))}",
            each.structure,
            each.formula,
            each.strategy,
        )
        for each in found.candidates
        if is_asked(each.structure) and not each.known and known.same_as(each.structure) is None
    ]


@cache
def _table() -> ReferenceTable:
    table = load_reference("chgnet", "")
    assert table is not None
    return table


@cache
def _models() -> str:
    """Start of the hash of all that proposals depend on, but for this program's version."""
    read = [read_card(resource("weights") / key) for key in ("material-vae", "design-heads")]
    parts = [*(card.weights_sha256 for card in read), load_library().hash, _table().name]
    return hashlib.sha256("".join([*parts, repr(TARGETS), __version__]).encode()).hexdigest()[:8]


@cache
def _generator() -> MaterialGenerator:
    return generator_of(load_potential("chgnet", "", Compute()), _table())


def key_of(structure: Structure) -> str:
    """By what is relaxed: atoms, places and cell."""
    arrays = structure.numbers, structure.positions.round(4) + 0.0, structure.cell.round(4) + 0.0
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()[
        :16
    ]


def _row(each: Proposal) -> dict[str, Any]:
    structure = each.structure
    return {
        "key": each.key,
        "crystal": each.crystal,
        "formula": each.formula,
        "strategy": each.strategy,
        "numbers": structure.numbers.tolist(),
        "positions": structure.positions.round(6).tolist(),
        "cell": structure.cell.round(6).tolist(),
    }


def _proposal(row: dict[str, Any]) -> Proposal:
    structure = Structure(
        numbers=np.array(row["numbers"], dtype=np.int64),
        positions=np.array(row["positions"], dtype=np.float64),
        cell=np.array(row["cell"], dtype=np.float64),
        pbc=(True, True, True),
        name=row["key"],
    )
    return Proposal(row["key"], row["crystal"], structure, row["formula"], row["strategy"])


def unique(proposals: Sequence[Proposal]) -> dict[str, Proposal]:
    """Each crystal once."""
    return {each.key: each for each in proposals}
