"""What the crystal network says of a crystal: one row a number."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STABLE = 0.05
"""eV/atom above the hull up to which a crystal counts as stable."""
BAD = 0.10
"""eV/atom above the hull up to which a crystal is worth a relaxation."""
FEWEST = 300
"""Labels a head needs to be shipped."""


@dataclass(frozen=True, kw_only=True)
class HeadRow:
    """A number the network is trained on."""

    key: str
    title: str
    unit: str
    scale: str = "as is"
    """How labels become what the network fits: "as is", "log" (ln), "above" (ln(1 + x / 50 meV)),
    "logit" (a probability; labels are 0 and 1)."""
    importance: float = 1.0
    """Weight of its loss."""
    least: float = -np.inf
    """Smallest value with a meaning."""
    applicability: str = ""


HEADS = (
    HeadRow(
        key="formation_energy",
        title="Formation energy",
        unit="eV/atom",
        importance=3.0,
        applicability="Crystals of PBE/PBE+U with the Materials Project's corrections, relaxed.",
    ),
    HeadRow(
        key="e_above_hull",
        title="Energy above hull",
        unit="eV/atom",
        scale="above",
        importance=1.0,
        least=0.0,
        applicability="A first sieve: known crystals against the tabulated hull, swapped ones "
        "against CHGNet's.",
    ),
    HeadRow(
        key="stability",
        title="Chance of stability",
        unit="",
        scale="logit",
        importance=1.0,
        least=0.0,
        applicability="Chance to lie within 50 meV/atom of the hull.",
    ),
    HeadRow(
        key="expansion",
        title="Volume on relaxation",
        unit="ln(V/V0)",
        importance=0.7,
        applicability="How much the cell grows until it is relaxed; learned from known crystals "
        "stretched by some 3 % and from relaxations of substituted ones, which judge it.",
    ),
    HeadRow(
        key="band_gap",
        title="Band gap (PBE)",
        unit="eV",
        importance=0.7,
        least=0.0,
        applicability="PBE gaps, some 40 % below experiment; 0 for metals.",
    ),
    HeadRow(
        key="log_bulk_modulus",
        title="Bulk modulus",
        unit="log10 GPa",
        importance=0.5,
        applicability="Voigt-Reuss-Hill average.",
    ),
    HeadRow(
        key="log_shear_modulus",
        title="Shear modulus",
        unit="log10 GPa",
        importance=0.5,
        applicability="Voigt-Reuss-Hill average; learned from binary crystals.",
    ),
    HeadRow(
        key="refractive_index",
        title="Refractive index",
        unit="",
        scale="log",
        importance=0.3,
        least=1.0,
        applicability="Electronic, at long waves; its square is the electronic dielectric "
        "constant. Insulators with n below 8.",
    ),
    HeadRow(
        key="highest_phonon",
        title="Highest phonon frequency",
        unit="1/cm",
        scale="log",
        importance=0.3,
        least=0.0,
        applicability="Last peak of the phonon density of states; insulators.",
    ),
    HeadRow(
        key="heat_capacity",
        title="Heat capacity",
        unit="J/(mol K) an atom",
        importance=0.3,
        least=0.0,
        applicability="Constant volume, 300 K, harmonic; learned from binary crystals.",
    ),
    HeadRow(
        key="magnetization",
        title="Magnetic moments",
        unit="Bohr magnetons an atom",
        importance=0.5,
        least=0.0,
        applicability="Sum of the sizes of the atoms' moments as CHGNet has them.",
    ),
)
KEYS = tuple(row.key for row in HEADS)


def fitted(row: HeadRow, values: Floats) -> Floats:
    """Labels as the network fits them."""
    if row.scale == "log":
        return np.log(values)
    if row.scale == "above":
        return np.log1p(np.maximum(values, 0.0) / STABLE)
    return values


def unfitted(row: HeadRow, values: Floats) -> Floats:
    """Back from what the network fits to the head's unit."""
    if row.scale == "log":
        values = np.exp(values)
    elif row.scale == "above":
        values = np.expm1(values) * STABLE
    elif row.scale == "logit":
        values = 1.0 / (1.0 + np.exp(-values))
    return np.maximum(values, row.least)
