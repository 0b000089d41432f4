"""Several potentials side by side: their mean, and their disagreement as uncertainty.

The mean of M members is E = sum_m E_m / M, and so are forces and stress: the forces remain the
derivative of the energy. The spread of the force on atom i is the model deviation

    spread_i = sqrt( sum_m |F_m,i - F_i|^2 / M )

(Zhang et al. 2020, doi:10.1016/j.cpc.2020.107206). Members trained on different functionals or
with different reference energies agree in forces, not in total energies: the mean energy is then
on no member's scale. Compare it along one run only, never with energies of one member.
"""

from typing import ClassVar

import torch
from torch import Tensor

from designer_app.device import Compute
from designer_app.errors import InvalidSpecError, UnknownKeyError
from designer_app.io.ensemble_files import members_named
from designer_app.neighbors.pairs import NeighborList
from designer_app.potentials import load_potential
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential, Prediction
from designer_app.potentials.composite import CompositePotential
from designer_app.specs.potentials import POTENTIALS
from designer_app.state import AtomicState

_AVERAGED = ("energy", "forces", "stress")


def load(model: str, compute: Compute) -> "EnsemblePotential":
    """The members that `model` names: "chgnet:0.3.0+chgnet:r2scan", or a TOML file."""
    members = [load_potential(key, name, compute) for key, name in members_of(model)]
    return EnsemblePotential(members, model)


def members_of(model: str) -> list[tuple[str, str]]:
    """(registry key, model) of each member that "key:model+key:model" or a TOML file names."""
    members = members_named(model)
    for key, _ in members:
        if key == "ensemble" or key not in POTENTIALS:
            choices = tuple(known for known in POTENTIALS if known != "ensemble")
            raise UnknownKeyError("member of an ensemble", key, choices)
    if len(members) < 2:
        raise InvalidSpecError("model", model, "an ensemble has at least two members, joined by +")
    return members


class EnsemblePotential(CompositePotential):
    """Mean and spread of at least two potentials on one device."""

    key: ClassVar[str] = "ensemble"

    def __init__(self, members: list[Potential], model: str) -> None:
        super().__init__(members, model)
        common = frozenset.intersection(*(member.gives for member in members))
        # What it can do is decided by its members, not by the class.
        self.gives = (common & set(_AVERAGED)) | {"spread"}  # pyright: ignore[reportAttributeAccessIssue]

    def predict(
        self, state: AtomicState, neighbors: NeighborList, want: frozenset[str] = ENERGY_AND_FORCES
    ) -> Prediction:
        """The mean of what is wanted, and the spread of the forces if that is wanted."""
        asked = (want & set(_AVERAGED)) | ({"forces"} if "spread" in want else set())
        said = [
            member.predict(state, self.list_for(member, neighbors), asked)
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


def _stacked(values: list[Tensor | None]) -> Tensor | None:
    present = [value for value in values if value is not None]
    return torch.stack(present) if len(present) == len(values) else None
