"""Documents to files, whole or not at all, and never with an occupancy lost in silence."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from designer_app import __version__
from designer_app.elements import SYMBOLS
from designer_app.errors import InvalidSpecError
from designer_app.io.atomic_write import replacing
from designer_app.io.documents import Document
from designer_app.io.formulas import amounts_of, formula


def write_document(document: Document, path: Path, *, through_link: bool = True) -> Path:
    """Save by suffix: .cif, .extxyz, .xyz, .vasp or POSCAR/CONTCAR, .json, .traj.

    Raises `InvalidSpecError` where the format is unknown or cannot hold the document,
    `WriteFailedError` where the disk refuses.
    """
    path = Path(path)
    kind = format_of(path)
    if kind != "cif" and document.is_disordered:
        raise InvalidSpecError(
            "file", path.name, "this format cannot hold shared or partly occupied sites; use .cif"
        )
    if kind in ("cif", "vasp") and document.content.volume == 0:
        raise InvalidSpecError("file", path.name, "this format needs a cell; use .xyz or .extxyz")
    with replacing(path, through_link=through_link) as beside:
        if kind == "cif":
            beside.write_text(cif_text(document), encoding="utf-8")
        else:
            _WRITERS[kind](document, beside)
    return path


def format_of(path: Path) -> str:
    """The format that a file name asks for."""
    name = path.name
    if "POSCAR" in name or "CONTCAR" in name or path.suffix.lower() in (".vasp", ".poscar"):
        return "vasp"
    kind = path.suffix.lower().removeprefix(".")
    if kind != "cif" and kind not in _WRITERS:
        raise InvalidSpecError(
            "file", name, "save as .cif, .extxyz, .xyz, .vasp (POSCAR), .json or .traj"
        )
    return kind


def cif_text(document: Document, comment: str = "") -> str:
    """A CIF of the whole cell in P1, with occupancies; `comment` stands before the data block."""
    structure = document.content
    lengths = np.linalg.norm(structure.cell, axis=1)
    unit = structure.cell / lengths[:, None]
    cosines = [unit[1] @ unit[2], unit[0] @ unit[2], unit[0] @ unit[1]]
    angles = np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    lines += [
        f"data_{_block_name(document.name)}",
        f"_audit_creation_method 'designer_app {__version__}'",
    ]
    amounts = amounts_of(structure.numbers, document.occupancies)
    spaced = " ".join(formula({element: amount}) for element, amount in sorted(amounts.items()))
    lines.append(f"_chemical_formula_sum '{spaced}'")
    lines += [
        f"_cell_length_{axis} {value:.8f}" for axis, value in zip("abc", lengths, strict=True)
    ]
    lines += [
        f"_cell_angle_{name} {value:.8f}"
        for name, value in zip(("alpha", "beta", "gamma"), angles, strict=True)
    ]
    lines += [
        "_space_group_name_H-M_alt 'P 1'",
        "_space_group_IT_number 1",
        "loop_",
        "_space_group_symop_operation_xyz",
        "'x, y, z'",
        "loop_",
        "_atom_site_label",
        "_atom_site_type_symbol",
        "_atom_site_fract_x",
        "_atom_site_fract_y",
        "_atom_site_fract_z",
        "_atom_site_occupancy",
    ]
    lines += _site_lines(document)
    return "\n".join(lines) + "\n"


def _site_lines(document: Document) -> list[str]:
    structure = document.content
    fractional = np.linalg.solve(structure.cell.T, structure.positions.T).T
    counts: dict[str, int] = {}
    lines = []
    for atom, place in enumerate(fractional):
        symbol = SYMBOLS[structure.numbers[atom]]
        shares = document.occupancies[atom] if document.occupancies else {symbol: 1.0}
        for species, share in shares.items():
            counts[species] = counts.get(species, 0) + 1
            name = "D" if _is_deuterium(document, atom) else species
            x, y, z = (f"{value:.8f}" for value in place)
            lines.append(f"{name}{counts[species]} {name} {x} {y} {z} {share:.6g}")
    return lines


def _is_deuterium(document: Document, atom: int) -> bool:
    masses = document.content.masses
    return (
        masses is not None
        and document.content.numbers[atom] == 1
        and abs(masses[atom] - 2.014) < 0.1
    )


def _block_name(name: str) -> str:
    kept = "".join(
        each if each.isascii() and (each.isalnum() or each in "-_") else "_" for each in name
    )
    return kept[:60] or "structure"


def _write_extxyz(document: Document, path: Path) -> None:
    from ase.io import write

    atoms = document.atoms().copy()
    if document.name:
        atoms.info["name"] = document.name
    write(str(path), atoms, format="extxyz")


def _write_xyz(document: Document, path: Path) -> None:
    from ase.io import write

    atoms = document.atoms()
    if document.content.volume > 0:  # the plain format would lose the cell
        _write_extxyz(document, path)
    else:
        write(str(path), atoms, format="xyz", fmt="%18.10f")


def _write_vasp(document: Document, path: Path) -> None:
    from ase.io import write

    write(str(path), document.atoms().copy(), format="vasp", direct=True)


def _write_json(document: Document, path: Path) -> None:
    from ase.io import write

    write(str(path), document.atoms(), format="json")


def _write_traj(document: Document, path: Path) -> None:
    from ase.io import write

    write(str(path), document.atoms(), format="traj")


_WRITERS: dict[str, Callable[[Document, Path], None]] = {
    "extxyz": _write_extxyz,
    "xyz": _write_xyz,
    "vasp": _write_vasp,
    "json": _write_json,
    "traj": _write_traj,
}
