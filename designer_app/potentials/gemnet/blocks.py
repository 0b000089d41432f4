"""One round of messages: edges learn of edges, atoms of edges, edges of atoms."""

import math

from jaxtyping import Float
from torch import Tensor, nn

from designer_app.potentials.gemnet.interactions import (
    AtomUpdate,
    Bases,
    Edges,
    EdgeUpdate,
    TripletInteraction,
)
from designer_app.potentials.gemnet.layers import INV_SQRT_2, Dense, residuals
from designer_app.potentials.gemnet.quadruplets import QuadrupletBases, QuadrupletInteraction
from designer_app.specs.networks import GemNetSettings


class Block(nn.Module):
    """Interaction block (figure 4 of the paper): h and m after one more round."""

    def __init__(self, settings: GemNetSettings) -> None:
        super().__init__()
        n, n_atom = settings.n_edge, settings.n_atom
        self.dense = Dense(n, n)
        self.triplets = TripletInteraction(settings)
        self.quadruplets = QuadrupletInteraction(settings) if settings.quadruplets else None
        self.before_skip = residuals(settings.n_before_skip, n)
        self.after_skip = residuals(settings.n_after_skip, n)
        self.atom_update = AtomUpdate(settings)
        self.concat = EdgeUpdate(n_atom, n, n)
        self.after_concat = residuals(settings.n_concat, n)

    def forward(
        self,
        h: Float[Tensor, "n_atoms n_atom"],
        m: Float[Tensor, "n_edges n"],
        edges: Edges,
        bases: Bases,
        quadruplets: QuadrupletBases | None,
    ) -> tuple[Float[Tensor, "n_atoms n_atom"], Float[Tensor, "n_edges n"]]:
        """(h, m)."""
        parts = [self.dense(m), self.triplets(m, edges, bases)]
        if self.quadruplets is not None and quadruplets is not None:
            parts.append(self.quadruplets(m, edges, quadruplets))
        x = self.before_skip(sum(parts) / math.sqrt(len(parts)))
        m = self.after_skip((m + x) * INV_SQRT_2)
        h = (h + self.atom_update(m, edges, bases.atoms)) * INV_SQRT_2
        x = self.after_concat(self.concat(h, m, edges))
        return h, (m + x) * INV_SQRT_2
