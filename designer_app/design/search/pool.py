"""Proposals of all strategies in one place: each crystal once, with where it comes from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.tokens import N_ELEMENTS, TokenTable
from designer_app.elements import SYMBOLS
from designer_app.io.formulas import formula, reduced


@dataclass(frozen=True, eq=False)
class Proposed:
    """What one strategy proposes."""

    strategy: str
    table: TokenTable
    latent: Float[Tensor, "n latent"]
    made_from: tuple[str, ...]
    n_tried: int
    """Decodes or substitutions looked at for them."""
    prior: NDArray[np.float64]
    """(n,) the strategy's own order, larger first; what ranks it where nothing else does."""

    def __len__(self) -> int:
        return len(self.table)


@dataclass(frozen=True, eq=False)
class Pool:
    """All proposals; the first strategy that made a crystal keeps it."""

    table: TokenTable
    latent: Float[Tensor, "n latent"]
    strategy: tuple[str, ...]
    made_from: tuple[str, ...]
    prior: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.table)

    def rows(self, chosen: NDArray[np.int64]) -> "Pool":
        """Some of them."""
        places = chosen.tolist()
        return Pool(
            self.table.rows(chosen),
            self.latent[torch.as_tensor(chosen)],
            tuple(self.strategy[place] for place in places),
            tuple(self.made_from[place] for place in places),
            self.prior[chosen],
        )


def keys_of(table: TokenTable) -> list[tuple[int, ...]]:
    """What makes a crystal of a table one: prototype and elements; geometry is free to relax."""
    return [
        (prototype, *elements)
        for prototype, elements in zip(
            table.prototype.tolist(), table.elements.tolist(), strict=True
        )
    ]


def pooled(parts: Sequence[Proposed]) -> Pool:
    """Each crystal once."""
    seen: set[tuple[int, ...]] = set()
    tables, latents, strategies, told, priors = [], [], [], [], []
    for part in parts:
        kept = []
        for row, key in enumerate(keys_of(part.table)):
            if key not in seen:
                seen.add(key)
                kept.append(row)
        chosen = np.array(kept, dtype=np.int64)
        tables.append(part.table.rows(chosen))
        latents.append(part.latent[torch.as_tensor(chosen)])
        strategies += [part.strategy] * len(kept)
        told += [part.made_from[row] for row in kept]
        priors.append(part.prior[chosen])
    return Pool(
        TokenTable.joined(tables),
        torch.cat(latents),
        tuple(strategies),
        tuple(told),
        np.concatenate(priors),
    )


def amounts_of_row(library: PrototypeLibrary, table: TokenTable, row: int) -> dict[str, float]:
    """Atoms of each element in the primitive cell."""
    counts = library.slot_counts[table.prototype[row]]
    found: Counter[str] = Counter()
    for number, count in zip(table.elements[row].tolist(), counts.tolist(), strict=True):
        if number and count:
            found[SYMBOLS[number]] += count
    return dict(found)


def formula_of_row(library: PrototypeLibrary, table: TokenTable, row: int) -> str:
    """Reduced, e.g. LiFePO4."""
    return formula(reduced(amounts_of_row(library, table, row))[0])


def elements_held(table: TokenTable) -> NDArray[np.bool_]:
    """(n, N_ELEMENTS) which elements each crystal holds."""
    found = np.zeros((len(table), N_ELEMENTS), dtype=bool)
    np.put_along_axis(found, table.elements, values=True, axis=1)
    found[:, 0] = False
    return found
