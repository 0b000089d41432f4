"""What the network of `MaterialVAE` is made of, and what it has to know beforehand."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from designer_app.design.representation.tokens import N_ELEMENTS
from designer_app.properties.features import PROPERTIES, element_table


class Classes(Protocol):
    """What the network has to know of a prototype library."""

    @property
    def slot_counts(self) -> NDArray[np.float32]:
        """(c, MAX_SLOTS) atoms of each slot in the primitive cell."""
        ...

    @property
    def n_geometry(self) -> NDArray[np.bool_]:
        """(c, N_GEOMETRY) True where a number of the geometry is free."""
        ...

    @property
    def space_groups(self) -> NDArray[np.int64]:
        """(c,)."""
        ...


@dataclass(frozen=True, kw_only=True)
class VAESettings:
    """Sizes of the network."""

    latent: int = 64
    hidden: int = 512
    class_size: int = 128
    element_size: int = 48
    """Learned numbers of an element, beside its tabulated properties."""
    choice_hidden: int = 256
    """Hidden units of the choice of elements, which runs once for each prototype considered."""
    choice_size: int = 32
    geometry_hidden: int = 384


class Trunk(nn.Module):
    """Layers over a latent vector, and beside them the vector itself."""

    def __init__(self, latent: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.layers = nn.Sequential(
            nn.Linear(latent, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU()
        )

    def forward(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n both"]:
        """Both side by side."""
        return torch.cat([self.layers(z), z], dim=1)

    def layers_of(self, both: Float[Tensor, "n both"]) -> Float[Tensor, "n hidden"]:
        """What the layers say. The choice of elements reads nothing else: along a straight line
        each slot would choose for itself, and points between crystals would less often balance.
        """
        return both[:, : self.hidden]

    def line_of(self, both: Float[Tensor, "n both"]) -> Float[Tensor, "n latent"]:
        """The latent vector."""
        return both[:, self.hidden :]


def standardised_properties() -> Float[Tensor, "elements properties"]:
    """Tabulated properties by atomic number, mean 0 and spread 1; 0 where nothing is known."""
    values = element_table().values[:N_ELEMENTS]
    mean, spread = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    scaled = np.nan_to_num((values - mean) / np.maximum(spread, 1e-9))
    assert scaled.shape == (N_ELEMENTS, len(PROPERTIES))
    return torch.as_tensor(scaled, dtype=torch.float32)


def class_features(counts: Tensor, mask: Tensor) -> Float[Tensor, "c features"]:
    """Counts, slots that are there and free numbers of each prototype."""
    n_free = mask.sum(dim=1, keepdim=True).to(counts.dtype) / 10.0
    return torch.cat([torch.log1p(counts), (counts > 0).to(counts.dtype), n_free], dim=1)
