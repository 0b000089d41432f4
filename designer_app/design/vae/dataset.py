"""Crystals as tokens with what training has to know of each: formula, split, source."""

import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.design.left_out import named
from designer_app.design.representation.library import PrototypeLibrary, Reason
from designer_app.design.representation.tokens import CrystalTokens, TokenTable
from designer_app.elements import SYMBOLS
from designer_app.io.atomic_write import atomic_write
from designer_app.io.formulas import amounts_of
from designer_app.running.control import RunControl
from designer_app.specs.structure import Structure
from designer_app.training.splits import formula_of, split_of


@dataclass(frozen=True, eq=False)
class CrystalTable:
    """Crystals that have tokens, and a count of those that have none."""

    tokens: TokenTable
    formulas: tuple[str, ...]
    """Reduced."""
    sources: tuple[str, ...]
    """Ids of the crystals."""
    without: Mapping[str, int]
    """Crystals left out, by reason."""

    def __len__(self) -> int:
        return len(self.formulas)

    @property
    def split(self) -> NDArray[np.str_]:
        """train, validation or test, by formula."""
        return np.array([split_of(each) for each in self.formulas])

    def rows(self, chosen: NDArray[np.bool_]) -> "CrystalTable":
        """Some of the crystals."""
        where = np.flatnonzero(chosen)
        return CrystalTable(
            self.tokens.rows(where),
            tuple(self.formulas[row] for row in where),
            tuple(self.sources[row] for row in where),
            self.without,
        )

    def save(self, path: Path, library: str) -> None:
        """All in one file; `library` is the hash of the library that the tokens belong to."""
        said = {
            "library": library,
            "formulas": self.formulas,
            "sources": self.sources,
            "without": dict(self.without),
        }
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            header=np.frombuffer(json.dumps(said).encode(), dtype=np.uint8),
            prototype=self.tokens.prototype,
            elements=self.tokens.elements,
            log_volume=self.tokens.log_volume,
            geometry=self.tokens.geometry,
        )
        atomic_write(path, buffer.getvalue(), backup=False)

    @classmethod
    def load(cls, path: Path, library: str) -> "CrystalTable | None":
        """From such a file; None where its tokens belong to another library."""
        with np.load(path, allow_pickle=False) as found:
            said = json.loads(bytes(found["header"]))
            if said["library"] != library:
                return None
            names = ("prototype", "elements", "log_volume", "geometry")
            tokens = TokenTable(*(found[name] for name in names))
        return cls(tokens, tuple(said["formulas"]), tuple(said["sources"]), said["without"])


def crystal_table(
    structures: Iterable[Structure], library: PrototypeLibrary, control: RunControl
) -> CrystalTable:
    """Tokens of all crystals that have them; finding symmetries takes minutes for many."""
    structures = list(structures)
    tokens: list[CrystalTokens] = []
    formulas: list[str] = []
    sources: list[str] = []
    without: Counter[str] = Counter()
    for number, structure in enumerate(structures):
        control.checkpoint()
        control.progress(number, len(structures), "Finding prototypes")
        found = library.tokens_of(structure)
        if isinstance(found, Reason):
            without[found.text] += 1
            continue
        tokens.append(found)
        formulas.append(formula_of(amounts_of(structure.numbers)))
        sources.append(structure.name)
    return CrystalTable(library.table_of(tokens), tuple(formulas), tuple(sources), without)


def amounts_of_row(
    table: TokenTable, row: int, slot_counts: NDArray[np.float32]
) -> dict[str, float]:
    """Atoms of each element in the primitive cell of a crystal of a table."""
    counts = slot_counts[table.prototype[row]]
    return {
        SYMBOLS[number]: float(count)
        for number, count in zip(table.elements[row], counts, strict=True)
        if count > 0
    }


def kept(table: CrystalTable, library: PrototypeLibrary, left_out: str) -> NDArray[np.bool_]:
    """(n,) True for crystals that none of the descriptions, separated by ";", leaves out."""
    return ~named(left_out, table.tokens, lambda: table.formulas, library)


def joined(first: CrystalTable, second: CrystalTable) -> CrystalTable:
    """The crystals of both."""
    return CrystalTable(
        TokenTable.joined([first.tokens, second.tokens]),
        first.formulas + second.formulas,
        first.sources + second.sources,
        Counter(first.without) + Counter(second.without),
    )
