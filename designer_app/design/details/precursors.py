"""What to weigh in for one gram: common precursors that balance the product, and what leaves.

Each element of the product must come out exactly: sum n_i R_ie (+ 2 a for oxygen taken up, - 2 r
for oxygen given off) = P_e, where R is what remains of a precursor after its gases. Of all such
sets the cheapest by the preferences below is found by integer programming (HiGHS), and its
amounts then by least squares to rounding. Which precursors exist: resources/data/precursors.toml.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.io.formulas import amounts_in, reduced
from designer_app.io.toml import read_toml
from designer_app.properties.charges import oxidation_states
from designer_app.resources import resource
from designer_app.specs.design_rows import Ingredient

_PER_SOURCE = 1.0
"""What one more precursor costs; the others are measured against it."""
_PER_RANK = 0.4
_REDUCTANT = 3.0
"""A metal as precursor of a compound with oxygen or a halide: needs a sealed tube."""
_ELEMENT = 1.2
_TAKEN_UP = 2.0
"""Per molecule of gas and cation, from flowing oxygen or air, or nitrogen."""
_GIVEN_OFF = 20.0
"""The same for oxygen that a reducing gas must carry away: only where nothing else balances."""
_LATER = 1e-3
"""Per place in the table, so that what is named first wins a draw."""
_EXACT = 1e-9
_SOME = 1e-7
"""Amounts below are none."""
_ANIONS = ("O", "F", "Cl", "Br", "I", "S", "Se", "Te", "N")
_VOLATILE = ("Li", "Na", "K", "Rb", "Cs", "Zn", "Cd", "Tl", "Pb")
_HALOGENS = ("F", "Cl", "Br", "I")
_CHALCOGENS = ("S", "Se", "Te")


Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Precursor:
    """A solid that is weighed in."""

    formula: str
    name: str
    amounts: Mapping[str, float]
    gas: Mapping[str, float]
    """Molecules that leave one formula unit."""
    cost: float
    is_inert: bool = False
    """Whether air would oxidise it before it reacts."""

    @property
    def residue(self) -> dict[str, float]:
        """Atoms that stay, of one formula unit."""
        left = dict(self.amounts)
        for molecule, count in self.gas.items():
            for element, atoms in amounts_in(molecule).items():
                left[element] -= count * atoms
        return {element: atoms for element, atoms in left.items() if abs(atoms) > _EXACT}


@dataclass(frozen=True)
class Recipe:
    """Precursors with amounts, and gases."""

    ingredients: tuple[Ingredient, ...]
    note: str
    gases: tuple[tuple[str, float], ...] = ()
    """(molecule, grams for one gram of product); negative for what is taken up."""


def recipe(amounts: Mapping[str, float]) -> Recipe:
    """Precursors for one gram of a material, or a note that says why none are named."""
    product, _ = reduced({element: atoms for element, atoms in amounts.items() if atoms > 0})
    why_not = _out_of_reach(product)
    if why_not:
        return Recipe((), why_not)
    kinds = _sources(product)
    found = _balanced(product, kinds)
    if found is None:
        return Recipe((), _nothing_balances(product, kinds))
    return _weighed(product, *found)


def _out_of_reach(product: Mapping[str, float]) -> str:
    if "H" in product:
        return "No precursors: materials with hydrogen are seldom made by firing solids."
    if "C" in product and "O" in product:
        return "No precursors: firing would drive off carbonate; such materials need pressure."
    states = _states(product)
    if any(states.get(each, -1.0) > 0 for each in (*_HALOGENS, "N") if each in product):
        return "No precursors: oxidised halogen or nitrogen does not survive a firing."
    return ""


def _sources(product: Mapping[str, float]) -> list[Precursor]:
    """Precursors all of whose remains belong to the product, of the sections that suit it."""
    table = _table()
    sections: list[str] = []
    if "O" in product:
        sections.append("salts")
    if "S" in product and _is_sulfate(product):
        sections.append("sulfates")
    elif any(each in product for each in _CHALCOGENS):
        sections.append("chalcogenides")
    sections += ["halides"] if any(each in product for each in _HALOGENS) else []
    sections += ["nitrides"] if "N" in product else []
    found = [each for section in sections for each in table[section]]
    if not _is_sulfate(product):
        is_open = "O" not in product and not any(each in product for each in _HALOGENS)
        cost = _ELEMENT if is_open or _has_soft_anion(product) else _REDUCTANT
        found += [_element(symbol, cost) for symbol in table["elements"] if symbol in product]
    return [each for each in found if each.residue.keys() <= product.keys()]


def _balanced(
    product: Mapping[str, float], sources: Sequence[Precursor]
) -> tuple[list[Precursor], Floats, dict[str, float]] | None:
    """(precursors, formula units of each for one of the product, molecules of O2 and N2 that are
    given off, negative where taken up).
    """
    elements = list(product)
    wanted = np.array([product[element] for element in elements])
    flows = _flows(product)
    columns = [[each.residue.get(element, 0.0) for element in elements] for each in sources]
    columns += [[2.0 * sign * (element == gas) for element in elements] for gas, sign, _ in flows]
    if not sources:
        return None
    matrix = np.array(columns, dtype=np.float64).T
    chosen = _cheapest(matrix, wanted, sources, flows)
    if chosen is None:
        return None
    exact: Floats = np.linalg.lstsq(matrix[:, chosen], wanted, rcond=None)[0].astype(np.float64)
    if exact.min() < 0 or np.abs(matrix[:, chosen] @ exact - wanted).max() > _EXACT * wanted.sum():
        return None
    n = len(sources)
    weighed = chosen < n
    streams = {
        f"{flows[place - n][0]}2": -flows[place - n][1] * float(value)
        for place, value in zip(chosen[~weighed], exact[~weighed], strict=True)
    }
    return [sources[place] for place in chosen[weighed]], exact[weighed], streams


def _cheapest(
    matrix: Floats,
    wanted: Floats,
    sources: Sequence[Precursor],
    flows: Sequence[tuple[str, int, float]],
) -> NDArray[np.int64] | None:
    """Columns of the cheapest set that balances; None where none does.

    Unknowns: amounts of precursors and of gases, then for each precursor whether it is used.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    n, n_flows, most = len(sources), len(flows), 2.0 * wanted.sum()
    costs = [0.0] * n + [cost for *_, cost in flows]
    costs += [each.cost + _LATER * place / n for place, each in enumerate(sources)]
    used = np.hstack([np.eye(n), np.zeros((n, n_flows)), -most * np.eye(n)])
    rows = [
        LinearConstraint(np.hstack([matrix, np.zeros((len(wanted), n))]), wanted, wanted),  # type: ignore[arg-type]
        LinearConstraint(used, -np.inf, 0.0),
    ]
    air = [place for place, (gas, sign, _) in enumerate(flows) if gas == "O" and sign > 0]
    without_air = [place for place, each in enumerate(sources) if each.is_inert]
    if air and without_air:
        both = np.zeros((len(without_air), 2 * n + n_flows))
        both[:, n + air[0]] = 1.0
        both[np.arange(len(without_air)), n + n_flows + np.array(without_air)] = most
        rows.append(LinearConstraint(both, -np.inf, most))
    solved = milp(
        costs,
        constraints=rows,
        integrality=[0] * (n + n_flows) + [1] * n,
        bounds=Bounds(0.0, [np.inf] * (n + n_flows) + [1.0] * n),  # type: ignore[arg-type]
    )
    return None if solved.x is None else np.flatnonzero(solved.x[: n + n_flows] > _SOME)


