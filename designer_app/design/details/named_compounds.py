"""Well-known compounds by name: resources/data/named-compounds.toml.

The reference set is a part of what is known, and a crystal is compared there with crystals. Whether
a formula is that of a textbook compound is asked here, whatever its crystal.
"""

import re
from collections import defaultdict
from fractions import Fraction
from functools import cache
from math import gcd, lcm

from designer_app.io.formulas import Amounts, amounts_in
from designer_app.io.toml import read_toml
from designer_app.resources import resource

_BRACKET = re.compile(r"\(([^()]+)\)(\d*\.?\d*)")
_SHARES = 100
"""Largest denominator of a broken amount."""
_Key = frozenset[tuple[str, int]]


def named_compound(formula: str) -> str | None:
    """Name and usual formula of the well-known compounds of this composition, or None.

    Na3V2P3O12 gives "NASICON Na3V2(PO4)3", NaFePO4 "olivine or maricite NaFePO4".
    """
    return _table().get(_key(formula_amounts(formula)))


def formula_amounts(text: str) -> dict[str, float]:
    """Atoms of each element in a formula, brackets allowed: Na3V2(PO4)3."""
    found: dict[str, float] = defaultdict(float)
    for inner, count in _BRACKET.findall(text):
        for element, amount in amounts_in(inner).items():
            found[element] += amount * float(count or 1.0)
    for element, amount in amounts_in(_BRACKET.sub("", text)).items():
        found[element] += amount
    return dict(found)


@cache
def _table() -> dict[_Key, str]:
    names: dict[_Key, list[str]] = defaultdict(list)
    formulas: dict[_Key, str] = {}
    for name, compounds in read_toml(resource("data/named-compounds.toml")).items():
        for formula in compounds:
            key = _key(formula_amounts(formula))
            names[key].append(name)
            formulas.setdefault(key, formula)
    return {key: f"{' or '.join(names[key])} {formulas[key]}" for key in names}


def _key(amounts: Amounts) -> _Key:
    """Whole numbers of atoms without a common divisor."""
    shares = {each: Fraction(n).limit_denominator(_SHARES) for each, n in amounts.items()}
    whole = lcm(*(share.denominator for share in shares.values()))
    counts = {each: int(share * whole) for each, share in shares.items()}
    units = gcd(*counts.values()) or 1
    return frozenset((each, count // units) for each, count in counts.items())
