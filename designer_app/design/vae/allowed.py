"""Hard limits of a decode: prototypes and elements that may appear at all."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from designer_app.design.representation.tokens import N_ELEMENTS


@dataclass(frozen=True, eq=False)
class Allowed:
    """What a decode may choose from. Nothing outside gets any probability."""

    prototypes: Bool[Tensor, " c"]
    """By place in the library."""
    elements: Bool[Tensor, "*slots elements"]
    """By atomic number: (elements,) for all slots alike, or (c, slots, elements) for each."""

    @classmethod
    def of(
        cls,
        slot_counts: Float[Tensor, "c slots"],
        elements: Iterable[int],
        prototypes: Bool[Tensor, " c"] | None = None,
    ) -> "Allowed":
        """These elements in every slot; prototypes with more slots than elements fall out."""
        chosen = torch.zeros(N_ELEMENTS, dtype=torch.bool)
        chosen[list(elements)] = True
        chosen[0] = False
        fits = (slot_counts > 0).sum(dim=1) <= chosen.sum()
        return cls(fits if prototypes is None else fits & prototypes, chosen)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to choose from."""
        return not (bool(self.prototypes.any()) and bool(self.elements.any()))