def _flows(product: Mapping[str, float]) -> list[tuple[str, int, float]]:
    """(element of the gas, +1 taken up or -1 given off, cost a molecule) that a firing allows."""
    n_cations = max(sum(n for each, n in product.items() if each not in _ANIONS), 1.0)
    found: list[tuple[str, int, float]] = []
    if "O" in product and not _has_soft_anion(product):
        found += [("O", 1, _TAKEN_UP / n_cations), ("O", -1, _GIVEN_OFF / n_cations)]
    if "N" in product:
        found.append(("N", 1, _TAKEN_UP / n_cations))
    return found


def _weighed(
    product: Mapping[str, float],
    sources: Sequence[Precursor],
    units: Floats,
    streams: Mapping[str, float],
) -> Recipe:
    mass = molar_mass(product)
    ingredients = tuple(
        Ingredient(
            formula=each.formula, name=each.name, mass_g=float(n * molar_mass(each.amounts) / mass)
        )
        for each, n in zip(sources, units, strict=True)
    )
    gases = dict(streams)
    for each, n in zip(sources, units, strict=True):
        for molecule, count in each.gas.items():
            gases[molecule] = gases.get(molecule, 0.0) + float(n) * count
    grams = tuple((name, n * molar_mass(amounts_in(name)) / mass) for name, n in gases.items())
    return Recipe(ingredients, _note(product, grams, sources), grams)


