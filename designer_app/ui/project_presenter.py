"""The project in its drawer, kept up to date; open by itself where the window is wide."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from designer_app.project import Project
from designer_app.running.control import RunControl

if TYPE_CHECKING:
    from designer_app.project.runs import Run
    from designer_app.ui.main_window import MainWindow

WIDE = 1600
"""From this width of the window on, the drawer is open unless it was closed by hand."""
MOST_RUNS = 200
MOST_PAST = 20
"""Earlier runs in the list of jobs; the tree has them all."""


class ProjectPresenter(QObject):
    """Fills a `ProjectTree` and opens and closes it."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._tree = window.tree
        self._wish: bool | None = None
        self._connect()
        self.follow_width()

    @property
    def wish(self) -> bool | None:
        """Whether the user wants it open; None where he never said."""
        return self._wish

    def set_wish(self, is_open: bool | None) -> None:
        """Open or close it as the user said, now and at the next start."""
        self._wish = is_open
        self.follow_width()

    def toggle(self) -> None:
        """Open it, or close it."""
        self.set_wish(not self._tree.isVisibleTo(self._window))

    def follow_width(self) -> None:
        """Without a wish of the user, the width of the window decides."""
        is_wide = self._window.width() >= WIDE
        is_open = is_wide if self._wish is None else self._wish
        if is_open != self._tree.isVisibleTo(self._window):
            self._tree.setVisible(is_open)
            self._fill()

    def _connect(self) -> None:
        session = self._session
        session.project_changed.connect(self._on_project_changed)
        session.document_changed.connect(self._on_document_changed)
        session.runs.noted.connect(self._fill)
        self._tree.open_asked.connect(self._on_open_asked)
        self._tree.closed.connect(self._on_closed)

    def _fill(self) -> None:
        project = self._session.project
        if project is None:
            return
        if self._tree.isVisibleTo(self._window):
            self._tree.set_project(project.name, project.folder)
            document = self._session.document
            self._tree.set_structure(document.name if document is not None else "")
            self._tree.set_recent(self._session.recent_files())
        job = self._session.jobs.submit_here("runs", partial(_runs_of, project))
        job.succeeded.connect(self._on_runs_read)

    def _on_project_changed(self, _project: Project) -> None:
        self._fill()

    def _on_document_changed(self) -> None:
        self._fill()

    def _on_runs_read(self, found: tuple[Project, list["Run"]]) -> None:
        project, runs = found
        if project is self._session.project:
            self._tree.set_runs(runs)
            ours = {job.folder for job in self._session.jobs.jobs if job.is_listed}
            past = [run for run in runs if run.folder not in ours]
            self._window.work.jobs.set_past(past[:MOST_PAST])

    def _on_open_asked(self, path: Path) -> None:
        project = self._session.project
        run = project.runs.at(path) if project is not None and path.is_dir() else None
        if run is not None and run.key == self._session.designs.key:
            self._window.design.open_run(path)
        elif run is not None and run.key == self._session.trainings.key:
            self._window.potentials.open_run(path)
        elif path.is_dir():
            self._window.screening.open_run(path)
        else:
            self._window.commands.open_path(path)

    def _on_closed(self) -> None:
        self.set_wish(False)


def _runs_of(project: Project, _control: RunControl) -> tuple[Project, list["Run"]]:
    return project, project.runs.all()[::-1][:MOST_RUNS]
