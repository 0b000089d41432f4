"""The sparse Gaussian process as one linear least-squares problem.

With K_nM the rows of the labels y, their noises Sigma, and K_MM = L L^T, the coefficients b
minimise |Sigma^(-1/2) (K_nM b - y)|^2 + |L^T b|^2 / delta^2. It is solved through the QR
decomposition of [Sigma^(-1/2) K_nM; L^T / delta], never through normal equations, which would
square the condition number (doi:10.1021/acs.chemrev.1c00022, section 2.4; Foster et al. 2009,
Journal of Machine Learning Research 10, 857).

Rows come in blocks; each is rotated into the triangle R of what came before, so memory is that of
one block. Rows of energies, forces and virials have a triangle each: noises can then be tried out
at the cost of a small problem, without the frames.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from designer_app.potentials.gap_basis import GapBasis, triangular_factor
from designer_app.training.gap_frames import Described
from designer_app.training.gap_rows import FrameRows

FloatArray = NDArray[np.float64]

PAIR_DELTA = 10.0
"""eV: pairs may take what they like."""


class Triangle:
    """R of the rows (k | y) given so far, by QR in blocks."""

    def __init__(self, n_columns: int) -> None:
        self.n_columns = n_columns + 1
        self._held: list[Tensor] = []
        self._n_held = 0

    def add(self, rows: FloatArray, labels: FloatArray) -> None:
        """Takes rows with their labels in."""
        self._held.append(torch.from_numpy(np.column_stack([rows, labels])))
        self._n_held += len(rows)
        if self._n_held > 4 * self.n_columns:
            self._rotate()

    def restore(self, rows: Tensor) -> None:
        """Begin with what `rows` gave earlier."""
        self._held, self._n_held = [rows], len(rows)

    def _rotate(self) -> None:
        stacked = torch.cat(self._held)
        _, triangle = torch.linalg.qr(stacked, mode="r")
        self._held, self._n_held = [triangle], len(triangle)

    def rows(self) -> Tensor:
        """As few rows as tell the same: (at most n_columns + 1, n_columns + 1)."""
        if self._n_held > self.n_columns:
            self._rotate()
        if not self._held:
            return torch.zeros(0, self.n_columns, dtype=torch.float64)
        return self._held[0] if len(self._held) == 1 else torch.cat(self._held)


@dataclass(frozen=True, kw_only=True)
class Noise:
    """How far labels may be off, and how far energies of atoms may go, eV and A."""

    energy: float
    forces: float
    virial: float
    delta: float


class Labels:
    """Triangles of energies, forces and virials, each for a noise of 1."""

    def __init__(self, n_columns: int) -> None:
        self._energy, self._forces, self._virial = (Triangle(n_columns) for _ in range(3))

    def add(self, frame: Described, rows: FrameRows, factors: Mapping[str, float]) -> None:
        """Takes a frame in. Noises of energies and virials grow with the root of its atoms."""
        by_tag = 1.0 / factors.get(frame.tag, 1.0)
        by_size = by_tag / np.sqrt(frame.n_atoms)
        if frame.energy is not None:
            self._energy.add(rows.energy * by_size, np.array([frame.energy]) * by_size)
        if frame.forces is not None:
            self._forces.add(rows.forces * by_tag, frame.forces * by_tag)
        if frame.virial is not None:
            self._virial.add(rows.virial * by_size, frame.virial * by_size)

    def triangles(self) -> tuple[Tensor, Tensor, Tensor]:
        """Rows of energies, forces and virials."""
        return self._energy.rows(), self._forces.rows(), self._virial.rows()

    def restore(self, triangles: Sequence[Tensor]) -> None:
        """Begin with what `triangles` gave earlier."""
        for mine, rows in zip((self._energy, self._forces, self._virial), triangles, strict=True):
            mine.restore(rows)

    @staticmethod
    def weighted(
        triangles: tuple[Tensor, Tensor, Tensor], noise: Noise
    ) -> tuple[tuple[Tensor, float], ...]:
        """Each with its noise."""
        return tuple(zip(triangles, (noise.energy, noise.forces, noise.virial), strict=True))


def prior_rows(basis: GapBasis) -> tuple[Tensor, Tensor]:
    """L^T of K_MM by blocks, and for each row whether it is one of pairs."""
    n = basis.n_columns
    rows = torch.zeros(n, n, dtype=torch.float64)
    for kind in range(len(basis.sparse)):
        part = slice(int(basis.offsets[kind]), int(basis.offsets[kind + 1]))
        rows[part, part] = triangular_factor(basis.covariance(kind))
    is_pair = torch.zeros(n, dtype=torch.bool)
    is_pair[int(basis.offsets[-1]) :] = True
    if basis.pairs is not None:
        one = triangular_factor(basis.pairs.covariance())
        for start in range(int(basis.offsets[-1]), n, len(one)):
            rows[start : start + len(one), start : start + len(one)] = one
    return rows, is_pair


def solved(
    labelled: Sequence[tuple[Tensor, float]], prior: tuple[Tensor, Tensor], delta: float
) -> FloatArray:
    """Coefficients from (rows, noise) of each kind of label."""
    rows, is_pair = prior
    scale = torch.where(is_pair, 1.0 / PAIR_DELTA, 1.0 / delta)
    zeros = torch.zeros(len(rows), 1, dtype=torch.float64)
    parts = [each / noise for each, noise in labelled if len(each)]
    parts.append(torch.cat([rows * scale[:, None], zeros], dim=1))
    _, triangle = torch.linalg.qr(torch.cat(parts), mode="r")
    n = len(rows)
    found = torch.linalg.solve_triangular(triangle[:n, :n], triangle[:n, n:], upper=True)
    return found[:, 0].numpy()
