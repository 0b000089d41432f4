"""`MaterialGenerator`: crystals that meet targets, by latent descent and by its rivals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from designer_app.design.heads.ensemble import DesignHeads
from designer_app.design.representation.library import PrototypeLibrary, known_tokens
from designer_app.design.representation.tokens import TokenTable
from designer_app.design.search.found import Found, OnSnapshot
from designer_app.design.search.judging import PointJudge
from designer_app.design.search.limits import Limits
from designer_app.design.search.one_search import Search
from designer_app.design.search.pool import keys_of
from designer_app.design.vae.network import MaterialVAE
from designer_app.errors import InvalidSpecError
from designer_app.running.control import RunControl
from designer_app.specs.contradictions import idle
from designer_app.specs.design import STRATEGIES
from designer_app.specs.design_targets import Target
from designer_app.specs.structure import Structure

JUDGES = ("points", "heads", "prior")
"""By single points of the best, by the heads alone, or in each strategy's own order."""


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
    learn: bool = False
    """Whether heads are tuned on the first single points, and the descent is walked again."""
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
        _check(plan, has_start=start is not None)
        control = control or RunControl()
        with torch.random.fork_rng():
            return Search(self, targets, limits, plan, control).run(start, on_snapshot)

    def known_as(self, table: TokenTable) -> list[str]:
        """Id of the known crystal with the same tokens, "" where there is none."""
        return [self._ids.get(key, "") for key in keys_of(table)]


def _check(plan: Plan, *, has_start: bool) -> None:
    strategies = [key for key, _ in STRATEGIES]
    for name, value, choices in (
        ("strategy", plan.strategy, strategies),
        ("judge", plan.judge, JUDGES),
    ):
        if value not in choices:
            raise InvalidSpecError(name, value, f"choose from {', '.join(choices)}")
    told = idle(plan.strategy, only_new=plan.only_new, has_start=has_start)
    if told:
        raise InvalidSpecError("strategy", plan.strategy, told)
