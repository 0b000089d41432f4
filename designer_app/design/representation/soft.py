"""Tokens with doubts: what a decoder says before anything is decided, and what heads read."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import one_hot

from designer_app.design.representation.tokens import N_ELEMENTS, TokenTable


@dataclass(frozen=True, eq=False)
class SoftTokens:
    """n materials, each a mixture of k prototypes with mixed elements in their slots.

    Known or decided crystals are the case k = 1 with certain elements, so heads learn from the
    same form that the search asks them about.
    """

    prototypes: Int[Tensor, "n k"]
    """Places in the library that are considered."""
    shares: Float[Tensor, "n k"]
    """Probability of each; rows sum to 1."""
    counts: Float[Tensor, "n slots"]
    """Expected atoms of each slot in the primitive cell; 0 where there is no slot."""
    elements: Float[Tensor, "n slots elements"]
    """Probability of each atomic number; rows of slots that are not there are certain of 0."""
    log_volume: Float[Tensor, " n"]
    geometry: Float[Tensor, "n geometry"]

    def __len__(self) -> int:
        return len(self.shares)

    @property
    def amounts(self) -> Float[Tensor, "n elements"]:
        """Expected atoms of each element in the primitive cell; column 0 stays empty."""
        found = torch.einsum("ns,nse->ne", self.counts, self.elements)
        return torch.cat([torch.zeros_like(found[:, :1]), found[:, 1:]], dim=1)

    @property
    def composition(self) -> Float[Tensor, "n elements"]:
        """Atomic fractions."""
        amounts = self.amounts
        return amounts / amounts.sum(dim=1, keepdim=True).clamp_min(1e-9)


def certain(table: TokenTable, slot_counts: Float[Tensor, "c slots"]) -> SoftTokens:
    """Decided crystals; `slot_counts` are the library's atoms of each slot of each prototype."""
    prototype = torch.as_tensor(table.prototype)
    elements = one_hot(torch.as_tensor(table.elements), N_ELEMENTS)
    return SoftTokens(
        prototypes=prototype[:, None],
        shares=torch.ones(len(table), 1, dtype=slot_counts.dtype),
        counts=slot_counts[prototype],
        elements=elements.to(slot_counts.dtype),
        log_volume=torch.as_tensor(table.log_volume),
        geometry=torch.as_tensor(table.geometry),
    )
