"""Which files of a folder are structures."""

from pathlib import Path

SUFFIXES = frozenset(
    (".cif", ".vasp", ".poscar", ".xyz", ".extxyz", ".xsf", ".res", ".gen", ".json")
)
_STEMS = ("POSCAR", "CONTCAR")


def structure_files(folder: Path) -> list[Path]:
    """Files in a folder and below that look like structures, in the order of their names."""
    return sorted(
        path
        for path in folder.rglob("*")
        if (path.suffix.lower() in SUFFIXES or path.name.startswith(_STEMS)) and path.is_file()
    )
