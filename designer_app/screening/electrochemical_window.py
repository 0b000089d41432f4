"""What a metal's electrode does to a phase: voltages of reduction and oxidation, and products.

The host keeps its other elements while ions come from or go to a reservoir of chemical potential
mu = -z V (against the metal): in equilibrium E(n) - mu n is lowest, with E(n) the hull's energy of
the host with n ions. E(n) is convex and made of straight pieces; the slopes of the pieces are the
voltages of the plateaus, and between the slopes beside the host's own n the host is stable
(Zhu, He, Mo 2015, doi:10.1021/acsami.5b07517).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import linprog

from designer_app.io.formulas import reduced
from designer_app.screening.convex_hull import SAME_COMPOSITION, Floats, Hull
from designer_app.specs.hull import CHARGES, ON_HULL, ElectrochemicalWindow, VoltageStep

_EMPTY_RESERVOIR = -40.0
"""eV: below any compound's ion (AlF3 holds its aluminium with 16 eV); the host gives off all that
it can."""
_FULL_RESERVOIR = -1e-6
"""eV: just before the metal itself is deposited."""
_SAME = 1e-6
"""eV, or ions, for each formula unit."""

Products = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class _Equilibrium:
    """A kink of E(n)."""

    ions: float
    """For each formula unit of the host."""
    energy: float
    """eV for each formula unit."""
    products: Products


def electrochemical_window(
    hull: Hull, composition: Mapping[str, float], ion: str
) -> ElectrochemicalWindow:
    """Between which voltages the composition is stable against a metal's electrode.

    The hull holds the metal. A composition above the hull gets the window of what it decomposes
    into, and that is said. Raises `MissingReferenceError` where an element has no phase.
    """
    amounts, _ = reduced({element: n for element, n in composition.items() if n})
    if set(amounts) == {ion}:
        return ElectrochemicalWindow(
            ion=ion,
            reduction=None,
            oxidation=0.0,
            reduction_products=(),
            oxidation_products=(),
            profile=(),
            assumption=f"It is the {ion} electrode itself, which dissolves above 0 V.",
            origin=hull.origin,
        )
    path = _path(hull, amounts, ion)
    here = amounts.get(ion, 0.0)
    voltages = [
        -(after.energy - before.energy) / (after.ions - before.ions) / CHARGES[ion]
        for before, after in pairwise(path)
    ]
    more = next((k for k, each in enumerate(path) if each.ions > here + _SAME), None)
    less = next((k for k in reversed(range(len(path))) if path[k].ions < here - _SAME), None)
    return ElectrochemicalWindow(
        ion=ion,
        reduction=None if more is None else voltages[more - 1],
        oxidation=None if less is None else voltages[less],
        reduction_products=() if more is None else path[more].products,
        oxidation_products=() if less is None else path[less].products,
        profile=_steps(path, voltages, here),
        assumption=_assumption(hull, amounts),
        origin=hull.origin,
    )


def _assumption(hull: Hull, amounts: Mapping[str, float]) -> str:
    x = hull.fractions_of(amounts)
    is_it = np.abs(hull.fractions - x).max(axis=1) < SAME_COMPOSITION
    if is_it.any():
        distance = float(hull.energies[is_it].min() - hull.energies_at(x[None])[0])
        if distance < ON_HULL:
            return ""
        told = f"It lies {1e3 * distance:.0f} meV/atom above the hull"
    else:
        told = "No phase of this composition is in the set"
    return f"{told}: the voltages are those of the mixture it decomposes into."


def _steps(path: list[_Equilibrium], voltages: list[float], here: float) -> tuple[VoltageStep, ...]:
    """From the most ions, at the lowest voltage, to the fewest."""
    lows = [*voltages, 0.0]
    highs = [np.inf, *voltages]
    steps = [
        VoltageStep(low=low, high=high, ions=each.ions - here, products=each.products)
        for low, high, each in zip(lows, highs, path, strict=True)
    ]
    return tuple(reversed(steps))


def _path(hull: Hull, amounts: Mapping[str, float], ion: str) -> list[_Equilibrium]:
    """The kinks of E(n), from the fewest ions to the most."""
    row = [amounts.get(element, 0.0) for element in hull.elements]
    hull.fractions_of(amounts)  # raises for elements that the hull does not hold
    column = hull.elements.index(ion)
    host = np.array([amount for k, amount in enumerate(row) if k != column])
    fewest = _equilibrium(hull, host, column, _EMPTY_RESERVOIR)
    most = _equilibrium(hull, host, column, _FULL_RESERVOIR)
    found = [fewest, *_between(hull, host, column, fewest, most)]
    return found if most.ions - fewest.ions <= _SAME else [*found, most]


def _between(
    hull: Hull, host: Floats, column: int, fewer: _Equilibrium, more: _Equilibrium
) -> list[_Equilibrium]:
    """Kinks below the straight line between two others."""
    ions = more.ions - fewer.ions
    if ions <= _SAME:
        return []
    mu = (more.energy - fewer.energy) / ions
    middle = _equilibrium(hull, host, column, mu)
    if middle.energy - mu * middle.ions > fewer.energy - mu * fewer.ions - _SAME:
        return []
    return [
        *_between(hull, host, column, fewer, middle),
        middle,
        *_between(hull, host, column, middle, more),
    ]


def _equilibrium(hull: Hull, host: Floats, column: int, mu: float) -> _Equilibrium:
    """The mixture of lowest E - mu n that holds the host's other elements.

    min sum a_i (e_i - mu x_i,ion) over atoms a_i of the phases, by linear programming.
    """
    others = np.delete(hull.fractions, column, axis=1)
    cost = hull.energies - mu * hull.fractions[:, column]
    found = linprog(cost, A_eq=others.T, b_eq=host, method="highs")
    atoms: Floats = found.x
    products = []
    for index in np.flatnonzero(atoms > _SAME):
        phase = hull.phases[index]
        unit, _ = reduced(phase.composition)
        products.append((phase.formula, float(atoms[index]) / sum(unit.values())))
    return _Equilibrium(
        ions=float(atoms @ hull.fractions[:, column]),
        energy=float(atoms @ hull.energies),
        products=tuple(products),
    )
