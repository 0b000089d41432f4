"""Sizes of ions and of atoms in metals, A."""

from functools import cache
from math import floor

_AS_PREFERRED = ("VI", "IV", "VIII", "V", "VII", "IX", "X", "XII", "III", "II")
"""Coordination whose radius is taken; six is what most ions have entries for."""


@cache
def ionic_radius(symbol: str, charge: float) -> float | None:
    """Shannon's radius in A, of high spin (Shannon 1976, doi:10.1107/S0567739476001551).

    As tabulated in pymatgen; interpolated between whole charges, None where there is none.
    """
    below = floor(charge + 1e-6)
    if abs(charge - below) < 1e-6:
        return _tabulated(symbol, below)
    first, second = _tabulated(symbol, below), _tabulated(symbol, below + 1)
    if first is None or second is None:
        return first if second is None else second
    return first + (charge - below) * (second - first)


@cache
def metallic_radius(symbol: str) -> float | None:
    """Half the distance of neighbours in the element, A, as tabulated in pymatgen."""
    from pymatgen.core import Element

    element = Element(symbol)
    radius = element.data.get("Metallic radius")  # the property warns where there is none
    return float(radius) if element.is_metal and isinstance(radius, float) else None


def _tabulated(symbol: str, charge: int) -> float | None:
    from pymatgen.core import Element

    table = Element(symbol).data.get("Shannon radii")
    rows = table.get(str(charge)) if isinstance(table, dict) else None
    if not rows:
        return None
    row = next((rows[each] for each in _AS_PREFERRED if each in rows), next(iter(rows.values())))
    spin = row.get("High Spin") or next(iter(row.values()))
    return float(spin["ionic_radius"])
