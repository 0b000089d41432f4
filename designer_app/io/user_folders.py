"""Where settings and projects of the user lie, unless the environment says otherwise."""

import os
from pathlib import Path

from platformdirs import user_config_path, user_data_path

_NAME = "designer_app"


def settings_folder() -> Path:
    """The folder of preferences and of what the program remembers."""
    home = _home()
    return home / "settings" if home else user_config_path(_NAME, appauthor=False)


def projects_folder() -> Path:
    """The folder of projects that were not saved elsewhere."""
    return (_home() or user_data_path(_NAME, appauthor=False)) / "projects"


def references_folder() -> Path:
    """The folder of reference phases that were relaxed again, one folder a potential."""
    return (_home() or user_data_path(_NAME, appauthor=False)) / "references"


def potentials_folder() -> Path:
    """The folder of trained potentials that every project may use, one folder a potential."""
    return (_home() or user_data_path(_NAME, appauthor=False)) / "potentials"


def _home() -> Path | None:
    """DESIGNER_APP_HOME: everything in one folder, for tests and for a stick."""
    named = os.environ.get("DESIGNER_APP_HOME", "")
    return Path(named) if named else None
