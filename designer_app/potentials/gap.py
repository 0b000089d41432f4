"""Gaussian approximation potentials: a sparse Gaussian process on SOAP, and a term of pairs.

Bartok, Payne, Kondor and Csanyi 2010 (doi:10.1103/PhysRevLett.104.136403); SOAP: Bartok, Kondor
and Csanyi 2013 (doi:10.1103/PhysRevB.87.184115); the practice of today: Deringer et al. 2021
(doi:10.1021/acs.chemrev.1c00022).

    E = sum_i [ E0(i) + sum_s b_s k(p_i, p_s) + 1/2 sum_j V(r_ij) ],  k(p, p_s) = (p . p_s)^zeta

E0 energies of free atoms; p_i the unit power spectrum of atom i; p_s sparse points with the same
element in the middle; V a Gaussian process of the distance, for each pair of elements. Forces and
stress are the exact slopes: dE/dp is carried back through the expansion of the density.

The variance of an atom's energy is that of the process given its sparse points,
delta^2 [ k(p, p) - k_pM (K_MM)^-1 k_Mp ]: zero at a sparse point and delta^2 far from all.

Differences from the papers: a polynomial in place of the cosine cutoff; a radial weight of
neighbours (Willatt, Musil and Ceriotti 2018,
doi:10.1039/C8CP05921G); noises chosen by the validation frames; and a repulsion of nuclei at
distances that no frame holds, where it changes nothing that was learned.
"""

import itertools
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from torch import Tensor

from designer_app.compiled import HAS_COMPILER, compiled
from designer_app.device import Compute
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import MissingPackageError
from designer_app.io.potential_cards import PotentialCard
from designer_app.neighbors.pairs import NeighborList
from designer_app.nn.soap import Surroundings, surroundings
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential, Prediction
from designer_app.potentials.gap_basis import (
    GapBasis,
    basis_of,
    firsts,
    product,
    scatter_pairs,
    triangular_factor,
)
from designer_app.potentials.nuclear_repulsion import ended_repulsion
from designer_app.specs.fields import spec_from_settings
from designer_app.specs.networks import GAPSettings
from designer_app.state import AtomicState

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ATOMS_AT_ONCE = 1024
"""Bounds the memory of expansions and kernels."""
KNOT_A = 0.01
"""Distance of two knots of V."""
NEAREST_A = 0.2
"""V is tabulated from here on, and a straight line below."""


def potential(
    card: PotentialCard, arrays: Mapping[str, NDArray[Any]], compute: Compute
) -> Potential:
    """A fitted GAP; it computes on the CPU in double precision, whatever is asked."""
    del compute
    if card.settings.get("engine") == "gap_fit":
        from designer_app.potentials.quip_gap import from_arrays  # it loads by this module

        return from_arrays(arrays)
    return GAPPotential(
        card.settings,
        card.elements,
        card.references_eV,
        arrays,
        name=card.title,
        model_sha256=card.weights_sha256,
    )


