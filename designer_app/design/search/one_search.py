"""One search: proposals of the strategies, one judge for all, and what is given back."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.design.heads.ensemble import BoundHeads, DesignHeads
from designer_app.design.search.deciding import Decider
from designer_app.design.search.descent import Descent, Pace
from designer_app.design.search.diversity import Traits, spread_out
from designer_app.design.search.feasible import check_left, check_targets, doubts_of
from designer_app.design.search.found import ArmMade, DesignCandidate, Found, OnSnapshot
from designer_app.design.search.learning import heads_after
from designer_app.design.search.limits import Limits
from designer_app.design.search.objective import Goal, goals_of
from designer_app.design.search.pointing import Pointed
from designer_app.design.search.pool import (
    Pool,
    Proposed,
    elements_held,
    formula_of_row,
    pooled,
)
from designer_app.design.search.ranking import (
    ALLOYS,
    Gains,
    Predictions,
    by_heads,
    estimates_of,
    scores,
)
from designer_app.design.search.restricting import Restricted, restricted
from designer_app.design.search.starting import bases_of_start, check_made
from designer_app.design.search.strategies import (
    BEGUN_AT,
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
from designer_app.running.control import RunControl
from designer_app.screening.checks import touching
from designer_app.specs.design_targets import Target
from designer_app.specs.structure import Structure

if TYPE_CHECKING:
    from designer_app.design.search.generator import MaterialGenerator, Plan

_LONGEST = 0.995
"""Quantile of the norms of known crystals beyond which no latent vector goes."""
_ASK_EVERY = 3
"""Steps of a descent between two looks at the heads. With one member of each ensemble left out in
turn, 400 seeds x 300 steps came by more crystals of low loss than with all heads at every step
(below 0.5: 167 against 138, below 2: 510 against 405) in less than two thirds of the time."""
_TO_LEARN = 3
"""Of the single points one in so many is spent before learning."""
_SETTLED = 64
"""Crystals that are relaxed briefly before learning: the best by their single points."""
_AGAIN = 2
"""The second descent, from better seeds, walks one in so many of the steps."""


class Search:
    """One search, from means to candidates."""

    def __init__(
        self,
        generator: "MaterialGenerator",
        targets: Sequence[Target],
        limits: Limits,
        plan: "Plan",
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
        ion = limits.ion if limits.releases else ""
        self._pointed: Pointed | None = None
        if generator.points is not None:
            usual = ALLOYS if limits.metals_only else Gains()
            self._pointed = Pointed(generator.points, ion, control, usual)
        self.heads: BoundHeads = self._bound(generator.heads)
        decider = Decider(vae, library, self.restricted)
        norms = torch.linalg.vector_norm(vae.encode_table(generator.known), dim=1)
        leading = self._bound(generator.heads, is_ranking=False)
        descent = Descent(
            decider,
            leading,
            self.goals,
            longest=float(torch.quantile(norms, _LONGEST)) if len(norms) else 8.0,
            pace=Pace(steps=plan.steps, ask_every=_ASK_EVERY),
            in_turns=leading.in_turns(),
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
        parts = self._proposed(start, on_snapshot)
        pool = pooled(parts)
        with self._timed("ranking"):
            n_before, pool = len(pool), self._unknown(pool)
            self.lost["known already"] += n_before - len(pool)
            candidates = self._ranked(pool)
        return Found(
            candidates=candidates,
            arms=self._arms(parts, pool, candidates),
            lost=dict(self.lost),
            warnings=tuple(dict.fromkeys(self.warnings)),
            seconds=self.seconds,
        )

    def _bound(self, heads: DesignHeads, *, is_ranking: bool = True) -> BoundHeads:
        """The heads of the goals; ranking of electrodes needs the capacity besides."""
        limits = self.restricted.limits
        keys = [goal.key for goal in self.goals]
        asked = dict.fromkeys([*keys, *(["capacity"] if limits.releases and is_ranking else ())])
        return heads.bound(tuple(asked), ion=limits.ion or "Li", reaction=self.plan.reaction)

    # --- proposals ---

    def _proposed(self, start: Structure | None, on_snapshot: OnSnapshot | None) -> list[Proposed]:
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
        if strategy in ("substitution", "mix") or start is not None:
            with self._timed("substitution"):
                library, limits = means.library, self.restricted
                bases = None if start is None else bases_of_start(start, library, limits)
                parts = [substitutions(means, budget.n_substituted, bases)]
            if start is not None:
                check_made(start, len(parts[0]), self.lost)
        if strategy == "substitution":
            return parts
        with self._timed("descent"):
            z, told = self._seeds(parts)
            found = descended(means, z, told, on_snapshot)
        parts = [*parts, found] if strategy == "mix" else [found]
        if self.plan.learn and self.plan.judge == "points" and self._pointed is not None:
            parts.append(self._after_learning(parts, self._pointed, on_snapshot))
        return parts

    def _after_learning(
        self, parts: Sequence[Proposed], pointed: Pointed, on_snapshot: OnSnapshot | None
    ) -> Proposed:
        """What a descent comes by with heads tuned on energies of the proposals so far."""
        pool = self._unknown(pooled(parts))
        learned = by_heads(self.heads, pool.table)
        score = scores(self.goals, [learned], len(pool))
        structures, valid = self._expanded(pool, score, self.plan.n_points // _TO_LEARN)
        structures = self._pointed_at(pointed, pool, structures)
        score = scores(self.goals, pointed.methods(pool, learned, structures), len(pool))
        score = np.where(valid, score, -np.inf)
        best = np.argsort(-score, kind="stable")[:_SETTLED].tolist()
        with self._timed("brief relaxations"):
            pointed.settle(pool, {row: structures[row] for row in best if row in structures})
        methods = pointed.methods(pool, learned, structures)
        with self._timed("learning"):
            said = pointed.labels(pool, structures, self.generator.library)
            tuned = heads_after(
                self.generator.heads, pool.table, said, self.restricted.limits.ion,
                self.plan.seed, self.control,
            )  # fmt: skip
        if isinstance(tuned, str):
            self.warnings.append(f"The heads were not tuned within this run: {tuned}.")
        else:
            self.heads = self._bound(tuned)
            leading = self._bound(tuned, is_ranking=False)
            self.means.descent.predict, self.means.descent.in_turns = leading, leading.in_turns()
        best = np.argsort(-np.where(valid, scores(self.goals, methods, len(pool)), -np.inf))
        rows = best[: max(int(valid.sum()), 1)][: 4 * self.plan.seeds]
        told = [pool.made_from[row].removeprefix(BEGUN_AT) for row in map(int, rows)]
        with self._timed("descent"):
            pace = self.means.descent.pace
            self.means.descent.pace = replace(pace, steps=max(self.plan.steps // _AGAIN, 1))
            z, told = seeds_from(self.means, pool.table.rows(rows), told, self.budget.seeds)
            return descended(self.means, z, told, on_snapshot)

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

    def _unknown(self, pool: Pool) -> Pool:
        """Those that the search may give back: all, or the new ones."""
        if not self.plan.only_new:
            return pool
        known = self.generator.known_as(pool.table)
        return pool.rows(np.flatnonzero([not each for each in known]))

    def _ranked(self, pool: Pool) -> tuple[DesignCandidate, ...]:
        if not len(pool):
            return ()
        learned = by_heads(self.heads, pool.table)
        methods: list[Predictions] = [learned]
        score = scores(self.goals, methods, len(pool))
        worth = pool.prior.copy() if self.plan.judge == "prior" else score
        pointed = self._pointed if self.plan.judge == "points" else None
        most = 2 * self.plan.n if pointed is None else self.plan.n_points
        structures, valid = self._expanded(pool, worth, most)
        if pointed is not None:
            structures = self._pointed_at(pointed, pool, structures)
            methods = pointed.methods(pool, learned, structures)
            score = scores(self.goals, methods, len(pool))
            judged = np.isfinite(methods[1].numbers["e_above_hull"][0])
            worth = np.where(judged, score, -np.inf)
        worth = np.where(valid, worth, -np.inf)
        order = self._chosen(pool, worth)
        table = self.generator.library
        known = self.generator.known_as(pool.table)
        return tuple(
            DesignCandidate(
                tokens=replace(
                    table.tokens(pool.table, row),
                    volume=structures[row].volume / len(structures[row]),
                ),
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

    def _pointed_at(
        self, pointed: Pointed, pool: Pool, structures: dict[int, Structure]
    ) -> dict[int, Structure]:
        """The structures whose single points are computed: alloys at their best volumes."""
        with self._timed("single points"):
            if self.restricted.limits.metals_only:
                structures = pointed.at_best_volumes(pool, structures)
            pointed.judge(pool, structures)
        return structures

    def _expanded(
        self, pool: Pool, worth: NDArray[np.float64], most: int
    ) -> tuple[dict[int, Structure], NDArray[np.bool_]]:
        """Structures of the best by a first order, and which of all are crystals."""
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

    def _chosen(self, pool: Pool, worth: NDArray[np.float64]) -> NDArray[np.int64]:
        names = [each.name for each in self.generator.library.prototypes]
        family = [names[row] or str(row) for row in pool.table.prototype.tolist()]
        _, places = np.unique(family, return_inverse=True)
        traits = Traits(places, elements_held(pool.table), pool.latent.numpy())
        diversity = 0.0 if self.plan.judge == "prior" else self.plan.diversity
        return spread_out(worth, traits, self.plan.n, diversity)

    def _arms(
        self, parts: Sequence[Proposed], pool: Pool, candidates: Sequence[DesignCandidate]
    ) -> tuple[ArmMade, ...]:
        found = []
        for strategy in dict.fromkeys(part.strategy for part in parts):
            mine = [each for each in candidates if each.strategy == strategy]
            arm = ArmMade(
                strategy=strategy,
                n_proposed=sum(part.n_tried for part in parts if part.strategy == strategy),
                n_valid=sum(each == strategy for each in pool.strategy),
                n_ranked=len(mine),
                best=max((each.score for each in mine), default=-np.inf),
            )
            found.append(arm)
        return tuple(found)

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            passed = time.perf_counter() - start
            self.seconds[stage] = self.seconds.get(stage, 0.0) + passed
