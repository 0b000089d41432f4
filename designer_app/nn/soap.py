"""Smooth overlap of atomic positions: the surroundings of each atom as a unit vector.

Bartok, Kondor and Csanyi 2013, doi:10.1103/PhysRevB.87.184115.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.neighbors.pairs import NeighborList, pair_vectors
from designer_app.nn.soap_basis import KNOT_A, SoapShape, radial_table
from designer_app.nn.soap_kernels import carry_back, densities, derivatives, power_spectra
from designer_app.nn.solid_harmonics import harmonic_norms
from designer_app.state import AtomicState

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The neighbours of the atoms of a batch, nearer than the cutoff."""

    starts: IntArray
    """(n_atoms + 1,) where each atom's neighbours begin."""
    second: IntArray
    """(n_pairs,) the neighbour."""
    vectors: FloatArray
    """(n_pairs, 3) from the atom to it, A."""
    kinds: IntArray
    """(n_atoms,) number of the element among those of the potential."""

    def part(self, first: int, end: int) -> "Surroundings":
        """Those of the atoms from `first` up to `end`; `kinds` are then of these atoms only."""
        pairs = slice(self.starts[first], self.starts[end])
        starts = self.starts[first : end + 1] - self.starts[first]
        return Surroundings(starts, self.second[pairs], self.vectors[pairs], self.kinds[first:end])


def surroundings(
    state: AtomicState, neighbors: NeighborList, cutoff: float, kind_of_number: IntArray
) -> Surroundings:
    """What SOAP reads of a state on the CPU, from a full list."""
    assert not neighbors.half, "SOAP reads each pair from both ends"
    with torch.no_grad():
        vectors = pair_vectors(state, neighbors)
        near = (vectors.square().sum(dim=1) < cutoff * cutoff).nonzero().squeeze(1)
    first = neighbors.first[near].numpy()
    return Surroundings(
        np.searchsorted(first, np.arange(state.n_atoms + 1)),
        neighbors.second[near].numpy(),
        vectors[near].to(torch.float64).numpy(),
        kind_of_number[state.numbers.numpy()],
    )


@dataclass(frozen=True, eq=False)
class Spectra:
    """Power spectra of atoms, and what their slopes need."""

    unit: FloatArray
    """(n_atoms, n_features) unit vectors."""
    lengths: FloatArray
    """(n_atoms,) before they were made unit vectors."""
    density: FloatArray
    """(n_atoms, (l_max + 1)^2, n_kinds n_max) expansion of the density."""


class Soap:
    """The descriptor of given shape for so many elements."""

    def __init__(self, shape: SoapShape, n_kinds: int) -> None:
        self.shape = shape
        self.n_channels = n_kinds * shape.n_max
        self.n_features = (shape.l_max + 1) * self.n_channels * (self.n_channels + 1) // 2
        table = radial_table(shape)
        self._table, self._at_center = table.coefficients, table.at_center
        self._norms = harmonic_norms(shape.l_max)

    def spectra(self, near: Surroundings, kinds: IntArray) -> Spectra:
        """Power spectra of atoms; `kinds` are of all atoms that `second` may name."""
        n = len(near.kinds)
        density = np.zeros((n, len(self._norms), self.n_channels))
        densities(
            near.vectors,
            near.starts,
            kinds[near.second],
            near.kinds,
            KNOT_A,
            self.shape.cutoff,
            self._table,
            self._at_center,
            self._norms,
            density,
        )
        unit, lengths = np.empty((n, self.n_features)), np.empty(n)
        power_spectra(density, self.shape.l_max, unit, lengths)
        return Spectra(unit, lengths, density)

    def pair_slopes(
        self, near: Surroundings, kinds: IntArray, spectra: Spectra, slopes: FloatArray
    ) -> FloatArray:
        """(n_pairs, 3) dE/d(vector) in eV/A from dE/d(unit), `slopes` (n_atoms, n_features)."""
        found = np.empty_like(near.vectors)
        carry_back(
            near.vectors,
            near.starts,
            kinds[near.second],
            KNOT_A,
            self.shape.cutoff,
            self._table,
            self._norms,
            spectra.density,
            spectra.unit,
            spectra.lengths,
            slopes,
            found,
        )
        return found

    def derivative(
        self, near: Surroundings, kinds: IntArray, spectra: Spectra, atom: int
    ) -> tuple[IntArray, FloatArray]:
        """Atoms on which one atom's unit vector depends, and its derivative by their positions.

        The first is the atom itself. (3 n + 6, n_features): three rows for each, then six of
        strain (xx, yy, zz, yz, xz, xy), the sum of x_ij (x) dp/dx_ij.
        """
        pairs = slice(near.starts[atom], near.starts[atom + 1])
        second = near.second[pairs]
        others = np.unique(second[second != atom])
        atoms = np.concatenate([[atom], others])
        rows = np.where(second == atom, 0, 1 + np.searchsorted(others, second))
        found = np.zeros((3 * len(atoms) + 6, self.n_features))
        derivatives(
            near.vectors[pairs],
            kinds[second],
            rows,
            KNOT_A,
            self.shape.cutoff,
            self._table,
            self._norms,
            spectra.density[atom],
            spectra.unit[atom],
            spectra.lengths[atom],
            found,
        )
        return atoms, found
