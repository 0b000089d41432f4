"""Where the published data lie."""

import os
from pathlib import Path

from designer_app.errors import MissingDataError

VARIABLE = "DESIGNER_APP_DATA"
"""Environment variable that names the folder when a command does not."""


def data_folder(given: Path | None = None) -> Path:
    """The folder of published data: the one given, or the one of the environment.

    Raises `MissingDataError` where there is neither.
    """
    named = given or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if named is None:
        raise MissingDataError("", f"give --data DIR or set {VARIABLE}")
    if not named.is_dir():
        raise MissingDataError(str(named), "there is no such folder")
    return named


def data_file(folder: Path, name: str) -> Path:
    """A file of the data folder; raises `MissingDataError` where it is not there."""
    path = folder / name
    if not path.is_file():
        raise MissingDataError(str(path), "there is no such file")
    return path
