"""What speaks against a computed voltage: charges out of reach, or a host that did not stay."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import COVALENT_RADII, SYMBOLS
from designer_app.properties.working_ions import formula_at, is_ion
from designer_app.specs.structure import Structure
from designer_app.specs.voltage import ION_CHARGES

HIGHEST_VOLTAGE = 6.0
"""V. Above, no electrolyte was found and potentials have seen no such crystals."""
LARGEST_SHIFT_A = 1.0
"""Of a host atom against the others, beyond which the host is another one."""
LARGEST_SHARE_CHANGED = 0.15
"""Of the host's bonds."""
_BOND = 1.25
"""Times the sum of the covalent radii: what counts as a bond."""

# Oxidation states that electrodes reach: the lowest on discharge and the highest on charge.
_STATES: Mapping[str, tuple[int, int]] = {
    "Ti": (3, 4),
    "V": (2, 5),
    "Cr": (2, 6),
    "Mn": (2, 4),
    "Fe": (2, 3),
    "Co": (2, 4),
    "Ni": (2, 4),
    "Cu": (1, 2),
    "Nb": (3, 5),
    "Mo": (3, 6),
    "Ru": (3, 5),
    "Ag": (1, 1),
    "Ta": (4, 5),
    "W": (4, 6),
    "Re": (4, 7),
    "Ir": (3, 5),
    "Sn": (2, 4),
    "Sb": (3, 5),
    "Bi": (3, 5),
    "Ce": (3, 4),
    "Eu": (2, 3),
    "U": (3, 6),
    "H": (1, 1),
    "B": (3, 3),
    "C": (4, 4),
    "Si": (4, 4),
    "Ge": (4, 4),
    "P": (5, 5),
    "As": (5, 5),
    "Al": (3, 3),
    "Ga": (3, 3),
    "In": (3, 3),
    "Zn": (2, 2),
    "Cd": (2, 2),
    "Zr": (4, 4),
    "Hf": (4, 4),
    **dict.fromkeys(("F", "Cl", "Br", "I"), (-1, -1)),
    **dict.fromkeys(("O", "S", "Se", "Te"), (-2, -2)),
    "N": (-3, -3),
    **dict.fromkeys(("Li", "Na", "K", "Rb", "Cs"), (1, 1)),
    **dict.fromkeys(("Be", "Mg", "Ca", "Sr", "Ba"), (2, 2)),
    **dict.fromkeys(
        ["Sc", "Y", "La", "Pr", "Nd", "Sm", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu"],
        (3, 3),
    ),
}
_HIGHEST_HALIDES: Mapping[str, int] = {
    "V": 4,
    "Cr": 3,
    "Mn": 2,
    "Co": 2,
    "Ni": 2,
    "Mo": 5,
    "Ru": 3,
    "Re": 5,
    "Ir": 3,
    "Bi": 3,
    "Ce": 3,
}
"""Of the highest chloride: above, chlorine is oxidised instead of the metal, so that there is no
MnCl4 or CoCl3 (Greenwood and Earnshaw, Chemistry of the Elements, 2nd ed. 1997, sections on the
halides of each group)."""
_HIGHEST_IODIDES: Mapping[str, int] = {"V": 3, "Fe": 2, "Cu": 1, "Mo": 3, "Re": 4, "Sb": 3}
"""Where iodine is oxidised sooner: there is no FeI3 or CuI2."""
_HALIDES = frozenset(("Cl", "Br", "I"))
_OTHER_ANIONS = frozenset(("O", "F", "N", "S", "Se", "Te"))
_CENTRES = {"S": 6, "Se": 6, "Te": 6, "Cl": 7, "N": 5}
"""Charges of these in oxo-anions such as sulfate."""


def oxidation_doubts(
    amounts: Mapping[str, float], ion: str, x_charged: float, x_discharged: float
) -> list[str]:
    """A sentence where a composition needs charges beyond what its elements usually reach."""
    ranges = _charge_ranges(amounts)
    if ranges is None:
        return []
    low, high = ranges
    given = ION_CHARGES[ion]
    found = []
    if high + given * x_charged < -1e-3:
        found.append(
            f"{formula_at(amounts, ion, x_charged)} would need charges beyond the highest that "
            "its metals usually reach: its anions would be oxidised (oxides lose oxygen), or fewer "
            "ions come out."
        )
    if low + given * x_discharged > 1e-3:
        found.append(
            f"{formula_at(amounts, ion, x_discharged)} would need charges below the lowest that "
            "its metals usually reach: it may decompose instead."
        )
    return found


def _charge_ranges(amounts: Mapping[str, float]) -> tuple[float, float] | None:
    """(lowest, highest) total charge of the host unit; None where an element has no usual one."""
    low = high = 0.0
    for element, amount in amounts.items():
        states = charge_limits(element, amounts)
        if states is None:
            return None
        low += states[0] * amount
        high += states[1] * amount
    return low, high


def charge_limits(element: str, amounts: Mapping[str, float]) -> tuple[int, int] | None:
    """(lowest, highest) charge that an element of a host has in electrodes; None where no table
    tells.
    """
    is_centre = amounts.get("O", 0.0) >= 2.5 * amounts[element]
    if element in _CENTRES and is_centre:
        return _CENTRES[element], _CENTRES[element]
    if element == "P" and not set(amounts) & {"O", "S", "F"}:
        return -3, -3
    limits = _STATES.get(element)
    if limits is None or not set(amounts) & _HALIDES or set(amounts) & _OTHER_ANIONS:
        return limits
    tables = (_HIGHEST_HALIDES, _HIGHEST_IODIDES) if "I" in amounts else (_HIGHEST_HALIDES,)
    highest = min(limits[1], *(table.get(element, limits[1]) for table in tables))
    return min(limits[0], highest), highest


def voltage_doubt(voltage: float, ion: str) -> list[str]:
    """A sentence where no cell would work at this voltage."""
    if voltage < 0:
        return [f"The voltage is below that of {ion} metal: the ions would not go in."]
    if voltage > HIGHEST_VOLTAGE:
        return [f"Above {HIGHEST_VOLTAGE:g} V no electrolyte lasts, and the potential saw no such."]
    return []


def framework_doubts(
    charged: Structure, discharged: Structure, ion: str, *, is_mapped: bool
) -> list[str]:
    """A sentence where the host is not the same in both relaxed ends."""
    hosts = [_host(each, ion) for each in (charged, discharged)]
    if not is_mapped:
        return _coordination_doubts(*hosts)
    shift = host_shift(charged, discharged, ion)
    if shift > LARGEST_SHIFT_A:
        told = f"An atom of the host moved by {shift:.1f} A against the others"
        return [f"{told}: it does not stay the same framework."]
    first, second = (_bonds(each) for each in hosts)
    changed = len(first ^ second) / max(len(first | second), 1)
    if changed > LARGEST_SHARE_CHANGED:
        return [f"{100 * changed:.0f} % of the host's bonds change between the ends."]
    return []


def _host(structure: Structure, ion: str) -> Structure:
    kept = ~is_ion(structure, ion)
    return Structure(
        structure.numbers[kept], structure.positions[kept], structure.cell, structure.pbc
    )


def host_shift(charged: Structure, discharged: Structure, ion: str) -> float:
    """How far an atom of the host moves against the others, A: the largest displacement in
    fractional coordinates without drift, in the mean cell. Both ends hold the host's atoms in one
    order.
    """
    first, second = (_host(each, ion) for each in (charged, discharged))
    apart = second.positions @ np.linalg.inv(second.cell)
    apart = apart - first.positions @ np.linalg.inv(first.cell)
    apart -= np.rint(apart)
    apart -= np.median(apart, axis=0)
    return float(np.linalg.norm(apart @ (first.cell + second.cell) / 2, axis=1).max())


def _bonds(structure: Structure) -> set[tuple[int, ...]]:
    """Bonds as (first, second, lattice vector between their home cells)."""
    first, second, shifts = _neighbors(structure)
    return {
        (int(i), int(j), *(int(each) for each in shift))
        for i, j, shift in zip(first, second, shifts, strict=True)
    }


def _neighbors(
    structure: Structure,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    from ase.neighborlist import neighbor_list

    from designer_app.io.documents import atoms_from_structure

    radii = _BOND * COVALENT_RADII[structure.numbers]
    first, second, shifts = neighbor_list("ijS", atoms_from_structure(structure), list(radii))
    unlike = structure.numbers[first] != structure.numbers[second]
    return first[unlike], second[unlike], shifts[unlike]


def _coordination_doubts(charged: Structure, discharged: Structure) -> list[str]:
    """A sentence where an element of the host has other neighbours in the two ends."""
    means = []
    for structure in (charged, discharged):
        counts = np.bincount(_neighbors(structure)[0], minlength=len(structure))
        means.append(
            {
                SYMBOLS[kind]: float(counts[structure.numbers == kind].mean())
                for kind in np.unique(structure.numbers)
            }
        )
    changed = [
        f"{element} {means[1][element]:.1f} to {means[0][element]:.1f}"
        for element in means[0]
        if abs(means[0][element] - means[1][element]) > 0.5
    ]
    if not changed:
        return []
    return [f"Neighbours change on charging ({', '.join(changed)}): not the same framework."]
