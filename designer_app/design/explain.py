"""Why a candidate is predicted as it is: which choice moved what, and what is known near it.

Contributions are integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365) of the heads on
soft tokens: the way from an average crystal (prototypes of the same stoichiometry, all allowed
elements in every slot, the typical volume) to the candidate,

    c_i = (x_i - x0_i) mean_t df/dx_i (x0 + t (x - x0)),

so that they sum to the difference of the two predictions; in decades where a property runs in them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.soft import SoftTokens, certain
from designer_app.design.representation.tokens import N_ELEMENTS, CrystalTokens, TokenTable
from designer_app.design.search.generator import MaterialGenerator
from designer_app.design.search.limits import Limits
from designer_app.design.search.pool import amounts_of_row, elements_held, formula_of_row
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.errors import MissingReferenceError
from designer_app.io.formulas import reduced
from designer_app.screening.convex_hull import hull_for
from designer_app.screening.reference.table import ReferenceTable
from designer_app.specs.design_rows import Contribution, Neighbour

_POINTS = 24
"""Of the way from the average crystal; the sum is then off by about a percent."""
_CONSIDERED = 16
"""Prototypes of the same stoichiometry that make the average."""
_OTHER_STRUCTURE, _OTHER_COMPOSITION = 0.5, 1.0
"""Added to the latent distance, in units of its median, when neighbours are ordered: for another
prototype, and for compositions that share nothing."""
_CLOSEST = 3


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What is told of one candidate."""

    contributions: tuple[Contribution, ...]
    """Of each property the largest first."""
    neighbours: tuple[Neighbour, ...]
    seen: str


