"""The user's preferences, kept in a file: read at the start, written at each change."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from designer_app.errors import InvalidSpecError, WriteFailedError
from designer_app.io.toml import read_toml, write_toml
from designer_app.io.user_folders import settings_folder
from designer_app.session.settings import Preferences
from designer_app.specs.fields import check_spec, settings_of, spec_from_settings

FILE = "preferences.toml"

_log = logging.getLogger(__name__)


class PreferenceStore(QObject):
    """The preferences that count now."""

    changed = Signal(str, object)
    """(name, value) of a setting that was changed."""

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path or settings_folder() / FILE
        self.values = load_preferences(self._path)

    def get(self, name: str) -> Any:
        """The value of a setting."""
        return getattr(self.values, name)

    def set(self, name: str, value: Any) -> None:
        """Change a setting. Raises `InvalidSpecError` where the value cannot be used."""
        self.replace(replace(self.values, **{name: value}))

    def replace(self, values: Preferences) -> None:
        """Change them all at once, and write them down."""
        check_spec(values)
        before, self.values = self.values, values
        changed = [name for name, value in _all(values) if value != getattr(before, name)]
        if not changed:
            return
        try:
            write_toml(self._path, settings_of(values), through_link=True)
        except WriteFailedError as error:  # they count until the end of the program
            _log.warning("The preferences could not be saved: %s", error.reason)
        for name in changed:
            self.changed.emit(name, getattr(values, name))


def load_preferences(path: Path) -> Preferences:
    """What the file says; what is missing, unknown or useless in it has its default.

    A file that is no TOML is kept beside under another name, so that it can be mended by hand.
    """
    try:
        table = read_toml(path)
    except FileNotFoundError:
        return Preferences()
    except (OSError, ValueError) as error:
        spare = path.with_name(f"{path.name}.damaged")
        _log.warning("%s cannot be read (%s): kept as %s", path, error, spare.name)
        _set_aside(path, spare)
        return Preferences()
    return _usable(table)


def _usable(table: Mapping[str, Any]) -> Preferences:
    found: dict[str, Any] = {}
    for name, value in table.items():
        try:
            found[name] = getattr(spec_from_settings(Preferences, {name: value}), name)
        except InvalidSpecError as error:
            _log.warning("The preference %s = %r is not used: %s", name, value, error.reason)
    return Preferences(**found)


def _set_aside(path: Path, spare: Path) -> None:
    try:
        path.replace(spare)
    except OSError:
        _log.exception("%s could not be renamed", path)


def _all(values: Preferences) -> list[tuple[str, Any]]:
    return list(vars(values).items())
