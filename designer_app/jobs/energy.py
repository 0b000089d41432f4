"""Energy, forces and stress of a structure as it is."""

from typing import Any

import torch
from torch import Tensor

from designer_app.device import Compute
from designer_app.errors import CannotProvideError, InvalidSpecError, NotFiniteError
from designer_app.io.potential_cards import families
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.overlap import check_overlaps
from designer_app.potentials import Potential, Prediction, load_potential
from designer_app.running.control import RunControl
from designer_app.specs.potentials import POTENTIALS
from designer_app.specs.single_point import EnergySpec
from designer_app.specs.suitability import doubt
from designer_app.state import AtomicState, set_threads, state_from_structures

_VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
_WANTED = frozenset({"energy", "forces", "stress", "magmoms", "spread"})


def run(spec: EnergySpec, control: RunControl) -> dict[str, Any]:
    """Figures by name, with the unit in the key; None where a figure does not exist.

    The stress is positive under tension, in the order xx yy zz yz xz xy.
    """
    if spec.structure is None:
        raise InvalidSpecError("structure", None, "there is nothing to compute")
    compute = Compute(spec.device, spec.dtype, spec.threads)
    set_threads(compute)
    control.progress(0, 1, "Loading the potential")
    potential = load_potential(spec.potential, spec.model, compute)
    control.checkpoint()
    state = state_from_structures([spec.structure], potential.device)
    said = predicted(potential, state)
    warning = doubt(spec.potential, spec.structure, families(spec.potential, spec.model))
    if warning:
        control.log.warning("%s", warning)
    n_atoms, energy = state.n_atoms, float(said.energy[0])
    forces, stress = _host(said.forces), _host(said.stress)
    return {
        "n_atoms": n_atoms,
        "energy_eV": energy,
        "energy_per_atom_eV": energy / n_atoms,
        "forces_eV_A": forces,
        "stress_eV_A3": None if stress is None else _voigt(stress[0]),
        "magmoms": _host(said.magmoms),
        "potential": potential.key,
        "model": potential.model,
        "model_sha256": potential.model_sha256,
        "trust": {
            "elements_covered": None if potential.elements is None else True,
            "made_for": list(POTENTIALS[spec.potential].suits),
            "is_made_for_this": not warning,
            "largest_force_eV_A": _largest_row(said.forces),
            "largest_force_spread_eV_A": None if said.spread is None else float(said.spread.max()),
        },
        "warnings": [warning] if warning else [],
    }


def predicted(potential: Potential, state: AtomicState) -> Prediction:
    """All that a potential can say of one structure; raises where that means nothing."""
    has_cell = bool(state.pbc.all() and state.volume[0] > 0)
    want = (_WANTED & potential.gives) | {"energy"}
    want = want if has_cell else want - {"stress"}
    potential.check(state, want)
    check_overlaps(state)
    neighbors = build_neighbors(state, potential.cutoff, half=potential.half_list)
    try:
        said = potential.predict(state, neighbors, want)
    except CannotProvideError as error:
        # Calculators of ASE list what their class may offer; the object may have no moments.
        if error.wanted != "magmoms":
            raise
        said = potential.predict(state, neighbors, want - {"magmoms"})
    for quantity in ("energy", "forces", "stress"):
        values = getattr(said, quantity)
        if values is not None and not bool(torch.isfinite(values).all()):
            raise NotFiniteError(potential.key, quantity)
    return said


def _host(values: Tensor | None) -> Any:
    return None if values is None else values.detach().cpu().double().numpy()


def _voigt(stress: Any) -> list[float]:
    return [float(stress[pair]) for pair in _VOIGT]


def _largest_row(values: Tensor | None) -> float | None:
    return None if values is None else float(torch.linalg.vector_norm(values, dim=1).max())
