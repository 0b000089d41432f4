"""Screened repulsion of nuclei, for distances at which nothing was learned."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

COULOMB_EV_A = 14.399645
"""e^2 / (4 pi epsilon_0)."""
BOHR_A = 0.529177
_SHARES = np.array([0.18175, 0.50986, 0.28022, 0.02817])
_RATES = np.array([3.19980, 0.94229, 0.40290, 0.20162])


def nuclear_repulsion(r: FloatArray, first: int, second: int) -> FloatArray:
    """Z1 Z2 e^2 / (4 pi epsilon_0 r) phi(r / a) in eV, a = 0.8854 a0 / (Z1^0.23 + Z2^0.23).

    Ziegler, Biersack and Littmark 1985, The Stopping and Range of Ions in Solids; the four
    exponentials of phi as in LAMMPS (doi:10.1016/j.cpc.2021.108171, pair style zbl).
    """
    length = 0.8854 * BOHR_A / (first**0.23 + second**0.23)
    screening = np.exp(-np.outer(r / length, _RATES)) @ _SHARES
    found: FloatArray = COULOMB_EV_A * first * second / r * screening
    return found
