"""Structures with what a reference calculation said of them: what potentials learn from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.specs.structure import Structure


@dataclass(frozen=True, eq=False)
class LabelledFrame:
    """One structure and its labels; a label that is not known is None."""

    structure: Structure
    energy: float | None = None
    """Total energy, eV."""
    forces: NDArray[np.float64] | None = None
    """(n_atoms, 3) eV/A."""
    stress: NDArray[np.float64] | None = None
    """(3, 3) eV/A^3, tension positive, symmetric."""
    magmoms: NDArray[np.float64] | None = None
    """(n_atoms,) Bohr magnetons."""
    tag: str = ""
    """Group named in the file, such as "AIMD-NVT" or "Surface"."""
    source: str = ""
    """File it came from."""
    index: int = 0
    """Its place in that file, from 0."""
    settings: str = ""
    """Functional, cutoff, code of the calculation as far as the file tells, in one line."""

    def __len__(self) -> int:
        return len(self.structure)