class Explainer:
    """Explains candidates of one search."""

    def __init__(
        self,
        generator: MaterialGenerator,
        limits: Limits,
        keys: Sequence[str],
        *,
        reaction: str = "HER",
        table: ReferenceTable | None = None,
    ) -> None:
        """`keys` are the properties that were aimed at; `table` tells how stable neighbours are."""
        self.generator, self.keys, self.table = generator, tuple(keys), table
        self.library: PrototypeLibrary = generator.library
        self.heads = generator.heads.bound(self.keys, ion=limits.ion or "Li", reaction=reaction)
        numbers = [ATOMIC_NUMBERS[each] for each in limits.allowed]
        self._average = torch.zeros(N_ELEMENTS)
        self._average[[each for each in numbers if each < N_ELEMENTS]] = 1.0
        self._average /= self._average.sum().clamp_min(1.0)
        self._latent = generator.vae.encode_table(generator.known).numpy()
        self._fractions = _fractions(self.library, generator.known)

    def explained(self, tokens: CrystalTokens) -> Explanation:
        """All that is told of a crystal."""
        table = self.library.table_of([tokens])
        return Explanation(
            contributions=self._contributions(table),
            neighbours=self._neighbours(table),
            seen=self._seen(table),
        )

    # --- which choice moved what ---

    def _contributions(self, table: TokenTable) -> tuple[Contribution, ...]:
        start, end = self._ends(table)
        share = ((torch.arange(_POINTS) + 0.5) / _POINTS)[:, None]
        shares = (start.shares + share * (end.shares - start.shares)).requires_grad_()
        elements = (
            start.elements + share[..., None] * (end.elements - start.elements)
        ).requires_grad_()
        volume = (
            start.log_volume + share[:, 0] * (end.log_volume - start.log_volume)
        ).requires_grad_()
        soft = SoftTokens(
            end.prototypes.expand(_POINTS, -1),
            shares,
            end.counts.expand(_POINTS, -1),
            elements,
            volume,
            end.geometry.expand(_POINTS, -1),
        )
        outputs = self.heads(soft)
        found: list[Contribution] = []
        for key in self.keys:
            slopes = torch.autograd.grad(
                outputs[key].mean.sum(),
                (shares, elements, volume),
                retain_graph=True,
                allow_unused=True,
            )
            by_share, by_element, by_volume = (
                torch.zeros(()) if each is None else each.mean(dim=0) for each in slopes
            )
            moved = [("cell volume", (by_volume * (end.log_volume - start.log_volume)).sum())]
            moved.append(
                (self._structure_name(table), (by_share * (end.shares - start.shares)).sum())
            )
            by_slot = (by_element * (end.elements - start.elements)[0]).sum(dim=-1)
            moved += self._slot_names(table, by_slot)
            told = [Contribution(property_key=key, choice=name, change=float(value))
                    for name, value in moved]  # fmt: skip
            found += sorted(told, key=lambda each: -abs(each.change))
        return tuple(found)

    def _ends(self, table: TokenTable) -> tuple[SoftTokens, SoftTokens]:
        """The average crystal of the same stoichiometry, and the candidate, over one mixture."""
        counts = self.library.slot_counts
        prototype = int(table.prototype[0])
        alike = np.flatnonzero((counts == counts[prototype]).all(axis=1))
        order = np.argsort(-self.library.n_members[alike], kind="stable")
        others = [int(each) for each in alike[order] if each != prototype][: _CONSIDERED - 1]
        places = torch.tensor([[prototype, *others]])
        sure = certain(table, torch.as_tensor(counts))
        there = (sure.counts > 0)[..., None]
        typical = float(self.library.log_volumes[prototype])
        start = SoftTokens(
            places,
            torch.full((1, places.shape[1]), 1.0 / places.shape[1]),
            sure.counts,
            torch.where(there, self._average, sure.elements),
            torch.tensor([typical]),
            sure.geometry,
        )
        shares = torch.zeros(1, places.shape[1])
        shares[0, 0] = 1.0
        end = SoftTokens(places, shares, sure.counts, sure.elements, sure.log_volume, sure.geometry)
        return start, end

    def _slot_names(
        self, table: TokenTable, by_slot: Float[Tensor, " s"]
    ) -> list[tuple[str, Tensor]]:
        amounts = amounts_of_row(self.library, table, 0)
        units, _ = reduced(amounts)
        found = []
        for slot, number in enumerate(table.elements[0].tolist()):
            if number:
                symbol = SYMBOLS[number]
                found.append((f"{symbol} ({units[symbol]:g} a formula unit)", by_slot[slot]))
        return found

    def _structure_name(self, table: TokenTable) -> str:
        prototype = self.library.prototypes[int(table.prototype[0])]
        group = f"space group {prototype.kind.space_group}"
        return f"structure: {prototype.name}, {group}" if prototype.name else f"structure: {group}"

    # --- what is near ---

    def _neighbours(self, table: TokenTable) -> tuple[Neighbour, ...]:
        """Known crystals that are close in the latent space, structure and composition."""
        latent = self.generator.vae.encode_table(table).numpy()
        distance = np.linalg.norm(self._latent - latent, axis=1)
        other = self.generator.known.prototype != table.prototype[0]
        apart = 0.5 * np.abs(self._fractions - _fractions(self.library, table)).sum(axis=1)
        unit = float(np.median(distance))
        order = np.argsort(
            distance / max(unit, 1e-9) + _OTHER_STRUCTURE * other + _OTHER_COMPOSITION * apart,
            kind="stable",
        )
        same = ~other & (self.generator.known.elements == table.elements[0]).all(axis=1)
        rows = [row for row in order[: _CLOSEST + 1].tolist() if not same[row]][:_CLOSEST]
        return tuple(
            Neighbour(
                source=str(self.generator.sources[row]),
                formula=formula_of_row(self.library, self.generator.known, row),
                why=self._why(table, row),
                distance=float(distance[row]),
                e_above_hull=self._above_hull(row),
            )
            for row in rows
        )

    def _why(self, table: TokenTable, row: int) -> str:
        known = self.generator.known
        if known.prototype[row] == table.prototype[0]:
            pairs = zip(table.elements[0].tolist(), known.elements[row].tolist(), strict=True)
            changes = [
                f"{SYMBOLS[old]} instead of {SYMBOLS[new]}" for new, old in pairs if new != old
            ]
            return f"same structure, {' and '.join(changes)}"
        mine, its = elements_held(table)[0], elements_held(known.rows(np.array([row])))[0]
        if (mine == its).all():
            return "same elements, another structure"
        shared = [SYMBOLS[number] for number in np.flatnonzero(mine & its)]
        return f"another structure, shares {', '.join(shared) or 'no element'}"

    def _above_hull(self, row: int) -> float | None:
        if self.table is None:
            return None
        phase = self.table.by_source(self.generator.sources[row])
        if phase is None:
            return None
        try:
            hull = hull_for(
                phase.composition, self.table.in_system(phase.composition), self.table.origin
            )
        except MissingReferenceError:
            return None
        return hull.place(phase.composition, phase.energy_per_atom).e_above_hull

    def _seen(self, table: TokenTable) -> str:
        """How many known crystals the models had of its structure and of each element."""
        known = self.generator.known
        n_structure = int(self.library.n_train[int(table.prototype[0])])
        held = elements_held(known)
        both = held[:, elements_held(table)[0]].all(axis=1)
        counts = {
            SYMBOLS[number]: int(held[:, number].sum())
            for number in table.elements[0].tolist()
            if number
        }
        rarest = min(counts, key=lambda symbol: counts[symbol])
        crystals = "crystal" if n_structure == 1 else "crystals"
        return (
            f"The models learned from {n_structure} known {crystals} of this structure; "
            f"{int(both.sum())} known crystals hold all of its elements, and the rarest of them, "
            f"{rarest}, is in {counts[rarest]}."
        )


def explanation_arguments(found: Explanation) -> Mapping[str, object]:
    """As `details.detail_of` takes them."""
    return {
        "contributions": found.contributions,
        "neighbours": found.neighbours,
        "seen": found.seen,
    }


def _fractions(library: PrototypeLibrary, table: TokenTable) -> NDArray[np.float32]:
    """(n, N_ELEMENTS) atomic fractions."""
    counts = library.slot_counts[table.prototype]
    found = np.zeros((len(table), N_ELEMENTS), dtype=np.float32)
    rows = np.repeat(np.arange(len(table)), counts.shape[1])
    np.add.at(found, (rows, table.elements.ravel()), counts.ravel())
    found[:, 0] = 0.0
    return found / found.sum(axis=1, keepdims=True)
