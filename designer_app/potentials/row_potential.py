"""Potentials of parameters for pairs of elements, summed over compiled rows where that is possible.

Two ways to the same sum: compiled rows on a CPU in double precision, and plain torch anywhere
else. The family writes both.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from designer_app.compiled import HAS_COMPILER
from designer_app.device import Compute
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.errors import UnsupportedElementError
from designer_app.neighbors.pairs import NeighborList
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential, Prediction
from designer_app.potentials.pair_kernels import FloatArray, Rows, points_of, rows_of
from designer_app.potentials.pair_parameters import ANY, PairForm, read_parameters
from designer_app.state import AtomicState, compute_device


@dataclass(frozen=True, eq=False)
class Prepared:
    """What follows from a pair list and lasts as long as it."""

    neighbors: NeighborList
    numbers: Tensor
    kinds: Tensor
    """(n_atoms,) kind of each atom."""
    rows: Rows | None
    """For the compiled sums."""


class RowPotential(Potential):
    """A family of potentials by pairs of elements; the family says what is summed."""

    gives: ClassVar[frozenset[str]] = frozenset({"energy", "forces", "stress", "energies"})
    form: ClassVar[PairForm]
    _sum_rows: ClassVar[Callable[..., tuple[FloatArray, FloatArray]]]
    """Compiled: energy of each row (n_atoms,), and forces on atoms and ghosts (n_points, 3); adds
    to shares and virial where they are kept."""

    def __init__(self, model: str, compute: Compute, *, use_compiled: bool = HAS_COMPILER) -> None:
        parameters = read_parameters(model, self.form)
        known = parameters.symbols
        super().__init__(
            model=model,
            model_sha256=parameters.sha256,
            cutoff=float(parameters.end.max()),
            elements=None if known == (ANY,) else frozenset(ATOMIC_NUMBERS[s] for s in known),
            device=compute_device(compute),
        )
        self.parameters = parameters
        self._use_compiled = use_compiled
        self._kind_of_number = torch.from_numpy(parameters.kind_of_number()).to(self.device)
        self._prepared: Prepared | None = None
        coefficients = self._coefficients(parameters.values)
        bounds = np.stack([parameters.begin**2, parameters.end**2], axis=-1)
        self._table = np.concatenate([coefficients, bounds], axis=-1)
        """(n_kinds, n_kinds, n_coefficients + 2); the last two are begin^2 and end^2."""

    @abstractmethod
    def _coefficients(self, values: FloatArray) -> FloatArray:
        """(n_kinds, n_kinds, n_coefficients) from the form's parameters."""

    def predict(
        self, state: AtomicState, neighbors: NeighborList, want: frozenset[str] = ENERGY_AND_FORCES
    ) -> Prediction:
        """What is wanted of a batch, from a half list."""
        prepared = self._prepare(state, neighbors)
        with torch.no_grad():
            if prepared.rows is not None:
                return self._predict_compiled(state, prepared, prepared.rows, want)
            return self._predict_torch(state, prepared, want)

    def _prepare(self, state: AtomicState, neighbors: NeighborList) -> Prepared:
        """Kinds and rows, made once for each list."""
        held = self._prepared
        if (
            held is not None
            and held.neighbors is neighbors
            and (held.numbers is state.numbers or torch.equal(held.numbers, state.numbers))
        ):
            return held
        if not neighbors.half:
            message = f"{self.key} sums over half lists"
            raise ValueError(message)
        kinds = self._kind_of_number.to(state.device)[state.numbers]
        if bool((kinds < 0).any()):
            unknown = int(state.numbers[torch.nonzero(kinds < 0)[0]])
            raise UnsupportedElementError(SYMBOLS[unknown], f"{self.key} {self.model}")
        compiled = (
            self._use_compiled and state.device.type == "cpu" and state.dtype == torch.float64
        )
        rows = rows_of(neighbors, state) if compiled else None
        self._prepared = Prepared(neighbors, state.numbers, kinds, rows)
        return self._prepared

    def _predict_compiled(
        self, state: AtomicState, prepared: Prepared, rows: Rows, want: frozenset[str]
    ) -> Prediction:
        points = points_of(rows, state.positions, state.cell)
        shares = np.zeros(len(points) if "energies" in want else 0)
        virial = np.zeros((state.n_atoms if "stress" in want else 0, 6))
        kinds = prepared.kinds.numpy()
        lists = rows.starts, rows.partner, rows.owner
        row_energy, pushed = self._sum_rows(
            points, *lists, kinds, self._table, self.cutoff**2, shares, virial
        )
        n = state.n_atoms
        stress = None
        if "stress" in want:
            six = summed_by_system(state, torch.from_numpy(virial))
            stress = six[:, [0, 5, 4, 5, 1, 3, 4, 3, 2]].reshape(-1, 3, 3)
            stress = stress / state.volume[:, None, None]
        return Prediction(
            energy=summed_by_system(state, torch.from_numpy(row_energy)),
            forces=torch.from_numpy(pushed[:n]) if "forces" in want else None,
            stress=stress,
            energies=torch.from_numpy(shares[:n]) if "energies" in want else None,
        )

    @abstractmethod
    def _predict_torch(
        self, state: AtomicState, prepared: Prepared, want: frozenset[str]
    ) -> Prediction:
        """The same without a compiler."""


def summed_by_system(state: AtomicState, of_atoms: Tensor) -> Tensor:
    """Sums over the atoms of each structure."""
    if state.n_systems == 1:
        return of_atoms.sum(dim=0, keepdim=True)
    zeros = of_atoms.new_zeros((state.n_systems, *of_atoms.shape[1:]))
    return zeros.index_add(0, state.system_idx, of_atoms)
