"""Small networks that pass messages between the slots of a prototype, several in one product.

Slots hold what their elements are like; a slot hears its neighbours at each radius in proportion to
the prototype's contacts. All members of an ensemble are computed together: parameters carry the
member in their first axis.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import silu

from designer_app.design.heads.features import Features
from designer_app.design.representation.tokens import N_ELEMENTS


@dataclass(frozen=True, kw_only=True)
class NetworkSize:
    """Widths of the networks."""

    n_elements: int
    """Tabulated properties of an element."""
    n_whole: int
    n_extra: int
    """Columns for each slot beside its elements: the working ion."""
    outputs: int
    n_radii: int = 6
    members: int = 3
    learned: int = 16
    """Numbers that are learned of each element, beside its properties."""
    hidden: int = 24
    rounds: int = 2
    trunk: int = 96


class Lines(nn.Module):
    """A linear map for each member."""

    def __init__(self, members: int, n_in: int, n_out: int) -> None:
        super().__init__()
        bound = 1.0 / math.sqrt(n_in)
        self.weight = nn.Parameter(torch.empty(members, n_in, n_out).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(members, 1, n_out))

    def forward(self, x: Float[Tensor, "m n i"]) -> Float[Tensor, "m n o"]:
        """One map for each member."""
        return torch.baddbmm(self.bias, x, self.weight)


class SlotNetwork(nn.Module):
    """The members of one ensemble."""

    def __init__(self, size: NetworkSize) -> None:
        super().__init__()
        self.size = size
        m, h = size.members, size.hidden
        self.learned = nn.Parameter(0.3 * torch.randn(N_ELEMENTS, m * size.learned))
        self.enter = Lines(m, size.n_elements + size.learned + size.n_extra + 1, h)
        self.heard = nn.ModuleList(Lines(m, h * size.n_radii, h) for _ in range(size.rounds))
        self.kept = nn.ModuleList(Lines(m, h, h) for _ in range(size.rounds))
        self.asked = Lines(m, h, 1)
        pooled = 3 * h + 2 * size.n_elements + size.n_whole
        self.first = Lines(m, pooled, size.trunk)
        self.second = Lines(m, size.trunk, size.trunk)
        self.leave = Lines(m, size.trunk, size.outputs)

    def forward(
        self, features: Features, extra: Float[Tensor, "n s x"] | None = None
    ) -> Float[Tensor, "m n k"]:
        """Scaled outputs of every member."""
        return self.from_slots(self._slots(features, extra), features)

    def from_slots(
        self, slots: Float[Tensor, "m ns h"], features: Features
    ) -> Float[Tensor, "m n k"]:
        """The same, when it is known what slots are like before they hear each other."""
        m, (n, s, _) = self.size.members, features.elements.shape
        contacts = features.contacts.repeat(m, 1, 1)
        for heard, kept in zip(self.heard, self.kept, strict=True):
            assert isinstance(heard, Lines)
            assert isinstance(kept, Lines)
            # What slot t says at radius b comes first: so no large array is ever rearranged.
            said = torch.bmm(slots, self._by_radius(heard.weight)).view(m * n, -1, slots.shape[-1])
            sound = torch.bmm(contacts, said).view(m, n * s, -1)
            own = torch.baddbmm(heard.bias + kept.bias, slots, kept.weight)
            slots = slots + silu(sound.add_(own))
        pooled = self._pooled(slots, features)
        trunk = silu(self.first(pooled))
        trunk = trunk + silu(self.second(trunk))
        return self.leave(trunk)

    def _by_radius(self, weight: Float[Tensor, "m bh h"]) -> Float[Tensor, "m h bh"]:
        m, _, h = weight.shape
        parts = weight.view(m, self.size.n_radii, h, h)
        return parts.permute(0, 2, 1, 3).reshape(m, h, -1)

    def _slots(self, features: Features, extra: Tensor | None) -> Float[Tensor, "m ns h"]:
        m, (n, s, _) = self.size.members, features.elements.shape
        learned = (features.chances.flatten(0, 1) @ self.learned).view(n * s, m, -1).transpose(0, 1)
        shared = [features.elements, features.shares[..., None]]
        shared += [] if extra is None else [extra]
        known = torch.cat(shared, dim=-1).view(1, n * s, -1).expand(m, -1, -1)
        return silu(self.enter(torch.cat([learned, known], dim=-1)))

    def _pooled(self, slots: Float[Tensor, "m ns h"], features: Features) -> Float[Tensor, "m n p"]:
        """Mean and mean square over atoms, an attended mean, and the composition."""
        m, (n, s, _) = self.size.members, features.elements.shape
        shares = features.shares.repeat(m, 1)
        attention = shares * torch.exp(5.0 * torch.tanh(self.asked(slots).view(m * n, s)))
        attention = attention / attention.sum(dim=1, keepdim=True)
        flat = slots.reshape(m * n, s, -1)
        means = torch.bmm(torch.stack([shares, attention], dim=1), flat).view(m, n, 2, -1)
        square = torch.bmm(shares[:, None], flat**2).view(m, n, -1).clamp_min(1e-12).sqrt()
        weights = features.shares[..., None]
        composition = (features.elements * weights).sum(dim=1)
        apart = (features.elements - composition[:, None]).abs()
        whole = [composition, (apart * weights).sum(dim=1), features.whole]
        shared = torch.cat(whole, dim=-1).expand(m, -1, -1)
        return torch.cat([means[:, :, 0], square, means[:, :, 1], shared], dim=-1)
