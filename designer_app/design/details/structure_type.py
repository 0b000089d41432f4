"""The structure type of a crystal: a family's name, or a known crystal of the same type."""

from collections import Counter
from functools import cache

import numpy as np

from designer_app.design.representation.library import PrototypeLibrary, known_tokens, load_library
from designer_app.design.representation.tokens import CrystalTokens, TokenTable
from designer_app.design.search.pool import formula_of_row
from designer_app.elements import SYMBOLS
from designer_app.specs.structure import Structure


def structure_type(structure: Structure) -> str:
    """E.g. "spinel", or "as LiMnBO3 (mp-19131)", the crystal of that type with most elements in
    common; "" where no known crystal is of its type.
    """
    library = load_library()
    tokens = library.tokens_of(structure)
    if not isinstance(tokens, CrystalTokens):
        return ""
    families = library.prototypes[tokens.prototype].families
    if families:
        return " or ".join(each.removesuffix(" alloy") for each in families)
    known, sources = _known(library)
    own = Counter(SYMBOLS[number] for number in structure.numbers)
    alike = np.flatnonzero(known.prototype == tokens.prototype).tolist()
    if not alike:
        return ""

    def shared(row: int) -> int:
        return len({SYMBOLS[number] for number in known.elements[row] if number} & own.keys())

    best = max(alike, key=shared)
    return f"as {formula_of_row(library, known, best)} ({sources[best]})"


@cache
def _known(library: PrototypeLibrary) -> tuple[TokenTable, tuple[str, ...]]:
    return known_tokens(library)
