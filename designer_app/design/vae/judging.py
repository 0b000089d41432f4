"""How good the autoencoder is: round trips of crystals it never saw, and what random points say."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.tokens import TokenTable
from designer_app.design.vae.dataset import CrystalTable, amounts_of_row
from designer_app.design.vae.network import MaterialVAE
from designer_app.screening.charge_balance import balanced
from designer_app.screening.checks import touching
from designer_app.weights.cards import HeadCard


@dataclass(frozen=True, eq=False)
class RoundTrip:
    """Crystals encoded to their mean and decided again."""

    wanted: TokenTable
    found: TokenTable

    @classmethod
    def of(cls, vae: MaterialVAE, table: TokenTable) -> "RoundTrip":
        """Through a network that is not training."""
        return cls(table, vae.best_decode(vae.encode_table(table)))

    @property
    def prototype(self) -> NDArray[np.bool_]:
        """(n,) the prototype came back."""
        return self.wanted.prototype == self.found.prototype

    @property
    def exact(self) -> NDArray[np.bool_]:
        """(n,) the prototype and all elements came back."""
        return self.prototype & (self.wanted.elements == self.found.elements).all(axis=1)


def represented(vae: MaterialVAE, learned: TokenTable, table: TokenTable) -> NDArray[np.bool_]:
    """(n,) crystals whose prototype had members among those learned from."""
    members = np.bincount(learned.prototype, minlength=vae.n_prototypes)
    return members[table.prototype] > 0


def head_cards(
    vae: MaterialVAE, table: CrystalTable, learned: NDArray[np.bool_], held: NDArray[np.bool_]
) -> tuple[HeadCard, ...]:
    """Errors of round trips of held-out formulas whose prototype was learned."""
    known = table.tokens.rows(learned)
    mine = table.tokens.rows(held)
    mine = mine.rows(represented(vae, known, mine))
    trip = RoundTrip.of(vae, mine)
    same = trip.exact
    free = vae.geometry_mask[mine.prototype].numpy().astype(bool) & same[:, None]
    made = {"n_labels": len(known), "grouped_by": "formula"}
    most_common = np.bincount(known.prototype).argmax()
    return (
        HeadCard(
            key="prototype",
            title="Prototype",
            unit="share wrong",
            held_out_error=_mean(~trip.prototype),
            baseline_error=_mean(mine.prototype != most_common),
            **made,
        ),
        HeadCard(
            key="exact",
            title="Prototype and all elements",
            unit="share wrong",
            held_out_error=_mean(~same),
            baseline_error=1.0,
            applicability=f"{len(mine)} held-out crystals of prototypes that were learned.",
            **made,
        ),
        HeadCard(
            key="log_volume",
            title="ln of the volume",
            unit="",
            held_out_error=_mean(np.abs(trip.found.log_volume - mine.log_volume)[same]),
            baseline_error=_mean(np.abs(mine.log_volume)[same]),
            **made,
        ),
        HeadCard(
            key="geometry",
            title="Free numbers of shape and sites",
            unit="scales of the library",
            held_out_error=_mean(np.abs(trip.found.geometry - mine.geometry)[free]),
            baseline_error=_mean(np.abs(mine.geometry)[free]),
            **made,
        ),
    )


def _mean(values: NDArray[np.bool_] | NDArray[np.float32]) -> float:
    return float(values.mean()) if len(values) else float("nan")


@dataclass(frozen=True, kw_only=True)
class SampleFigures:
    """What the decodes of random points are like; shares of all of them."""

    n: int
    strict: float
    """Balanced by common oxidation states."""
    balanced: float
    """The same, or by SMACT's looser rule."""
    apart: float
    """No two atoms nearer than 0.55 times the sum of their covalent radii."""
    valid: float
    """Balanced and apart."""
    unique: float
    """Different pairs of prototype and elements."""
    novel: float
    """Of the different ones, those that no known crystal has."""


def sample_figures(
    vae: MaterialVAE,
    library: PrototypeLibrary,
    z: Float[Tensor, "n latent"],
    known: TokenTable,
) -> SampleFigures:
    """Of decided decodes of latent vectors."""
    return table_figures(library, vae.best_decode(z), known)


def table_figures(library: PrototypeLibrary, table: TokenTable, known: TokenTable) -> SampleFigures:
    """Of crystals."""
    strict, loose, apart = (np.zeros(len(table), dtype=bool) for _ in range(3))
    for row in range(len(table)):
        amounts = amounts_of_row(table, row, library.slot_counts)
        strict[row] = balanced(amounts, "strict") is not None
        loose[row] = strict[row] or balanced(amounts, "loose") is not None
        structure = library.structure_of(library.tokens(table, row))
        apart[row] = not touching(structure)
    kinds = set(_kinds(table))
    return SampleFigures(
        n=len(table),
        strict=_mean(strict),
        balanced=_mean(loose),
        apart=_mean(apart),
        valid=_mean(loose & apart),
        unique=len(kinds) / max(len(table), 1),
        novel=len(kinds - set(_kinds(known))) / max(len(kinds), 1),
    )


def _kinds(table: TokenTable) -> list[tuple[int, tuple[int, ...]]]:
    return [
        (int(prototype), tuple(elements))
        for prototype, elements in zip(table.prototype, table.elements.tolist(), strict=True)
    ]


def normal_points(n: int, latent: int, seed: int) -> Float[Tensor, "n latent"]:
    """Points of the prior N(0, 1)."""
    return torch.randn(n, latent, generator=torch.Generator().manual_seed(seed))


def as_facts(figures: SampleFigures) -> Mapping[str, float]:
    """For a card."""
    return {
        name: getattr(figures, name)
        for name in ("n", "strict", "balanced", "apart", "valid", "unique", "novel")
    }
