"""What one data block of a CIF says: cell, sites and formula, before symmetry is applied.

ASE tokenises the file; reading the tags is done here, because occupancies, isotopes, missing
coordinates and doubtful species must reach the user instead of vanishing.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS

_ISOTOPES = {"D": 2.014101778, "T": 3.016049281}
"""amu; AME2016, doi:10.1088/1674-1137/41/3/030003."""
_MOLECULES = ("wat", "h2o", "oh2", "oh", "ow")
"""Names under which refinements list a water or hydroxide oxygen without its hydrogens."""


@dataclass(frozen=True)
class Site:
    """A line of the atom list."""

    label: str
    species: str
    """Element symbol, "X" where it is none."""
    fractional: NDArray[np.float64]
    share: float = 1.0
    mass: float | None = None
    """amu, for an isotope."""


@dataclass(frozen=True)
class Listing:
    """The sites of a block with what was odd about them."""

    sites: tuple[Site, ...]
    warnings: tuple[str, ...]


class NoStructureError(Exception):
    """A block has no atoms, as the header blocks of journals."""


def blocks_of(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, tags) of each data block; tags have lower-case names and scalar or list values."""
    from ase.io.cif import parse_cif_ase

    raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1")
    begin = re.search(r"(?im)^[ \t]*data_", text)
    if begin is None:
        raise NoStructureError
    lines = text[begin.start() :].replace("\r\n", "\n").replace("\r", "\n")
    for block in parse_cif_ase(io.BytesIO(lines.encode("latin-1", "replace"))):
        yield block.name, dict(block._tags)  # noqa: SLF001 - the public mapping hides None


def cell_parameters(tags: dict[str, Any]) -> tuple[float, ...] | None:
    """a, b, c in A and alpha, beta, gamma in degrees, or None where the block has no cell."""
    found = [number(tags.get(f"_cell_length_{axis}")) for axis in "abc"]
    found += [
        number(tags.get(f"_cell_angle_{angle}"), 90.0) for angle in ("alpha", "beta", "gamma")
    ]
    lengths = found[:3]
    if any(value is None for value in lengths):
        return None
    return tuple(value for value in found if value is not None)


def no_number_in_cell(tags: dict[str, Any]) -> str:
    """The first length or angle of the cell that is given and is no number, as the file has it."""
    lengths = [f"_cell_length_{axis}" for axis in "abc"]
    for tag in (*lengths, *(f"_cell_angle_{angle}" for angle in ("alpha", "beta", "gamma"))):
        value = tags.get(tag)
        is_given = isinstance(value, str) and value.strip() not in ("", "?", ".")
        if is_given and number(value) is None:
            return f"{tag} {value}"
    return ""


