"""Polarisable ions: cores and shells with charges, held together by springs.

The energy is that of `energies.py`. Shells have no mass: at each call they are brought to rest at
the cores (`shells.py`), so that forces and stress are the partial derivatives of the energy
(Hellmann and Feynman) and nothing is differentiated through the relaxation. Charges act through
Ewald's sums, exact (`ewald.py`) in cells of up to 150 ions, beyond that by smooth particle mesh
(`mesh.py`). In dynamics the shells start from where the last steps lead, and the mesh keeps its
points while the cell changes little, so that the energy does not jump; both travel in
`MDState.extended` and the checkpoint: a restart is bitwise.

Different from the usual programs: short-ranged energies are switched off between two distances of
the cores, where LAMMPS and GULP cut them; and shells are at rest, where Mitchell and Fincham 1993
(doi:10.1088/0953-8984/5/8/006) give them a small mass and integrate them with the cores. Their
way is not offered: integrators move the atoms of a state and ask a potential for energy and
forces at one instant, so that shells would need positions, momenta, masses and a thermostat of
their own inside each of them. It would also need shorter steps to follow the springs, where
shells at rest cost three or four evaluations in a step of 1 fs.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import torch
from torch import Tensor

from designer_app.device import Compute
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.errors import ChargedCellError, UnsupportedElementError
from designer_app.neighbors.pairs import NeighborList
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential, Prediction
from designer_app.potentials.core_shell.energies import Cores
from designer_app.potentials.core_shell.ewald import (
    ACCURACY,
    LongRange,
    Waves,
    splitting_distance,
)
from designer_app.potentials.core_shell.ions import Ions, IonTable
from designer_app.potentials.core_shell.mesh import Mesh, Points, mesh_points
from designer_app.potentials.core_shell.parameters import KEY, read_parameters
from designer_app.potentials.core_shell.shells import settled
from designer_app.state import AtomicState, MDState, compute_device

SHELLS, SHELLS_BEFORE = "shells", "past_shells"
"""Names of (n_atoms, 3) displacements from the cores in A, and (n_atoms, n_steps, 3) of steps
before, the last first."""
MESH_POINTS = "mesh_points"
"""Name of (n_systems, 3) points of the mesh along the lattice vectors; 0 where there is none."""
_MOST_KEPT = 3
_AHEAD = {1: (1.0,), 2: (2.0, -1.0), 3: (3.0, -3.0, 1.0), 4: (4.0, -6.0, 4.0, -1.0)}
_FARTHEST_GUESS = 0.1
"""A; past it something was moved by hand."""
MESH_FROM = 150
"""Ions from which on the waves are taken from a mesh."""
_NO_MESH: Points = (0, 0, 0)
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
        self.mesh_from = MESH_FROM
        self._kept: tuple[tuple[int, ...], Tensor, LongRange] | None = None
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
        energies, forces, stresses, points = [], [], [], []
        shells = torch.zeros_like(state.positions)
        with torch.no_grad():
            for system in range(state.n_systems):
                mine = torch.nonzero(state.system_idx == system).squeeze(1)
                cores = self.cores_of(state, neighbors, system)
                movable = mine[cores.ions.movable]
                moved = settled(cores, start[movable])
                points.append(_points_of(cores.waves))
                shells[movable] = moved.u
                energies.append(moved.energy())
                if "forces" in want:
                    forces.append(-moved.on_ions())
                if "stress" in want:
                    stresses.append(moved.virial() / torch.linalg.det(cores.cell).abs())
        return Prediction(
            energy=torch.stack(energies),
            forces=torch.cat(forces) if "forces" in want else None,
            stress=torch.stack(stresses) if "stress" in want else None,
            internal=_remembered(state, shells, points),
        )

    def cores_of(self, state: AtomicState, neighbors: NeighborList, system: int) -> Cores:
        """One structure of a batch, without shells yet."""
        mine = state.system_idx == system
        positions, cell = state.positions[mine].detach(), state.cell[system].detach()
        ions = self.ions_of(state, neighbors, system)
        kept = state.extended if isinstance(state, MDState) else {}
        before = kept[MESH_POINTS][system].tolist() if MESH_POINTS in kept else _NO_MESH
        return Cores.of(ions, positions, cell, self._long_range(cell, len(positions), before))

    def _long_range(self, cell: Tensor, n_ions: int, before: Sequence[int]) -> LongRange:
        """The sum over waves for a cell; that of the last cell is kept.

        `before` are the points of its mesh a step before.
        """
        a = ACCURACY / splitting_distance(self.cutoff)
        points = mesh_points(cell, a, before) if n_ions >= self.mesh_from else _NO_MESH
        if self._kept is not None and self._kept[0] == points and _same(self._kept[1], cell):
            return self._kept[2]
        found = Waves.of(cell, a) if points == _NO_MESH else Mesh.of(cell, a, points)
        self._kept = (points, cell, found)
        return found

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
    """Where the shells are looked for first: where the last steps lead, else at the cores.

    Polynomials through 1 to 4 steps (order 0 to 3 in time), exact to the next order.
    """
    kept = state.extended if isinstance(state, MDState) else {}
    if SHELLS not in kept:
        return torch.zeros_like(state.positions)
    if SHELLS_BEFORE not in kept:
        return kept[SHELLS]
    known = torch.cat([kept[SHELLS][:, None], kept[SHELLS_BEFORE]], dim=1)
    weights = torch.tensor(_AHEAD[known.shape[1]]).to(known)
    expected = torch.einsum("isa,s->ia", known, weights)
    far = (expected - kept[SHELLS]).abs().amax() > _FARTHEST_GUESS
    return kept[SHELLS] if bool(far) else expected


def _points_of(waves: LongRange) -> Points:
    return waves.shape if isinstance(waves, Mesh) else _NO_MESH


def _remembered(
    state: AtomicState, shells: Tensor, points: Sequence[Points]
) -> Mapping[str, Tensor] | None:
    """What dynamics keeps for the next step."""
    if not isinstance(state, MDState):
        return None
    found = {SHELLS: shells, MESH_POINTS: torch.tensor(points, device=state.device)}
    if SHELLS_BEFORE not in state.extended:
        return {**found, SHELLS_BEFORE: shells[:, None][:, :0]}
    before = torch.cat([state.extended[SHELLS][:, None], state.extended[SHELLS_BEFORE]], dim=1)
    return {**found, SHELLS_BEFORE: before[:, :_MOST_KEPT].contiguous()}


def _same(one: Tensor, other: Tensor) -> bool:
    return one.dtype == other.dtype and one.device == other.device and torch.equal(one, other)


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
