"""The runs of a project: what was asked, when, how it ended, and whether it can go on."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from designer_app.errors import WriteFailedError
from designer_app.io.screen_store import ROWS
from designer_app.io.toml import read_toml, write_toml
from designer_app.provenance import now

LIVE = ("queued", "running", "paused")
CAN_GO_ON = ("interrupted", "cancelled", "failed")

_RECORD = "run.toml"
_TRAJECTORY = "trajectory.traj"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run as its folder tells it."""

    folder: Path
    key: str
    title: str
    state: str = "queued"
    """That of a job, or interrupted: the program ended before the run did."""
    created: str = ""
    finished: str = ""
    settings: Mapping[str, Any]
    """Of its spec, as plain values."""
    result: Mapping[str, Any]
    """Its figures by name, once it ended."""
    error: str = ""

    @property
    def trajectory(self) -> Path:
        """Where its frames are, if it is a simulation that has begun."""
        return self.folder / _TRAJECTORY

    @property
    def subject(self) -> str:
        """The name of its structure: what the title says after the verb."""
        return self.title.partition(" ")[2]

    @property
    def can_go_on(self) -> bool:
        """Whether it ended early and left a checkpoint, of a member too, or rows of a screening."""
        places = ("checkpoint*", "member-*/checkpoint*", ROWS)
        has_left = any(found for place in places for found in self.folder.glob(place))
        return self.state in CAN_GO_ON and has_left


class Runs:
    """The folder `runs` of a project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, key: str, title: str) -> Run:
        """A new run with a folder of its own. Raises `WriteFailedError`."""
        numbers = [int(each.name[:4]) for each in self.folder.glob("[0-9][0-9][0-9][0-9]-*")]
        number = max(numbers, default=0)
        while True:
            number += 1
            folder = self.folder / f"{number:04d}-{key}"
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise WriteFailedError(str(folder), error.strerror or str(error)) from error
            return Run(folder=folder, key=key, title=title, created=now(), settings={}, result={})

    def note(self, run: Run) -> Run:
        """Write down how a run stands."""
        table = {
            "key": run.key,
            "title": run.title,
            "state": run.state,
            "created": run.created,
            "finished": run.finished,
            "error": run.error,
            "settings": run.settings,
            "result": _plain(run.result),
        }
        write_toml(run.folder / _RECORD, table, backup=False)
        return run

    def at(self, folder: Path) -> Run | None:
        """The run in a folder; None where it tells nothing."""
        with suppress(OSError, ValueError, KeyError):
            return _run(folder, read_toml(folder / _RECORD))
        return None

    def all(self) -> list[Run]:
        """All runs, oldest first; a link is none, for a run that goes on writes in its folder."""
        folders = [path.parent for path in sorted(self.folder.glob(f"*/{_RECORD}"))]
        found = (self.at(folder) for folder in folders if not folder.is_symlink())
        return [run for run in found if run is not None]

    def to_continue(self) -> list[Run]:
        """Runs that the end of the program interrupted and that can go on, newest first."""
        return [run for run in self.all() if run.state == "interrupted" and run.can_go_on][::-1]

    def mark_interrupted(self) -> None:
        """Runs that still seem to go when a project is opened were cut off."""
        for run in self.all():
            if run.state in LIVE:
                with suppress(WriteFailedError):
                    self.note(replace(run, state="interrupted"))


def _run(folder: Path, table: Mapping[str, Any]) -> Run:
    tables = (table.get("settings", {}), table.get("result", {}))
    texts = (table["key"], table["title"], table["state"])
    if not all(isinstance(each, Mapping) for each in tables):
        raise ValueError(folder)
    if not all(isinstance(each, str) for each in texts):
        raise ValueError(folder)
    return Run(
        folder=folder,
        key=table["key"],
        title=table["title"],
        state=table["state"],
        created=table.get("created", ""),
        finished=table.get("finished", ""),
        settings=table.get("settings", {}),
        result=table.get("result", {}),
        error=table.get("error", ""),
    )


def _plain(result: Mapping[str, Any]) -> dict[str, Any]:
    """The figures and words of a result; arrays stay in the run's own files."""
    return {
        name: value for name, value in result.items() if isinstance(value, str | bool | int | float)
    }