def number(value: object, missing: float | None = None) -> float | None:
    """A CIF value as a number: uncertainties are cut off, "?" and "." are missing."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, int | float):
        return float(value)
    if not isinstance(value, str) or value.strip() in ("", "?", "."):
        return missing
    text = re.sub(r"\([^)]*\)?", "", value).strip()
    try:
        return float(Fraction(text)) if "/" in text and len(text) < 20 else float(text)
    except (ValueError, ZeroDivisionError):
        return missing


def formula_of(tags: dict[str, Any]) -> dict[str, float]:
    """Amounts of the elements by `_chemical_formula_sum`; empty where it is missing or odd."""
    text = tags.get("_chemical_formula_sum")
    if not isinstance(text, str) or len(text) > 2000:
        return {}
    amounts: dict[str, float] = {}
    for symbol, amount in re.findall(r"([A-Z][a-z]?)\s*(\d+\.?\d*|\.\d+)?", text):
        element = "H" if symbol in _ISOTOPES else symbol
        if element not in ATOMIC_NUMBERS:
            return {}
        amounts[element] = amounts.get(element, 0.0) + float(amount or 1)
    return amounts


def column(tags: dict[str, Any], *names: str) -> list[Any]:
    """The first of several tags that is there, as a list."""
    for name in names:
        if name in tags:
            value = tags[name]
            return value if isinstance(value, list) else [value]
    return []


def listed_sites(tags: dict[str, Any], cell: NDArray[np.float64]) -> Listing:
    """The atom list of a block. Raises `NoStructureError` where there is none."""
    labels = [str(each) for each in column(tags, "_atom_site_label", "_atom_site.label")]
    kinds = [str(each) for each in column(tags, "_atom_site_type_symbol", "_atom_site.type_symbol")]
    places = _places(tags, cell)
    count = len(places)
    if count == 0 or not (len(kinds) == count or len(labels) == count):
        raise NoStructureError
    shares = column(tags, "_atom_site_occupancy", "_atom_site.occupancy")
    flags = column(tags, "_atom_site_calc_flag")
    elements = formula_of(tags)
    sites, nowhere, unknown, empty = [], [], [], []
    for row in range(count):
        label = labels[row] if len(labels) == count else kinds[row]
        if len(flags) == count and flags[row] == "dum":
            continue
        if not np.isfinite(places[row]).all():
            nowhere.append(label)
            continue
        share = number(shares[row], 1.0) if len(shares) == count else 1.0
        if not share or share < 0:
            empty.append(label)
            continue
        named = kinds[row] if len(kinds) == count else ""
        species = species_of(named, elements) if named not in ("", "?", ".") else ""
        species = species or species_of(label, elements)
        if not species:
            unknown.append(label)
        sites.append(
            Site(
                label,
                "H" if species in _ISOTOPES else species or "X",
                places[row],
                share,
                _ISOTOPES.get(species),
            )
        )
    warnings = [
        f"{_some(which)} left out: {why}."
        for which, why in ((nowhere, "no coordinates"), (empty, "the occupancy is zero"))
        if which
    ]
    if unknown:
        warnings.append(f"{_some(unknown)} named after no element; shown as X.")
    if any(site.mass for site in sites):
        warnings.append("Deuterium or tritium is kept as hydrogen of its own mass.")
    if not sites:
        raise NoStructureError
    return Listing(tuple(sites), tuple(warnings))


def _some(labels: list[str]) -> str:
    shown = ", ".join(labels[:5]) + (f" and {len(labels) - 5} more" if len(labels) > 5 else "")
    return f"Site {shown} is" if len(labels) == 1 else f"Sites {shown} are"


def _places(tags: dict[str, Any], cell: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3) fractional coordinates, Cartesian where there is no cell; NaN where none are told."""
    for kind in ("fract", "cartn") if cell.any() else ("cartn",):
        columns = [
            column(tags, f"_atom_site_{kind}_{axis}", f"_atom_site.{kind}_{axis}") for axis in "xyz"
        ]
        if all(columns) and len({len(each) for each in columns}) == 1:
            values = np.array(
                [[_coordinate(value) for value in each] for each in columns], dtype=np.float64
            ).T
            return values if kind == "fract" or not cell.any() else values @ np.linalg.inv(cell)
    return np.empty((0, 3))


def _coordinate(value: object) -> float:
    found = number(value)
    return np.nan if found is None else found


def species_of(name: str, elements: dict[str, float]) -> str:
    """The element (or D, T) in a type symbol or label like Fe3+, FE1, Ow2; "" where there is none.

    The formula of the block decides between, say, carbon and calcium in "CA1".
    """
    letters = re.match(r"[A-Za-z0-9]*", name.strip())
    text = letters.group(0) if letters else ""
    if text.lower().rstrip("0123456789") in _MOLECULES or text.lower() in _MOLECULES:
        return "O"
    begin = re.match(r"[A-Za-z]{1,2}", text)
    if begin is None:
        return ""
    two, one = begin.group(0).capitalize(), begin.group(0)[0].upper()
    known = [each for each in (two, one) if each in ATOMIC_NUMBERS or each in _ISOTOPES]
    known = [each for each in known if each != "X"]
    listed = [each for each in known if each in elements]
    return next(iter(listed or known), "")