def _note(
    product: Mapping[str, float],
    grams: Sequence[tuple[str, float]],
    sources: Sequence[Precursor],
) -> str:
    """What leaves, what is taken up, and what air does."""
    told: list[str] = []
    leaving = [f"{weight:.3f} g {name}" for name, weight in grams if weight > 0 and name != "O2"]
    if leaving:
        told.append(f"{_listed(leaving)} {'leave' if len(leaving) > 1 else 'leaves'} as gas.")
    streams = dict(grams)
    oxygen, nitrogen = streams.get("O2", 0.0), streams.get("N2", 0.0)
    if oxygen < 0:
        told.append(f"{-oxygen:.3f} g of oxygen are taken up: fire in air or oxygen.")
    elif oxygen > 0:
        told.append(
            f"{oxygen:.3f} g of oxygen must leave: that takes a reducing gas such as hydrogen in "
            "argon, or carbon."
        )
    if nitrogen < 0:
        told.append(f"{-nitrogen:.3f} g of nitrogen are taken up: fire in nitrogen.")
    elements = [set(each.amounts) == {each.formula} for each in sources]
    if all(elements):
        told.append("From the elements, melted or reacted in a sealed tube.")
    elif any(elements) or _has_soft_anion(product) or "O" not in product:
        told.append("Without air or moisture: glove box, sealed tube.")
    elif any(each.is_inert for each in sources):
        told.append("Under argon: air would oxidise it.")
    lost = [each for each in _VOLATILE if each in product]
    losses = f", as of {_listed(lost)}," if lost else ""
    return " ".join([*told, f"By stoichiometry only: losses on firing{losses} are not in it."])


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _nothing_balances(product: Mapping[str, float], sources: Sequence[Precursor]) -> str:
    covered = {element for each in sources for element in each.residue}
    missing = sorted(product.keys() - covered - {"O"})
    if missing:
        return f"No precursors: none of the common ones holds {', '.join(missing)}."
    return "No precursors: no set of common ones balances its oxidation states."


def molar_mass(amounts: Mapping[str, float]) -> float:
    """g/mol of one formula unit (IUPAC 2016, as tabulated in ASE)."""
    from ase.data import atomic_masses

    return float(sum(n * atomic_masses[ATOMIC_NUMBERS[each]] for each, n in amounts.items()))


def _states(product: Mapping[str, float]) -> Mapping[str, float]:
    found = oxidation_states(dict(product))
    return {} if found is None else found.charges


def _is_sulfate(product: Mapping[str, float]) -> bool:
    """Whether sulfur is bound to oxygen, not a sulfide beside it."""
    if "S" not in product or "O" not in product:
        return False
    return product["O"] >= 3.0 * product["S"] and _states(product).get("S", 6.0) > 0


def _has_soft_anion(product: Mapping[str, float]) -> bool:
    """Whether air would burn it: sulfides, selenides, tellurides, iodides, nitrides."""
    states = _states(product)
    chalcogens = [each for each in _CHALCOGENS if each in product]
    burning = any(states.get(each, -2.0) < 0 for each in chalcogens) and not _is_sulfate(product)
    return burning or "N" in product or "I" in product


def _element(symbol: str, cost: float) -> Precursor:
    from ase.data import atomic_names

    name = atomic_names[ATOMIC_NUMBERS[symbol]].lower()
    return Precursor(symbol, name, {symbol: 1.0}, {}, cost)


@cache
def _table() -> dict[str, Any]:
    read = read_toml(resource("data/precursors.toml"))
    found: dict[str, Any] = {"elements": tuple(read.pop("elements")["solid"])}
    for section, rows in read.items():
        found[section] = tuple(
            Precursor(
                row.get("written", formula),
                row["name"],
                amounts_in(formula),
                row.get("gas", {}),
                _PER_SOURCE + _PER_RANK * (row.get("rank", 1) - 1),
                row.get("inert", False),
            )
            for formula, row in rows.items()
        )
    return found
