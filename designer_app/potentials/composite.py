"""What potentials made of potentials share: one pair list for all, and the kernels of each."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import torch

from designer_app.neighbors.pairs import NeighborList
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential
from designer_app.state import AtomicState


class CompositePotential(Potential):
    """Potentials on one device, asked of the same atoms. Bitwise at restarts where all are.

    The list is the longest that a member wants; every member filters it by its own cutoff.
    """

    def __init__(self, members: Sequence[Potential], model: str) -> None:
        known = [member.elements for member in members if member.elements is not None]
        hashes = "+".join(member.model_sha256 for member in members)
        super().__init__(
            model=model,
            model_sha256=hashlib.sha256(hashes.encode()).hexdigest(),
            cutoff=max(member.cutoff for member in members),
            elements=frozenset.intersection(*known) if known else None,
            # A member outside torch computes on the CPU for atoms anywhere.
            device=next((m.device for m in members if m.device.type != "cpu"), members[0].device),
        )
        self.members = list(members)
        none = torch.zeros(0, dtype=torch.int64)
        empty = NeighborList(none, none, none.reshape(0, 3), 0.0, half=True)
        self._halved = (empty, empty)
        # What it is like is decided by its members, not by the class.
        self.half_list = all(member.half_list for member in members)  # pyright: ignore[reportAttributeAccessIssue]
        self.needs_cell = any(member.needs_cell for member in members)  # pyright: ignore[reportAttributeAccessIssue]
        self.native = all(member.native for member in members)  # pyright: ignore[reportAttributeAccessIssue]
        self.conservative = all(member.conservative for member in members)

    def check(self, state: AtomicState, want: frozenset[str] = ENERGY_AND_FORCES) -> None:
        """Raise where it, or one of its members, cannot say what is wanted of these atoms."""
        super().check(state, want)
        for member in self.members:
            member.check(state, want & member.gives)

    def kernel_choice(self) -> dict[str, str]:
        """Every member's, by "number part"."""
        return {
            f"{number} {part}": chosen
            for number, member in enumerate(self.members)
            for part, chosen in member.kernel_choice().items()
        }

    def use_kernels(self, choice: dict[str, str]) -> None:
        """Hand every member its own choice."""
        for number, member in enumerate(self.members):
            start = f"{number} "
            mine = {
                name.removeprefix(start): chosen
                for name, chosen in choice.items()
                if name.startswith(start)
            }
            member.use_kernels(mine)

    def list_for(self, member: Potential, neighbors: NeighborList) -> NeighborList:
        """The list in the form that a member wants; the same object for the same list."""
        if self.half_list or not member.half_list:
            return neighbors
        full, half = self._halved
        if full is not neighbors:
            half = half_of(neighbors)
            self._halved = (neighbors, half)
        return half


def half_of(neighbors: NeighborList) -> NeighborList:
    """Of a full list the pairs with first < second, and of self-images the positive shifts."""
    first, second, shifts = neighbors.first, neighbors.second, neighbors.shifts
    x, y, z = shifts.unbind(dim=1)
    is_positive = (x > 0) | ((x == 0) & ((y > 0) | ((y == 0) & (z > 0))))
    kept = (first < second) | ((first == second) & is_positive)
    return replace(
        neighbors, first=first[kept], second=second[kept], shifts=shifts[kept], half=True
    )
