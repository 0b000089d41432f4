"""The results of a project: rows in `ase.db` that keep where they came from."""

import json
import sqlite3
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from designer_app.errors import FileUnreadableError, MissingPackageError, WriteFailedError
from designer_app.io.documents import atoms_from_structure
from designer_app.provenance import Provenance, now
from designer_app.specs.structure import Structure

if TYPE_CHECKING:
    from ase.db.core import Database

_READING = ("malformed", "not a database", "no such table")


@dataclass(frozen=True)
class Result:
    """A row of results."""

    id: int
    formula: str
    job: str
    created: str
    values: Mapping[str, Any]
    """Figures by name, with the unit in the name."""
    provenance: Mapping[str, Any]


class Results:
    """Rows of one project, in its own SQLite file or in a PostgreSQL database."""

    def __init__(self, path: Path, url: str = "") -> None:
        self.path = path
        self._url = url
        self._lock = threading.Lock()

    def add(self, structure: Structure, values: Mapping[str, Any], made: Provenance) -> int:
        """Keep the figures of a structure; the answer is the number of the row."""
        plain = {
            name: value
            for name, value in values.items()
            if isinstance(value, str | bool | int | float)
        }
        numbers = {
            name: value for name, value in plain.items() if isinstance(value, bool | int | float)
        }
        with self._connected() as database:
            return database.write(
                atoms_from_structure(structure),
                key_value_pairs={"job": made.made_by, **_searchable(numbers)},
                # As text: ase.db's own form of nested data would turn lists into arrays.
                data={
                    "designer_app": json.dumps(
                        {"created": now(), "values": plain, "provenance": asdict(made)}
                    )
                },
            )

    def rows(self) -> list[Result]:
        """All rows, oldest first."""
        if not self._url and not self.path.exists():
            return []
        with self._connected() as database:
            return [_result(row) for row in database.select()]

    def structure(self, number: int) -> Structure:
        """The structure of a row."""
        from designer_app.io.documents import structure_from_atoms

        with self._connected() as database:
            return structure_from_atoms(database.get_atoms(number))

    @contextmanager
    def _connected(self) -> Generator["Database"]:
        """The database, with its errors as ours; one thread at a time."""
        from ase.db import connect

        with self._lock, _reported(self.path):  # nobody reads before the tables are made
            # No lock file: the project's own lock does that, and theirs would survive a crash.
            database: Any = connect(self._url or str(self.path), use_lock_file=False)
            with database:
                yield database


@contextmanager
def _reported(path: Path) -> Generator[None]:
    """What the database refuses, as our errors."""
    try:
        yield
    except ImportError as error:
        raise MissingPackageError(
            "ase-db-backends", "results in PostgreSQL", "pip install designer-app[postgres]"
        ) from error
    except sqlite3.Error as error:
        if any(each in str(error) for each in _READING):
            raise FileUnreadableError(str(path), str(error)) from error
        raise WriteFailedError(str(path), str(error)) from error


def _searchable(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """What `ase.db` can search: finite numbers, under names that it has not taken itself."""
    from ase.db.core import reserved_keys

    return {
        name: value
        for name, value in numbers.items()
        if name.isidentifier() and name not in reserved_keys and value == value  # noqa: PLR0124
    }


def _result(row: Any) -> Result:
    told = json.loads(row.data.get("designer_app", "{}"))
    return Result(
        id=row.id,
        formula=row.formula,
        job=row.get("job", ""),
        created=told.get("created", ""),
        values=told.get("values", {}),
        provenance=told.get("provenance", {}),
    )
