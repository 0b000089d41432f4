"""L-BFGS, many structures at a time (Liu and Nocedal 1989, doi:10.1007/BF01589116).

The direction is H f, H being the inverse Hessian built from the last m pairs
s = x_(k+1) - x_k, y = f_k - f_(k+1) by the two-loop recursion, with H_0 = 1/k or
H_0 = (s . y) / (y . y) of the newest pair, whichever is larger (Nocedal and Wright, Numerical
Optimization, algorithm 7.4 and equation 7.20, doi:10.1007/978-0-387-40065-5).

There is no line search: a step costs one evaluation. What replaces it, for each structure:
pairs without positive curvature (s . y <= eps |s| |y|) are left out; no atom moves more than a
limit; a step that ends higher in energy is taken back, its pair is learnt, and the step tried
anew from the lower point within half the length, which doubles again with every success.

| symbol | variable |
|---|---|
| f, x | forces, rows |
| s, y | moves, changes |
| 1 / (s . y) | curvature, 0 for a pair that is left out |
| k | CURVATURE |
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from designer_app.relaxation.cell_filter import CURVATURE
from designer_app.relaxation.rows import Rows, regathered

MEMORY = 10
"""Pairs kept."""
FLATTEST = 1e-4
"""Smallest cosine between s and y of a pair that is used."""
RISE = 1e-3
"""eV for each atom and row of the cell: more is taken back, less may be rounding."""
SHORTEST = 0.01
"""Of the limits: a structure that fails at so small a step goes on with what it has."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Moves and the changes of force that they made, the newest first."""

    moves: Float[Tensor, "m n_rows 3"]
    changes: Float[Tensor, "m n_rows 3"]
    curvature: Float[Tensor, "m n_systems"]

    def with_newest(self, move: Tensor, change: Tensor, curvature: Tensor) -> "Pairs":
        """The newest in front, the oldest forgotten."""
        return Pairs(
            torch.cat([move[None], self.moves[:-1]]),
            torch.cat([change[None], self.changes[:-1]]),
            torch.cat([curvature[None], self.curvature[:-1]]),
        )

    def direction(
        self, rows: Rows, forces: Float[Tensor, "n_rows 3"], inverse: Float[Tensor, "n_systems"]
    ) -> Float[Tensor, "n_rows 3"]:
        """H f: from the newest pair to the oldest, and back."""
        used = torch.nonzero((self.curvature != 0).any(dim=1))[:, 0].tolist()
        found, weights = forces, {}
        for k in used:
            weights[k] = self.curvature[k] * rows.dot(self.moves[k], found)
            found = found - rows.spread(weights[k]) * self.changes[k]
        found = rows.spread(inverse) * found
        for k in reversed(used):
            weight = weights[k] - self.curvature[k] * rows.dot(self.changes[k], found)
            found = found + rows.spread(weight) * self.moves[k]
        return found


@dataclass(frozen=True, eq=False)
class LBFGS:
    """The lowest point of each structure, the last move from it, and what was learnt before."""

    pairs: Pairs
    inverse: Float[Tensor, "n_systems"]
    """H_0, A^2/eV."""
    last: Float[Tensor, "n_rows 3"]
    """Move from the point kept to the one just computed."""
    forces: Float[Tensor, "n_rows 3"]
    """eV/A at the point kept."""
    energy: Float[Tensor, "n_systems"]
    """eV at the point kept; infinite before the first step."""
    trust: Float[Tensor, "n_systems"]
    """Part of the limits that a step may use."""

    @classmethod
    def start(cls, forces: Float[Tensor, "n_rows 3"], n_systems: int) -> "LBFGS":
        """Nothing learnt yet."""
        none = forces.new_zeros(MEMORY, *forces.shape)
        nothing, ones = torch.zeros_like(forces), forces.new_ones(n_systems)
        pairs = Pairs(none, none, forces.new_zeros(MEMORY, n_systems))
        return cls(pairs, ones / CURVATURE, nothing, nothing, ones * torch.inf, ones)

    def step(
        self, rows: Rows, forces: Float[Tensor, "n_rows 3"], energy: Float[Tensor, "n_systems"]
    ) -> tuple["LBFGS", Float[Tensor, "n_rows 3"]]:
        """The optimizer after this step, and how far the rows move."""
        pairs, inverse = self._learnt(rows, forces)
        allowed = RISE * torch.bincount(rows.system, minlength=rows.n_systems)
        rose = (energy > self.energy + allowed) & (self.trust > SHORTEST)
        trust = torch.where(rose, 0.5 * self.trust, (2.0 * self.trust).clamp(max=1.0))
        kept = torch.where(rows.spread(rose), self.forces, forces)
        direction = pairs.direction(rows, kept, inverse)
        # Only rounding can make it point uphill; then the force itself is the way down.
        is_downhill = rows.spread(rows.dot(direction, kept) > 0)
        direction = torch.where(is_downhill, direction, rows.spread(inverse) * kept)
        last = rows.limited(direction, trust)
        lowest = torch.where(rose, self.energy, energy)
        after = LBFGS(pairs, inverse, last, kept, lowest, trust)
        return after, torch.where(rows.spread(rose), last - self.last, last)

    def _learnt(
        self, rows: Rows, forces: Float[Tensor, "n_rows 3"]
    ) -> tuple[Pairs, Float[Tensor, "n_systems"]]:
        """Pairs and H_0 after the last move."""
        change = self.forces - forces
        along = rows.dot(self.last, change)
        stiff = rows.dot(change, change)
        least = FLATTEST * torch.sqrt(rows.dot(self.last, self.last) * stiff)
        is_usable = along > least
        curvature = torch.where(is_usable, 1.0 / along.where(is_usable, 1.0), 0.0)
        inverse = torch.where(is_usable, along / stiff.where(is_usable, 1.0), self.inverse)
        return self.pairs.with_newest(self.last, change, curvature), inverse

    def regrouped(
        self, rows: Int[Tensor, "n_new_rows"], systems: Int[Tensor, "n_new_systems"]
    ) -> "LBFGS":
        """The memory for another batch: from where each row and system comes, -1 for new ones."""
        is_new = systems < 0
        pairs = Pairs(
            regathered(self.pairs.moves, rows, dim=1),
            regathered(self.pairs.changes, rows, dim=1),
            regathered(self.pairs.curvature, systems, dim=1),
        )
        return LBFGS(
            pairs,
            torch.where(is_new, 1.0 / CURVATURE, regathered(self.inverse, systems)),
            regathered(self.last, rows),
            regathered(self.forces, rows),
            torch.where(is_new, torch.inf, regathered(self.energy, systems)),
            torch.where(is_new, 1.0, regathered(self.trust, systems)),
        )
