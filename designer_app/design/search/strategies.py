"""The strategies side by side: each proposes crystals that keep the limits, from the same means.

random          latent vectors from the prior, decoded
best-of-n       the same, as many as a descent decodes softly, the heads choose
retrieval       known crystals that keep the limits
substitution    known crystals with ions replaced, ranked by probability
gradient        descent from known crystals that keep the limits
mix             descent from the best substituted crystals, and those themselves
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.tokens import TokenTable
from designer_app.design.search.deciding import Decider
from designer_app.design.search.descent import Descent, Ledger
from designer_app.design.search.found import OnSnapshot
from designer_app.design.search.pool import Proposed, amounts_of_row, formula_of_row
from designer_app.design.search.substituting import Base, bases_of, substituted
from designer_app.design.vae.network import MaterialVAE
from designer_app.running.control import RunControl

BEGUN_AT = "gradient search, begun at "
"""Before where a descent began, in what is told of what it found."""
_BATCH = 512
_SHAKEN = 0.3
"""Spread of the noise on seeds, in latent units: the neighbourhood of a crystal, not another."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What one strategy may spend."""

    seeds: int = 400
    steps: int = 300
    n_substituted: int = 3000
    n_random: int = 12_000
    """Decodes of best-of-n: what a descent of 400 seeds x 300 steps costs in time."""


@dataclass(eq=False)
class Means:
    """What the strategies of one search share."""

    vae: MaterialVAE
    library: PrototypeLibrary
    decider: Decider
    descent: Descent
    known: TokenTable
    sources: Sequence[str]
    generator: torch.Generator
    control: RunControl
    lost: Counter[str] = field(default_factory=Counter[str])
    """Proposals that are no candidates, by reason."""


def random_decodes(means: Means, n: int, strategy: str = "random") -> Proposed:
    """Crystals of n latent vectors from the prior."""
    size = means.vae.settings.latent
    ledger = Ledger()
    for start in range(0, n, _BATCH):
        means.control.checkpoint()
        means.control.progress(start, n, "Random decodes")
        z = torch.randn(min(_BATCH, n - start), size, generator=means.generator)
        found = means.decider.decided(z)
        if len(found):
            order = (start + found.origin).astype(np.float32)
            ledger.add(found.table, z[found.origin], order, found.origin)
        means.lost["no element keeps the limits"] += len(z) - len(found)
    visited = ledger.visited(size)
    told = "decoded from a random latent vector"
    return Proposed(
        strategy,
        visited.table,
        visited.latent,
        (told,) * len(visited),
        n,
        -visited.loss.astype(np.float64),
    )


def retrieved(means: Means) -> Proposed:
    """Known crystals that keep the limits."""
    rows = rows_within_limits(means)
    table = means.known.rows(rows)
    told = tuple(f"known: {means.sources[row]}" for row in rows.tolist())
    return Proposed(
        "retrieval", table, means.vae.encode_table(table), told, len(rows), np.zeros(len(rows))
    )


def substitutions(means: Means, n: int, bases: Sequence[Base] | None = None) -> Proposed:
    """Known crystals, or given ones, with ions replaced."""
    restricted = means.decider.restricted
    if bases is None:
        bases = bases_of(means.library, means.known, means.sources, restricted, means.control)
    found = substituted(means.library, bases, restricted, n, means.control)
    means.lost.update(found.lost)
    return Proposed(
        "substitution",
        found.table,
        means.vae.encode_table(found.table),
        found.made_from,
        len(found) + sum(found.lost.values()),
        found.log_probability,
    )


def descended(
    means: Means,
    seeds: Float[Tensor, "n latent"],
    told: Sequence[str],
    on_snapshot: OnSnapshot | None,
    strategy: str = "gradient",
) -> Proposed:
    """What a descent from these seeds came by."""
    visited = means.descent.run(seeds, means.control, on_snapshot)
    sentences = tuple(f"{BEGUN_AT}{told[seed]}" for seed in visited.origin.tolist())
    return Proposed(
        strategy,
        visited.table,
        visited.latent,
        sentences,
        visited.n_decided,
        -visited.loss.astype(np.float64),
    )


def seeds_from(
    means: Means, table: TokenTable, told: Sequence[str], n: int
) -> tuple[Float[Tensor, "n latent"], list[str]]:
    """N latent vectors about crystals: the best by the heads first as they are, then shaken ones.

    Crystals are drawn by their loss, so that seeds are good and still different
    (Gumbel's trick: the largest of -loss + noise; Gumbel 1954).
    """
    if not len(table):
        size = means.vae.settings.latent
        z = torch.randn(n, size, generator=means.generator)
        return z, ["a random latent vector"] * n
    loss = torch.as_tensor(means.descent.loss_of_table(table)).double()
    uniform = torch.rand(len(table), generator=means.generator, dtype=torch.float64)
    noise = -torch.log(-torch.log(uniform.clamp(1e-12, 1 - 1e-12)))
    order = torch.argsort(noise - loss, descending=True, stable=True)
    rows = order.repeat(-(-n // len(order)))[:n]
    z = means.vae.encode_table(table)[rows]
    shaken = torch.arange(n) >= len(order)
    shift = _SHAKEN * torch.randn(z.shape, generator=means.generator)
    return torch.where(shaken[:, None], z + shift, z), [told[int(row)] for row in rows]


def rows_within_limits(means: Means) -> NDArray[np.int64]:
    """Rows of the known crystals that keep all limits."""
    restricted = means.decider.restricted
    allowed = restricted.allowed.prototypes.numpy()
    found = [
        row
        for row in np.flatnonzero(allowed[means.known.prototype]).tolist()
        if not restricted.limits.reason(amounts_of_row(means.library, means.known, row))
    ]
    return np.array(found, dtype=np.int64)


def named(means: Means, rows: NDArray[np.int64]) -> list[str]:
    """Known crystals with their ids, e.g. "LiFePO4 (mp-19017)"."""
    return [
        f"{formula_of_row(means.library, means.known, row)} ({means.sources[row]})"
        for row in map(int, rows)
    ]
