"""Formulas of compositions: reduced as chemists write them, and in Hill order.

Amounts may be broken, as in LiNi0.4Mn0.35Co0.25O2.
"""

import re
from collections.abc import Iterable, Mapping
from functools import reduce
from math import gcd

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import SYMBOLS
from designer_app.io.disorder import Occupancy

_ASCENDING = (
    "Fr Cs K Rb Ba Ra Na Sr Li Ca La Tb Yb Ac Ce Pr Pm Nd Sm Eu Gd Y Dy Ho Er Tm Lu Pu Hf Th Am "
    "Cm Bk Cf Es Fm Md No Lr Mg Zr Sc Np U Ta Pa Ti Mn Be Nb Al Tl V Zn Cr Cd In Ga Fe Co Si Cu "
    "Tc Re Ni Ag Sn Hg Po Ge Bi B Sb Te Mo As P H Ru Pd Os Ir At Rn Rh Pt Pb W Au C Se S Xe I Br "
    "Kr N Cl O F"
)
"""Pauling's scale, ascending (CRC Handbook values, as tabulated in pymatgen)."""
_RANK = {symbol: rank for rank, symbol in enumerate(_ASCENDING.split())}
_DECIMALS = 4
_COUNT = re.compile(r"(?<=[A-Za-z)\]])\d+(?:\.\d+)?")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

Amounts = Mapping[str, float]


def amounts_of(
    numbers: NDArray[np.int64], occupancies: Iterable[Occupancy] = ()
) -> dict[str, float]:
    """Atoms of each element; shared and partly occupied sites count by their shares."""
    found: dict[str, float] = {}
    shares = tuple(occupancies)
    if not shares:
        kinds, counts = np.unique(numbers, return_counts=True)
        return {SYMBOLS[kind]: float(count) for kind, count in zip(kinds, counts, strict=True)}
    for site in shares:
        for species, share in site.items():
            found[species] = found.get(species, 0.0) + share
    return {species: round(amount, 6) for species, amount in found.items()}


def reduced(amounts: Amounts) -> tuple[dict[str, float], int]:
    """(amounts of one formula unit, how many units there are).

    Only whole amounts decide: Li3Ni1.2Mn1.05Co0.75O6 holds three LiNi0.4Mn0.35Co0.25O2.
    """
    whole = [round(each) for each in amounts.values() if abs(each - round(each)) < 1e-3]
    units = max(reduce(gcd, whole, 0), 1)
    return {species: amount / units for species, amount in amounts.items()}, units


def formula(amounts: Amounts) -> str:
    """Elements in the order of their electronegativity, e.g. LiFePO4, as ASCII text."""
    return _joined(sorted(amounts, key=lambda each: (_RANK.get(each, 999), each)), amounts)


def hill_formula(amounts: Amounts) -> str:
    """Hill's order: carbon, hydrogen, then the alphabet; all by the alphabet without carbon."""
    first = ["C", "H"] if "C" in amounts else []
    ordered = [each for each in first if each in amounts]
    ordered += sorted(each for each in amounts if each not in first)
    return _joined(ordered, amounts)


def with_subscripts(text: str) -> str:
    """A formula with its counts lowered; not those of water of crystallisation: FeC₂O₄·2H₂O."""
    return _COUNT.sub(lambda found: found[0].translate(_LOWERED), text)


def with_subscripts_in(sentence: str) -> str:
    """A sentence whose formulas have their counts lowered; other numbers stay."""
    return " ".join(
        with_subscripts(word) if _is_formula(word.strip("(),.;:")) else word
        for word in sentence.split(" ")
    )


def _is_formula(word: str) -> bool:
    return word[:1].isupper() and word.isalnum()


def _joined(ordered: Iterable[str], amounts: Amounts) -> str:
    return "".join(species + _amount(amounts[species]) for species in ordered)


def _amount(amount: float) -> str:
    text = f"{amount:.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return "" if text == "1" else text


def rank_of_electronegativity(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place of each atom's element on Pauling's scale; -1 where it has none."""
    table = np.array([_RANK.get(symbol, -1) for symbol in SYMBOLS], dtype=np.int64)
    return table[numbers]


def amounts_in(text: str) -> dict[str, float]:
    """Atoms of each element in a formula without brackets, as `formula` writes it."""
    found: dict[str, float] = {}
    for symbol, amount in re.findall(r"([A-Z][a-z]?)(\d*\.?\d*)", text):
        found[symbol] = found.get(symbol, 0.0) + float(amount or 1.0)
    return found
