"""Screening runs of the project."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from designer_app.errors import ResumeError
from designer_app.io.screen_files import structure_files
from designer_app.io.screen_store import ScreenStore
from designer_app.project.runs import Run
from designer_app.running.control import RunControl
from designer_app.session.candidate_runs import CandidateRuns
from designer_app.session.job import Job
from designer_app.specs.fields import spec_from_settings
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.structure import Structure


class Screenings(CandidateRuns):
    """Each answer is a `Job`: nothing here keeps the window waiting."""

    key = "screen"
    verb = "Screen"

    def spec_of(self, run: Run) -> ScreenSpec:
        """The settings of a run of the project. Raises `InvalidSpecError`."""
        return spec_of(run)

    def reader_of(self, run: Run) -> Callable[[RunControl], ScreenSpec]:
        """Reads the files and structures that the run was given."""
        return partial(_spec_to_go_on, run)

    def find_files(self, paths: Sequence[Path]) -> Job:
        """A list of these files, and of structure files in folders among these."""
        return self._jobs.submit_here("find", partial(_found, tuple(paths)))


def spec_of(run: Run) -> ScreenSpec:
    """The settings of a run of the project. Raises `InvalidSpecError`."""
    spec: ScreenSpec = spec_from_settings(ScreenSpec, run.settings, structures=(), out=run.folder)
    return spec


def _spec_to_go_on(run: Run, _control: RunControl) -> ScreenSpec:
    """The same run, with the files and structures that it was given."""
    store = ScreenStore(run.folder)
    told = store.settings()
    paths = tuple(str(path) for path in told.get("paths", ()))
    wanted = range(len(paths), len(paths) + int(told.get("n_structures", 0)))
    structures = _stored_at(store, wanted) if wanted else ()
    return replace(spec_of(run), paths=paths, structures=structures, resume=True)


def _stored_at(store: ScreenStore, wanted: range) -> tuple[Structure, ...]:
    """Structures that a run was given: it keeps them as its first candidates.

    One that was lost at once has a row but no structure: what stands for it is not read again.
    """
    found: dict[int, Structure] = {}
    for key, structure, _ in store.candidates():
        if int(key) >= wanted.stop:
            break
        found[int(key)] = structure
    if not found:
        raise ResumeError(str(store.folder), "it ended before its first candidate was kept")
    stand_in = next(iter(found.values()))
    return tuple(found.get(index, stand_in) for index in wanted)


def _found(paths: tuple[Path, ...], control: RunControl) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        control.checkpoint()
        found.extend(structure_files(path, control.checkpoint) if path.is_dir() else [path])
    return found
