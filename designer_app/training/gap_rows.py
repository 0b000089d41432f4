"""Rows of the linear problem of a GAP: what each function of the basis says of a frame's labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.compiled import compiled
from designer_app.nn.soap import Surroundings
from designer_app.potentials.gap_basis import GapBasis, firsts, product

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FrameRows:
    """Of one frame, in eV and A; columns are those of the basis."""

    energy: FloatArray
    """(1, n_columns)."""
    forces: FloatArray
    """(3 n_atoms, n_columns)."""
    virial: FloatArray
    """(6, n_columns) dE/d(strain), xx yy zz yz xz xy."""


def frame_rows(near: Surroundings, basis: GapBasis) -> FrameRows:
    """Energy, forces and virial of every function for one frame."""
    n = len(near.kinds)
    energy = np.zeros((1, basis.n_columns))
    forces = np.zeros((3 * n, basis.n_columns))
    virial = np.zeros((6, basis.n_columns))
    spectra = basis.soap.spectra(near, near.kinds)
    for kind, sparse in enumerate(basis.sparse):
        atoms = np.flatnonzero(near.kinds == kind)
        if not len(atoms):
            continue
        kernel, slopes = basis.kernel(spectra.unit[atoms], kind)
        columns = slice(basis.offsets[kind], basis.offsets[kind + 1])
        energy[0, columns] = kernel.sum(axis=0)
        across = np.ascontiguousarray(sparse.T)
        for atom, slope in zip(atoms, slopes, strict=True):
            touched, derivative = basis.soap.derivative(near, near.kinds, spectra, int(atom))
            by_position = product(derivative, across)
            _scatter(by_position, slope, touched, int(columns.start), forces, virial)
    if basis.pairs is not None:
        _pair_rows(near, basis, energy, forces, virial)
    return FrameRows(energy, forces, virial)


@compiled
def _scatter(
    derivative: FloatArray,
    slope: FloatArray,
    touched: IntArray,
    column: int,
    forces: FloatArray,
    virial: FloatArray,
) -> None:
    for k in range(len(touched)):
        for axis in range(3):
            row = 3 * touched[k] + axis
            for s in range(len(slope)):
                forces[row, column + s] -= slope[s] * derivative[3 * k + axis, s]
    last = 3 * len(touched)
    for k in range(6):
        for s in range(len(slope)):
            virial[k, column + s] += slope[s] * derivative[last + k, s]


def _pair_rows(
    near: Surroundings,
    basis: GapBasis,
    energy: FloatArray,
    forces: FloatArray,
    virial: FloatArray,
) -> None:
    pairs = basis.pairs
    assert pairs is not None
    first, r = firsts(near), np.linalg.norm(near.vectors, axis=1)
    values, slopes = pairs.values(r)
    block = pairs.block(near.kinds[first], near.kinds[near.second])
    columns = int(basis.offsets[-1]) + len(pairs.points) * block
    _scatter_pairs(
        first, near.second, near.vectors, columns, 0.5 * values,
        0.5 * slopes / r[:, None], energy, forces, virial,
    )  # fmt: skip


@compiled
def _scatter_pairs(
    first: IntArray,
    second: IntArray,
    vectors: FloatArray,
    columns: IntArray,
    values: FloatArray,
    slopes: FloatArray,
    energy: FloatArray,
    forces: FloatArray,
    virial: FloatArray,
) -> None:
    for p in range(len(first)):
        x = vectors[p]
        for t in range(values.shape[1]):
            column, slope = columns[p] + t, slopes[p, t]
            energy[0, column] += values[p, t]
            for k in range(3):
                forces[3 * first[p] + k, column] += slope * x[k]
                forces[3 * second[p] + k, column] -= slope * x[k]
                virial[k, column] += slope * x[k] * x[k]
            virial[3, column] += slope * x[1] * x[2]
            virial[4, column] += slope * x[0] * x[2]
            virial[5, column] += slope * x[0] * x[1]
