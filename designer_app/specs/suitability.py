"""Whether a potential is made for a kind of matter: one rule for the window and the terminal."""

from collections.abc import Sequence

import numpy as np

from designer_app.elements import SYMBOLS
from designer_app.specs.potentials import POTENTIALS, PotentialRow
from designer_app.specs.structure import Structure
from designer_app.specs.supercells import Repeats, repeats_to_reach, thicknesses

_NOBLE = frozenset(("He", "Ne", "Ar", "Kr", "Xe", "Rn"))
_MOLECULAR = frozenset(("H", "C", "N", "O", "F", "P", "S", "Cl", "Br", "I"))
_NONMETALS = _NOBLE | _MOLECULAR | {"B", "Si", "Ge", "As", "Se", "Sb", "Te", "At", "X"}
_WORDS = {
    "noble-gas": "noble gas",
    "molecule": "molecule",
    "liquid": "molecular liquid",
    "metal": "metal",
    "solid": "crystal",
}


def kind_of_matter(structure: Structure) -> str:
    """One of the registry's kinds of matter, from elements and periodicity."""
    elements = {SYMBOLS[int(number)] for number in np.unique(structure.numbers)}
    if elements <= _NOBLE:
        return "noble-gas"
    if not any(structure.pbc):
        return "molecule"
    if "H" in elements and elements <= _MOLECULAR:
        return "liquid"
    return "metal" if not elements & _NONMETALS else "solid"


def is_made_for(row: PotentialRow, matter: str) -> bool:
    """Whether a family of potentials is made for a kind of matter; a metal is also a solid."""
    return matter in row.suits or (matter == "metal" and "solid" in row.suits)


def kinds_of(row: PotentialRow) -> str:
    """What a family is made for, in the plural."""
    words = (_WORDS.get(kind, kind) for kind in row.suits)
    return ", ".join(f"{word}es" if word.endswith("s") else f"{word}s" for word in words)


def made_for(row: PotentialRow, matter: str) -> str:
    """The same as a sentence."""
    kinds = kinds_of(row)
    if is_made_for(row, matter):
        return f"It is made for {kinds}; this looks like a {_WORDS[matter]}."
    return (
        f"This looks like a {_WORDS[matter]}, and {row.title} is made for {kinds}: "
        "trends may be right, numbers need a check."
    )


def thin_cell(row: PotentialRow, structure: Structure) -> tuple[str, str]:
    """(what is wrong, what to do) where a periodic cell is too thin for a potential; else empty."""
    thinnest = min(thicknesses(structure.cell, structure.pbc))
    if thinnest >= row.thinnest_cell:
        return "", ""
    a, b, c = repeats_to_reach(structure.cell, structure.pbc, row.thinnest_cell)
    wrong = (
        f"The cell is only {thinnest:.1f} Å thick. {row.title} computes electrons at one k-point: "
        f"below {row.thinnest_cell:g} Å its energies and forces are wrong."
    )
    return wrong, (
        f"Make a supercell of {a} x {b} x {c} first ({a * b * c * len(structure)} atoms)."
    )


def thin_for(families: Sequence[str], structure: Structure) -> tuple[str, str]:
    """What `thin_cell` tells of the first part that it is too thin for."""
    told = (thin_cell(POTENTIALS[key], structure) for key in families)
    return next((each for each in told if each[0]), ("", ""))


def supercell_for(families: Sequence[str], structure: Structure) -> Repeats | None:
    """How often to repeat a cell that is too thin for a part; None where none is needed."""
    needed = max(POTENTIALS[key].thinnest_cell for key in families) if families else 0.0
    repeats = repeats_to_reach(structure.cell, structure.pbc, needed)
    return None if repeats == (1, 1, 1) or structure.disordered_sites else repeats


def doubt(potential: str, structure: Structure, parts: Sequence[str] = ()) -> str:
    """What to beware of where a potential is not made for a structure or its cell; else "".

    `parts` are the keys of all that computes in it: the thin cell of one is that of the whole.
    """
    row, matter = POTENTIALS[potential], kind_of_matter(structure)
    unsuited = "" if is_made_for(row, matter) else made_for(row, matter)
    return " ".join(t for t in (*thin_for((potential, *parts), structure), unsuited) if t)
