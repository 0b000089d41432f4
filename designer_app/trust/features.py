"""What a potential itself sees of an atom's surroundings, as numbers that can be compared."""

import torch
from jaxtyping import Float
from torch import Tensor

from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.base import Potential
from designer_app.potentials.composite import CompositePotential
from designer_app.potentials.delta import DeltaPotential
from designer_app.potentials.network import NetworkPotential
from designer_app.state import AtomicState


def seeing(potential: Potential) -> Potential | None:
    """The part of a potential that has features: itself, its first member, its correction."""
    if isinstance(potential, NetworkPotential) or hasattr(potential, "features"):
        return potential
    if isinstance(potential, DeltaPotential):
        return seeing(potential.correction)
    members = potential.members if isinstance(potential, CompositePotential) else []
    return next((found for each in members if (found := seeing(each)) is not None), None)


def features_of(potential: Potential, state: AtomicState) -> Float[Tensor, "n_atoms n"] | None:
    """Invariant features of each atom in double precision; None where a potential has none."""
    part = seeing(potential)
    if part is None:
        return None
    neighbors = build_neighbors(state, part.cutoff, half=part.half_list)
    with torch.no_grad():
        if isinstance(part, NetworkPotential):
            found = part.scaled.network.features(part.graph(state, neighbors))
        else:
            found = part.features(state, neighbors)  # pyright: ignore[reportAttributeAccessIssue]
    return found.detach().double()
