"""Which element somebody means who writes its name, or its symbol in other letters."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache

from designer_app.elements import ATOMIC_NUMBERS, NAMES, SYMBOLS

_FORMULA = re.compile(r"(?:[A-Z][a-z]?\d*\.?\d*){2,}")
_ALIKE = 0.8
"""Of two names, by the share of letters that they have in common."""
_OTHER_NAMES: Mapping[str, str] = {
    "aluminum": "Al", "antimon": "Sb", "arsen": "As", "blei": "Pb", "bor": "B", "brom": "Br",
    "caesium": "Cs", "cer": "Ce", "cesium": "Cs", "chlor": "Cl", "chrom": "Cr", "eisen": "Fe",
    "fluor": "F", "indium": "In", "iod": "I", "jod": "I", "kalium": "K", "kobalt": "Co",
    "kohlenstoff": "C", "kupfer": "Cu", "lanthan": "La", "mangan": "Mn", "molybdän": "Mo",
    "natrium": "Na", "neodym": "Nd", "niob": "Nb", "phosphor": "P", "platin": "Pt",
    "quecksilber": "Hg", "sauerstoff": "O", "schwefel": "S", "selen": "Se", "silber": "Ag",
    "silizium": "Si", "silicium": "Si", "stickstoff": "N", "sulphur": "S", "tantal": "Ta",
    "tellur": "Te", "titan": "Ti", "uran": "U", "vanadin": "V", "wasserstoff": "H",
    "wismut": "Bi", "bismut": "Bi", "wolfram": "W", "yttrium": "Y", "zink": "Zn", "zinn": "Sn",
    "zirkon": "Zr", "zirkonium": "Zr",
}  # fmt: skip
"""German names, and other spellings of English ones."""


def meant(text: str) -> str:
    """What to write instead of a text that is no symbol, such as "Co" for "Kobalt", "Li Fe O" for
    "LiFeO2" or "Co or C O" for "CO"; "" where nothing is near.
    """
    symbol = text.capitalize()
    if symbol in ATOMIC_NUMBERS and symbol != "X":
        is_formula = text.isupper() and len(text) > 1 and ATOMIC_NUMBERS.keys() >= set(text)
        return f"{symbol} or {' '.join(text)}" if is_formula else symbol
    if _FORMULA.fullmatch(text):
        parts = dict.fromkeys(re.findall(r"[A-Z][a-z]?", text))
        if all(each in ATOMIC_NUMBERS for each in parts):
            return " ".join(parts)
    names = _names()
    near = get_close_matches(text.casefold(), names, 1, _ALIKE)
    return names[near[0]] if near else ""


@cache
def _names() -> dict[str, str]:
    english = {name.casefold(): symbol for name, symbol in zip(NAMES, SYMBOLS, strict=True)}
    return {**english, **_OTHER_NAMES}
