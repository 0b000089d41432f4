"""A cell as LAMMPS holds it: lower triangular, right-handed, little tilted, periodic axes first."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.neighbors.home_cell import spanning_cell

FloatArray = NDArray[np.float64]

_ROOM = 1.0
"""A beyond the outermost atoms where there is no periodicity; the box grows with them."""
_UPRIGHT = 1e-12
"""Share of an edge below which a tilt is rounding."""


@dataclass(frozen=True, eq=False)
class LammpsBox:
    """The same lattice in other vectors and other axes: x -> x @ rotation."""

    cell: FloatArray
    """(3, 3) A, lower triangular with a positive diagonal; axes that do not repeat are normal to
    those that do, which LAMMPS asks of a tilted box."""
    rotation: FloatArray
    """(3, 3) from our axes to LAMMPS'."""
    periodic: tuple[bool, bool, bool]
    """Of each axis of LAMMPS."""

    @classmethod
    def of(cls, cell: FloatArray, pbc: tuple[bool, bool, bool]) -> "LammpsBox":
        """The box of a cell (A, rows are lattice vectors) with 0 to 3 periodic directions.

        Short vectors nearly at right angles span the same lattice: LAMMPS slows down where the
        box is much tilted.
        """
        from ase.geometry import minkowski_reduce

        repeats = np.array(pbc)
        spanning = spanning_cell(np.array(cell)[None], repeats[None])[0]
        if repeats.sum() > 1:
            flags: Any = repeats  # declared as one flag, takes three
            spanning = np.asarray(minkowski_reduce(spanning, flags)[0])
        order = np.argsort(~repeats, kind="stable")
        rows = spanning[order]
        if np.linalg.det(rows) < 0.0:
            rows[2] *= -1.0
        # L Q = rows with the diagonal of L positive: QR of the transpose, signs moved over.
        axes, upper = np.linalg.qr(rows.T)
        signs = np.sign(np.diag(upper))
        lower = np.tril((upper * signs[:, None]).T)
        lower[np.abs(lower) < _UPRIGHT * np.diag(lower).max()] = 0.0
        one, two, three = repeats[order].tolist()
        return cls(lower, axes * signs, (one, two, three))

    def to_lammps(self, vectors: FloatArray) -> FloatArray:
        """Vectors of ours in LAMMPS' axes."""
        return vectors @ self.rotation

    def from_lammps(self, vectors: FloatArray) -> FloatArray:
        """Vectors of LAMMPS in our axes."""
        return vectors @ self.rotation.T

    def tensor_from_lammps(self, tensor: FloatArray) -> FloatArray:
        """A (3, 3) tensor of LAMMPS in our axes."""
        return self.rotation @ tensor @ self.rotation.T

    def region(self, positions: FloatArray) -> str:
        """The command that declares the box around atoms at these positions, in our axes."""
        inside = self.to_lammps(positions)
        bounds: list[float] = []
        for axis, repeats in enumerate(self.periodic):
            if repeats:
                bounds += [0.0, self.cell[axis, axis]]
            else:
                bounds += [inside[:, axis].min() - _ROOM, inside[:, axis].max() + _ROOM]
        tilts = [self.cell[1, 0], self.cell[2, 0], self.cell[2, 1]]
        if not any(tilts):
            return _line("region box block", bounds)
        return _line("region box prism", bounds + tilts)


def _line(words: str, numbers: list[float]) -> str:
    return " ".join([words, *(repr(float(value)) for value in numbers)])
