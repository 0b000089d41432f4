"""The shipped reference table: relaxed crystals with their energies, read without running code.

A zip archive of numpy arrays (`.npz`, no pickled objects) whose `header` is JSON text. Crystals
are stored as `symmetry` describes them: classes once, and of each crystal its class, its elements,
the volume, the shape of the cell and the free numbers of its sites, in 65536ths.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.errors import FileUnreadableError, MissingReferenceError
from designer_app.potentials.base import Potential
from designer_app.provenance import sha256_of
from designer_app.resources import resource
from designer_app.screening.reference.archive import write_archive
from designer_app.screening.reference.classes import (
    Arrays,
    class_arrays,
    classes_of,
    ragged,
    slot_counts,
)
from designer_app.screening.reference.phases import ReferencePhase
from designer_app.screening.reference.symmetry import (
    CrystalClass,
    SymmetricCrystal,
    expanded,
)
from designer_app.specs.hull import HullOrigin
from designer_app.specs.potentials import POTENTIALS
from designer_app.specs.structure import Structure

VERSION = 1
"""Of the format; a reader refuses a newer one."""
STEPS = 65536
"""Free numbers, 0 to 1, are kept as 16-bit whole numbers."""
SHIPPED = {("chgnet", "0.3.0"): "data/reference-chgnet-0.3.0.npz"}
"""Files of known crystals, by potential and model."""
HYPOTHETICAL = {("chgnet", "0.3.0"): "data/hypothetical-chgnet-0.3.0.npz"}
"""Files of crystals that the known ones lack and that lie on the hull beside them."""


@dataclass(frozen=True, kw_only=True)
class TableHeader:
    """What a table says of itself."""

    name: str
    potential: str
    model: str
    model_sha256: str
    correction: str
    """Which empirical corrections the energies contain."""
    goal: str
    """How far the crystals were relaxed."""
    sources: str
    """Where the structures came from, with licence."""
    excluded: dict[str, int]
    """How many crystals were left out, by reason."""
    version: int = VERSION


class ReferenceTable:
    """Relaxed crystals of one potential.

    The published tables are a part of what exists. Hypothetical phases of the same potential stand
    in for what is missing: they compete in every hull (`in_system`), but are no known crystals, so
    that the length, the ids and the rows of the table do not count them. Raises
    `FileUnreadableError` for ones of other weights: energies of two potentials never meet.
    """

    def __init__(
        self,
        header: TableHeader,
        arrays: Arrays,
        file_hash: str = "",
        hypothetical: "ReferenceTable | None" = None,
    ) -> None:
        if hypothetical is not None and hypothetical.header.model_sha256 != header.model_sha256:
            why = f"its energies are of another potential than those of “{header.name}”"
            raise FileUnreadableError(hypothetical.header.name, why)
        self.header = header
        self.hypothetical = hypothetical
        self.arrays = arrays
        self.hash = file_hash
        """SHA-256 of its file."""
        self.sources = tuple(bytes(arrays["sources"]).decode("ascii").split("\n"))
        """Ids of the crystals that were relaxed."""
        self._classes = classes_of(arrays)
        self._place = {source: index for index, source in enumerate(self.sources)}
        counts = [slot_counts(kind) for kind in self._classes]
        self._amounts = [counts[kind] for kind in arrays["kind"]]
        self._n_elements = np.diff(arrays["elements_start"].astype(np.int64))
        self._has = np.zeros((len(SYMBOLS), len(self)), dtype=np.uint8)
        self._has[arrays["elements"], np.repeat(np.arange(len(self)), self._n_elements)] = 1

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def name(self) -> str:
        """Of the set, with size and the begin of its hash, as hull numbers show it."""
        said = f"{self.header.name}, {len(self)} phases ({self.hash[:12]})"
        if self.hypothetical is None:
            return said
        more = self.hypothetical
        return f"{said} and {len(more)} hypothetical ones ({more.hash[:12]})"

    @property
    def origin(self) -> HullOrigin:
        """What numbers from this table stand on."""
        return HullOrigin(
            potential=f"{self.header.potential} {self.header.model}",
            model_sha256=self.header.model_sha256,
            reference_set=self.name,
            correction=self.header.correction,
        )

    def belongs_to(self, potential: Potential) -> bool:
        """Whether the table was made with exactly this potential."""
        return potential.model_sha256 == self.header.model_sha256

    def in_system(self, elements: Collection[str]) -> list[ReferencePhase]:
        """All phases that hold only these elements, known and hypothetical."""
        more = [] if self.hypothetical is None else self.hypothetical.in_system(elements)
        return [*self.known_in_system(elements), *more]

    def known_in_system(self, elements: Collection[str]) -> list[ReferencePhase]:
        """The known phases that hold only these elements."""
        chosen = [ATOMIC_NUMBERS[element] for element in set(elements)]
        found = np.flatnonzero(self._has[chosen].sum(axis=0) == self._n_elements)
        return [self.phase(int(index)) for index in found]

    def phase(self, index: int) -> ReferencePhase:
        """One of the phases."""
        amounts = self._amounts[index]
        symbols = [SYMBOLS[number] for number in self._row("elements", index)]
        return ReferencePhase(
            source=self.sources[index],
            composition=dict(zip(symbols, map(float, amounts), strict=True)),
            energy=float(self.arrays["energy"][index]) * sum(amounts),
            magmom=float(self.arrays["magmom"][index]) * sum(amounts),
            unpack=lambda: self.structure(index),
        )

    def by_source(self, source: str) -> ReferencePhase | None:
        """The phase that was relaxed from a crystal of this id."""
        index = self.index(source)
        if index is None:
            return None if self.hypothetical is None else self.hypothetical.by_source(source)
        return self.phase(index)

    def index(self, source: str) -> int | None:
        """Which of the phases was relaxed from a crystal of this id."""
        return self._place.get(source)

    def crystal(self, index: int) -> SymmetricCrystal:
        """One of the crystals, by its symmetry."""
        return SymmetricCrystal(
            kind=self._classes[self.arrays["kind"][index]],
            elements=tuple(int(number) for number in self._row("elements", index)),
            volume=float(self.arrays["volume"][index]),
            shape=tuple(float(value) for value in self._row("shape", index)),
            free=tuple(float(value) / STEPS for value in self._row("free", index)),
        )

    def structure(self, index: int) -> Structure:
        """One of the crystals, with all atoms of its primitive cell."""
        return expanded(self.crystal(index), self.sources[index])

    def _row(self, name: str, index: int) -> NDArray[Any]:
        start, stop = self.arrays[f"{name}_start"][index : index + 2]
        return self.arrays[name][start:stop]


@dataclass(frozen=True)
class TableRow:
    """One crystal on its way into a table."""

    source: str
    crystal: SymmetricCrystal
    energy: float
    """eV/atom."""
    magmom: float
    """Bohr magnetons per atom."""


def table_arrays(rows: Iterable[TableRow]) -> Arrays:
    """The arrays of a table; numbers are rounded here as the file keeps them."""
    rows = list(rows)
    kinds: dict[CrystalClass, int] = {}
    for row in rows:
        kinds.setdefault(row.crystal.kind, len(kinds))
    return {
        "sources": np.frombuffer("\n".join(row.source for row in rows).encode("ascii"), np.uint8),
        "kind": np.array([kinds[row.crystal.kind] for row in rows], np.uint16),
        "energy": np.array([row.energy for row in rows], np.float32),
        "magmom": np.array([row.magmom for row in rows], np.float32),
        "volume": np.array([row.crystal.volume for row in rows], np.float32),
        **ragged("elements", [row.crystal.elements for row in rows], np.uint8),
        **ragged("shape", [row.crystal.shape for row in rows], np.float32),
        **ragged("free", [_in_steps(row.crystal.free) for row in rows], np.uint16),
        **class_arrays(kinds),
    }


def unpacked(crystal: SymmetricCrystal) -> Structure:
    """The crystal as a table gives it back, with its numbers rounded."""
    free = tuple(value / STEPS for value in _in_steps(crystal.free))
    shape = tuple(float(np.float32(value)) for value in crystal.shape)
    volume = float(np.float32(crystal.volume))
    return expanded(replace(crystal, volume=volume, shape=shape, free=free))


def write_table(path: Path, header: TableHeader, arrays: Arrays) -> None:
    """A file whose bytes depend on its content alone."""
    text = json.dumps(asdict(header), sort_keys=True).encode()
    write_archive(path, {"header": np.frombuffer(text, np.uint8), **arrays})


def known_alone(potential: str = "chgnet", model: str = "0.3.0") -> ReferenceTable:
    """The shipped table without the hypothetical phases. Raises `MissingReferenceError`."""
    table = load_reference(potential, model)
    if table is None:
        raise MissingReferenceError("", potential, f"{potential} {model}")
    return ReferenceTable(table.header, table.arrays, table.hash)


def read_table(path: Path, hypothetical: ReferenceTable | None = None) -> ReferenceTable:
    """The table in a file; raises `FileUnreadableError` where it is none, or of a newer program, or
    of another potential than the hypothetical phases beside it.
    """
    try:
        # Opened here: numpy leaves the file open when it is no archive.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        told = json.loads(bytes(arrays.pop("header")))
        version = int(told["version"])
        if version > VERSION:
            raise FileUnreadableError(str(path), f"it is of version {version}, for a newer program")
        return ReferenceTable(TableHeader(**told), arrays, sha256_of(path), hypothetical)
    except FileNotFoundError as error:
        raise FileUnreadableError(str(path), "there is no such file") from error
    except (OSError, ValueError, LookupError, TypeError, EOFError, BadZipFile) as error:
        raise FileUnreadableError(str(path), "it is no reference table, or damaged") from error


def load_reference(potential: str = "chgnet", model: str = "") -> ReferenceTable | None:
    """The table shipped for a potential; None where there is none, as for a fine-tuned one.

    Whether the weights are those of the table, `ReferenceTable.belongs_to` says.
    """
    return _shipped((potential, POTENTIALS[potential].chosen(model)))


@lru_cache(maxsize=2)
def _shipped(key: tuple[str, str]) -> ReferenceTable | None:
    known, beside = _installed(SHIPPED, key), _installed(HYPOTHETICAL, key)
    if known is None:
        return None
    return read_table(known, None if beside is None else read_table(beside))


def _installed(files: Mapping[tuple[str, str], str], key: tuple[str, str]) -> Path | None:
    path = resource(files[key]) if key in files else None
    return path if path is not None and path.is_file() else None


def set_hash(phases: Iterable[ReferencePhase]) -> str:
    """A hash of phases and energies, for sets that no file holds."""
    digest = hashlib.sha256()
    for phase in sorted(phases, key=lambda each: each.source):
        digest.update(f"{phase.source} {phase.energy_per_atom:.6f}\n".encode())
    return digest.hexdigest()


def _in_steps(free: Iterable[float]) -> list[int]:
    return [round(value * STEPS) % STEPS for value in free]
