"""Polarisable ions: cores and shells with charges, held together by springs.

The energy is that of `ions.py`. Shells have no mass: at each call they are brought to rest at the
cores (`shells.py`), so that forces and stress are the partial derivatives of the energy (Hellmann
and Feynman) and nothing is differentiated through the relaxation. In dynamics the shells start
from where two steps lead, and travel in `MDState.extended` and the checkpoint: a restart is
bitwise. Charges act through Ewald's sums (`ewald.py`).

Different from the usual programs: short-ranged energies are switched off between two distances of
the cores, where LAMMPS and GULP cut them; and shells are at rest, where Mitchell and Fincham 1993
(doi:10.1088/0953-8984/5/8/006) give them a small mass.
"""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from designer_app.device import Compute
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.errors import ChargedCellError, UnsupportedElementError
from designer_app.neighbors.pairs import NeighborList
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential, Prediction
from designer_app.potentials.core_shell.ions import Ions, IonTable
from designer_app.potentials.core_shell.parameters import KEY, read_parameters
from designer_app.potentials.core_shell.shells import relaxed
from designer_app.state import AtomicState, MDState, compute_device

SHELLS, SHELLS_BEFORE = "shells", "shells_before"
"""Names of (n_atoms, 3) displacements from the cores in A, now and a step ago."""
_NEUTRAL = 1e-6
"""e."""


class CoreShell(Potential):
    """Energy of polarisable ions; the module tells the equations and sources."""

    key: ClassVar[str] = KEY
    needs_cell: ClassVar[bool] = True
    long_range: ClassVar[bool] = True

    def __init__(self, model: str, compute: Compute) -> None:
        parameters = read_parameters(model)
        super().__init__(
            model=model,
            model_sha256=parameters.sha256,
            cutoff=parameters.end,
            elements=frozenset(ATOMIC_NUMBERS[symbol] for symbol in parameters.symbols),
            device=compute_device(compute),
        )
        self.parameters = parameters
        self._kind_of_number = torch.from_numpy(parameters.kind_of_number())

    def check(self, state: AtomicState, want: frozenset[str] = ENERGY_AND_FORCES) -> None:
        """As every potential, and raise `ChargedCellError` where charges do not add up to 0."""
        super().check(state, want)
        for system in range(state.n_systems):
            self.ions_of(state, None, system)

    def predict(
        self, state: AtomicState, neighbors: NeighborList, want: frozenset[str] = ENERGY_AND_FORCES
    ) -> Prediction:
        """What is wanted of a batch, from a half list; shells at rest."""
        start = _expected(state)
        energies, forces, stresses, shells = [], [], [], []
        for system in range(state.n_systems):
            mine = state.system_idx == system
            ions = self.ions_of(state, neighbors, system)
            positions, cell = state.positions[mine].detach(), state.cell[system].detach()
            u = relaxed(ions, positions, cell, start[mine])
            energy, force, stress = _derived(ions, positions, u, cell, want)
            energies.append(energy)
            forces.append(force)
            stresses.append(stress)
            shells.append(u)
        return Prediction(
            energy=torch.stack(energies),
            forces=torch.cat(forces) if "forces" in want else None,
            stress=torch.stack(stresses) if "stress" in want else None,
            internal=_remembered(state, torch.cat(shells)),
        )

    def ions_of(self, state: AtomicState, neighbors: NeighborList | None, system: int) -> Ions:
        """The ions of one structure of a batch, with its pairs.

        Raises `UnsupportedElementError` and `ChargedCellError`.
        """
        atoms = torch.nonzero(state.system_idx == system).squeeze(1)
        kinds = self._kind_of_number.to(state.device)[state.numbers[atoms]]
        if bool((kinds < 0).any()):
            unknown = int(state.numbers[atoms][torch.nonzero(kinds < 0)[0]])
            raise UnsupportedElementError(SYMBOLS[unknown], f"{self.key} {self.model}")
        offset = int(atoms[0]) if len(atoms) else 0
        pairs = _none(state) if neighbors is None else _of_system(neighbors, state, system, offset)
        ions = Ions.of(
            kinds,
            state.positions[atoms].detach(),
            state.cell[system].detach(),
            pairs,
            self.table(state),
        )
        charge = float(ions.charges.sum())
        if abs(charge) > _NEUTRAL * max(len(atoms), 1):
            raise ChargedCellError(round(charge, 4), f"{self.key} {self.model}")
        return ions

    def table(self, state: AtomicState) -> IonTable:
        """The parameters, with the state's number type and device."""
        told = self.parameters

        def tensor(values: object) -> Tensor:
            return torch.as_tensor(values).to(state.positions)

        return IonTable(
            core=tensor(told.core),
            shell=tensor(told.shell),
            springs=tensor(told.springs),
            has_shell=torch.from_numpy(told.has_shell).to(state.device),
            pairs=tensor(told.pairs),
            begin=told.begin,
            end=told.end,
        )


