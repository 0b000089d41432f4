"""Frozen torch states: batches of atoms, and batches of atoms in motion.

A batch holds `n_systems` structures one after the other; `system_idx` says which atom belongs to
which. Steps return new states; nothing is changed in place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from designer_app.device import Compute, default_threads
from designer_app.elements import STANDARD_MASSES
from designer_app.errors import (
    DeviceUnavailableError,
    DisorderedStructureError,
    InvalidPositionsError,
    InvalidSpecError,
)
from designer_app.specs.structure import Structure


@dataclass(frozen=True, eq=False)
class AtomicState:
    """A batch of structures as tensors on one device."""

    numbers: Int[Tensor, "n_atoms"]
    """Atomic numbers."""
    positions: Float[Tensor, "n_atoms 3"]
    """A, unwrapped."""
    cell: Float[Tensor, "n_systems 3 3"]
    """A, rows are lattice vectors; zero rows where there is none."""
    pbc: Bool[Tensor, "n_systems 3"]
    system_idx: Int[Tensor, "n_atoms"]
    """Index of the system of each atom, ascending."""
    masses: Float[Tensor, "n_atoms"]
    """amu."""
    fixed: Bool[Tensor, "n_atoms"]
    """True where an atom may not move."""

    @property
    def n_atoms(self) -> int:
        """Atoms in the whole batch."""
        return self.numbers.shape[0]

    @property
    def n_systems(self) -> int:
        """Structures in the batch."""
        return self.cell.shape[0]

    @property
    def device(self) -> torch.device:
        """Where the tensors live."""
        return self.positions.device

    @property
    def dtype(self) -> torch.dtype:
        """Number type of positions and cell."""
        return self.positions.dtype

    @property
    def atoms_per_system(self) -> Int[Tensor, "n_systems"]:
        """Number of atoms of each structure."""
        return torch.bincount(self.system_idx, minlength=self.n_systems)

    @property
    def volume(self) -> Float[Tensor, "n_systems"]:
        """Cell volume in A^3; 0 where there is no full cell."""
        return torch.linalg.det(self.cell).abs()

    def moved(
        self,
        positions: Float[Tensor, "n_atoms 3"],
        cell: Float[Tensor, "n_systems 3 3"] | None = None,
    ) -> "AtomicState":
        """The same atoms elsewhere."""
        return replace(self, positions=positions, cell=self.cell if cell is None else cell)


@dataclass(frozen=True, eq=False)
class MDState(AtomicState):
    """Atoms in motion: what an integrator needs, and nothing that can be recomputed exactly."""

    momenta: Float[Tensor, "n_atoms 3"]
    """amu A per internal time unit."""
    energy: Float[Tensor, "n_systems"]
    """Potential energy, eV."""
    forces: Float[Tensor, "n_atoms 3"]
    """eV/A."""
    stress: Float[Tensor, "n_systems 3 3"] | None
    """Potential part, eV/A^3, tension positive; None where the ensemble does not need it."""
    extended: dict[str, Tensor]
    """Thermostat and barostat variables and internal variables of the potential, by name."""
    rng: Tensor
    """State of the random-number generator (uint8)."""
    step: int


def compute_device(compute: Compute) -> torch.device:
    """The torch device of a `Compute`; raises `DeviceUnavailableError` where it is missing."""
    available = available_devices()
    if compute.device == "auto":
        return torch.device(available[-1])
    if compute.device.split(":")[0] not in available:
        raise DeviceUnavailableError(compute.device, available)
    return torch.device(compute.device)


def available_devices() -> tuple[str, ...]:
    """Devices of this machine, the fastest last."""
    found = ["cpu"]
    if torch.backends.mps.is_available():
        found.append("mps")
    if torch.cuda.is_available():
        found.append("cuda")
    return tuple(found)


def state_dtype(device: torch.device) -> torch.dtype:
    """Number type of states and integrators: double, except on mps, which has none."""
    return torch.float32 if device.type == "mps" else torch.float64


def network_dtype(compute: Compute, device: torch.device) -> torch.dtype:
    """Number type of networks."""
    if compute.dtype == "float64":
        if device.type == "mps":
            raise InvalidSpecError("dtype", "float64", "Apple GPUs compute in float32 only")
        return torch.float64
    return torch.float32


def set_threads(compute: Compute) -> None:
    """Apply the thread count in the calling thread, as torch needs it."""
    torch.set_num_threads(compute.threads or default_threads())


def state_from_structures(structures: Sequence[Structure], device: torch.device) -> AtomicState:
    """A batch of structures on a device; raises where they cannot be computed."""
    for structure in structures:
        check_computable(structure)
    dtype = state_dtype(device)
    sizes = [len(structure) for structure in structures]
    masses = [
        STANDARD_MASSES[structure.numbers] if structure.masses is None else structure.masses
        for structure in structures
    ]
    fixed = [
        np.zeros(len(structure), dtype=bool) if structure.fixed is None else structure.fixed
        for structure in structures
    ]

    def stacked(arrays: Sequence[np.ndarray], kind: torch.dtype) -> Tensor:
        return torch.from_numpy(np.concatenate(arrays)).to(device=device, dtype=kind)

    return AtomicState(
        numbers=stacked([s.numbers for s in structures], torch.int64),
        positions=stacked([s.positions for s in structures], dtype),
        cell=stacked([s.cell[None] for s in structures], dtype),
        pbc=stacked([np.array([s.pbc], dtype=bool) for s in structures], torch.bool),
        system_idx=torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes)).to(
            device
        ),
        masses=stacked(masses, dtype),
        fixed=stacked(fixed, torch.bool),
    )


def check_computable(structure: Structure) -> None:
    """Raise where positions, cell or occupancies leave nothing to compute."""
    if len(structure) == 0:
        raise InvalidPositionsError("the structure holds no atoms")
    if structure.disordered_sites:
        raise DisorderedStructureError(structure.disordered_sites, structure.disorder_example)
    bad = np.flatnonzero(~np.isfinite(structure.positions).all(axis=1))
    if bad.size:
        raise InvalidPositionsError("a position is not a finite number", int(bad[0]))
    if not np.isfinite(structure.cell).all():
        raise InvalidPositionsError("the cell holds values that are not finite numbers")
    periodic = structure.cell[list(structure.pbc)]
    if len(periodic):
        lengths = np.linalg.norm(periodic, axis=1)
        spanned = np.sqrt(max(np.linalg.det(periodic @ periodic.T), 0.0))
        if lengths.min() < 0.1 or spanned < 1e-3 * lengths.prod():
            raise InvalidPositionsError("the periodic cell is flat or has a vector of no length")


def structure_from_state(state: AtomicState, system: int = 0, name: str = "") -> Structure:
    """One structure of a batch, on the host."""
    mine = (state.system_idx == system).cpu()

    def host(tensor: Tensor, kind: type) -> np.ndarray:
        return tensor.detach().cpu()[mine].numpy().astype(kind)

    velocities = None
    if isinstance(state, MDState):
        velocities = host(state.momenta / state.masses[:, None], np.float64)
    return Structure(
        numbers=host(state.numbers, np.int64),
        positions=host(state.positions, np.float64),
        cell=state.cell[system].detach().cpu().numpy().astype(np.float64),
        pbc=tuple(bool(flag) for flag in state.pbc[system].tolist()),  # type: ignore[arg-type]
        velocities=velocities,
        fixed=host(state.fixed, np.bool_),
        masses=host(state.masses, np.float64),
        name=name,
    )
