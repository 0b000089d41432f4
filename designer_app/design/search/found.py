"""What a search gives back, and what it tells while it walks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.tokens import CrystalTokens
from designer_app.specs.estimates import Estimate
from designer_app.specs.structure import Structure


@dataclass(frozen=True, kw_only=True, eq=False)
class DesignCandidate:
    """A crystal that the search proposes."""

    tokens: CrystalTokens
    structure: Structure
    """All atoms of the primitive cell, not relaxed."""
    formula: str
    strategy: str
    """Key of the strategy that made it first."""
    made_from: str
    """Where it comes from, in one sentence."""
    estimates: tuple[Estimate, ...]
    """Predictions, each with its spread; a later one of the same key is by a better method."""
    score: float
    """ln of the estimated chance to meet all targets; what candidates are ranked by."""
    latent: NDArray[np.float32]
    """Place in the latent space."""
    known: str = ""
    """Id of a known crystal with the same tokens (same prototype, same elements)."""

    def estimate(self, key: str) -> Estimate | None:
        """The last estimate of a property; None without."""
        found = [each for each in self.estimates if each.key == key]
        return found[-1] if found else None


@dataclass(frozen=True, kw_only=True)
class ArmMade:
    """One strategy: how many candidates it proposed, and what became of them."""

    strategy: str
    n_proposed: int
    """Decoded or substituted, each tokens counted once."""
    n_valid: int
    """That keep all limits, with no atoms too close."""
    n_ranked: int
    """That stand among the candidates given back."""
    best: float
    """Highest score; -inf without any."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """The end of a search."""

    candidates: tuple[DesignCandidate, ...]
    """Best first, spread out as far as asked."""
    arms: tuple[ArmMade, ...]
    lost: Mapping[str, int] = field(default_factory=dict[str, int])
    """Proposals that are no candidates, by reason."""
    warnings: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    """Wall time of each stage."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot:
    """The population at one step of the gradient search."""

    step: int
    n_steps: int
    positions: NDArray[np.float32]
    """(seeds, 2) on the map of the latent space."""
    values: NDArray[np.float32]
    """(seeds, targets) predicted, in the units of the properties."""
    best: float
    """Lowest loss of a decided crystal so far."""


OnSnapshot = Callable[[Snapshot], None]
