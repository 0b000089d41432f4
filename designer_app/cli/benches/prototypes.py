"""Round trips crystal -> tokens -> crystal through the prototype library, and what is lost.

A round trip is right where pymatgen's `StructureMatcher` with its usual tolerances finds the same
crystal. Unseen crystals are those with test formulas; they may use prototypes of training formulas
alone, as if the library had been made from these. With the true class and volume, the row "medians"
asks how much the prototype alone says of the geometry.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from designer_app.design.representation.frameworks import frameworks, likenesses
from designer_app.design.representation.library import (
    PrototypeLibrary,
    Reason,
    known_tokens,
    load_library,
)
from designer_app.design.representation.tokens import CrystalTokens
from designer_app.screening.duplicates import reduced_formula, same_crystal
from designer_app.screening.reference.table import load_reference
from designer_app.specs.structure import Structure
from designer_app.training.published.crystals import read_crystals
from designer_app.training.published.folder import data_folder
from designer_app.training.splits import split_of

QUICK = 200
"""Crystals of each kind in a quick run."""
N_KNOWN = 3000
"""Crystals of the reference table that are compared otherwise, by chance."""


def rows(
    quick: bool, say: Callable[[str], None], data: Path | None = None
) -> Iterator[dict[str, object]]:
    """What names families, known crystals, then unseen ones with the reasons of each loss."""
    library = load_library()
    say(
        f"{len(library)} prototypes, {int((library.n_train > 0).sum())} with training members, "
        f"families: {', '.join(library.families)}"
    )
    say(f"members by split of their formula: {library.header.get('n_by_split')}")
    for name, built in (
        ("hand-built frameworks", [each.structure for each in frameworks()]),
        ("crystals that name families", [each for _, each in likenesses()]),
    ):
        yield _row(library, name, built, [library.tokens_of(each) for each in built])
    yield _known_row(library, QUICK if quick else N_KNOWN)
    crystals = [each.structure for each in read_crystals(data_folder(data))]
    unseen = [each for each in crystals if split_of(reduced_formula(each)) == "test"]
    if quick:
        chosen = np.random.default_rng(0).permutation(len(unseen))[:QUICK]
        unseen = [unseen[row] for row in sorted(chosen)]
    found = [library.tokens_of(each, trained=True) for each in unseen]
    yield _row(library, "unseen, trained prototypes", unseen, found)
    yield _row(library, "unseen, medians", unseen, [_median(library, each) for each in found])
    lost = Counter(each.text for each in found if isinstance(each, Reason))
    for reason, n in lost.most_common():
        yield {"crystals": f"lost: {reason}", "n": n, "share": n / len(unseen)}


def _row(
    library: PrototypeLibrary,
    name: str,
    structures: Sequence[Structure],
    found: Sequence[CrystalTokens | Reason],
) -> dict[str, object]:
    """How many have tokens, and how many of all come back."""
    back = [
        same_crystal(structure, library.structure_of(tokens))
        for structure, tokens in zip(structures, found, strict=True)
        if isinstance(tokens, CrystalTokens)
    ]
    n = len(structures)
    return {
        "crystals": name,
        "n": n,
        "share": len(back) / n,
        "come back": sum(back),
        "of those with tokens": sum(back) / max(len(back), 1),
        "of all": sum(back) / n,
    }


def _known_row(library: PrototypeLibrary, n: int) -> dict[str, object]:
    """Crystals of the reference table by their shipped tokens."""
    reference = load_reference()
    assert reference is not None
    table, sources = known_tokens(library)
    chosen = np.sort(np.random.default_rng(0).permutation(len(table))[:n])
    structures = [reference.structure(reference.index(sources[row]) or 0) for row in chosen]
    row = _row(
        library, "known, shipped tokens", structures, [library.tokens(table, row) for row in chosen]
    )
    return {**row, "share": len(table) / len(reference)}


def _median(library: PrototypeLibrary, tokens: CrystalTokens | Reason) -> CrystalTokens | Reason:
    """The crystal with its own volume and its prototype's geometry."""
    if isinstance(tokens, Reason):
        return tokens
    prototype = library.prototypes[tokens.prototype]
    return CrystalTokens(
        tokens.prototype, tokens.elements, tokens.volume, prototype.shape, prototype.free
    )
