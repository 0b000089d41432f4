"""How well crystals that the autoencoder never saw come back from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.tokens import TokenTable
from designer_app.design.vae.dataset import CrystalTable
from designer_app.design.vae.network import MaterialVAE
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
            held_out_error=mean_of(~trip.prototype),
            baseline_error=mean_of(mine.prototype != most_common),
            **made,
        ),
        HeadCard(
            key="exact",
            title="Prototype and all elements",
            unit="share wrong",
            held_out_error=mean_of(~same),
            baseline_error=1.0,
            applicability=f"{len(mine)} held-out crystals of prototypes that were learned.",
            **made,
        ),
        HeadCard(
            key="log_volume",
            title="ln of the volume",
            unit="",
            held_out_error=mean_of(np.abs(trip.found.log_volume - mine.log_volume)[same]),
            baseline_error=mean_of(np.abs(mine.log_volume)[same]),
            **made,
        ),
        HeadCard(
            key="geometry",
            title="Free numbers of shape and sites",
            unit="scales of the library",
            held_out_error=mean_of(np.abs(trip.found.geometry - mine.geometry)[free]),
            baseline_error=mean_of(np.abs(mine.geometry)[free]),
            **made,
        ),
    )


def mean_of(values: NDArray[np.bool_] | NDArray[np.float32]) -> float:
    """The mean; NaN of nothing."""
    return float(values.mean()) if len(values) else float("nan")
