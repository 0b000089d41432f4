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
_FORMULA = re.compile(r"(?:[A-Z][a-z]?(?:\d+(?:\.\d+)?)?)+")
_BRACKETED = re.compile(rf"(?:{_FORMULA.pattern}|\({_FORMULA.pattern}\)\d*)+")
_NOBLE = frozenset(("Ru", "Rh", "Pd", "Ag", "Os", "Ir", "Pt", "Au"))
_NONMETALS = frozenset(
    ("H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Ge", "As", "Se", "Br", "Te", "I")
)
_HALIDES = ("Br", "Cl", "F", "I")
_OXOANIONS: Mapping[str, tuple[int, int, int]] = {
    "B": (3, 3, 3), "C": (3, 3, 4), "N": (3, 3, 5), "Si": (3, 4, 4), "P": (3, 4, 5), "S": (3, 4, 6),
    "Ge": (4, 4, 4), "As": (3, 4, 5), "Se": (3, 4, 6), "V": (4, 4, 5), "Cr": (4, 4, 6),
    "Mo": (4, 4, 6), "W": (4, 4, 6),
}  # fmt: skip
"""Fewest and most oxygen atoms around each centre, and its highest charge; the most are those of
the plain anion."""
_CHARGES: Mapping[str, int] = {
    **dict.fromkeys(("H", "Li", "Na", "K", "Rb", "Cs"), 1),
    **dict.fromkeys(("Be", "Mg", "Ca", "Sr", "Ba"), 2),
    **dict.fromkeys(_HALIDES, -1),
}
"""Of elements that have no other beside a polyanion."""

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


def as_written(text: str) -> str:
    """A formula of `formula` as chemists write it: Na3V2(PO4)2F3, KFe(CN)6, Pt3Ni.

    Polyanions are grouped where oxygen, or nitrogen of cyanide, suffices for all of their centres
    alike, and cations for all of their charges: K2S2O8, a peroxide, is no sulfate. Of alloys, noble
    metals that are the larger part stand first. What follows no such rule stays. (pymatgen's
    formulas group neighbours of any kind, as in Li6Cu(B2S5)2, and miss what stands before a
    halide.)
    """
    amounts = amounts_in(text)
    if formula(amounts) != text or any(n != round(n) for n in amounts.values()):
        return text
    if not amounts.keys() & _NONMETALS:
        most = max(amounts, key=lambda each: amounts[each])
        ahead = [most] if most in _NOBLE and amounts[most] > 1 else []
        return _joined([*ahead, *(each for each in amounts if each not in ahead)], amounts)
    groups = _polyanions(amounts)
    if not groups:
        return text
    inside = {element for group, _ in groups for element in group}
    outside = {each: n for each, n in amounts.items() if each not in inside}
    halides = [each for each in outside if each in _HALIDES]
    brackets = [
        f"({_joined(group, group)})" + _amount(times) if times > 1 or len(groups) > 1 or halides
        else _joined(group, group)
        for group, times in groups
    ]  # fmt: skip
    cations = [each for each in outside if each not in halides]
    return "".join((_joined(cations, outside), *brackets, _joined(halides, outside)))


def _polyanions(amounts: Amounts) -> list[tuple[dict[str, float], float]]:
    """(atoms of one anion, how many there are), in the order of the formula; [] for none."""
    oxygen = amounts.get("O", 0.0)
    if not oxygen:
        is_cyanide = amounts.get("C", 0.0) == amounts.get("N", 1.0) > 1
        return [({"C": 1.0, "N": 1.0}, amounts["C"])] if is_cyanide else []
    centres = [each for each in amounts if each in _OXOANIONS]
    centres = [each for each in centres if each in _NONMETALS] or centres
    if len(centres) > 1:
        needed = sum(amounts[each] * _OXOANIONS[each][1] for each in centres)
        if needed != oxygen:
            return []
        return [({each: 1.0, "O": _OXOANIONS[each][1]}, amounts[each]) for each in centres]
    for each in centres:
        times = gcd(round(amounts[each]), round(oxygen))
        fewest, most, _ = _OXOANIONS[each]
        is_enough = fewest * amounts[each] <= oxygen <= most * amounts[each]
        if times > 1 and is_enough and not _lacks_charge(amounts, each):
            return [({each: amounts[each] / times, "O": oxygen / times}, times)]
    return []


def _lacks_charge(amounts: Amounts, centre: str) -> bool:
    """Whether all charges beside oxoanions are known and too few, as where O-O or S-S are bound."""
    outside = [each for each in amounts if each not in (centre, "O")]
    if not _CHARGES.keys() >= set(outside):
        return False
    needed = 2 * amounts["O"] - _OXOANIONS[centre][2] * amounts[centre]
    if centre in ("S", "Se"):  # with three oxygen atoms too: sulfites
        needed = max(needed, 2 * amounts[centre])
    return sum(_CHARGES[each] * amounts[each] for each in outside) < needed


def written(text: str) -> str:
    """A formula as chemists write it, with its counts lowered: Na₃V₂(PO₄)₃."""
    return with_subscripts(as_written(text))


def written_in(sentence: str) -> str:
    """A sentence whose formulas are written so; other words and numbers stay."""
    return " ".join(map(_word_written, sentence.split(" ")))


def _word_written(word: str) -> str:
    core = word.strip("(),.;:")
    if "(" in core and any(map(_BRACKETED.fullmatch, (core, word.strip(",.;:")))):
        return with_subscripts(word)
    if not _FORMULA.fullmatch(core) or not amounts_in(core).keys() <= _RANK.keys():
        return word
    before, _, after = word.partition(core)
    return before + written(core) + after


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