class GAPPotential(Potential):
    """A Gaussian approximation potential of ours."""

    key: ClassVar[str] = "gap"
    gives: ClassVar[frozenset[str]] = frozenset(
        {"energy", "forces", "stress", "energies", "variances"}
    )
    half_list: ClassVar[bool] = False

    def __init__(
        self,
        settings: Mapping[str, Any],
        elements: tuple[str, ...],
        references: Mapping[str, float],
        arrays: Mapping[str, NDArray[Any]],
        *,
        name: str = "",
        model_sha256: str = "",
    ) -> None:
        """`elements` in the order of the arrays; `references` eV by element."""
        if not HAS_COMPILER:
            raise MissingPackageError("numba", "GAP", "pip install numba")
        self.settings: GAPSettings = spec_from_settings(GAPSettings, settings)
        numbers = [ATOMIC_NUMBERS[symbol] for symbol in elements]
        super().__init__(
            model=name,
            model_sha256=model_sha256,
            cutoff=self.settings.cutoff,
            elements=frozenset(numbers),
            device=torch.device("cpu"),
        )
        self.kind_of_number = np.full(max(numbers) + 1, -1, np.int64)
        self.kind_of_number[numbers] = np.arange(len(numbers))
        self.basis: GapBasis = basis_of(self.settings, len(numbers), arrays)
        self._references = np.array([references[symbol] for symbol in elements])
        coefficients = np.asarray(arrays["coefficients"], np.float64)
        ends = self.basis.offsets
        self._soap = [coefficients[a:b] for a, b in itertools.pairwise(ends)]
        self._slopes_by_point = [
            each[:, None] * points
            for each, points in zip(self._soap, self.basis.sparse, strict=True)
        ]
        nearest = np.asarray(arrays["nearest"], np.float64) if self.settings.repulsion else None
        self._pairs = pair_table(self.basis, coefficients[ends[-1] :], numbers, nearest)
        self._delta2 = float(arrays["delta"].item()) ** 2
        self._factors: list[Tensor] = []
        """L^T of each element, from the first time that variances are asked for."""

    def features(self, state: AtomicState, neighbors: NeighborList) -> Tensor:
        """(n_atoms, n_features) unit power spectra: distances to what was learned from."""
        near = self.surroundings(state, neighbors)
        return torch.from_numpy(self.basis.soap.spectra(near, near.kinds).unit)

    def surroundings(self, state: AtomicState, neighbors: NeighborList) -> Surroundings:
        """The neighbours that the descriptor sees."""
        return surroundings(state, neighbors, self.cutoff, self.kind_of_number)

    def predict(
        self, state: AtomicState, neighbors: NeighborList, want: frozenset[str] = ENERGY_AND_FORCES
    ) -> Prediction:
        """What is wanted of a batch, from a full list."""
        self.check(state, want)
        near = self.surroundings(state, neighbors)
        n = state.n_atoms
        slopes_wanted = bool({"forces", "stress"} & want)
        energies = self._references[near.kinds]
        variances = np.zeros(n if "variances" in want else 0)
        if len(variances) and not self._factors:
            kinds = range(len(self.basis.sparse))
            self._factors = [triangular_factor(self.basis.covariance(kind)) for kind in kinds]
        slopes = np.zeros((len(near.vectors) if slopes_wanted else 0, 3))
        for start in range(0, n, ATOMS_AT_ONCE):
            self._predict_atoms(near, start, energies, variances, slopes)
        self._predict_pairs(near, energies, slopes)
        forces = stress = None
        if slopes_wanted:
            pushed = np.zeros((n, 3))
            strain = scatter_pairs(firsts(near), near.second, near.vectors, slopes, pushed)
            forces = torch.from_numpy(pushed).to(state.dtype) if "forces" in want else None
            if "stress" in want:
                six = _by_system(state, strain)[:, [0, 5, 4, 5, 1, 3, 4, 3, 2]]
                stress = six.reshape(-1, 3, 3).to(state.dtype) / state.volume[:, None, None]
        shares = torch.from_numpy(energies).to(state.dtype)
        return Prediction(
            energy=_by_system(state, energies[:, None])[:, 0].to(state.dtype),
            forces=forces,
            stress=stress,
            energies=shares if "energies" in want else None,
            variances=torch.from_numpy(variances).to(state.dtype) if len(variances) else None,
        )

    def _predict_atoms(
        self,
        near: Surroundings,
        start: int,
        energies: FloatArray,
        variances: FloatArray,
        slopes: FloatArray,
    ) -> None:
        """Adds the kernels of up to `ATOMS_AT_ONCE` atoms from `start`."""
        end = min(start + ATOMS_AT_ONCE, len(near.kinds))
        part, basis = near.part(start, end), self.basis
        spectra = basis.soap.spectra(part, near.kinds)
        by_feature = np.zeros_like(spectra.unit)
        for kind in range(len(basis.sparse)):
            atoms = np.flatnonzero(part.kinds == kind)
            if not len(atoms):
                continue
            kernel, by_overlap = basis.kernel(spectra.unit[atoms], kind)
            energies[start + atoms] += kernel @ self._soap[kind]
            if len(slopes):
                by_feature[atoms] = product(by_overlap, self._slopes_by_point[kind])
            if len(variances):
                seen = torch.linalg.solve_triangular(
                    self._factors[kind].T, torch.from_numpy(kernel.T), upper=False
                ).numpy()
                left = 1.0 - np.square(seen).sum(axis=0)
                variances[start + atoms] = self._delta2 * np.maximum(left, 0.0)
        if len(slopes):
            pairs = slice(near.starts[start], near.starts[end])
            slopes[pairs] = basis.soap.pair_slopes(part, near.kinds, spectra, by_feature)

    def _predict_pairs(self, near: Surroundings, energies: FloatArray, slopes: FloatArray) -> None:
        if len(self._pairs):
            _add_pairs(
                near.starts, near.second, near.kinds, near.vectors, self._pairs, energies, slopes
            )


