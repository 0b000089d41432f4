"""Well-known compounds as crystals: structure types of the reference set with other elements.

Which: resources/data/textbook-crystals.toml. They are starts, to be relaxed.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.describing import TOLERANCES, describe
from designer_app.design.representation.frameworks import built, frameworks
from designer_app.design.representation.library import PrototypeLibrary
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import FileUnreadableError
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.io.toml import read_toml
from designer_app.resources import resource
from designer_app.screening.reference.symmetry import expanded
from designer_app.screening.reference.table import ReferenceTable
from designer_app.specs.structure import Structure

FRAMEWORKS, LIST = "data/frameworks.toml", "data/textbook-crystals.toml"
TEXTBOOK = "textbook-"
"""Before the formula and the structure type: the id of a textbook crystal."""
_SITES = re.compile(r"([A-Z][a-z]?)(\d*)")
Sites = Sequence[tuple[str, int]]


def textbook_crystals(table: ReferenceTable, library: PrototypeLibrary) -> Iterator[Structure]:
    """Every compound of the list, e.g. textbook-Nb3Sn-A15.

    Raises `FileUnreadableError` for a row that does not fit its structure type.
    """
    written = {each.name: _primitive(each.structure, FRAMEWORKS) for each in frameworks()}
    rows = read_toml(resource(LIST))
    for row in rows["crystal"]:
        made = _primitive(built(row["name"], row["hall"], row["cell"], row["sites"]), LIST)
        written[row["name"]] = made
        yield _named(made, row["type"])
    for row in rows["type"]:
        like = _sites(row["like"])
        place = table.index(row["crystal"])
        start = written[row["crystal"]] if place is None else table.structure(place)
        if without := row.get("without", ""):
            stays = start.numbers != ATOMIC_NUMBERS[without]
            start = replace(start, numbers=start.numbers[stays], positions=start.positions[stays])
            like = [each for each in like if each[0] != without]
        for compound in row["compounds"].split():
            yield _named(_replaced(start, like, _sites(compound), library), row["name"])


def _named(structure: Structure, kind: str) -> Structure:
    compound = formula(reduced(amounts_of(structure.numbers))[0])
    return replace(structure, name=f"{TEXTBOOK}{compound}-{kind}")


def _sites(text: str) -> list[tuple[str, int]]:
    """Elements of a formula in their order with their counts; an element may stand twice."""
    return [(symbol, int(count or 1)) for symbol, count in _SITES.findall(text)]


def _written(sites: Sites) -> str:
    return "".join(f"{symbol}{count if count > 1 else ''}" for symbol, count in sites)


def _replaced(start: Structure, like: Sites, wanted: Sites, library: PrototypeLibrary) -> Structure:
    """The crystal with the elements of `wanted` in the places of those of `like`.

    The volume is scaled by the usual volumes of the elements.
    """
    if [count for _, count in like] != [count for _, count in wanted]:
        why = f"{_written(wanted)} has other counts than {_written(like)}"
        raise FileUnreadableError(str(resource(LIST)), why)
    numbers = start.numbers.copy()
    for (old, _), (new, _) in zip(like, wanted, strict=True):
        numbers[start.numbers == ATOMIC_NUMBERS[old]] = ATOMIC_NUMBERS[new]
    ratio = np.exp(_usual(numbers, library) - _usual(start.numbers, library)) ** (1 / 3)
    return replace(
        start, numbers=numbers, positions=start.positions * ratio, cell=start.cell * ratio
    )


def _primitive(structure: Structure, file: str) -> Structure:
    """The primitive cell of a published crystal, which a shipped file holds."""
    crystal = describe(structure, TOLERANCES[0])
    if crystal is None:
        why = f"the symmetry of {structure.name} is not clear"
        raise FileUnreadableError(str(resource(file)), why)
    return expanded(crystal)


def _usual(numbers: NDArray[np.int64], library: PrototypeLibrary) -> float:
    """Ln of the volume per atom that these elements usually take."""
    counts = Counter(numbers.tolist())
    elements = np.array([list(counts)])
    return float(library.expected_log_volume(elements, np.array([list(counts.values())], float))[0])
