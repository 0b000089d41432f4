"""The shipped table of substituted crystals: how each is made, and where our relaxations put it.

The known crystals that they are made from are published data, and not part of the table.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import FileUnreadableError
from designer_app.resources import resource
from designer_app.screening.crystal_gnn.substituted import Substitution
from designer_app.screening.reference.archive import write_archive
from designer_app.specs.structure import Structure

FILE = "data/substituted-chgnet-0.3.0.npz"
VALUES = ("formation_energy", "e_above_hull", "expansion", "magnetization")
"""Columns: eV/atom, eV/atom, ln(V/V0), Bohr magnetons an atom."""


@dataclass(frozen=True, eq=False)
class SubstitutedTable:
    """How crystals are made from known ones, and where they stand once relaxed."""

    header: dict[str, Any]
    """Potential, its hash, the hull's reference set."""
    prototypes: NDArray[np.bytes_]
    """(n,) ids of the known crystals."""
    old: NDArray[np.uint8]
    new: NDArray[np.uint8]
    """(n, most swaps) atomic numbers; 0 fills up."""
    stretch: NDArray[np.float64]
    """(n,) factor of every length."""
    values: NDArray[np.float32]
    """(n, 4), see `VALUES`."""

    def rows(self, known: Mapping[str, Structure]) -> Iterator[tuple[Structure, dict[str, float]]]:
        """(unrelaxed crystal, values by name) of those whose prototype is `known` by its id."""
        for place, made in enumerate(self.substitutions()):
            if made.prototype not in known:
                continue
            start = made.of(known[made.prototype], f"substituted-{place}")
            said = zip(VALUES, self.values[place].tolist(), strict=True)
            yield start, {name: value for name, value in said if np.isfinite(value)}

    def substitutions(self) -> Iterator[Substitution]:
        """How each crystal is made."""
        for place, prototype in enumerate(self.prototypes):
            pairs = zip(self.old[place].tolist(), self.new[place].tolist(), strict=True)
            swaps = {old: new for old, new in pairs if old}
            yield Substitution(prototype.decode(), swaps, float(self.stretch[place]))


def read_substituted(path: Path | None = None) -> SubstitutedTable | None:
    """The shipped table, or the one in a file; None where none is shipped."""
    path = path or resource(FILE)
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as found:
            header = json.loads(bytes(found["header"]))
            names = ("prototypes", "old", "new", "stretch", "values")
            return SubstitutedTable(header, **{name: found[name] for name in names})
    except (OSError, ValueError, KeyError) as error:
        raise FileUnreadableError(str(path), "it is no table of crystals, or damaged") from error


def write_substituted(
    path: Path,
    header: dict[str, Any],
    made: Sequence[Substitution],
    values: NDArray[np.float64],
) -> None:
    """A file whose bytes depend on its content alone."""
    most = max(len(each.swaps) for each in made)
    old, new = (np.zeros((len(made), most), np.uint8) for _ in range(2))
    for place, each in enumerate(made):
        old[place, : len(each.swaps)] = list(each.swaps)
        new[place, : len(each.swaps)] = list(each.swaps.values())
    write_archive(
        path,
        {
            "header": np.frombuffer(json.dumps(header, sort_keys=True).encode(), np.uint8),
            "prototypes": np.array([each.prototype.encode() for each in made]),
            "old": old,
            "new": new,
            "stretch": np.array([each.stretch for each in made]),
            "values": values.astype(np.float32),
        },
    )
