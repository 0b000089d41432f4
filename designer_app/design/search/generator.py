"""`MaterialGenerator`: crystals that meet targets, by latent descent and by its rivals."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.design.heads.ensemble import BoundHeads, DesignHeads
from designer_app.design.representation.library import PrototypeLibrary, known_tokens
from designer_app.design.representation.tokens import TokenTable
from designer_app.design.search.deciding import Decider
from designer_app.design.search.descent import Descent, Pace
from designer_app.design.search.diversity import Traits, spread_out
from designer_app.design.search.feasible import check_left, check_targets, doubts_of
from designer_app.design.search.found import ArmMade, DesignCandidate, Found, OnSnapshot
from designer_app.design.search.judging import PointJudge
from designer_app.design.search.limits import Limits
from designer_app.design.search.objective import Goal, goals_of
from designer_app.design.search.pool import (
    Pool,
    Proposed,
    elements_held,
    formula_of_row,
    keys_of,
    pooled,
)
from designer_app.design.search.ranking import (
    Predictions,
    by_heads,
    by_points,
    estimates_of,
    scores,
)
from designer_app.design.search.restricting import Restricted, restricted
from designer_app.design.search.starting import bases_of_start
from designer_app.design.search.strategies import (
    Budget,
    Means,
    descended,
    named,
    random_decodes,
    retrieved,
    rows_within_limits,
    seeds_from,
    substitutions,
)
from designer_app.design.search.substituting import Base
from designer_app.design.vae.network import MaterialVAE
from designer_app.errors import InvalidSpecError
from designer_app.running.control import RunControl
from designer_app.screening.checks import touching
from designer_app.specs.design import STRATEGIES
from designer_app.specs.design_targets import Target
from designer_app.specs.structure import Structure

JUDGES = ("points", "heads", "prior")
"""By single points of the best, by the heads alone, or in each strategy's own order."""
_LONGEST = 0.995
"""Quantile of the norms of known crystals beyond which no latent vector goes."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a search is spent, and what it gives back."""

    seeds: int = 400
    steps: int = 300
    strategy: str = "mix"
    judge: str = "points"
    n_points: int = 1500
    """Single points at most, the best by the heads."""
    n_substituted: int = 3000
    n: int = 500
    """Candidates given back."""
    diversity: float = 0.5
    only_new: bool = True
    """Whether known crystals are left out; otherwise they are marked."""
    seed: int = 0
    reaction: str = "HER"


class MaterialGenerator:
    """A decoder, heads and a prototype library, ready to be asked for materials.

    Works in a notebook, without a window. The same seed gives the same candidates, bitwise on one
    machine with one thread.
    """

    def __init__(
        self,
        vae: MaterialVAE,
        heads: DesignHeads,
        library: PrototypeLibrary,
        *,
        known: tuple[TokenTable, Sequence[str]] | None = None,
        points: PointJudge | None = None,
    ) -> None:
        """`known` are crystals with their ids, those of the shipped reference set by default;
        without `points` the heads rank alone.
        """
        self.vae, self.heads, self.library = vae, heads, library
        self.known, self.sources = known if known is not None else known_tokens(library)
        self.points = points
        self._ids = dict(zip(keys_of(self.known), self.sources, strict=True))

    def with_heads(self, heads: DesignHeads) -> "MaterialGenerator":
        """The same generator that listens to other heads."""
        known = self.known, self.sources
        return MaterialGenerator(self.vae, heads, self.library, known=known, points=self.points)

    def inverse_design(
        self,
        targets: Sequence[Target],
        limits: Limits,
        *,
        plan: Plan | None = None,
        start: Structure | None = None,
        control: RunControl | None = None,
        on_snapshot: OnSnapshot | None = None,
        **changes: object,
    ) -> Found:
        """Candidates for the targets, best first. `changes` are settings of the plan, such as
        `seeds=200`.

        Raises `InvalidSpecError` for targets that nothing predicts, limits that leave nothing,
        and a start that has no tokens; `Cancelled` when it is stopped.
        """
        plan = replace(plan or Plan(), **changes)  # type: ignore[arg-type]
        _check(plan)
        control = control or RunControl()
        with torch.random.fork_rng():
            search = Search(self, targets, limits, plan, control)
            return search.run(start, on_snapshot)

    def known_as(self, table: TokenTable) -> list[str]:
        """Id of the known crystal with the same tokens, "" where there is none."""
        return [self._ids.get(key, "") for key in keys_of(table)]


