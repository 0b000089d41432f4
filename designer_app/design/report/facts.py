"""What a crystal is, in a few words: symmetry, density, and what it was made from."""

import re

from designer_app.design.search.strategies import BEGUN_AT
from designer_app.elements import STANDARD_MASSES
from designer_app.io.formulas import amounts_in, formula, reduced
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure

_G_CM3 = 1.66053907
"""Of 1 amu/A^3."""
_LOWERED_ZERO = 0x2080
_HOW_LIKELY = re.compile(r" \((?:probability|likeness) [^)]*\)")
_SWAPPED = re.compile(r"(?P<known>(?P<formula>\w+) \([^)]*\)) with (?P<swaps>.+)")
_SWAP = re.compile(r"([A-Z][a-z]?) for ([A-Z][a-z]?)")


def density_text(structure: Structure | None) -> str:
    """In g/cm³, e.g. "3.60"; "" without a cell."""
    if structure is None or structure.volume == 0:
        return ""
    mass = float(STANDARD_MASSES[structure.numbers].sum())
    return f"{mass * _G_CM3 / structure.volume:.2f}"


def symbol_of(row: ScreenRow) -> str:
    """The space group as it is printed: "P2₁/c", for "P2_1/c (14)" of a row."""
    symbol = row.space_group.partition(" ")[0]
    return re.sub(r"_(\d)", lambda found: chr(_LOWERED_ZERO + int(found[1])), symbol)


def provenance(row: ScreenRow) -> str:
    """What a candidate was made from, where that tells something; a start that the search left
    far behind does not.
    """
    told = _HOW_LIKELY.sub("", row.made_from)
    is_moved = told.startswith(BEGUN_AT)
    match = _SWAPPED.fullmatch(told.removeprefix(BEGUN_AT))
    if match is None:
        return "found by the search, far from where it began" if is_moved else told
    swaps = _SWAP.findall(match["swaps"])
    if is_moved and _swapped(match["formula"], swaps) != row.formula:
        return "found by the search, far from where it began"
    put = " and ".join(f"{new} for {old}" for new, old in swaps)
    moved = ", then improved in the latent space" if is_moved else ""
    return f"from {match['known']} by putting {put}{moved}"


def _swapped(text: str, swaps: list[tuple[str, str]]) -> str:
    new_of = {old: new for new, old in swaps}
    found: dict[str, float] = {}
    for element, n in amounts_in(text).items():
        name = new_of.get(element, element)
        found[name] = found.get(name, 0.0) + n
    return formula(reduced(found)[0])
