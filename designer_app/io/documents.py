"""Documents: what is open, frozen. An edit makes a new one.

A document holds plain arrays, so that it crosses between processes and the window needs no ASE
until somebody asks for `atoms()`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import STANDARD_MASSES
from designer_app.io.disorder import Occupancy, marked
from designer_app.provenance import Provenance, now
from designer_app.specs.structure import Structure

if TYPE_CHECKING:
    from ase import Atoms


@dataclass(frozen=True, eq=False)
class Document:
    """A structure with what is known of where it came from."""

    content: Structure
    occupancies: tuple[Occupancy, ...] = ()
    """Species and their shares for each atom; empty where every site is whole.
    The atom itself is the most abundant species of its site."""
    labels: tuple[str, ...] = ()
    """The file's own name of each site, e.g. "Fe1"; empty where it has none."""
    source: str = ""
    """The file, the example or the command it came from."""
    provenance: Provenance = Provenance(made_by="open")
    warnings: tuple[str, ...] = ()
    """What the reader found odd, one sentence each."""
    frame: int = 0
    """Which frame of the file, or which data block, this is."""
    n_frames: int = 1

    def __post_init__(self) -> None:
        if self.occupancies and len(self.occupancies) != len(self.content):
            message = "occupancies do not belong to these atoms"
            raise ValueError(message)

    def __len__(self) -> int:
        return len(self.content)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.content.name

    @property
    def is_disordered(self) -> bool:
        """Whether a site is shared or partly occupied."""
        return self.content.disordered_sites > 0

    def structure(self) -> Structure:
        """The plain arrays, with the disorder counted."""
        return self.content

    def atoms(self) -> "Atoms":
        """A new ASE object whose arrays cannot be written to."""
        atoms = atoms_from_structure(self.content)
        if self.occupancies:
            atoms.info["occupancy"] = {
                str(site): dict(shares) for site, shares in enumerate(self.occupancies)
            }
            atoms.new_array("spacegroup_kinds", np.arange(len(atoms)))
        for array in atoms.arrays.values():
            array.flags.writeable = False
        return atoms

    def with_structure(self, structure: Structure, made_by: str) -> "Document":
        """The same sites elsewhere, or other atoms; occupancies stay while the sites do."""
        same_sites = len(structure) == len(self) and bool(
            np.array_equal(structure.numbers, self.content.numbers)
        )
        return Document.from_structure(
            structure,
            made_by=made_by,
            source=self.source,
            occupancies=self.occupancies if same_sites else (),
        )

    @staticmethod
    def from_structure(
        structure: Structure,
        *,
        made_by: str,
        source: str = "",
        occupancies: Iterable[Occupancy] = (),
        warnings: Iterable[str] = (),
    ) -> "Document":
        """A document of plain arrays; its disorder is counted here."""
        shares = tuple(occupancies)
        return Document(
            content=marked(structure, shares),
            occupancies=shares,
            source=source,
            provenance=Provenance(made_by=made_by, source=source, created=now()),
            warnings=tuple(warnings),
        )

    @staticmethod
    def from_atoms(atoms: "Atoms", *, made_by: str, source: str = "", name: str = "") -> "Document":
        """A document of an ASE object, with the occupancies that ASE keeps in `info`."""
        return Document.from_structure(
            structure_from_atoms(atoms, name),
            made_by=made_by,
            source=source,
            occupancies=_occupancies_of(atoms),
        )

    def renamed(self, name: str) -> "Document":
        """The same under another name."""
        return replace(self, content=replace(self.content, name=name))


def atoms_from_structure(structure: Structure) -> "Atoms":
    """An ASE object with the cell, velocities, moments, masses and fixed atoms of a structure."""
    from ase import Atoms
    from ase.constraints import FixAtoms

    atoms = Atoms(
        numbers=structure.numbers,
        positions=structure.positions,
        cell=structure.cell,
        pbc=structure.pbc,
        masses=structure.masses,
    )
    if structure.velocities is not None:
        atoms.set_velocities(structure.velocities)
    if structure.magmoms is not None:
        atoms.set_initial_magnetic_moments(structure.magmoms)
    if structure.fixed is not None and structure.fixed.any():
        atoms.set_constraint(FixAtoms(mask=structure.fixed))
    return atoms


def structure_from_atoms(atoms: "Atoms", name: str = "") -> Structure:
    """The plain arrays of an ASE object."""
    numbers = np.array(atoms.numbers, dtype=np.int64)
    masses = np.array(atoms.get_masses(), dtype=np.float64)
    pbc = tuple(bool(flag) for flag in atoms.pbc)
    return Structure(
        numbers=numbers,
        positions=np.array(atoms.positions, dtype=np.float64),
        cell=np.array(atoms.cell.array, dtype=np.float64),
        pbc=(pbc[0], pbc[1], pbc[2]),
        velocities=np.array(atoms.get_velocities()) if atoms.has("momenta") else None,
        magmoms=_magmoms_of(atoms),
        fixed=_fixed_of(atoms),
        masses=None if np.allclose(masses, STANDARD_MASSES[numbers], atol=1e-3) else masses,
        name=name,
    )


def _magmoms_of(atoms: "Atoms") -> NDArray[np.float64] | None:
    computed: dict[str, Any] = getattr(atoms.calc, "results", {}) or {}
    magmoms = computed.get("magmoms")
    if magmoms is None and atoms.has("initial_magmoms"):
        magmoms = atoms.get_initial_magnetic_moments()
    if magmoms is None or np.shape(magmoms) != (len(atoms),):
        return None
    return np.array(magmoms, dtype=np.float64)


def _fixed_of(atoms: "Atoms") -> NDArray[np.bool_] | None:
    from ase.constraints import FixAtoms

    fixed = np.zeros(len(atoms), dtype=bool)
    for constraint in atoms.constraints:
        if isinstance(constraint, FixAtoms):
            fixed[constraint.get_indices()] = True
    return fixed if fixed.any() else None


def _occupancies_of(atoms: "Atoms") -> tuple[Occupancy, ...]:
    """Shares per atom from `info["occupancy"]`, which ASE keys by kind of site."""
    shares = atoms.info.get("occupancy")
    kinds = atoms.arrays.get("spacegroup_kinds")
    if not isinstance(shares, dict) or kinds is None:
        return ()
    try:
        found = tuple(
            {str(species): float(share) for species, share in shares[str(kind)].items()}
            for kind in kinds
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return ()
    whole = all(list(each.values()) == [1.0] for each in found)
    return () if whole else found
