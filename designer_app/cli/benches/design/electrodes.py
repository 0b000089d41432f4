"""Electrodes that were computed, kept in a file that is whole at every moment."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from designer_app.io.atomic_write import atomic_write


@dataclass(frozen=True)
class Electrode:
    """What a crystal is worth as a cathode, of the ions that can leave; NaN where it failed."""

    voltage: float
    """V."""
    energy_density: float
    """Wh/kg of the discharged electrode."""


class Electrodes:
    """By the key of what was proposed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        rows = json.loads(path.read_text("utf-8")) if path.exists() else {}
        self._found = {key: Electrode(**row) for key, row in rows.items()}

    def __contains__(self, key: str) -> bool:
        return key in self._found

    def get(self, key: str) -> Electrode | None:
        """None where it was not computed."""
        return self._found.get(key)

    def keep(self, key: str, found: Electrode) -> None:
        """On the disk before it returns."""
        self._found[key] = found
        rows = {name: asdict(each) for name, each in self._found.items()}
        atomic_write(self._path, json.dumps(rows), backup=False)
