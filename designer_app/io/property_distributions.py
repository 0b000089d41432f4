"""The shipped distributions of properties over known materials, read without any model.

A JSON file: `{"format": 1, "origin": {key: text}, "units": {key: text}, "rows": [{"key", "family",
"ion", "n", "quantiles"}]}`. It holds statistics alone; no row of a table can be read off it.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from designer_app.errors import FileUnreadableError
from designer_app.io.atomic_write import atomic_write
from designer_app.resources import resource
from designer_app.specs.distributions import FAMILY_OF, Distribution

FILE = "data/property-distributions.json"
FORMAT = 1
_DIGITS = 5


def distribution_of(key: str, purpose: str = "any", ion: str = "") -> Distribution | None:
    """How a property is spread over known materials of a purpose; None where nothing is known.

    A purpose without numbers of its own answers with those of all known materials.
    """
    table = _shipped()
    family = FAMILY_OF.get(purpose, purpose)
    for asked in ((key, family, ion), (key, family, ""), (key, "any", ion), (key, "any", "")):
        if asked in table:
            return table[asked]
    return None


def read_distributions(path: Path) -> dict[tuple[str, str, str], Distribution]:
    """All distributions of a file by (key, family, ion). Raises `FileUnreadableError`."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["format"] > FORMAT:
            raise FileUnreadableError(str(path), "it is of a newer program")
        return {
            (row["key"], row["family"], row["ion"]): Distribution(
                key=row["key"],
                family=row["family"],
                ion=row["ion"],
                unit=said["units"][row["key"]],
                origin=said["origin"][row["key"]],
                n=int(row["n"]),
                quantiles=np.array(row["quantiles"], dtype=np.float64),
            )
            for row in said["rows"]
        }
    except OSError as error:
        raise FileUnreadableError(str(path), error.strerror or "cannot be read") from error
    except (ValueError, KeyError, TypeError) as error:
        raise FileUnreadableError(str(path), "it holds no distributions of properties") from error


def write_distributions(path: Path, found: Sequence[Distribution]) -> None:
    """A file of distributions; numbers are kept to five digits."""
    said = {
        "format": FORMAT,
        "units": {each.key: each.unit for each in found},
        "origin": {each.key: each.origin for each in found},
        "rows": [
            {
                "key": each.key,
                "family": each.family,
                "ion": each.ion,
                "n": each.n,
                "quantiles": [float(f"{value:.{_DIGITS}g}") for value in each.quantiles],
            }
            for each in found
        ],
    }
    atomic_write(path, json.dumps(said, separators=(",", ":")) + "\n", backup=False)


@lru_cache(maxsize=1)
def _shipped() -> dict[tuple[str, str, str], Distribution]:
    path = resource(FILE)
    return read_distributions(path) if path.is_file() else {}