def pair_table(
    basis: GapBasis, coefficients: FloatArray, numbers: list[int], nearest: FloatArray | None
) -> FloatArray:
    """(n_kinds, n_kinds, n_knots, 4) V(r) as cubic polynomials of the distance from each knot.

    `nearest` (n_kinds, n_kinds) is the shortest distance of the data in A, where repulsion is
    wanted. Empty where there are no pairs.
    """
    n_kinds, cutoff = len(numbers), basis.soap.shape.cutoff
    if basis.pairs is None and nearest is None:
        return np.zeros((0, 0, 0, 4))
    r = np.arange(NEAREST_A, cutoff + 2 * KNOT_A, KNOT_A)
    table = np.empty((n_kinds, n_kinds, len(r) - 1, 4))
    for i in range(n_kinds):
        for j in range(i, n_kinds):
            values = np.zeros_like(r)
            if basis.pairs is not None:
                n_points = len(basis.pairs.points)
                first = n_points * int(basis.pairs.block(np.array(i), np.array(j)))
                values += basis.pairs.values(r)[0] @ coefficients[first : first + n_points]
            if nearest is not None:
                end = min(float(nearest[i, j]), cutoff)
                pair = (torch.tensor(each) for each in (numbers[i], numbers[j], end))
                values += ended_repulsion(torch.from_numpy(r), *pair)[0].numpy()
            table[i, j] = table[j, i] = CubicSpline(r, values).c[::-1].T
    return table


@compiled
def _add_pairs(
    starts: IntArray,
    second: IntArray,
    kinds: IntArray,
    vectors: FloatArray,
    table: FloatArray,
    energies: FloatArray,
    slopes: FloatArray,
) -> None:
    """Half of V to the energy of each atom, and of its slope to each pair."""
    for i in range(len(starts) - 1):
        for p in range(starts[i], starts[i + 1]):
            v = vectors[p]
            r = np.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
            rows = table[kinds[i], kinds[second[p]]]
            k = min(max(int((r - NEAREST_A) / KNOT_A), 0), len(rows) - 1)
            t = r - NEAREST_A - k * KNOT_A
            c = rows[k]
            if t < 0.0:
                value, slope = c[0] + t * c[1], c[1]
            else:
                value = c[0] + t * (c[1] + t * (c[2] + t * c[3]))
                slope = c[1] + t * (2.0 * c[2] + 3.0 * t * c[3])
            energies[i] += 0.5 * value
            if len(slopes) > 0:
                for axis in range(3):
                    slopes[p, axis] += 0.5 * slope * v[axis] / r


def _by_system(state: AtomicState, of_atoms: FloatArray) -> Tensor:
    """Sums over the atoms of each structure."""
    given = torch.from_numpy(of_atoms)
    zeros = torch.zeros(state.n_systems, given.shape[1], dtype=given.dtype)
    return zeros.index_add(0, state.system_idx, given)
