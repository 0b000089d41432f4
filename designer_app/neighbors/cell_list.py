"""Pairs by cell list in torch: any device, a whole batch at once.

Each cell is cut into boxes at least a cutoff wide, counted along its lattice vectors. A cell
thinner than the cutoff is a single box, and its periodic images are boxes beside it, so small
cells need no method of their own. Every atom meets the atoms of the boxes around its own.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from designer_app.errors import OutOfMemoryError
from designer_app.neighbors.home_cell import HomeCells

_REACHED_AT_ONCE = 2**17
"""(atom, box) combinations searched in one go: bounds the memory to a few hundred MB."""
_MOST_BOXES = 4096
"""Along one direction; more would only be empty."""
_ROUNDING = 1.0 + 1e-6
"""Widens boxes so that rounding (of float32 too) never hides a pair at the cutoff."""


def pairs_by_boxes(
    home: HomeCells, system_idx: Int[Tensor, "n_atoms"], cutoff: float, most: int
) -> tuple[Tensor, Tensor, Tensor]:
    """First atom, second atom, shift between home positions of each pair once, in no order.

    The first atom has the lower index; of an atom and its own image, the positive shift is kept.
    Raises `OutOfMemoryError` for more than `most` pairs, or candidates at once.
    """
    boxes = _cut(home, system_idx, cutoff)
    widest = [int(reach) for reach in boxes.reach.amax(dim=0).tolist()]
    around = torch.cartesian_prod(*[torch.arange(-m, m + 1) for m in widest])
    around = around.to(home.positions.device)
    cell = torch.from_numpy(home.cell).to(home.positions)
    atoms = torch.arange(len(system_idx), device=home.positions.device)
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    for centers in torch.split(atoms, max(1, _REACHED_AT_ONCE // len(around))):
        first, second, shift = boxes.met(centers, around, most)
        kept = (first < second) | ((first == second) & _is_positive(shift))
        first, second, shift = first[kept], second[kept], shift[kept]
        moved = torch.einsum("pa,pab->pb", shift.to(cell.dtype), cell[system_idx[first]])
        vectors = home.positions[second] - home.positions[first] + moved
        near = (vectors * vectors).sum(dim=1) < cutoff * cutoff
        found.append((first[near], second[near], shift[near]))
        if sum(len(pairs) for pairs, _, _ in found) > most:
            raise OutOfMemoryError(home.positions.device.type, len(system_idx))
    first, second, shift = (torch.cat(parts) for parts in zip(*found, strict=True))
    return first, second, shift


@dataclass(frozen=True, eq=False)
class _Boxes:
    """A batch of cells cut into boxes, and the atoms sorted by box."""

    system_idx: Int[Tensor, "n_atoms"]
    repeats: Bool[Tensor, "n_systems 3"]
    count: Int[Tensor, "n_systems 3"]
    """Boxes along each direction."""
    reach: Int[Tensor, "n_systems 3"]
    """Boxes to search on either side."""
    box: Int[Tensor, "n_atoms 3"]
    base: Int[Tensor, "n_systems"]
    """Number of each cell's first box among all boxes."""
    stride: Int[Tensor, "n_systems 3"]
    keys: Int[Tensor, "n_atoms"]
    """Numbers of the atoms' boxes, ascending."""
    order: Int[Tensor, "n_atoms"]
    """The atoms in the order of `keys`."""

    def met(self, centers: Tensor, around: Tensor, most: int) -> tuple[Tensor, Tensor, Tensor]:
        """Atom, atom of a box around its own, and the periodic shift of that box."""
        system = self.system_idx[centers]
        target = self.box[centers, None] + around
        count = self.count[system, None]
        shift = torch.div(target, count, rounding_mode="floor")
        target = target - shift * count
        inside = self.repeats[system, None] | (shift == 0)
        inside &= around.abs() <= self.reach[system, None]
        center, nearby = torch.nonzero(inside.all(dim=2), as_tuple=True)
        system = system[center]
        key = self.base[system] + (target[center, nearby] * self.stride[system]).sum(dim=1)
        start = torch.searchsorted(self.keys, key)
        held = torch.searchsorted(self.keys, key, right=True) - start
        if int(held.sum()) > most:
            raise OutOfMemoryError(centers.device.type, len(self.system_idx))
        visit = torch.repeat_interleave(held)
        within = torch.arange(len(visit), device=visit.device)
        within = within - (torch.cumsum(held, 0) - held)[visit]
        second = self.order[start[visit] + within]
        return centers[center[visit]], second, shift[center, nearby][visit]


def _cut(home: HomeCells, system_idx: Tensor, cutoff: float) -> _Boxes:
    """The cells cut into boxes at least a cutoff wide."""
    device, dtype = home.positions.device, home.positions.dtype
    heights = torch.from_numpy(home.heights).to(device=device, dtype=dtype)
    repeats = torch.from_numpy(home.pbc).to(device)
    owner = system_idx[:, None].expand(-1, 3)
    unset = torch.zeros_like(heights)
    lowest = unset.scatter_reduce(0, owner, home.fractions, "amin", include_self=False)
    highest = unset.scatter_reduce(0, owner, home.fractions, "amax", include_self=False)
    lowest = torch.where(repeats, 0.0, lowest)
    extent = torch.where(repeats, 1.0, highest - lowest)
    width = cutoff * _ROUNDING
    count = torch.floor(extent * heights / width).clamp(1, _MOST_BOXES)
    reach = torch.where(repeats, torch.ceil(width * count / heights), (count > 1).to(dtype))
    per_fraction = count / torch.where(extent > 0, extent, 1.0)
    box = torch.floor((home.fractions - lowest[system_idx]) * per_fraction[system_idx])
    box = torch.minimum(box.clamp(min=0), count[system_idx] - 1).long()
    count = count.long()
    total = count.prod(dim=1)
    base = torch.cumsum(total, 0) - total
    ones = torch.ones_like(total)
    stride = torch.stack([count[:, 1] * count[:, 2], count[:, 2], ones], dim=1)
    keys, order = torch.sort(base[system_idx] + (box * stride[system_idx]).sum(dim=1), stable=True)
    return _Boxes(system_idx, repeats, count, reach.long(), box, base, stride, keys, order)


def _is_positive(shift: Tensor) -> Tensor:
    """Whether the first component that is not zero is positive."""
    a, b, c = shift.unbind(dim=1)
    return (a > 0) | ((a == 0) & ((b > 0) | ((b == 0) & (c > 0))))


def sorted_order(first: Tensor, second: Tensor, shift: Tensor, n_atoms: int) -> Tensor:
    """The permutation that sorts pairs by first atom, second atom, shift."""
    if len(first) == 0:
        return torch.zeros(0, dtype=torch.int64, device=first.device)
    low = shift.amin(dim=0)
    span = shift.amax(dim=0) - low + 1
    a, b, c = (shift - low).unbind(dim=1)
    code = (a * span[1] + b) * span[2] + c
    return torch.argsort((first * n_atoms + second) * span.prod() + code)
