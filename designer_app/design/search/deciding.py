"""Decided crystals from latent vectors: the likeliest elements that keep all limits.

Of a prototype's slots the elements are tried from the likeliest filling downwards until one holds
different elements, the required ones, and balanced charges. What is likeliest without limits is
often no compound; what is near it and keeps them mostly is.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.soft import certain
from designer_app.design.representation.tokens import MAX_SLOTS, N_GEOMETRY, TokenTable
from designer_app.design.search.restricting import Restricted
from designer_app.design.vae.network import MaterialVAE
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS

_TRIED = 150
"""Fillings of one prototype that are looked at."""
_OPTIONS = 12
"""Elements of one slot that are looked at, and those required."""
_FAINTEST = 1e-9
"""Probability below which an element is no option, unless it is required."""


@dataclass(frozen=True, eq=False)
class Decided:
    """Decided crystals, and which latent vector each belongs to; vectors may have none."""

    table: TokenTable
    origin: NDArray[np.int64]
    """(n,) rows of the latent vectors."""

    def __len__(self) -> int:
        return len(self.table)


class Decider:
    """Decodes of one search; remembers what it has found out about fillings."""

    def __init__(self, vae: MaterialVAE, library: PrototypeLibrary, restricted: Restricted) -> None:
        self.vae, self.library, self.restricted = vae, library, restricted
        limits = restricted.limits
        self._required = tuple(ATOMIC_NUMBERS[each] for each in limits.required)
        self._counts = library.slot_counts.astype(np.int64)
        self._slots: dict[int, tuple[int, ...]] = {}
        self._amounts: dict[tuple[tuple[int, ...], tuple[int, ...]], bool] = {}

    @torch.no_grad()
    def decided(self, z: Float[Tensor, "n latent"], n_prototypes: int = 1) -> Decided:
        """Up to `n_prototypes` crystals of each latent vector, one for each likely prototype."""
        allowed = self.restricted.allowed
        k = min(n_prototypes, self.restricted.n_prototypes)
        places = self.vae.candidates(z, allowed, k)
        origin = torch.arange(len(z)).repeat_interleave(k)
        flat = places.flatten()
        chances = self.vae.chances(z, places, allowed).flatten(0, 1).numpy()
        prototypes = flat.numpy()
        rows, elements = [], []
        for row in range(len(prototypes)):
            found = self.filling(int(prototypes[row]), chances[row])
            if found is not None:
                rows.append(row)
                elements.append(found + (0,) * (MAX_SLOTS - len(found)))
        kept = np.array(rows, dtype=np.int64)
        filled = np.array(elements, dtype=np.int64).reshape(-1, MAX_SLOTS)
        table = self._with_geometry(z[origin[kept]], prototypes[kept], filled)
        return Decided(table, origin.numpy()[kept])

    def filling(self, prototype: int, chances: NDArray[np.float32]) -> tuple[int, ...] | None:
        """The likeliest elements of a prototype's slots, (slots, elements) given, that keep all
        limits; None where none of those tried does.
        """
        n_slots = int((self._counts[prototype] > 0).sum())
        orders, costs = [], []
        for slot in range(n_slots):
            order = np.argsort(-chances[slot], kind="stable")[:_OPTIONS]
            order = order[chances[slot, order] > _FAINTEST]
            late = [each for each in self._required if chances[slot, each] > 0]
            order = np.array([*order, *(each for each in late if each not in order)])
            if not len(order):
                return None
            orders.append(order)
            costs.append(-np.log(np.maximum(chances[slot, order], 1e-30)))
        for places in _best_first(costs):
            elements = tuple(int(orders[slot][place]) for slot, place in enumerate(places))
            if len(set(elements)) == n_slots and self.is_kept(prototype, elements):
                return elements
        return None

    def is_kept(self, prototype: int, elements: tuple[int, ...]) -> bool:
        """Whether a filling keeps all limits."""
        if prototype not in self._slots:
            self._slots[prototype] = tuple(self._counts[prototype].tolist())
        counts = self._slots[prototype]
        key = elements, counts
        if key not in self._amounts:
            amounts: dict[str, float] = {}
            for number, count in zip(elements, counts, strict=False):
                symbol = SYMBOLS[number]
                amounts[symbol] = amounts.get(symbol, 0.0) + float(count)
            self._amounts[key] = not self.restricted.limits.reason(amounts)
        return self._amounts[key]

    def _with_geometry(
        self,
        z: Float[Tensor, "n latent"],
        prototypes: NDArray[np.int64],
        elements: NDArray[np.int64],
    ) -> TokenTable:
        """Volume and free numbers that the decoder gives to decided prototypes and elements."""
        n = len(prototypes)
        empty = TokenTable(
            prototypes, elements, np.zeros(n, np.float32), np.zeros((n, N_GEOMETRY), np.float32)
        )
        if not n:
            return empty
        said = self.vae.shaped(z, certain(empty, self.vae.slot_counts))
        return TokenTable(prototypes, elements, said.log_volume.numpy(), said.geometry.numpy())


def _best_first(costs: list[NDArray[np.float64]]) -> Iterator[tuple[int, ...]]:
    """Places in ascending lists, by the sum of their costs."""
    start: tuple[int, ...] = (0,) * len(costs)
    queue: list[tuple[float, tuple[int, ...]]] = [(float(sum(each[0] for each in costs)), start)]
    seen: set[tuple[int, ...]] = {start}
    for _ in range(_TRIED):
        if not queue:
            return
        cost, places = heapq.heappop(queue)
        yield places
        for slot, place in enumerate(places):
            if place + 1 == len(costs[slot]):
                continue
            further = (*places[:slot], place + 1, *places[slot + 1 :])
            if further not in seen:
                seen.add(further)
                step = float(costs[slot][place + 1] - costs[slot][place])
                heapq.heappush(queue, (cost + step, further))
