"""Report, table and structures of a run, written where the user says."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from designer_app.running.messages import JobError
from designer_app.session.candidate_runs import has_report
from designer_app.session.job import Job
from designer_app.specs.screen_rows import PASSES, ScreenRow
from designer_app.ui.screening.results import Results

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow


class Exporter(QObject):
    """Asks where to, lets the session write, and says that it did."""

    def __init__(self, window: "MainWindow", results: Results, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._screenings = window.session.screenings
        self._results = results
        self._folder: Path | None = None
        results.export_asked.connect(self._on_asked)

    def begin(self, folder: Path | None) -> None:
        """Another run."""
        self._folder = folder

    def export(self, kind: str, path: Path) -> Job | None:
        """Write csv, cif (a folder) or report to a path; None where there is nothing to write."""
        folder = self._folder
        if folder is None:
            return None
        if kind == "csv":
            return self._watch(self._screenings.write_table(self._results.list.model.shown(), path))
        if kind == "cif":
            rows = self._chosen()
            return self._watch(self._screenings.write_structures(folder, rows, path))
        if not has_report(folder):
            self._window.status.say(self.tr("The report is written when the run has ended"))
            return None
        return self._watch(self._screenings.copy_report(folder, path))

    def _chosen(self) -> list[ScreenRow]:
        """Several chosen rows; else what passes; else all that is shown."""
        chosen = self._results.list.selection()
        shown = self._results.list.model.shown()
        passing = [row for row in shown if row.verdict == PASSES]
        return chosen if len(chosen) > 1 else passing or shown

    def _on_asked(self, kind: str) -> None:
        window = self._window
        if kind == "cif":
            chosen = QFileDialog.getExistingDirectory(window, self.tr("A folder for the CIFs"))
        elif kind == "csv":
            chosen, _ = QFileDialog.getSaveFileName(
                window, self.tr("Save the table"), "candidates.csv", "CSV (*.csv)"
            )
        else:
            chosen, _ = QFileDialog.getSaveFileName(
                window, self.tr("Save the report"), "screening.html", "HTML (*.html)"
            )
        if chosen:
            self.export(kind, Path(chosen))

    def _watch(self, job: Job) -> Job:
        job.succeeded.connect(self._on_written)
        job.failed.connect(self._on_failed)
        return job

    def _on_written(self, path: Path) -> None:
        self._window.status.say(self.tr("Saved %s") % path.name)

    def _on_failed(self, error: JobError) -> None:
        self._window.errors.show_error(error)
