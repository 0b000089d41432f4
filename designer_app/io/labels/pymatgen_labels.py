"""Labelled structures in pymatgen's JSON: mlearn, computed entries, MPtrj; read as plain data.

A labelled structure is any object with a `structure` beside numbers, wherever it stands in the
file: numbers directly beside it, or under `outputs` or `data`. A table with the columns
`structure`, `energy` ... works too. Energies are in eV, stresses in kbar with the sign of VASP.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import FileUnreadableError
from designer_app.io.labels.raw import RawFile, RawFrame
from designer_app.specs.structure import Structure

_USUAL = {"energy": "eV", "forces": "eV/A", "stress": "-kbar"}
_DEEPER = ("outputs", "data", "calculation", "output", "labels")


def open_pymatgen_labels(path: Path) -> RawFile:
    """The labelled structures of a JSON file. Raises `FileUnreadableError`."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise FileUnreadableError(str(path), "its JSON is damaged or cut off") from error
    return RawFile(kind="pymatgen JSON", frames=_frames(told, path), usual=_USUAL)


def _frames(told: Any, path: Path) -> Iterator[RawFrame]:
    found = False
    for entry in _entries(told):
        found = True
        yield RawFrame(_structure(entry["structure"], path), _labels(entry))
    if not found:
        raise FileUnreadableError(str(path), "it holds no structure of pymatgen")


def _entries(told: Any) -> Iterator[Mapping[str, Any]]:
    """Objects that hold a structure, in the order of the file."""
    if isinstance(told, list):
        for each in told:
            yield from _entries(each)
    elif isinstance(told, dict):
        inside = told.get("structure")
        if isinstance(inside, dict) and "lattice" in inside and "sites" in inside:
            yield told
        elif isinstance(inside, list | dict) and _is_table(told):
            yield from _entries(_rows(told))
        elif "lattice" in told and "sites" in told:
            yield {"structure": told}
        else:
            for each in told.values():
                if isinstance(each, list | dict):
                    yield from _entries(each)


def _is_table(told: Mapping[str, Any]) -> bool:
    """Whether every entry is a column: as many values as there are structures."""
    size = len(told["structure"])
    return size > 0 and all(
        isinstance(each, list | dict) and len(each) == size for each in told.values()
    )


def _rows(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A table by columns, as pandas writes it, row by row."""
    columns = {
        name: list(each.values()) if isinstance(each, dict) else each
        for name, each in table.items()
    }
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def _labels(entry: Mapping[str, Any]) -> dict[str, Any]:
    labels: dict[str, Any] = {}
    for name in _DEEPER:
        if isinstance(entry.get(name), dict):
            labels.update(_labels(entry[name]))
    sites = entry.get("structure")
    if isinstance(sites, dict):
        labels.update(_of_sites(sites.get("sites") or []))
    for name, value in entry.items():
        if name == "structure" or name.startswith("@") or isinstance(value, dict):
            continue
        labels[name] = value
    return labels


def _of_sites(sites: list[Any]) -> dict[str, Any]:
    """Moments and forces that stand with the sites."""
    found: dict[str, Any] = {}
    for name in ("magmom", "forces"):
        values = [(site.get("properties") or {}).get(name) for site in sites]
        if values and all(value is not None for value in values):
            found[name] = values
    return found


def _structure(told: Mapping[str, Any], path: Path) -> Structure:
    try:
        cell = np.array(told["lattice"]["matrix"], dtype=np.float64)
        flags = told["lattice"].get("pbc", (True, True, True))
        fractional = np.array([site["abc"] for site in told["sites"]], dtype=np.float64)
        numbers = np.array([_number(site["species"]) for site in told["sites"]], dtype=np.int64)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        reason = "one of its structures is incomplete, or has shared sites"
        raise FileUnreadableError(str(path), reason) from error
    if cell.shape != (3, 3) or fractional.shape != (len(numbers), 3):
        raise FileUnreadableError(str(path), "a cell or its coordinates are incomplete")
    return Structure(
        numbers=numbers,
        positions=fractional @ cell,
        cell=cell,
        pbc=(bool(flags[0]), bool(flags[1]), bool(flags[2])),
    )


def _number(species: list[Mapping[str, Any]]) -> int:
    (only,) = species  # a shared site has several, and no label belongs to it
    symbol = str(only["element"])
    return ATOMIC_NUMBERS["H" if symbol in ("D", "T") else symbol]
