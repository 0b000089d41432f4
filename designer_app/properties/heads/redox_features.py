"""What of a framework and its ion decides about a voltage: who is oxidised, from what to what.

Charges of all but the redox metals are taken as usual (O -2, F -1, P +5, ...; S, Se and N in
oxoanions positive); what is left is shared by the redox metals, before and after the insertion.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from designer_app.properties.features import Amounts, ElementTable, composition_features

ION_CHARGE = {
    "Li": 1, "Na": 1, "K": 1, "Rb": 1, "Cs": 1, "Mg": 2, "Ca": 2, "Zn": 2, "Al": 3, "Y": 3,
}  # fmt: skip
REDOX = (
    "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Mo", "W", "Nb", "Ru", "Re", "Ag", "Bi", "Sn",
    "Sb", "Ce", "Eu", "Yb", "Ta", "Rh", "Pd", "Ir", "Pt", "Os", "Tc", "Te", "Pb", "U",
)  # fmt: skip
FIRST_ROW = REDOX[:9]
ANION_CHARGE = {"F": -1, "Cl": -1, "Br": -1, "I": -1, "O": -2, "S": -2, "Se": -2, "N": -3}
OXOANION_CHARGE = {"S": 6, "Se": 6, "N": 5, "Cl": 5, "Br": 5, "I": 5}
"""Of a centre with at least three oxygen atoms."""
CATION_CHARGE = {
    **ION_CHARGE,
    "Sr": 2, "Ba": 2, "Cd": 2, "Be": 2, "Ga": 3, "In": 3, "Sc": 3, "La": 3, "Pr": 3, "Nd": 3,
    "Sm": 3, "Gd": 3, "Er": 3, "Ho": 3, "Tb": 3, "Dy": 3, "Tm": 3, "Lu": 3, "B": 3, "Hf": 4,
    "Zr": 4, "C": 4, "Si": 4, "Ge": 4, "P": 5, "As": 5, "H": 1,
}  # fmt: skip
CENTRES = ("P", "S", "Si", "B", "C", "As", "Ge", "H", "N", "Se", "V", "Mo", "W")
ANIONS = ("O", "F", "S", "Se", "Cl", "Br", "I", "N")
_MEANS = slice(0, 19)
"""The means among `composition_features`."""


def redox_features(
    framework: Amounts, ion: str, before: float, after: float, table: ElementTable
) -> NDArray[np.float64]:
    """One row; `before` and `after` are ions for the framework as written."""
    n = sum(framework.values())
    share = {each: amount / n for each, amount in framework.items()}
    before, after, charge = before / n, after / n, ION_CHARGE[ion]
    redox = {each: share[each] for each in REDOX if each in share}
    metals = sum(redox.values())
    fixed = _fixed_charge(share, redox)
    per_metal = 1.0 / metals if metals else 0.0
    high = (-fixed - charge * before) * per_metal
    low = (-fixed - charge * after) * per_metal
    group = sum(x * float(table.of(each)[1]) for each, x in redox.items()) * per_metal
    row = sum(x * float(table.of(each)[2]) for each, x in redox.items()) * per_metal
    oxygen = share.get("O", 0.0)
    centres = [share.get(each, 0.0) for each in CENTRES]
    cations = {each: x for each, x in share.items() if each not in ANION_CHARGE}
    numbers = [
        *(before, after, after - before, charge * (after - before)),
        charge * (after - before) * per_metal,
        before / after,
        *(high, low, high - low, (high + low) / 2.0, group - high, group - low, group, row),
        *(metals, len(redox), len(share), fixed, oxygen * per_metal),
        sum(centres[:6]) * per_metal,
        *(charge, *table.of(ion)[[4, 6, 7]]),
        *(share.get(each, 0.0) for each in ANIONS),
        *centres,
        *(float(ion == each) for each in ION_CHARGE),
        *(redox.get(each, 0.0) * per_metal for each in REDOX),
        *(redox.get(each, 0.0) * per_metal * low for each in FIRST_ROW),
    ]
    parts = [
        np.array(numbers, dtype=np.float64),
        composition_features(share, table),
        composition_features(redox, table)[_MEANS],
        composition_features(cations, table)[_MEANS],
    ]
    return np.nan_to_num(np.concatenate(parts))


def _fixed_charge(share: Mapping[str, float], redox: Mapping[str, float]) -> float:
    """Charge of everything but redox metals and working ion."""
    oxygen, total = share.get("O", 0.0), 0.0
    for each, x in share.items():
        if each in redox:
            continue
        if each in OXOANION_CHARGE and oxygen >= 3.0 * x:
            total += OXOANION_CHARGE[each] * x
        else:
            total += ANION_CHARGE.get(each, CATION_CHARGE.get(each, 0)) * x
    return total
