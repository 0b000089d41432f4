"""Asks the session where the open structure lies on the hull, and shows the answer."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from designer_app.explanations import explain
from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.specs.hull import HullSpec

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow


class StabilityPresenter(QObject):
    """One question at a time; an answer about a structure that is no longer open is not shown."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._section = window.structure.stability
        self._job: Job | None = None
        self._section.asked.connect(self._on_asked)
        window.session.document_changed.connect(self._on_document_changed)

    def _on_asked(self) -> None:
        window = self._window
        chosen = window.structure.relax.potential.values()
        spec = HullSpec(potential=chosen["potential"], model=chosen["model"])
        self._job = window.session.run_hull(spec)
        self._section.show_text("")
        self._section.set_busy(is_busy=True)
        self._job.succeeded.connect(self._on_succeeded)
        self._job.failed.connect(self._on_failed)
        self._job.cancelled.connect(self._on_cancelled)
        if self._job.error is not None:
            self._on_failed(self._job.error)

    def _on_document_changed(self) -> None:
        self._job = None

    def _is_asked(self) -> bool:
        is_asked = self._job is not None and self.sender() in (self._job, self._section)
        if is_asked:
            self._section.set_busy(is_busy=False)
        return is_asked

    def _on_succeeded(self, result: Mapping[str, Any]) -> None:
        if self._is_asked():
            self._section.show_result(result)

    def _on_failed(self, error: JobError) -> None:
        if self._is_asked():
            told = explain(error.kind, error.facts, error.message)
            self._section.show_text(told.sentence, "error")

    def _on_cancelled(self) -> None:
        self._is_asked()
