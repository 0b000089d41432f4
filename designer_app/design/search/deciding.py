"""Decided crystals from latent vectors: the likeliest elements that keep all limits.

Of a prototype's slots the elements are tried from the likeliest filling downwards, among those that
hold the required elements and, where ions are to leave, something to oxidise, until one holds
different elements and balances its charges. What is likeliest without limits is often no compound;
what is near it and keeps them mostly is.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, permutations

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
"""Elements of one slot that are looked at."""
_FAINTEST = 1e-9
"""Probability below which an element is no option, unless it is asked for."""


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
        required = [ATOMIC_NUMBERS[each] for each in restricted.limits.required]
        asked = [np.array([each]) for each in required]
        if restricted.oxidised and not set(required) & set(restricted.oxidised):
            asked.append(np.array(restricted.oxidised))
        self._asked = tuple(asked)
        """Of each of these a slot of its own holds one."""
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
        free = [_options(chances[slot]) for slot in range(n_slots)]
        asked = [[_options(chances[slot], some) for slot in range(n_slots)] for some in self._asked]
        streams = []
        for holders in permutations(range(n_slots), len(asked)):
            slots = [*free]
            for holder, options in zip(holders, asked, strict=True):
                slots[holder] = options[holder]
            if all(slots):
                streams.append(_best_first(slots))
        for _, elements in islice(heapq.merge(*streams), _TRIED):
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


def _options(
    chances: NDArray[np.float32], among: NDArray[np.int64] | None = None
) -> list[tuple[float, int]]:
    """(cost, element) of the likeliest elements of a slot, the cheapest first."""
    if among is None:
        order = np.argsort(-chances, kind="stable")[:_OPTIONS]
        order = order[chances[order] > _FAINTEST]
    else:
        order = among[np.argsort(-chances[among], kind="stable")][:_OPTIONS]
        order = order[chances[order] > 0]
    costs = -np.log(np.maximum(chances[order], 1e-30))
    return list(zip(costs.tolist(), order.tolist(), strict=True))


def _best_first(
    slots: Sequence[Sequence[tuple[float, int]]],
) -> Iterator[tuple[float, tuple[int, ...]]]:
    """(cost, elements), by the sum of the costs."""
    start: tuple[int, ...] = (0,) * len(slots)
    queue: list[tuple[float, tuple[int, ...]]] = [(sum(each[0][0] for each in slots), start)]
    seen: set[tuple[int, ...]] = {start}
    while queue:
        cost, places = heapq.heappop(queue)
        yield cost, tuple(each[place][1] for each, place in zip(slots, places, strict=True))
        for slot, place in enumerate(places):
            if place + 1 == len(slots[slot]):
                continue
            further = (*places[:slot], place + 1, *places[slot + 1 :])
            if further not in seen:
                seen.add(further)
                step = slots[slot][place + 1][0] - slots[slot][place][0]
                heapq.heappush(queue, (cost + step, further))
