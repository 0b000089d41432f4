"""What was open lately."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from designer_app.errors import WriteFailedError
from designer_app.io.toml import read_toml, write_toml
from designer_app.io.user_folders import settings_folder

FILE = "recent.toml"
MOST_FILES = 12


class Recent:
    """Files and the project, remembered from one start to the next."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or settings_folder() / FILE
        table: dict[str, Any] = {}
        with suppress(OSError, ValueError):  # forgotten is forgotten
            table = read_toml(self._path)
        self._files = [Path(each) for each in _texts(table.get("files"))]
        self._project = next(iter(_texts([table.get("project")])), "")

    @property
    def files(self) -> list[Path]:
        """Files that are still there, the latest first."""
        return [path for path in self._files if _is_there(path.is_file)]

    @property
    def project(self) -> Path | None:
        """The project that was open last, where it is still there."""
        path = Path(self._project)
        return path if self._project and _is_there(path.is_dir) else None

    def add_file(self, path: Path) -> None:
        """A file was opened."""
        path = path.absolute()
        self._files = [path, *(each for each in self._files if each != path)][:MOST_FILES]
        self._write()

    def set_project(self, folder: Path) -> None:
        """A project was opened."""
        self._project = str(folder.absolute())
        self._write()

    def _write(self) -> None:
        with suppress(WriteFailedError):
            table = {"project": self._project, "files": self._files}
            write_toml(self._path, table, backup=False, through_link=True)


def _is_there(asked: Callable[[], bool]) -> bool:
    """False also where the system refuses to look: a folder without rights, an odd name."""
    with suppress(OSError):
        return asked()
    return False


def _texts(values: object) -> Iterable[str]:
    return [each for each in values if isinstance(each, str)] if isinstance(values, list) else []
