"""Units: inside the program eV, A, amu, K and ASE's time unit A (amu/eV)^(1/2).

Everything else exists only at the edges (forms, command line, reports). The numbers follow
CODATA 2014 because ASE and the `chgnet` package do, and energies must be comparable with theirs.
"""

import math

_ELEMENTARY_CHARGE_C = 1.6021766208e-19
_AMU_KG = 1.660539040e-27
_BOLTZMANN_J_K = 1.38064852e-23
_AVOGADRO = 6.022140857e23
_JOULE = 1.0 / _ELEMENTARY_CHARGE_C

SECOND = 1e10 * math.sqrt(_ELEMENTARY_CHARGE_C / _AMU_KG)
"""One second in internal time."""
FS = 1e-15 * SECOND
"""One femtosecond in internal time."""
PS = 1e3 * FS
"""One picosecond in internal time."""
KB = _BOLTZMANN_J_K * _JOULE
"""Boltzmann constant in eV/K."""
GPA = 1e9 * _JOULE * 1e-30
"""One gigapascal in eV/A^3."""
BAR = 1e-4 * GPA
"""One bar in eV/A^3."""
CM = 1e8
"""One centimetre in A."""
AMU_PER_A3_IN_G_CM3 = 1e24 / _AVOGADRO
"""One amu/A^3 in g/cm^3."""
CM2_PER_S = CM**2 / SECOND
"""One cm^2/s in A^2 per internal time."""
KELVIN_AT_0_C = 273.15