def _expected(state: AtomicState) -> Tensor:
    """Where the shells are looked for first: where the last two steps lead, else at the cores."""
    kept = state.extended if isinstance(state, MDState) else {}
    if SHELLS not in kept:
        return torch.zeros_like(state.positions)
    if SHELLS_BEFORE not in kept:
        return kept[SHELLS]
    return 2.0 * kept[SHELLS] - kept[SHELLS_BEFORE]


def _remembered(state: AtomicState, shells: Tensor) -> Mapping[str, Tensor] | None:
    """What dynamics keeps for the next step."""
    if not isinstance(state, MDState):
        return None
    before = state.extended.get(SHELLS, shells)
    return {SHELLS: shells, SHELLS_BEFORE: before}


def _derived(
    ions: Ions, positions: Tensor, u: Tensor, cell: Tensor, want: frozenset[str]
) -> tuple[Tensor, Tensor, Tensor]:
    """Energy, forces -dE/dx and stress (1/V) dE/d(strain) at shells at rest."""
    wants_stress = "stress" in want
    if not wants_stress and "forces" not in want:
        with torch.no_grad():
            return (
                ions.energy(positions, u, cell),
                torch.zeros_like(positions),
                torch.zeros_like(cell),
            )
    free = positions.clone().requires_grad_()
    strain = torch.zeros_like(cell, requires_grad=wants_stress)
    with torch.enable_grad():
        symmetric = 0.5 * (strain + strain.T)
        energy = ions.energy(free + free @ symmetric, u, cell + cell @ symmetric)
    inputs = (free, strain) if wants_stress else (free,)
    gradients = torch.autograd.grad(energy, inputs)
    stress = gradients[1] if wants_stress else torch.zeros_like(cell)
    return energy.detach(), -gradients[0], stress / torch.linalg.det(cell).abs()


def _none(state: AtomicState) -> NeighborList:
    nothing = torch.zeros(0, dtype=torch.int64, device=state.device)
    return NeighborList(nothing, nothing, nothing.reshape(0, 3), cutoff=0.0, half=True)


def _of_system(
    neighbors: NeighborList, state: AtomicState, system: int, offset: int
) -> NeighborList:
    """The pairs of one structure, with its atoms counted from 0."""
    if not neighbors.half:
        message = f"{KEY} sums over half lists"
        raise ValueError(message)
    if state.n_systems == 1:
        return neighbors
    mine = torch.nonzero(state.system_idx[neighbors.first] == system).squeeze(1)
    return NeighborList(
        neighbors.first[mine] - offset,
        neighbors.second[mine] - offset,
        neighbors.shifts[mine],
        cutoff=neighbors.cutoff,
        half=True,
    )


def load(model: str, compute: Compute) -> CoreShell:
    """The potential of a shipped set such as "nacl-mitchell-fincham", or of a TOML file."""
    return CoreShell(model, compute)
