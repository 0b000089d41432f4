"""Ensembles asked side by side as one network: what a step of a search spends its time on.

Small products cost more in calls than in numbers. So groups of heads that have the same widths are
laid into one network that has the members of all, and materials are asked in batches of alike
numbers of slots, so that hardly anything is computed for slots that are not there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import pad, silu

from designer_app.design.heads.features import IONS, Features, Featurizer
from designer_app.design.heads.network import NetworkSize, SlotNetwork
from designer_app.design.representation.soft import SoftTokens
from designer_app.elements import ATOMIC_NUMBERS

_SMALLEST = 48
"""Materials of a batch; fewer take as long."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Ensembles as one network."""

    names: tuple[str, ...]
    network: SlotNetwork
    n_members: tuple[int, ...]
    """Of each ensemble."""
    _entered: dict[str, Float[Tensor, "elements mh"]] = field(default_factory=dict)
    """By ion, what a slot is like at first for each element that it may hold, before the
    nonlinearity and the share of the slot."""

    def __call__(
        self, features: Features, ion: str, featurizer: Featurizer
    ) -> dict[str, Float[Tensor, "m n k"]]:
        """Scaled outputs of every member of each ensemble; columns that it lacks are 0."""
        found = self.network.from_slots(self._slots(features, ion, featurizer), features)
        return dict(zip(self.names, found.split(list(self.n_members)), strict=True))

    def _slots(
        self, features: Features, ion: str, featurizer: Featurizer
    ) -> Float[Tensor, "m ns h"]:
        """What enters is linear in the elements: one product with a small table says it."""
        if ion not in self._entered:
            self._entered[ion] = self._table(ion, featurizer)
        network, size = self.network, self.network.size
        mixed = features.chances.flatten(0, 1) @ self._entered[ion]
        slots = mixed.unflatten(1, (size.members, size.hidden)).transpose(0, 1).contiguous()
        of_share = network.enter.weight[:, size.learned + size.n_elements, None]
        return silu(slots + (features.shares.reshape(1, -1, 1) * of_share + network.enter.bias))

    @torch.no_grad()
    def _table(self, ion: str, featurizer: Featurizer) -> Float[Tensor, "elements mh"]:
        network, size = self.network, self.network.size
        learned = network.learned.unflatten(1, (size.members, size.learned)).transpose(0, 1)
        known = featurizer.elements.expand(size.members, -1, -1)
        first = size.learned + size.n_elements
        weight = network.enter.weight
        table = torch.bmm(torch.cat([learned, known], dim=2), weight[:, :first])
        if size.n_extra:
            table[:, ATOMIC_NUMBERS[ion]] += weight[:, first + 1 + IONS.index(ion)]
        return table.transpose(0, 1).flatten(1).contiguous()


def stacks_of(
    networks: Mapping[str, SlotNetwork], left_out: int | None = None
) -> tuple[Stack, ...]:
    """The networks in as few stacks as their widths allow.

    `left_out` counts the member that each ensemble of three or more does without.
    """
    alike: dict[NetworkSize, list[str]] = {}
    for name, network in networks.items():
        widths = replace(network.size, members=0, n_extra=0, outputs=0)
        alike.setdefault(widths, []).append(name)
    found = []
    for names in alike.values():
        several = [networks[name] for name in names]
        kept = [_kept(each.size.members, left_out) for each in several]
        found.append(Stack(tuple(names), _stacked(several, kept), tuple(map(len, kept))))
    return tuple(found)


def asked(
    stacks: Sequence[Stack], featurizer: Featurizer, soft: SoftTokens, ion: str
) -> dict[str, Float[Tensor, "m n k"]]:
    """Scaled outputs of every member of every ensemble."""
    batches = _batches(soft)
    parts: dict[str, list[Tensor]] = {name: [] for stack in stacks for name in stack.names}
    for rows in batches:
        features = featurizer(soft if rows is None else _rows(soft, rows))
        for stack in stacks:
            for name, outputs in stack(features, ion, featurizer).items():
                parts[name].append(outputs)
    if len(batches) == 1:
        return {name: outputs for name, (outputs,) in parts.items()}
    back = torch.argsort(torch.cat([rows for rows in batches if rows is not None]))
    return {name: torch.cat(outputs, dim=1)[:, back] for name, outputs in parts.items()}


def _batches(soft: SoftTokens) -> list[Int[Tensor, " rows"] | None]:
    """Rows with alike numbers of slots; [None] where they are better left together."""
    n_slots = (soft.counts.detach() > 0).sum(dim=1)
    found: list[Tensor] = []
    waiting = torch.zeros(0, dtype=torch.int64)
    for number in range(1, soft.counts.shape[1] + 1):
        waiting = torch.cat([waiting, torch.nonzero(n_slots == number)[:, 0]])
        if len(waiting) >= _SMALLEST:
            found.append(waiting)
            waiting = waiting[:0]
    rest = torch.cat([waiting, torch.nonzero(n_slots == 0)[:, 0]])
    if len(rest):
        found.append(rest)
    return [None] if len(found) < 2 else list(found)


def _rows(soft: SoftTokens, rows: Int[Tensor, " rows"]) -> SoftTokens:
    return SoftTokens(
        soft.prototypes[rows], soft.shares[rows], soft.counts[rows], soft.elements[rows],
        soft.log_volume[rows], soft.geometry[rows],
    )  # fmt: skip


def _kept(members: int, left_out: int | None) -> list[int]:
    if left_out is None or members < 3:
        return list(range(members))
    return [member for member in range(members) if member != left_out % members]


@torch.no_grad()
def _stacked(networks: Sequence[SlotNetwork], kept: Sequence[Sequence[int]]) -> SlotNetwork:
    """One network with some members of each; what one of them does not have is 0."""
    size = replace(
        networks[0].size,
        members=sum(map(len, kept)),
        n_extra=max(each.size.n_extra for each in networks),
        outputs=max(each.size.outputs for each in networks),
    )
    found = SlotNetwork(size)
    states = [each.state_dict() for each in networks]
    made = {}
    for name, shape in ((key, value.shape) for key, value in found.state_dict().items()):
        parts = []
        for state, members in zip(states, kept, strict=True):
            value = state[name]
            if name == "learned":
                every = value.view(len(value), -1, size.learned)
                parts.append(every[:, members].flatten(1))
                continue
            missing = [n - there for n, there in zip(shape[1:], value.shape[1:], strict=True)]
            sides = [side for short in reversed(missing) for side in (0, short)]
            parts.append(pad(value[members], sides))
        made[name] = torch.cat(parts, dim=1 if name == "learned" else 0)
    found.load_state_dict(made)
    return found.eval().requires_grad_(False)
