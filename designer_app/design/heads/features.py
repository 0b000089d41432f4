"""Soft tokens as the numbers that networks read, differentiable in all that a search moves."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from designer_app.design.representation.soft import SoftTokens
from designer_app.design.representation.tokens import N_ELEMENTS
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.properties.features import ElementTable
from designer_app.specs.voltage import ION_CHARGES

IONS = tuple(ION_CHARGES)
_LARGEST_COUNT = 3.0
"""Of the scaled contacts: a shell of some twenty neighbours."""


@dataclass(frozen=True, eq=False)
class Features:
    """What the networks read of n materials of at most s slots."""

    elements: Float[Tensor, "n s e"]
    """Mixed properties of the elements, scaled."""
    chances: Float[Tensor, "n s elements"]
    """Probability of each atomic number."""
    shares: Float[Tensor, "n s"]
    """Of the atoms."""
    contacts: Float[Tensor, "n s tb"]
    """For each slot, its contacts with every slot at every radius."""
    whole: Float[Tensor, "n w"]
    """Of the prototype, and the volume."""


def scaled_elements(table: ElementTable) -> NDArray[np.float32]:
    """(N_ELEMENTS, n) properties with mean 0 and spread 1; 0 where nothing is known."""
    values = table.values[:N_ELEMENTS]
    centred = (values - np.nanmean(values, axis=0)) / np.nanstd(values, axis=0)
    return np.nan_to_num(centred).astype(np.float32)


class Featurizer(nn.Module):
    """The constants of a library and of the elements, and how tokens are mixed with them."""

    elements: Tensor
    contacts: Tensor
    descriptors: Tensor

    def __init__(
        self,
        elements: NDArray[np.float32],
        contacts: NDArray[np.float32],
        descriptors: NDArray[np.float32],
    ) -> None:
        super().__init__()
        n, slots, _, radii = contacts.shape
        self.n_radii = radii
        scaled = np.log1p(contacts).reshape(n, slots * slots * radii)
        self.register_buffer("elements", torch.from_numpy(elements))
        self.register_buffer("contacts", torch.from_numpy(scaled / _LARGEST_COUNT))
        self.register_buffer("descriptors", torch.from_numpy(descriptors))
        self._of_few: dict[int, Tensor] = {}

    @property
    def n_elements(self) -> int:
        """Properties of an element."""
        return self.elements.shape[1]

    @property
    def n_whole(self) -> int:
        """Numbers of a whole crystal."""
        return self.descriptors.shape[1] + 1

    def forward(self, soft: SoftTokens) -> Features:
        """All features; slots that no material has are left out."""
        slots = soft.counts.shape[1]
        used = max(int((soft.counts.detach() > 0).any(dim=0).sum()), 1)
        # Flat and in one piece: the product with 3 axes is a small one for each material.
        chances = soft.elements[:, :used].flatten(0, 1)
        n = len(soft)
        contacts = _mixed(self._between(used, slots), soft)
        whole = _mixed(self.descriptors, soft)
        counts = soft.counts[:, :used]
        return Features(
            elements=(chances @ self.elements).unflatten(0, (n, used)),
            chances=chances.unflatten(0, (n, used)),
            shares=counts / counts.sum(dim=1, keepdim=True).clamp_min(1e-9),
            contacts=contacts.view(n, used, used * self.n_radii),
            whole=torch.cat([whole, soft.log_volume[:, None]], dim=1),
        )

    def _between(self, used: int, slots: int) -> Tensor:
        """Contacts between the first slots alone, kept since a search asks for them every step."""
        if used not in self._of_few:
            table = self.contacts.view(len(self.contacts), slots, slots, self.n_radii)
            self._of_few[used] = table[:, :used, :used].flatten(1).contiguous()
        return self._of_few[used]


def ion_columns(chances: Float[Tensor, "n s e"], ion: str) -> Float[Tensor, "n s k"]:
    """For each slot the chance that it holds the working ion, in the column of that ion."""
    place = IONS.index(ion)
    column = chances[..., ATOMIC_NUMBERS[ion]]
    columns: list[Any] = [column if k == place else torch.zeros_like(column) for k in range(6)]
    return torch.stack(columns, dim=-1)


def _mixed(table: Float[Tensor, "c w"], soft: SoftTokens) -> Float[Tensor, "n w"]:
    """Rows of a table mixed by the shares of the prototypes."""
    if soft.prototypes.shape[1] == 1:
        return table[soft.prototypes[:, 0]]
    return torch.nn.functional.embedding_bag(
        soft.prototypes, table, per_sample_weights=soft.shares, mode="sum"
    )
