"""Several potentials side by side: their mean, and their disagreement as uncertainty.

The mean of M members is E = sum_m E_m / M, and so are forces and stress: the forces remain the
derivative of the energy. The spread of the force on atom i is the model deviation

    spread_i = sqrt( sum_m |F_m,i - F_i|^2 / M )

(Zhang et al. 2020, doi:10.1016/j.cpc.2020.107206). Members trained on different functionals or
with different reference energies agree in forces, not in total energies: the mean energy is then
on no member's scale. Compare it along one run only, never with energies of one member.
"""

import hashlib
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from designer_app.device import Compute
from designer_app.errors import FileUnreadableError, InvalidSpecError, UnknownKeyError
from designer_app.neighbors.pairs import NeighborList
from designer_app.potentials import load_potential
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential, Prediction
from designer_app.specs.potentials import POTENTIALS
from designer_app.state import AtomicState

_AVERAGED = ("energy", "forces", "stress")


def load(model: str, compute: Compute) -> "EnsemblePotential":
    """The members that `model` names: "chgnet:0.3.0+chgnet:r2scan", or a TOML file.

    The file holds `members = ["chgnet:0.3.0", "lennard-jones:argon.toml"]`; names of model files
    in it are relative to its folder.
    """
    members = [load_potential(key, name, compute) for key, name in _members(model)]
    return EnsemblePotential(members, model)


def _members(model: str) -> list[tuple[str, str]]:
    """(registry key, model) of each member."""
    folder = Path()
    if model.endswith(".toml"):
        folder = Path(model).parent
        texts = _listed(Path(model))
    else:
        # A "+" may also stand in a keyword or a path: only one before a registry key separates.
        keys = "|".join(re.escape(key) for key in POTENTIALS)
        texts = re.split(rf"\+(?=(?:{keys})(?::|\+|$))", model)
    members = [(key, name) for key, _, name in (text.strip().partition(":") for text in texts)]
    for key, _ in members:
        if key == "ensemble" or key not in POTENTIALS:
            choices = tuple(known for known in POTENTIALS if known != "ensemble")
            raise UnknownKeyError("member of an ensemble", key, choices)
    if len(members) < 2:
        raise InvalidSpecError("model", model, "an ensemble has at least two members, joined by +")
    beside = [(key, folder / name) for key, name in members]
    return [
        (key, str(path) if name and path.is_file() else name)
        for (key, path), (_, name) in zip(beside, members, strict=True)
    ]


def _listed(path: Path) -> list[str]:
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8")).get("members")
    except (OSError, ValueError) as error:
        raise FileUnreadableError(str(path), str(error)) from error
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise FileUnreadableError(str(path), 'it has no list members = ["key:model", ...]')
    return listed


class EnsemblePotential(Potential):
    """Mean and spread of at least two potentials on one device."""

    key: ClassVar[str] = "ensemble"

    def __init__(self, members: list[Potential], model: str) -> None:
        known = [member.elements for member in members if member.elements is not None]
        hashes = "+".join(member.model_sha256 for member in members)
        super().__init__(
            model=model,
            model_sha256=hashlib.sha256(hashes.encode()).hexdigest(),
            cutoff=max(member.cutoff for member in members),
            elements=frozenset.intersection(*known) if known else None,
            device=members[0].device,
        )
        self.members = members
        none = torch.zeros(0, dtype=torch.int64)
        empty = NeighborList(none, none, none.reshape(0, 3), 0.0, half=True)
        self._halved = (empty, empty)
        common = frozenset.intersection(*(member.gives for member in members))
        # What an ensemble can do is decided by its members, not by the class.
        self.gives = (common & set(_AVERAGED)) | {"spread"}  # pyright: ignore[reportAttributeAccessIssue]
        self.half_list = all(member.half_list for member in members)  # pyright: ignore[reportAttributeAccessIssue]
        self.needs_cell = any(member.needs_cell for member in members)  # pyright: ignore[reportAttributeAccessIssue]
        self.native = all(member.native for member in members)  # pyright: ignore[reportAttributeAccessIssue]

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

    def predict(
        self, state: AtomicState, neighbors: NeighborList, want: frozenset[str] = ENERGY_AND_FORCES
    ) -> Prediction:
        """The mean of what is wanted, and the spread of the forces if that is wanted."""
        asked = (want & set(_AVERAGED)) | ({"forces"} if "spread" in want else set())
        said = [
            member.predict(state, self._list_for(member, neighbors), asked)
            for member in self.members
        ]
        energy = torch.stack([each.energy for each in said]).mean(dim=0)
        forces = _stacked([each.forces for each in said])
        stress = _stacked([each.stress for each in said])
        spread = None
        if "spread" in want:
            assert forces is not None
            spread = (forces - forces.mean(dim=0)).square().sum(dim=2).mean(dim=0).sqrt()
        return Prediction(
            energy=energy,
            forces=None if forces is None or "forces" not in want else forces.mean(dim=0),
            stress=None if stress is None else stress.mean(dim=0),
            spread=spread,
        )

    def _list_for(self, member: Potential, neighbors: NeighborList) -> NeighborList:
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


def _stacked(values: list[Tensor | None]) -> Tensor | None:
    present = [value for value in values if value is not None]
    return torch.stack(present) if len(present) == len(values) else None