class Search:
    """One search, from means to candidates."""

    def __init__(
        self,
        generator: MaterialGenerator,
        targets: Sequence[Target],
        limits: Limits,
        plan: Plan,
        control: RunControl,
    ) -> None:
        self.generator, self.plan, self.control = generator, plan, control
        check_targets(targets, limits)
        self.goals: tuple[Goal, ...] = goals_of(targets, generator.heads.keys)
        self.seconds: dict[str, float] = {}
        self.warnings: list[str] = []
        self.lost: Counter[str] = Counter()
        library, vae = generator.library, generator.vae
        with self._timed("limits"):
            self.restricted: Restricted = restricted(limits, library)
        check_left(limits, self.restricted, library)
        self.warnings += doubts_of(targets, limits).unlikely
        keys = [goal.key for goal in self.goals]
        asked = dict.fromkeys([*keys, *(["capacity"] if limits.ion else ())])
        self.heads: BoundHeads = generator.heads.bound(
            tuple(asked), ion=limits.ion or "Li", reaction=plan.reaction
        )
        decider = Decider(vae, library, self.restricted)
        norms = torch.linalg.vector_norm(vae.encode_table(generator.known), dim=1)
        descent = Descent(
            decider,
            self.heads,
            self.goals,
            longest=float(torch.quantile(norms, _LONGEST)) if len(norms) else 8.0,
            pace=Pace(steps=plan.steps),
        )
        self.means = Means(
            vae=vae,
            library=library,
            decider=decider,
            descent=descent,
            known=generator.known,
            sources=generator.sources,
            generator=torch.Generator().manual_seed(plan.seed),
            control=control,
            lost=self.lost,
        )
        self.budget = Budget(
            seeds=plan.seeds,
            steps=plan.steps,
            n_substituted=plan.n_substituted,
            n_random=max(plan.seeds * plan.steps // 10, 1),
        )

    def run(self, start: Structure | None, on_snapshot: OnSnapshot | None) -> Found:
        """Propose, rank, spread out."""
        bases = None
        if start is not None:
            bases = bases_of_start(start, self.generator.library, self.restricted)
        parts = self._proposed(bases, on_snapshot)
        pool = pooled(parts)
        with self._timed("ranking"):
            pool, known = self._new_or_known(pool)
            candidates = self._ranked(pool, known)
        return Found(
            candidates=candidates,
            arms=tuple(self._arm(part, pool, candidates) for part in parts),
            lost=dict(self.lost),
            warnings=tuple(dict.fromkeys(self.warnings)),
            seconds=self.seconds,
        )

    # --- proposals ---

    def _proposed(
        self, bases: Sequence[Base] | None, on_snapshot: OnSnapshot | None
    ) -> list[Proposed]:
        means, budget, strategy = self.means, self.budget, self.plan.strategy
        if strategy == "random":
            with self._timed("random"):
                return [random_decodes(means, budget.seeds)]
        if strategy == "best-of-n":
            with self._timed("best-of-n"):
                return [random_decodes(means, budget.n_random, strategy)]
        if strategy == "retrieval":
            return [retrieved(means)]
        parts: list[Proposed] = []
        if strategy in ("substitution", "mix") or bases is not None:
            with self._timed("substitution"):
                parts = [substitutions(means, budget.n_substituted, bases)]
        if strategy == "substitution":
            return parts
        with self._timed("descent"):
            z, told = self._seeds(parts)
            found = descended(means, z, told, on_snapshot)
        return [*parts, found] if strategy == "mix" else [found]

    def _seeds(self, parts: Sequence[Proposed]) -> tuple[torch.Tensor, list[str]]:
        """Latent vectors of substituted and of known crystals that keep the limits."""
        means = self.means
        if parts and len(parts[0]):
            table, told = parts[0].table, parts[0].made_from
            return seeds_from(means, table, told, self.budget.seeds)
        rows = rows_within_limits(means)
        if not len(rows):
            self.warnings.append(
                "No known crystal keeps all limits: the search began at random points."
            )
        names = named(means, rows)
        return seeds_from(means, means.known.rows(rows), names, self.budget.seeds)

    # --- ranking ---

    def _new_or_known(self, pool: Pool) -> tuple[Pool, list[str]]:
        known = self.generator.known_as(pool.table)
        if not self.plan.only_new:
            return pool, known
        new = np.flatnonzero([not each for each in known])
        self.lost["known already"] += len(pool) - len(new)
        return pool.rows(new), [""] * len(new)

    def _ranked(self, pool: Pool, known: Sequence[str]) -> tuple[DesignCandidate, ...]:
        if not len(pool):
            return ()
        learned = by_heads(self.heads, pool.table)
        methods: list[Predictions] = [learned]
        score = scores(self.goals, methods, len(pool))
        worth = pool.prior.copy() if self.plan.judge == "prior" else score
        structures, valid = self._expanded(pool, worth)
        if self.plan.judge == "points" and self.generator.points is not None:
            methods.append(self._points(learned, structures, valid))
            score = scores(self.goals, methods, len(pool))
            judged = np.isfinite(methods[-1].numbers["e_above_hull"][0])
            worth = np.where(judged, score, -np.inf)
        worth = np.where(valid, worth, -np.inf)
        order = self._chosen(pool, worth)
        table = self.generator.library
        return tuple(
            DesignCandidate(
                tokens=table.tokens(pool.table, row),
                structure=structures[row],
                formula=formula_of_row(table, pool.table, row),
                strategy=pool.strategy[row],
                made_from=pool.made_from[row],
                estimates=estimates_of(methods, row),
                score=float(score[row]),
                latent=pool.latent[row].numpy(),
                known=known[row],
            )
            for row in map(int, order)
            if row in structures and np.isfinite(worth[row])
        )

    def _expanded(
        self, pool: Pool, worth: NDArray[np.float64]
    ) -> tuple[dict[int, Structure], NDArray[np.bool_]]:
        """Structures of the best by a first order, and which of all are crystals."""
        most = self.plan.n_points if self.plan.judge == "points" else 2 * self.plan.n
        found: dict[int, Structure] = {}
        valid = np.zeros(len(pool), dtype=bool)
        library = self.generator.library
        for done, row in enumerate(np.argsort(-worth, kind="stable").tolist()):
            if len(found) == most:
                break
            if done % 64 == 0:
                self.control.checkpoint()
            name = formula_of_row(library, pool.table, row)
            structure = library.structure_of(library.tokens(pool.table, row), name)
            if touching(structure):
                self.lost["atoms too close"] += 1
                continue
            found[row] = structure
            valid[row] = True
        return found, valid

    def _points(
        self, learned: Predictions, structures: dict[int, Structure], valid: NDArray[np.bool_]
    ) -> Predictions:
        points = self.generator.points
        assert points is not None
        with self._timed("single points"):
            ion = self.restricted.limits.ion if self.restricted.limits.releases else ""
            rows = sorted(structures)
            said = points.judged([structures[row] for row in rows], ion, self.control)
        distance, voltage = np.full(len(valid), np.nan), np.full(len(valid), np.nan)
        distance[rows], voltage[rows] = said.e_above_hull, said.voltage
        return by_points(learned, distance, voltage, points.origin)

    def _chosen(self, pool: Pool, worth: NDArray[np.float64]) -> NDArray[np.int64]:
        names = [each.name for each in self.generator.library.prototypes]
        family = [names[row] or str(row) for row in pool.table.prototype.tolist()]
        _, places = np.unique(family, return_inverse=True)
        traits = Traits(places, elements_held(pool.table), pool.latent.numpy())
        diversity = 0.0 if self.plan.judge == "prior" else self.plan.diversity
        return spread_out(worth, traits, self.plan.n, diversity)

    def _arm(self, part: Proposed, pool: Pool, candidates: Sequence[DesignCandidate]) -> ArmMade:
        mine = [each for each in candidates if each.strategy == part.strategy]
        return ArmMade(
            strategy=part.strategy,
            n_proposed=part.n_tried,
            n_valid=sum(each == part.strategy for each in pool.strategy),
            n_ranked=len(mine),
            best=max((each.score for each in mine), default=-np.inf),
        )

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            passed = time.perf_counter() - start
            self.seconds[stage] = self.seconds.get(stage, 0.0) + passed


def _check(plan: Plan) -> None:
    strategies = [key for key, _ in STRATEGIES]
    for name, value, choices in (
        ("strategy", plan.strategy, strategies),
        ("judge", plan.judge, JUDGES),
    ):
        if value not in choices:
            raise InvalidSpecError(name, value, f"choose from {', '.join(choices)}")
