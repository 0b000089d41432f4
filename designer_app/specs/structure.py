"""A structure as plain arrays: what crosses between window, worker and files."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Structure:
    """Atoms in a cell as read-only numpy arrays."""

    numbers: NDArray[np.int64]
    """(n_atoms,) atomic numbers."""
    positions: NDArray[np.float64]
    """(n_atoms, 3) A, unwrapped."""
    cell: NDArray[np.float64]
    """(3, 3) A, rows are lattice vectors; zeros where there is none."""
    pbc: tuple[bool, bool, bool]
    velocities: NDArray[np.float64] | None = None
    """(n_atoms, 3) A per internal time unit."""
    magmoms: NDArray[np.float64] | None = None
    """(n_atoms,) Bohr magnetons, where known."""
    fixed: NDArray[np.bool_] | None = None
    """(n_atoms,) True where an atom may not move."""
    masses: NDArray[np.float64] | None = None
    """(n_atoms,) amu, where they differ from the standard ones."""
    name: str = ""
    disordered_sites: int = 0
    """Sites that are shared or partly occupied: energies are refused while this is not 0."""
    disorder_example: str = ""
    """The first such site in words, e.g. "Ni 0.40 Mn 0.35 Co 0.25 at (0, 0, 0.5)"."""

    def __post_init__(self) -> None:
        for array in (self.numbers, self.positions, self.cell):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def volume(self) -> float:
        """Cell volume in A^3; 0 where the structure has no three lattice vectors."""
        return float(abs(np.linalg.det(self.cell)))
