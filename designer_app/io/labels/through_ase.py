"""Labelled frames of the formats that ASE reads: text, databases, outputs of codes."""

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from designer_app.io.documents import structure_from_atoms
from designer_app.io.labels.espresso_output import with_last_energies
from designer_app.io.labels.raw import UNSETTLED, RawFile, RawFrame
from designer_app.io.labels.settings import settings_in
from designer_app.io.labels.vasp_convergence import unsettled

if TYPE_CHECKING:
    from ase import Atoms

_NOT_LABELS = frozenset(
    {"numbers", "positions", "momenta", "masses", "initial_magmoms", "initial_charges", "tags"}
)
_OF_CODES = {"energy": "eV", "forces": "eV/A", "stress": "eV/A^3", "magmoms": "muB"}


@dataclass(frozen=True)
class _Format:
    """A format of ASE, and what it says of units."""

    title: str
    units: Mapping[str, str] = field(default_factory=dict)
    usual: Mapping[str, str] = field(default_factory=dict)


_OF_ASE = {"energy": "eV", "forces": "eV/A", "stress": "eV/A^3"}
FORMATS: Mapping[str, _Format] = {
    "extxyz": _Format("extended XYZ"),
    "traj": _Format("ASE trajectory", usual=_OF_ASE),
    "db": _Format("ASE database", usual=_OF_ASE),
    "json": _Format("ASE database (JSON)", usual=_OF_ASE),
    "vasp-xml": _Format("VASP vasprun.xml", units=_OF_CODES),
    "vasp-out": _Format("VASP OUTCAR", units=_OF_CODES),
    "espresso-out": _Format("Quantum ESPRESSO output", units=_OF_CODES),
    "gpaw-out": _Format("GPAW output", units=_OF_CODES),
    "aims-output": _Format("FHI-aims output", units=_OF_CODES),
    "castep-castep": _Format("CASTEP output", units=_OF_CODES),
    "orca-output": _Format("ORCA output", units=_OF_CODES),
    "abinit-out": _Format("ABINIT output", units=_OF_CODES),
}
"""Formats that may hold energies, by ASE's names."""


def open_through_ase(name: str, path: Path) -> RawFile:
    """A file of one of `FORMATS`, its frames read one after the other."""
    said = FORMATS[name]
    return RawFile(
        kind=said.title,
        frames=_frames(name, path),
        units=said.units,
        usual=said.usual,
        settings=settings_in(name, path),
    )


def _frames(name: str, path: Path) -> Iterator[RawFrame]:
    if name in ("db", "json"):
        yield from _rows(name, path)
        return
    from ase.io import iread
    from ase.io.formats import ioformats

    lost = unsettled(name, path) if name.startswith("vasp-") else frozenset()
    which = slice(None) if not ioformats[name].single else -1
    # An absolute path: ASE takes "postgresql..." for a server, and "-" for standard input.
    source = with_last_energies(path) if name == "espresso-out" else str(path.resolve())
    frames = iread(source, which, format=name, do_not_split_by_at_sign=True)
    for place in count():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            atoms = next(frames, None)
        if atoms is None:
            return
        found = raw_frame(atoms)
        # pw.x marks the energy of electrons that settled alone, which ASE looks for.
        half_known = name == "espresso-out" and {"energy", "forces"} & {*found.labels} == {"forces"}
        if place in lost or half_known:
            found = replace(found, labels={**found.labels, UNSETTLED: True})
        yield found


def _rows(name: str, path: Path) -> Iterator[RawFrame]:
    """Rows of a database in a file, with their key-value pairs."""
    from ase.db import connect

    for row in connect(str(path.resolve()), type=name, use_lock_file=False).select():
        atoms = row.toatoms()
        atoms.info.update(row.key_value_pairs)
        yield raw_frame(atoms)


def raw_frame(atoms: "Atoms") -> RawFrame:
    """All numbers and texts that ASE keeps beside the atoms."""
    labels: dict[str, Any] = {str(name): value for name, value in atoms.info.items()}
    labels.update({name: value for name, value in atoms.arrays.items() if name not in _NOT_LABELS})
    labels.update(_computed(atoms))
    bare = atoms.copy()
    bare.calc = None
    if not np.any(bare.cell.array):
        bare.pbc = False
    return RawFrame(structure_from_atoms(bare), labels)


def _computed(atoms: "Atoms") -> dict[str, Any]:
    results: dict[str, Any] = dict(getattr(atoms.calc, "results", None) or {})
    stress = results.get("stress")
    if stress is not None and np.size(stress) == 6:
        xx, yy, zz, yz, xz, xy = np.ravel(stress)
        results["stress"] = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    return {re.sub(r"\s+", "_", str(name)): each for name, each in results.items()}
