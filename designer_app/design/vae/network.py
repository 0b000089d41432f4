"""The network of `MaterialVAE`: an encoder of tokens, and a decoder in three steps.

A latent vector says a distribution over prototypes; with a prototype, the elements of its slots;
with both, the geometry as its deviation from the prototype's medians. What is said about several
prototypes is mixed by their shares, so that a gradient passes through every choice. Geometry goes
through the code along a straight line beside the layers, in multiples of what the prototype's
members usually deviate by (asinh, for deviations have long tails): layers alone do not learn to
copy numbers in some thousand steps. Kingma & Welling 2014, arXiv:1312.6114.
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import one_hot

from designer_app.design.representation.soft import SoftTokens, certain
from designer_app.design.representation.tokens import (
    MAX_SLOTS,
    N_ELEMENTS,
    N_GEOMETRY,
    TokenTable,
)
from designer_app.design.vae.allowed import Allowed
from designer_app.design.vae.assigning import distinct_elements
from designer_app.design.vae.parts import (
    Classes,
    Trunk,
    VAESettings,
    class_features,
    standardised_properties,
)

CONSIDERED = 16
"""Prototypes that a soft decode mixes, if not said otherwise."""
_NEVER = -1e9
"""Logit of what is not allowed; finite, so that no gradient becomes NaN."""
_N_SPACE_GROUPS = 231
_FARTHEST = 6.0
"""Largest asinh(deviation / usual deviation) that is decoded: 200 times the usual one."""


class MaterialVAE(nn.Module):
    """Crystals as points of a continuous space, and crystals from points.

    Works with any library: no size but those of the tokens is fixed. `encode` and `decode` are
    differentiable in their inputs; `best_decode` decides.
    """

    slot_counts: Tensor
    geometry_mask: Tensor
    class_features: Tensor
    space_groups: Tensor
    element_properties: Tensor
    volume_centers: Tensor
    """(c,) mean ln of the volume over the expected one."""
    spreads: Tensor
    """(c, 1 + N_GEOMETRY) usual deviations of the members' ln volume and geometry."""
    map_center: Tensor
    map_axes: Tensor

    def __init__(
        self,
        library: Classes,
        settings: VAESettings | None = None,
        element_properties: Float[Tensor, "elements properties"] | None = None,
    ) -> None:
        super().__init__()
        self.settings = chosen = settings or VAESettings()
        if element_properties is None:
            element_properties = standardised_properties()
        counts = torch.as_tensor(np.asarray(library.slot_counts, dtype=np.float32))
        mask = torch.as_tensor(np.asarray(library.n_geometry, dtype=bool))
        groups = torch.as_tensor(np.asarray(library.space_groups), dtype=torch.int64)
        features = class_features(counts, mask)
        self.register_buffer("slot_counts", counts, persistent=False)
        self.register_buffer("geometry_mask", mask.to(counts.dtype), persistent=False)
        self.register_buffer("class_features", features, persistent=False)
        self.register_buffer("space_groups", groups, persistent=False)
        self.register_buffer("element_properties", element_properties)
        self.register_buffer("volume_centers", torch.zeros(len(counts)))
        self.register_buffer("spreads", torch.ones(len(counts), 1 + N_GEOMETRY))
        self.register_buffer("map_center", torch.zeros(chosen.latent))
        self.register_buffer("map_axes", torch.eye(chosen.latent)[:, :2].clone())

        vector = chosen.element_size + element_properties.shape[1]
        slots = MAX_SLOTS * vector
        self.elements = nn.Embedding(N_ELEMENTS, chosen.element_size)
        self.own = nn.Embedding(len(counts), chosen.class_size)
        nn.init.normal_(self.own.weight, std=0.3)
        self.shared = nn.Linear(features.shape[1], chosen.class_size, bias=False)
        self.group = nn.Embedding(_N_SPACE_GROUPS, chosen.class_size)
        nn.init.normal_(self.group.weight, std=0.3)
        seen = chosen.class_size + slots + 1 + N_GEOMETRY
        self.encoder_line = nn.Linear(seen, chosen.latent, bias=False)
        self.encoder = nn.Sequential(
            nn.Linear(seen, chosen.hidden),
            nn.SiLU(),
            nn.Linear(chosen.hidden, chosen.hidden),
            nn.SiLU(),
            nn.Linear(chosen.hidden, 2 * chosen.latent),
        )
        self.trunk = Trunk(chosen.latent, chosen.hidden)
        told = chosen.hidden + chosen.latent
        self.to_class = nn.Linear(told, chosen.class_size)
        self.class_bias = nn.Parameter(torch.zeros(len(counts)))
        self.choice_latent = nn.Linear(chosen.hidden, chosen.choice_hidden)
        self.choice_class = nn.Linear(chosen.class_size, chosen.choice_hidden, bias=False)
        self.choice_slots = nn.Linear(chosen.choice_hidden, MAX_SLOTS * chosen.choice_size)
        self.choice_keys = nn.Linear(vector, chosen.choice_size)
        self.choice_bias = nn.Parameter(torch.zeros(N_ELEMENTS))
        self.geometry = nn.Sequential(
            nn.Linear(told + chosen.class_size + slots, chosen.geometry_hidden),
            nn.SiLU(),
            nn.Linear(chosen.geometry_hidden, chosen.geometry_hidden),
            nn.SiLU(),
            nn.Linear(chosen.geometry_hidden, 1 + N_GEOMETRY),
        )
        self.geometry_line = nn.Linear(chosen.latent, 1 + N_GEOMETRY, bias=False)
        self._vectors: Tensor | None = None

    # --- the public face ---

    @property
    def n_prototypes(self) -> int:
        """Prototypes in the library."""
        return len(self.slot_counts)

    def encode(
        self, tokens: SoftTokens
    ) -> tuple[Float[Tensor, "n latent"], Float[Tensor, "n latent"]]:
        """(mean, ln of the variance) of the latent vectors of each material."""
        vectors = self.class_vectors()[tokens.prototypes]
        mixed = (tokens.shares[..., None] * vectors).sum(dim=1)
        slots = self._slot_vectors(tokens.elements, tokens.counts)
        center, spread = self._scales(tokens.prototypes, tokens.shares)
        numbers = torch.cat([(tokens.log_volume - center)[:, None], tokens.geometry], dim=1)
        seen = torch.cat([mixed, slots, torch.asinh(numbers / spread)], dim=1)
        mean, log_variance = self.encoder(seen).chunk(2, dim=1)
        return mean + self.encoder_line(seen), log_variance.clamp(-12.0, 6.0)

    def decode(
        self,
        z: Float[Tensor, "n latent"],
        *,
        temperature: float = 1.0,
        allowed: Allowed | None = None,
        n_prototypes: int | None = None,
        prototypes: Int[Tensor, "n k"] | None = None,
        geometry_of: SoftTokens | None = None,
    ) -> SoftTokens:
        """The materials that latent vectors say, as mixtures of the k likeliest prototypes.

        `prototypes` fixes those that are mixed: a search that asks `candidates` every few steps
        only is several times as fast. So it is with the volume and geometry of an earlier decode,
        `geometry_of`. `temperature` divides all logits of choices.
        """
        trunk = self.trunk(z)
        if prototypes is None:
            k = n_prototypes or CONSIDERED
            prototypes = self._likeliest(self.to_class(trunk.detach()), allowed, k)
        vectors = self.class_vectors()[prototypes]
        logits = self._logits_of(self.to_class(trunk), prototypes, vectors)
        if allowed is not None:
            logits = logits.masked_fill(~allowed.prototypes[prototypes], _NEVER)
        shares = torch.softmax(logits / temperature, dim=1)
        where = self._places(prototypes)
        choice = self._element_logits(trunk, vectors, prototypes, allowed, where, temperature)
        chances = torch.softmax(choice, dim=1)
        counts, elements = self._mixed_elements(shares, prototypes, chances, where)
        if geometry_of is not None:
            volume, geometry = geometry_of.log_volume, geometry_of.geometry
            return SoftTokens(prototypes, shares, counts, elements, volume, geometry)
        return self._with_geometry(trunk, vectors, prototypes, shares, counts, elements)

    def candidates(
        self, z: Float[Tensor, "n latent"], allowed: Allowed | None = None, k: int = CONSIDERED
    ) -> Int[Tensor, "n k"]:
        """The k likeliest of the allowed prototypes, the best first."""
        return self._likeliest(self.to_class(self.trunk(z)), allowed, k)

    @torch.no_grad()
    def best_decode(
        self, z: Float[Tensor, "n latent"], allowed: Allowed | None = None
    ) -> TokenTable:
        """The likeliest prototype, its likeliest different elements, and their geometry."""
        trunk = self.trunk(z)
        prototypes = self._likeliest(self.to_class(trunk), allowed, 1)
        vectors = self.class_vectors()[prototypes]
        where = self._places(prototypes)
        choice = torch.full((len(z), MAX_SLOTS, N_ELEMENTS), _NEVER)
        choice[where[0], where[2]] = torch.log_softmax(
            self._element_logits(trunk, vectors, prototypes, allowed, where), dim=1
        )
        counts = self.slot_counts[prototypes[:, 0]]
        elements = distinct_elements(choice.numpy(), (counts > 0).numpy())
        shares = torch.ones(len(z), 1, dtype=z.dtype)
        sure = one_hot(torch.as_tensor(elements), N_ELEMENTS).to(z.dtype)
        found = self._with_geometry(trunk, vectors, prototypes, shares, counts, sure)
        return TokenTable(
            prototypes[:, 0].numpy(), elements, found.log_volume.numpy(), found.geometry.numpy()
        )

    @torch.no_grad()
    def encode_table(self, table: TokenTable, batch: int = 4096) -> Float[Tensor, "n latent"]:
        """The mean latent vectors of decided crystals."""
        rows = np.arange(len(table))
        parts = [
            self.encode(certain(table.rows(rows[start : start + batch]), self.slot_counts))[0]
            for start in range(0, len(table), batch)
        ]
        return torch.cat(parts) if parts else torch.zeros(0, self.settings.latent)

    def map_of(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n 2"]:
        """Places on the flat map: the two main axes of the crystals learned from."""
        return (z - self.map_center) @ self.map_axes

    def freeze(self) -> "MaterialVAE":
        """Ready for use: no gradients into weights, and what does not change computed once."""
        self.eval().requires_grad_(False)
        self._vectors = None
        self._vectors = self.class_vectors()
        return self

    # --- parts that training uses too ---

    def class_vectors(self) -> Float[Tensor, "c size"]:
        """A vector for each prototype: one of its own on one that its symmetry and counts say.

        So prototypes with few members learn from those that resemble them.
        """
        if self._vectors is not None:
            return self._vectors
        shared = self.shared(self.class_features) + self.group.weight[self.space_groups]
        return self.own.weight + shared

    def told(
        self, z: Float[Tensor, "n latent"], tokens: SoftTokens
    ) -> tuple[Float[Tensor, "n c"], Float[Tensor, "places elements"], SoftTokens]:
        """Logits of prototypes; of the elements of the slots that are there, in the order of
        `counts > 0`; geometry. Each when told what comes before it, as in training (k = 1).
        """
        trunk = self.trunk(z)
        every = self.class_vectors()
        logits = torch.addmm(self.class_bias, self.to_class(trunk), every.T)
        vectors = every[tokens.prototypes]
        where = self._places(tokens.prototypes)
        choice = self._element_logits(trunk, vectors, tokens.prototypes, None, where)
        geometry = self._with_geometry(
            trunk, vectors, tokens.prototypes, tokens.shares, tokens.counts, tokens.elements
        )
        return logits, choice, geometry

    @torch.no_grad()
    def chances(
        self,
        z: Float[Tensor, "n latent"],
        prototypes: Int[Tensor, "n k"],
        allowed: Allowed | None = None,
    ) -> Float[Tensor, "n k slots elements"]:
        """Probability of each element in the slots of several prototypes; 0 where there is none."""
        where = self._places(prototypes)
        vectors = self.class_vectors()[prototypes]
        choice = self._element_logits(self.trunk(z), vectors, prototypes, allowed, where)
        found = torch.zeros(*prototypes.shape, MAX_SLOTS, N_ELEMENTS, dtype=choice.dtype)
        found[where] = torch.softmax(choice, dim=1)
        return found

    def shaped(self, z: Float[Tensor, "n latent"], tokens: SoftTokens) -> SoftTokens:
        """The same prototypes and elements with the volume and geometry that the decoder says."""
        vectors = self.class_vectors()[tokens.prototypes]
        return self._with_geometry(
            self.trunk(z), vectors, tokens.prototypes, tokens.shares, tokens.counts, tokens.elements
        )

    # --- parts ---

    @torch.no_grad()
    def _likeliest(self, query: Tensor, allowed: Allowed | None, k: int) -> Int[Tensor, "n k"]:
        logits = torch.addmm(self.class_bias, query, self.class_vectors().T)
        if allowed is not None:
            logits = logits.masked_fill(~allowed.prototypes, _NEVER)
        return logits.topk(min(k, self.n_prototypes), dim=1).indices

    def _logits_of(
        self, query: Tensor, prototypes: Tensor, vectors: Tensor
    ) -> Float[Tensor, "n k"]:
        return (query[:, None] * vectors).sum(dim=2) + self.class_bias[prototypes]

    def _element_logits(
        self,
        trunk: Tensor,
        vectors: Tensor,
        prototypes: Tensor,
        allowed: Allowed | None,
        where: tuple[Tensor, Tensor, Tensor],
        temperature: float = 1.0,
    ) -> Float[Tensor, "places elements"]:
        """Logits of the elements of slots over the temperature, each place a (material, prototype,
        slot).
        """
        size = self.settings.choice_size
        layers = self.choice_latent(self.trunk.layers_of(trunk))
        hidden = nn.functional.silu(layers[:, None] + self.choice_class(vectors))
        asked = self.choice_slots(hidden).unflatten(2, (MAX_SLOTS, size))[where]
        keys = self.choice_keys(self._element_vectors()) / (size**0.5 * temperature)
        never = torch.zeros(N_ELEMENTS, dtype=torch.bool)
        never[0] = True
        if allowed is not None and allowed.elements.dim() == 1:
            never = never | ~allowed.elements
        bias = (self.choice_bias / temperature).masked_fill(never, _NEVER)
        logits = torch.addmm(bias, asked, keys.T)
        if allowed is not None and allowed.elements.dim() == 3:
            row, k, slot = where
            logits.masked_fill_(~allowed.elements[prototypes[row, k], slot], _NEVER)
        return logits

    def _places(self, prototypes: Int[Tensor, "n k"]) -> tuple[Tensor, Tensor, Tensor]:
        """(material, prototype, slot) of all slots that are there."""
        row, k, slot = torch.nonzero(self.slot_counts[prototypes], as_tuple=True)
        return row, k, slot

    def _mixed_elements(
        self,
        shares: Tensor,
        prototypes: Tensor,
        chances: Float[Tensor, "places elements"],
        where: tuple[Tensor, Tensor, Tensor],
    ) -> tuple[Float[Tensor, "n slots"], Float[Tensor, "n slots elements"]]:
        """Expected counts, and elements weighted by atoms: their product is the expected atoms."""
        atoms = shares[..., None] * self.slot_counts[prototypes]
        counts = atoms.sum(dim=1)
        row, _, slot = where
        parts = chances * (atoms[where] / counts[row, slot].clamp_min(1e-9))[:, None]
        mixed = torch.zeros(counts.numel(), N_ELEMENTS, dtype=parts.dtype)
        mixed = mixed.index_add(0, row * MAX_SLOTS + slot, parts)
        absent = (counts <= 0).to(mixed.dtype).flatten()
        return counts, torch.cat([absent[:, None], mixed[:, 1:]], dim=1).unflatten(
            0, (len(shares), MAX_SLOTS)
        )

    def _with_geometry(
        self,
        trunk: Tensor,
        vectors: Tensor,
        prototypes: Tensor,
        shares: Tensor,
        counts: Tensor,
        elements: Tensor,
    ) -> SoftTokens:
        mixed = (shares[..., None] * vectors).sum(dim=1)
        seen = torch.cat([trunk, mixed, self._slot_vectors(elements, counts)], dim=1)
        center, spread = self._scales(prototypes, shares)
        far = self.geometry(seen) + self.geometry_line(self.trunk.line_of(trunk))
        found = torch.sinh(far.clamp(-_FARTHEST, _FARTHEST)) * spread
        free = (shares[..., None] * self.geometry_mask[prototypes]).sum(dim=1)
        volume = center + found[:, 0]
        return SoftTokens(prototypes, shares, counts, elements, volume, found[:, 1:] * free)

    def _scales(
        self, prototypes: Tensor, shares: Tensor
    ) -> tuple[Float[Tensor, " n"], Float[Tensor, "n numbers"]]:
        """Centre of the ln volume, and usual deviations of it and the geometry."""
        center = (shares * self.volume_centers[prototypes]).sum(dim=1)
        return center, (shares[..., None] * self.spreads[prototypes]).sum(dim=1)

    def _element_vectors(self) -> Float[Tensor, "elements size"]:
        return torch.cat([self.elements.weight, self.element_properties], dim=1)

    def _slot_vectors(self, elements: Tensor, counts: Tensor) -> Float[Tensor, "n sizes"]:
        there = (counts > 0).to(elements.dtype)[..., None]
        return ((elements @ self._element_vectors()) * there).flatten(1)
