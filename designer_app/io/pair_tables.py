"""Tables of parameters of pair potentials as people edit them, in the TOML that potentials read."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import FileUnreadableError, InvalidSpecError, ModelUnreadableError
from designer_app.io.toml import read_toml, write_toml
from designer_app.io.user_folders import potentials_folder
from designer_app.resources import resource

PARAMETERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "lennard-jones": (("sigma", "Å"), ("epsilon", "eV")),
    "morse": (("D", "eV"), ("a", "1/Å"), ("r0", "Å")),
}
"""(name, unit) by form. All are above 0."""
LENGTHS: Mapping[str, str] = {"lennard-jones": "sigma", "morse": "decay"}
"""In which cutoffs may be given beside A, by form."""
_ANY = "any"
_LARGEST_FILE = 1_000_000


@dataclass(frozen=True)
class PairTable:
    """What a file says; pairs that are not named are mixed from the elements."""

    form: str
    name: str
    source: str
    unit: str
    """Of the cutoff: A, or a length of the form."""
    begin: float
    end: float
    rows: tuple[tuple[str, tuple[float, ...]], ...]
    """("Ar" or "Ar-Kr", parameters in the order of the form), elements first."""
    doi: str = ""


def read_pair_table(form: str, model: str) -> PairTable:
    """A shipped set by its name, or a file. Raises `ModelUnreadableError`."""
    shipped = resource("potentials") / form / f"{model}.toml"
    path = shipped if shipped.is_file() else Path(model)
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ModelUnreadableError(str(path), "it is too large for a table of parameters")
        table = _table(read_toml(path))
        check_pair_table(table)
    except OSError as error:
        raise ModelUnreadableError(str(path), error.strerror or "cannot be read") from error
    except InvalidSpecError as error:
        raise ModelUnreadableError(str(path), error.reason) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelUnreadableError(str(path), "it is no table of parameters") from error
    return table


def _table(told: Mapping[str, Any]) -> PairTable:
    names = [name for name, _ in PARAMETERS[told["form"]]]
    rows = [
        (owner, tuple(float(values[name]) for name in names))
        for owner, values in (*told["elements"].items(), *told.get("pairs", {}).items())
    ]
    cutoff = told["cutoff"]
    return PairTable(
        form=told["form"],
        name=str(told.get("name", "")),
        source=str(told.get("source", "")),
        doi=str(told.get("doi", "")),
        unit=str(cutoff["unit"]),
        begin=float(cutoff["begin"]),
        end=float(cutoff["end"]),
        rows=tuple(rows),
    )


def check_pair_table(table: PairTable) -> None:
    """Raises `InvalidSpecError` for the first thing that is wrong."""
    owners = [owner for owner, _ in table.rows]
    elements = [owner for owner in owners if "-" not in owner]
    seen: set[frozenset[str]] = set()
    for owner, values in table.rows:
        ends = owner.split("-")
        if len(ends) > 2 or not set(ends) <= set(elements):
            raise _wrong("elements", owner, f"{owner or 'an empty name'} is no pair of elements")
        if owner != _ANY and any(ATOMIC_NUMBERS.get(end, 0) == 0 for end in ends):
            raise _wrong("elements", owner, f"{owner or 'an empty name'} is no element")
        key = frozenset(ends) if len(ends) == 2 else frozenset((owner, ""))
        if key in seen:
            raise _wrong("elements", owner, f"{owner} is given twice")
        seen.add(key)
        for (name, _), value in zip(PARAMETERS[table.form], values, strict=True):
            if not (math.isfinite(value) and value > 0):
                raise _wrong(name, value, f"{name} of {owner} must be a number above 0")
    if not elements:
        raise _wrong("elements", (), "it names no elements")
    if table.unit not in ("A", LENGTHS[table.form]):
        raise _wrong("cutoff", table.unit, f"its unit must be A or {LENGTHS[table.form]}")
    if not 0 < table.begin < table.end < math.inf:
        raise _wrong("cutoff", table.end, "it must begin above 0, and before it ends")


def _wrong(field: str, value: object, reason: str) -> InvalidSpecError:
    return InvalidSpecError(field, value, reason)


def write_pair_table(path: Path, table: PairTable) -> None:
    """Put a sound table into a file. Raises `InvalidSpecError` for others."""
    check_pair_table(table)
    names = [name for name, _ in PARAMETERS[table.form]]
    rows = {owner: dict(zip(names, values, strict=True)) for owner, values in table.rows}
    pairs = {owner: values for owner, values in rows.items() if "-" in owner}
    told = {
        "form": table.form,
        "name": table.name,
        "source": table.source,
        "doi": table.doi,
        "cutoff": {"unit": table.unit, "begin": table.begin, "end": table.end},
        "elements": {owner: values for owner, values in rows.items() if owner not in pairs},
        "pairs": pairs or None,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_toml(path, told, backup=False, through_link=True)


def own_tables(form: str) -> list[tuple[str, str]]:
    """(file, title) of the user's own tables of a form."""
    if form not in PARAMETERS:
        return []
    found = []
    for path in sorted(potentials_folder().glob(f"{form}-*.toml")):
        try:
            found.append((str(path), read_pair_table(form, str(path)).name or path.stem))
        except FileUnreadableError:  # choosing it by hand says what is wrong
            continue
    return found
