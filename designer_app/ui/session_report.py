"""What the session says of itself: worker, jobs, log, preferences, interrupted runs, layout."""

import logging
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QSettings

from designer_app.errors import UnsafeFileError
from designer_app.io.documents import Document
from designer_app.io.examples import examples
from designer_app.io.user_folders import settings_folder
from designer_app.running.messages import job_error
from designer_app.session.log_bridge import LogBridge, LogLine
from designer_app.ui.panels.resume_card import ResumeCard

if TYPE_CHECKING:
    from pathlib import Path

    from designer_app.project.runs import Run
    from designer_app.session.job import Job
    from designer_app.ui.main_window import MainWindow

_log = logging.getLogger(__name__)


class SessionReport(QObject):
    """Carries the session's news to the window's edges."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._log = LogBridge(parent=self)
        self._runs: list[Run] = []
        self._told: dict[int, str] = {}
        window.work.picture.empty.set_examples(
            [(each.key, *_split(each.title)) for each in examples()]
        )
        self._restore_layout()
        self._connect()
        for name in ("color_scheme", "projection"):
            self._on_setting_changed(name, self._session.settings.get(name))

    def save_layout(self) -> None:
        """Remember where the window was, and listen to the log no more."""
        store = self._store()
        store.setValue("geometry", self._window.saveGeometry())
        store.setValue("splitter", self._window.work.splitter_state())
        if self._window.project.wish is not None:
            store.setValue("tree", "open" if self._window.project.wish else "closed")
        self._log.close()

    def _restore_layout(self) -> None:
        store = self._store()
        geometry, splitter = store.value("geometry"), store.value("splitter")
        if geometry is not None:
            self._window.restoreGeometry(geometry)
        if splitter is not None:
            self._window.work.restore_splitter(splitter)
        tree = store.value("tree")
        if tree is not None:
            self._window.project.set_wish(tree == "open")

    def _store(self) -> QSettings:
        path = settings_folder() / "window.ini"
        return QSettings(str(path), QSettings.Format.IniFormat)

    def _connect(self) -> None:
        session, window = self._session, self._window
        session.document_changed.connect(self._on_document_changed)
        session.jobs.job_added.connect(self._on_job_added)
        session.settings.changed.connect(self._on_setting_changed)
        session.interrupted_found.connect(self._on_interrupted_found)
        session.run_continued.connect(self._on_run_continued)
        session.saved.connect(self._on_saved)
        session.save_failed.connect(window.errors.show_error)
        self._log.logged.connect(self._on_logged)
        window.work.header.projection_chosen.connect(self._on_projection_chosen)
        window.work.header.scheme_chosen.connect(self._on_scheme_chosen)

    def _on_document_changed(self, document: Document) -> None:
        self._window.setWindowTitle(f"{document.name} - designer_app")

    def _on_job_added(self, job: "Job") -> None:
        self._window.work.jobs.add(job)
        job.changed.connect(self._on_job_changed)

    def _on_job_changed(self) -> None:
        job: Job = self.sender()  # pyright: ignore[reportAssignmentType] - connected to jobs only
        if self._told.get(job.id) != job.state:
            self._told[job.id] = job.state
            _log.info("%s: %s", job.title, job.state)

    def _on_setting_changed(self, name: str, value: Any) -> None:
        window = self._window
        if name == "theme":
            window.theme.choose(value)
        elif name == "color_scheme":
            window.work.header.show_scheme(value)
            window.documents.show_scheme(value)
        elif name == "projection":
            window.work.header.show_projection(value)
            window.documents.show_projection(value)

    def _on_projection_chosen(self, projection: str) -> None:
        self._session.settings.set("projection", projection)

    def _on_scheme_chosen(self, scheme: str) -> None:
        self._session.settings.set("color_scheme", scheme)

    def _on_saved(self, path: "Path") -> None:
        self._window.status.say(self.tr("Saved %s") % path.name)

    def _on_logged(self, line: LogLine) -> None:
        self._window.work.log.append(f"{line.time.astimezone():%H:%M:%S}  {line.text}")

    # --- runs that were cut off ---

    def _on_interrupted_found(self, runs: list["Run"]) -> None:
        self._runs = runs
        card = ResumeCard(runs[0], self._window.theme)
        card.resume_asked.connect(self._on_resume_asked)
        card.trusted.connect(self._on_trusted)
        self._window.work.picture.show_card(card)

    def _on_resume_asked(self) -> None:
        self._resume(is_trusted=False)

    def _on_trusted(self) -> None:
        self._resume(is_trusted=True)

    def _resume(self, *, is_trusted: bool) -> None:
        window, run = self._window, self._runs[0]
        card = window.work.picture.card
        try:
            self._session.continue_run(run, is_trusted=is_trusted)
        except UnsafeFileError as error:
            if isinstance(card, ResumeCard):
                card.ask_for_trust(error.path)
            return
        except Exception as error:  # noqa: BLE001 - a damaged run.toml can hold anything
            window.errors.show_error(job_error(error))

    def _on_run_continued(self, job: "Job") -> None:
        window = self._window
        window.work.picture.close_card()
        if job.key == "screen":
            window.screening.show_job(job)
            return
        if job.key == "design":
            window.design.show_job(job)
            return
        if job.key == self._session.trainings.key:
            window.potentials.show_job(job)
            return
        window.show_workspace("dynamics")
        window.runs.show_job(job)


def _split(title: str) -> tuple[str, str]:
    """(name, what it is) of an example's title."""
    name, _, said = title.partition(" - ")
    return name, said[:1].upper() + said[1:]
