"""What an optimizer moves: rows of three numbers in A, each belonging to one structure.

An optimizer knows neither atoms nor cells. Atoms are rows, and so are the three rows of a strain
times a length (`cell_filter`), so one step serves both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Rows:
    """Which structure each row belongs to, and how far it may move in one step."""

    system: Int[Tensor, "n_rows"]
    n_systems: int
    limit: Float[Tensor, "n_rows"]
    """A."""

    def dot(
        self, first: Float[Tensor, "n_rows 3"], second: Float[Tensor, "n_rows 3"]
    ) -> Float[Tensor, "n_systems"]:
        """Scalar product of two vectors, for each structure."""
        products = torch.linalg.vecdot(first, second)
        return products.new_zeros(self.n_systems).index_add(0, self.system, products)

    def spread(self, values: Shaped[Tensor, "n_systems"]) -> Shaped[Tensor, "n_rows 1"]:
        """A value of each structure, repeated for its rows."""
        return values[self.system][:, None]

    def limited(
        self, step: Float[Tensor, "n_rows 3"], trust: Float[Tensor, "n_systems"] | None = None
    ) -> Float[Tensor, "n_rows 3"]:
        """The step, shortened as a whole where a row would pass its limit (times `trust`)."""
        lengths = torch.linalg.vector_norm(step, dim=1) / self.limit
        longest = lengths.new_zeros(self.n_systems).scatter_reduce(0, self.system, lengths, "amax")
        allowed = torch.ones_like(longest) if trust is None else trust
        return step * self.spread(allowed / torch.maximum(longest, allowed))


def regathered(values: Tensor, source: Int[Tensor, "n_new"], dim: int = 0) -> Tensor:
    """Rows taken from where `source` says, zeros where it says -1."""
    shape = [1] * values.ndim
    shape[dim] = -1
    taken = values.index_select(dim, source.clamp(min=0))
    return torch.where((source >= 0).view(shape), taken, torch.zeros_like(taken))


def continued_rows(
    systems: Sequence[int], before: Rows, after: Rows
) -> Int[Tensor, "n_rows_after"]:
    """For each row of `after` the row of `before` that it continues, -1 where it is new.

    `systems` says the same of whole structures. Rows of a structure keep their order, so its k-th
    row continues its k-th row.
    """
    old, new = before.system.cpu(), after.system.cpu()
    old_rows = [torch.nonzero(old == system)[:, 0] for system in range(before.n_systems)]
    source = torch.full_like(new, -1)
    for system, origin in enumerate(systems):
        if origin >= 0:
            source[new == system] = old_rows[origin]
    return source.to(after.system.device)
