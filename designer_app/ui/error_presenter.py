"""Errors as cards on the picture, and what their buttons do."""

import logging
import sys
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from designer_app.running.messages import JobError, job_error
from designer_app.specs.md import MDSpec
from designer_app.ui import outcomes
from designer_app.ui.dialogs.consent import ConsentDialog
from designer_app.ui.panels.error_card import ErrorCard
from designer_app.ui.panels.md_outlook import longest_time_step

if TYPE_CHECKING:
    from designer_app.session.job import Job
    from designer_app.ui.main_window import MainWindow

_log = logging.getLogger(__name__)


class ErrorPresenter(QObject):
    """Shows the newest error, and mends what can be mended."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._job: Job | None = None
        self._error: JobError | None = None
        window.runs.failed.connect(self.show_failed_run)
        window.session.open_failed.connect(self.show_error)

    def show_failed_run(self, error: JobError, job: "Job") -> None:
        """A run ended with an error."""
        self._show(error, job)

    def show_error(self, error: JobError) -> None:
        """Something else went wrong, e.g. opening a file."""
        if self._window.session.document is None:
            self._window.work.picture.show_empty()
        self._show(error, None)

    def report_unexpected(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """An exception that no one caught: to the log and on a card, and the window goes on."""
        if not isinstance(error, Exception):
            sys.__excepthook__(kind, error, trace)
            return
        _log.error("Unexpected", exc_info=(kind, error, trace))
        self.show_error(job_error(error))

    def _show(self, error: JobError, job: "Job | None") -> None:
        self._job, self._error = job, error
        remedies = outcomes.remedies_for(error)
        if job is None or job.key != "md":
            remedies = tuple(r for r in remedies if r.key not in outcomes.OF_SIMULATIONS)
        else:
            shorter = self._shorter_time_step(job.spec)
            remedies = tuple(
                replace(r, text=self.tr("Use %s fs") % f"{shorter:g}")
                if r.key == outcomes.SHORTER
                else r
                for r in remedies
            )
        card = ErrorCard(error, self._window.theme, remedies)
        card.remedy_chosen.connect(self._on_remedy_chosen)
        if self._window.workspace not in ("structure", "dynamics"):
            self._window.show_workspace("structure")
        self._window.work.picture.show_card(card)

    def _on_remedy_chosen(self, key: str) -> None:
        window, job = self._window, self._job
        window.work.picture.close_card()
        if key == outcomes.ORDER:
            window.session.make_ordered()
        elif key == outcomes.OPEN:
            window.commands.open()
        elif key == outcomes.RELAX:
            window.show_workspace("structure")
            window.structure.relax.ask()
        elif key == outcomes.POTENTIAL:
            in_dynamics = job is not None and job.key == "md"
            window.show_workspace("dynamics" if in_dynamics else "structure")
            panel = window.dynamics.potential if in_dynamics else window.structure.relax.potential
            panel.setFocus()
        elif key == outcomes.ALLOW and self._error is not None:
            self._ask_consent(self._error)
        elif job is not None:
            self._run_again(key, job)

    def _ask_consent(self, error: JobError) -> None:
        """Only the dialog's own button lets the program run."""
        path, words = Path(str(error.facts["path"])), str(error.facts["words"])
        dialog = ConsentDialog(path, words, self._window)
        dialog.allowed.connect(self._on_allowed)
        dialog.open()

    def _on_allowed(self, _path: Path) -> None:
        if self._job is not None:
            self._run_again(
                outcomes.RESUME if getattr(self._job.spec, "resume", False) else outcomes.AGAIN,
                self._job,
            )

    def _shorter_time_step(self, spec: MDSpec) -> float:
        """Half of it, or less where even that would not follow the lightest atoms; fs."""
        half = spec.timestep / 2
        structure = spec.structure
        if structure is None and self._window.session.document is not None:
            structure = self._window.session.document.structure()
        return half if structure is None else min(half, longest_time_step(structure)[0])

    def _run_again(self, key: str, job: "Job") -> None:
        window = self._window
        if job.key == "relax":
            window.runs.run_relax(job.spec)
            return
        spec = replace(job.spec, resume=False, out=None)
        if key == outcomes.RESUME:
            window.runs.run_md(replace(job.spec, resume=True))
        elif key == outcomes.SHORTER:
            shorter = self._shorter_time_step(spec)
            steps = round(spec.steps * spec.timestep / shorter)
            window.dynamics.set_spec(replace(spec, timestep=shorter, steps=steps))
            window.show_workspace("dynamics")
        elif key == outcomes.KEEP_CELL:
            window.dynamics.set_spec(replace(spec, ensemble="langevin"))
            window.show_workspace("dynamics")
        else:
            window.runs.run_md(spec)
