"""The prototypes that crystals are described by, and crystals as tokens of them.

A prototype is a symmetry class (space group, Wyckoff letters, slots) with a template number: where
crystals of one class have geometries far apart, each kind of geometry is a prototype of its own.
Of each prototype the library keeps the medians of its members' geometry, from which tokens tell
deviations. Medians, volumes and scales come from crystals with training formulas wherever a
prototype has such members; `Prototype.n_train` says how many.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.alignment import Aligned
from designer_app.design.representation.describing import (
    TOLERANCES,
    Coarse,
    coarse,
    describe,
    fits_tokens,
    nearest,
)
from designer_app.design.representation.library_file import (
    Header,
    Prototype,
    prototypes_of,
    read_file,
)
from designer_app.design.representation.mining import FAR
from designer_app.design.representation.tokens import (
    MAX_ORBITS,
    MAX_SHAPE,
    MAX_SLOTS,
    N_GEOMETRY,
    CrystalTokens,
    TokenTable,
)
from designer_app.design.representation.volumes import spans_a_cell
from designer_app.errors import FileUnreadableError
from designer_app.provenance import sha256_of
from designer_app.resources import resource
from designer_app.screening.duplicates import same_crystal
from designer_app.screening.reference.classes import Arrays, slot_counts
from designer_app.screening.reference.symmetry import (
    CrystalClass,
    SymmetricCrystal,
    expanded,
    free_shape,
)
from designer_app.specs.structure import Structure

SHIPPED = "data/prototypes.npz"
KNOWN = "data/known-tokens.npz"
_CERTAIN_A = 0.1
"""Symmetrising within this cannot make another crystal of it; beyond, the two are compared."""
_ANGLES = slice(2, MAX_SHAPE)
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Reason:
    """Why a crystal has no tokens."""

    text: str


class PrototypeLibrary:
    """All prototypes, as objects and as arrays."""

    def __init__(self, header: Header, arrays: Arrays, file_hash: str = "") -> None:
        self.header = header
        self.hash = file_hash
        """SHA-256 of its file."""
        self.prototypes: tuple[Prototype, ...] = prototypes_of(header, arrays)
        self.order: NDArray[np.float64] = arrays["order"].astype(np.float64)
        """(N_ELEMENTS,) electronegativities: of two exchangeable slots the lower comes first."""
        self.atomic_volumes: NDArray[np.float64] = arrays["atomic_volumes"].astype(np.float64)
        """(N_ELEMENTS,) A^3 that an atom is expected to take."""
        self.geometry_scales: Floats = arrays["geometry_scales"]
        """(N_GEOMETRY,) what a geometry of 1 in a token table means: ln of a ratio of lengths,
        degrees, fractions."""
        n = len(self.prototypes)
        self.slot_counts = np.zeros((n, MAX_SLOTS), dtype=np.float32)
        """(C, MAX_SLOTS) atoms of each slot in the primitive cell."""
        self.n_geometry = np.zeros((n, N_GEOMETRY), dtype=bool)
        """(C, N_GEOMETRY) True where a prototype has a free number: shape in the first MAX_SHAPE
        places, then the free numbers of the sites one after the other."""
        self.medians = np.zeros((n, N_GEOMETRY), dtype=np.float64)
        """(C, N_GEOMETRY) in the units of `CrystalTokens`."""
        for row, prototype in enumerate(self.prototypes):
            counts = slot_counts(prototype.kind)
            self.slot_counts[row, : len(counts)] = counts
            places = geometry_places(prototype.kind)
            self.n_geometry[row, places] = True
            self.medians[row, places] = (*prototype.shape, *prototype.free)
        self.space_groups = np.array([each.kind.space_group for each in self.prototypes])
        """(C,) numbers in International Tables."""
        self.n_atoms = self.slot_counts.sum(axis=1).astype(np.int64)
        """(C,) in the primitive cell."""
        self.n_members = np.array([each.n_members for each in self.prototypes])
        self.n_train = np.array([each.n_train for each in self.prototypes])
        """(C,) members with training formulas; prototypes with 0 are never seen in training."""
        self.log_volumes = np.array([each.log_volume for each in self.prototypes], dtype=np.float32)
        """(C,) median of ln(volume / expected volume)."""

    def __len__(self) -> int:
        return len(self.prototypes)

    def family(self, name: str) -> tuple[int, ...]:
        """Places of the prototypes of a family, e.g. "olivine"; the most common first."""
        found = [row for row, each in enumerate(self.prototypes) if name in each.families]
        return tuple(sorted(found, key=lambda row: -self.prototypes[row].n_members))

    @property
    def families(self) -> tuple[str, ...]:
        """All family names."""
        return tuple(sorted({name for each in self.prototypes for name in each.families}))

    def expected_log_volume(
        self, elements: NDArray[np.int64], counts: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """(n,) ln of the volume per atom (A^3) by the mean of the elements' atomic volumes.

        `elements` and `counts` are (n, slots) atomic numbers and atoms of each slot.
        """
        volumes = (self.atomic_volumes[elements] * counts).sum(axis=-1)
        return np.log(volumes / counts.sum(axis=-1))

    def tokens_of(self, structure: Structure, *, trained: bool = False) -> CrystalTokens | Reason:
        """The crystal's tokens, by the first tolerance at which a prototype fits.

        Prototypes with training members come first; `trained` allows no others, as if the library
        had been made from training formulas alone. The symmetrised crystal is the same by
        `StructureMatcher`, or there are no tokens.
        """
        if not all(structure.pbc):
            return Reason("it is not periodic in three directions")
        reason = Reason("its symmetry is not clear")
        seen: list[tuple[float, SymmetricCrystal]] = []
        for symprec in TOLERANCES:
            crystal = describe(structure, symprec)
            if crystal is not None and not fits_tokens(crystal):
                reason = Reason(f"it has more than {MAX_ORBITS} inequivalent sites")
            elif crystal is not None:
                seen.append((symprec, crystal))
                found = self.tokens_like(crystal, trained=True, within=None if trained else FAR)
                if found is not None and self._is_kept(found, structure, symprec):
                    return found
                reason = Reason("no known crystal has its space group and sites")
        for symprec, crystal in [] if trained else seen:
            found = self.tokens_like(crystal)
            if found is not None and self._is_kept(found, structure, symprec):
                return found
        return reason

    def tokens_like(
        self, crystal: SymmetricCrystal, *, trained: bool = False, within: float | None = None
    ) -> CrystalTokens | None:
        """The tokens of a symmetrised crystal by the nearest prototype within a distance."""
        found = self.nearest(crystal, trained=trained)
        if found is None or (within is not None and found[1].distance > within):
            return None
        row, laid = found
        chosen = laid.crystal
        return CrystalTokens(
            row, chosen.elements, chosen.volume_per_atom, chosen.shape, chosen.free
        )

    def nearest(
        self, crystal: SymmetricCrystal, *, trained: bool = False
    ) -> tuple[int, Aligned] | None:
        """The place of the nearest prototype, and the crystal laid over it."""
        rows = self._rows.get(coarse(crystal.kind), ())
        known = (
            (row, self.prototypes[row].target) for row in rows if self.n_train[row] or not trained
        )
        return nearest(crystal, known, self.order)

    def structure_of(self, tokens: CrystalTokens, name: str = "") -> Structure:
        """All atoms of the primitive cell."""
        kind = self.prototypes[tokens.prototype].kind
        volume = tokens.volume * kind.n_atoms * kind.n_lattice_points
        crystal = SymmetricCrystal(kind, tokens.elements, volume, tokens.shape, tokens.free)
        return expanded(crystal, name)

    def table_of(self, tokens: Sequence[CrystalTokens]) -> TokenTable:
        """The crystals as arrays, geometry as deviations from the medians over the scales."""
        prototype = np.array([each.prototype for each in tokens], dtype=np.int64)
        elements = np.zeros((len(tokens), MAX_SLOTS), dtype=np.int64)
        geometry = np.zeros((len(tokens), N_GEOMETRY))
        for row, each in enumerate(tokens):
            elements[row, : len(each.elements)] = each.elements
            geometry[row, self.n_geometry[each.prototype]] = (*each.shape, *each.free)
        deviations = _deviations(geometry, self.medians[prototype], self.n_geometry[prototype])
        expected = self.expected_log_volume(elements, self.slot_counts[prototype])
        volume = np.array([each.volume for each in tokens], dtype=np.float64)
        return TokenTable(
            prototype,
            elements,
            (np.log(volume) - expected).astype(np.float32),
            (deviations / self.geometry_scales).astype(np.float32),
        )

    def tokens(self, table: TokenTable, row: int) -> CrystalTokens:
        """One of the crystals of a table, in the numbers that people read."""
        prototype = int(table.prototype[row])
        mask = self.n_geometry[prototype]
        change = table.geometry[row].astype(np.float64) * self.geometry_scales
        geometry = _changed(self.medians[prototype], change)
        while not spans_a_cell(np.where(mask[_ANGLES], geometry[_ANGLES], 90.0)):
            change[_ANGLES] *= 0.5  # decoded angles that span no cell go back to the medians
            geometry = _changed(self.medians[prototype], change)
        n_slots = self.prototypes[prototype].kind.n_slots
        counts = self.slot_counts[prototype][None]
        expected = self.expected_log_volume(table.elements[row : row + 1], counts)[0]
        return CrystalTokens(
            prototype,
            tuple(int(each) for each in table.elements[row, :n_slots]),
            float(np.exp(expected + float(table.log_volume[row]))),
            tuple(geometry[:MAX_SHAPE][mask[:MAX_SHAPE]].tolist()),
            tuple(geometry[MAX_SHAPE:][mask[MAX_SHAPE:]].tolist()),
        )

    @cached_property
    def _rows(self) -> dict[Coarse, list[int]]:
        """Prototypes that a crystal may be near to."""
        found: dict[Coarse, list[int]] = defaultdict(list)
        for row, each in enumerate(self.prototypes):
            found[coarse(each.kind)].append(row)
        return dict(found)

    def _is_kept(self, tokens: CrystalTokens, structure: Structure, symprec: float) -> bool:
        return symprec <= _CERTAIN_A or same_crystal(structure, self.structure_of(tokens))


def geometry_places(kind: CrystalClass) -> list[int]:
    """Columns of a token table that hold the free numbers of a class, in their order."""
    return [*free_shape(kind.space_group), *range(MAX_SHAPE, MAX_SHAPE + kind.n_free)]


def read_library(path: Path) -> PrototypeLibrary:
    """The library in a file; raises `FileUnreadableError` where it is none, or of a newer one."""
    header, arrays = read_file(path, "prototype library")
    return PrototypeLibrary(header, arrays, sha256_of(path))


@lru_cache(maxsize=1)
def load_library() -> PrototypeLibrary:
    """The shipped library."""
    return read_library(resource(SHIPPED))


def known_tokens(library: PrototypeLibrary) -> tuple[TokenTable, tuple[str, ...]]:
    """Tokens of the crystals of the shipped reference table, and their ids in that table.

    Shipped as they were found when the library was built, since finding them takes minutes.
    Raises `FileUnreadableError` where they belong to another library.
    """
    path = resource(KNOWN)
    header, arrays = read_file(path, "table of tokens")
    if header["library"] != library.hash:
        raise FileUnreadableError(str(path), "it belongs to another prototype library")
    prototype = arrays["prototype"].astype(np.int64)
    elements = np.zeros((len(prototype), MAX_SLOTS), dtype=np.int64)
    elements[library.slot_counts[prototype] > 0] = arrays["elements"]
    geometry = np.zeros((len(prototype), N_GEOMETRY), dtype=np.float32)
    geometry[library.n_geometry[prototype]] = arrays["geometry"]
    table = TokenTable(prototype, elements, arrays["log_volume"].astype(np.float32), geometry)
    return table, tuple(bytes(arrays["sources"]).decode("ascii").split("\n"))


# --- parts ---


def _deviations(
    geometry: NDArray[np.float64], medians: NDArray[np.float64], mask: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Ln of ratios, differences of angles, differences of free numbers the short way round."""
    found = geometry - medians
    with np.errstate(divide="ignore", invalid="ignore"):
        found[:, :2] = np.log(geometry[:, :2] / medians[:, :2])
    found[:, MAX_SHAPE:] -= np.rint(found[:, MAX_SHAPE:])
    return np.where(mask, found, 0.0)


def _changed(medians: NDArray[np.float64], change: NDArray[np.float64]) -> NDArray[np.float64]:
    """The geometry that deviates so from the medians."""
    found = medians + change
    found[:2] = medians[:2] * np.exp(change[:2])
    found[MAX_SHAPE:] %= 1.0
    return found
