"""Units of labels: what they are worth inside the program, and which one a file seems to use."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from designer_app.units import BAR, GPA

HARTREE = 27.21138602
BOHR = 0.52917721067
KCAL_MOL = 0.043364106
KJ_MOL = 0.010364269

UNITS: Mapping[str, Mapping[str, float]] = {
    "energy": {
        "eV": 1.0,
        "eV/atom": 1.0,
        "Ha": HARTREE,
        "Ry": HARTREE / 2,
        "kcal/mol": KCAL_MOL,
        "kJ/mol": KJ_MOL,
    },
    "forces": {
        "eV/A": 1.0,
        "Ha/bohr": HARTREE / BOHR,
        "Ry/bohr": HARTREE / 2 / BOHR,
        "Ha/A": HARTREE,
        "kcal/mol/A": KCAL_MOL,
        "kJ/mol/A": KJ_MOL,
    },
    "stress": {
        "eV/A^3": 1.0,
        "GPa": GPA,
        "kbar": 1e3 * BAR,
        "bar": BAR,
        "eV": -1.0,
        "Ha": -HARTREE,
        "-eV/A^3": -1.0,
        "-GPa": -GPA,
        "-kbar": -1e3 * BAR,
        "-bar": -BAR,
        "-eV": 1.0,
    },
    "magmoms": {"muB": 1.0},
}
"""quantity -> unit -> factor to eV, eV/A, eV/A^3 (tension positive), Bohr magnetons.

A minus in front of a unit of stress: positive under compression, as VASP and LAMMPS write it. A
virial in eV, positive under compression as in QUIP and DeePMD-kit, is divided by the volume."""

VIRIAL_UNITS = frozenset({"eV", "Ha", "-eV"})

_FORCES_OF_ENERGY = {
    "eV": "eV/A",
    "eV/atom": "eV/A",
    "Ha": "Ha/bohr",
    "Ry": "Ry/bohr",
    "kcal/mol": "kcal/mol/A",
    "kJ/mol": "kJ/mol/A",
}
_ALL_ELECTRON_WITHIN = 0.04
"""Bonds, functional and relativity change the energy of light atoms by less."""


def forces_unit(energy_unit: str) -> str:
    """The unit of forces that usually goes with one of energies."""
    return _FORCES_OF_ENERGY[energy_unit]


def all_electron_unit(energies: Sequence[float], numbers: Sequence[NDArray[np.int64]]) -> str:
    """The unit in which energies are those of all electrons of the atoms; "" where in none.

    The energy of all electrons of an atom is known to a few per cent from its charge alone, which
    tells Ha from eV and kcal/mol. Energies with pseudopotentials have no absolute scale.
    """
    known = [
        (energy, all_electron_energy(z))
        for energy, z in zip(energies, numbers, strict=True)
        if np.isfinite(energy) and (z > 1).any()
    ]
    if not known:
        return ""
    ratio = float(np.median([energy / expected for energy, expected in known]))
    for unit in ("eV", "Ha", "kcal/mol", "Ry", "kJ/mol"):
        if abs(ratio * UNITS["energy"][unit] - 1.0) < _ALL_ELECTRON_WITHIN:
            return unit
    return ""


def all_electron_energy(numbers: NDArray[np.int64]) -> float:
    """Energy of all electrons of free atoms in eV, to about 1 % above He.

    E(Z) = -0.768745 Z^(7/3) + Z^2/2 - 0.269900 Z^(5/3) hartree: Thomas-Fermi with the corrections
    of Scott and Schwinger (Schwinger 1981, doi:10.1103/PhysRevA.24.2353).
    """
    z = numbers.astype(np.float64)
    hartree = -0.768745 * z ** (7 / 3) + 0.5 * z**2 - 0.269900 * z ** (5 / 3)
    return float(np.where(z == 1, -0.5, hartree).sum() * HARTREE)


_STRESS_SCALES = (("eV/A^3", 1.0), ("GPa", 60.0), ("-kbar", 3000.0))
"""(unit, largest usual entry): solids are studied between 0.01 and some 50 GPa."""


def guess_stress_unit(key: str, values: Sequence[NDArray[np.float64]], usual: str) -> str:
    """The unit of a stress by the name of its key, what its format mostly has, and its size.

    kbar and bar are units of VASP and LAMMPS, which count compression as positive.
    """
    if "virial" in key.lower() and "stress" not in key.lower():
        return "eV"
    if usual:
        return usual
    largest = [float(np.abs(each).max()) for each in values if np.isfinite(each).all()]
    sizes = [size for size in largest if size > 0.0]
    typical = float(np.median(sizes)) if sizes else 0.0
    return next((unit for unit, bound in _STRESS_SCALES if typical < bound), "-bar")
