"""One run at a time, carried from the session to plots, player, panels and status line."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from designer_app.io.documents import Document
from designer_app.running.channels import Frame
from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.specs.md import MDSpec
from designer_app.specs.relax import RelaxSpec
from designer_app.ui.document_presenter import DocumentPresenter
from designer_app.ui.frame_pump import FramePump
from designer_app.ui.outcomes import md_outcome, relax_outcome, with_doubts
from designer_app.ui.panels.dynamics_panel import (
    FINISHED,
    IDLE,
    PAUSED,
    RUNNING,
    DynamicsPanel,
)
from designer_app.ui.panels.md_outlook import MeasuredRates
from designer_app.ui.panels.player import Recording
from designer_app.ui.panels.status_line import StatusLine
from designer_app.ui.panels.structure_panel import StructurePanel
from designer_app.ui.panels.work_area import WorkArea
from designer_app.ui.plots.series_table import SeriesTable

if TYPE_CHECKING:
    from designer_app.session.session import Session

_PROGRESS_INTERVAL_S = 0.5
_FEWEST_ROWS = 2
"""Fewer make no line: a run that failed at once leaves no empty plots."""


class RunPresenter(QObject):
    """Starts runs as the panels ask, and shows them while they go."""

    failed = Signal(object, object)
    """(`JobError`, `Job`)."""

    def __init__(
        self,
        session: "Session",
        work: WorkArea,
        panels: tuple[StructurePanel, DynamicsPanel],
        status: StatusLine,
        documents: DocumentPresenter,
        rates: MeasuredRates,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._work = work
        self._structure, self._dynamics = panels
        self._status = status
        self._documents = documents
        self._rates = rates
        self._table = SeriesTable()
        self._recording = Recording()
        self._job: Job | None = None
        self._shown: Document | None = None
        self._shown_state: tuple[str, bool] = ("", False)
        self._progress_shown = 0.0
        self.pump = FramePump(self)
        self._connect()

    @property
    def job(self) -> Job | None:
        """The run that is shown."""
        return self._job

    @property
    def is_busy(self) -> bool:
        """Whether the shown run is still going."""
        return self._job is not None and not self._job.is_over

    def run_md(self, spec: MDSpec) -> None:
        """Start or continue a simulation."""
        if not self.is_busy:
            self._dynamics.set_outcome("")
            self._watch(self._session.run_md(spec), keep=spec.resume)

    def show_job(self, job: Job) -> None:
        """Show a run that was started elsewhere, e.g. one that was cut off last time."""
        if not self.is_busy:
            self._dynamics.set_outcome("")
            self._dynamics.set_spec(job.spec)
            self._watch(job, keep=False)

    def run_relax(self, spec: RelaxSpec) -> None:
        """Start a relaxation."""
        if not self.is_busy:
            self._structure.relax.show_outcome("")
            self._watch(self._session.run_relax(spec), keep=False)

    def cancel(self) -> None:
        """End the shown run; what is finished is kept."""
        if self._job is not None and self.is_busy:
            self._job.cancel()

    def _on_document_changed(self) -> None:
        """Another structure has no run yet; one that still goes stays in plots and status line."""
        if self.is_busy:
            self._work.player.setVisible(False)
            return
        self._job = None
        self._recording = Recording()
        self._table = SeriesTable()
        self._work.player.set_recording(self._recording)
        self._work.show_plots(is_wanted=False)
        self._dynamics.set_state(IDLE)
        self._structure.relax.set_busy(is_busy=False)

    # --- showing ---

    def _connect(self) -> None:
        self._session.document_changed.connect(self._on_document_changed)
        self._dynamics.run_asked.connect(self.run_md)
        self._dynamics.extend_asked.connect(self.run_md)
        self._dynamics.pause_asked.connect(self._on_pause_asked)
        self._dynamics.resume_asked.connect(self._on_resume_asked)
        self._dynamics.stop_asked.connect(self.cancel)
        self._structure.relax_asked.connect(self.run_relax)
        self._status.cancel_asked.connect(self.cancel)
        self.pump.frame_seen.connect(self._on_frame_seen)
        self.pump.frame_arrived.connect(self._on_frame_arrived)
        self.pump.rows_arrived.connect(self._on_rows_arrived)
        self.pump.turned.connect(self._on_turned)
        self._work.player.frame_chosen.connect(self._on_frame_chosen)

    def _watch(self, job: Job, *, keep: bool) -> None:
        self._job = job
        job.is_followed = True
        self._shown = self._session.document
        self._status.say("")
        if not keep:
            self._table, self._recording = SeriesTable(), Recording()
            self._dynamics.set_last_run(None)
        self._work.player.set_recording(self._recording)
        if job.key == "md":
            plots = self._work.make_plots()
            structure = job.spec.structure
            if structure is None and self._shown is not None:
                structure = self._shown.structure()
            plots.set_run(self._table, len(structure) if structure is not None else 1)
            plots.mark_time(None)
            self._work.show_plots(is_wanted=True)
        job.changed.connect(self._on_job_changed)
        job.succeeded.connect(self._on_succeeded)
        job.failed.connect(self._on_failed)
        job.cancelled.connect(self._on_cancelled)
        self.pump.watch(job.control)
        self._shown_state = (job.state, job.is_stopping)
        self._show_state()
        self._show_progress()
        if job.state == "failed" and job.error is not None:  # it could not even begin
            self._on_failed(job.error)

    def _show_state(self) -> None:
        job = self._job
        if job is None:
            return
        state = PAUSED if job.state == "paused" else FINISHED if job.is_over else RUNNING
        self._dynamics.set_state(state)
        self._structure.relax.set_busy(self.is_busy)
        if not self.is_busy:
            self._status.set_job("", 0.0, None, None)

    def _on_job_changed(self) -> None:
        """The state shows at once with all that came; progress alone waits for the pump."""
        job = self._job
        if job is not None and (job.state, job.is_stopping) != self._shown_state:
            self._shown_state = (job.state, job.is_stopping)
            self._show_state()
            self.pump.flush()
            self._show_progress()

    def _on_turned(self) -> None:
        is_held = self._job is not None and self._job.state == "paused"
        if is_held or monotonic() - self._progress_shown > _PROGRESS_INTERVAL_S:
            self._show_progress()

    def _show_progress(self) -> None:
        job = self._job
        if job is None or not self.is_busy:
            return
        self._progress_shown = monotonic()
        job.look()  # the list of jobs, curves and frames tell the same moment
        done, total = (job.progress.done, job.progress.total) if job.progress else (0.0, 0.0)
        self._show_trust(job)
        title, pace = job.title, (job.pace.per_second, job.pace.seconds_left)
        if job.state == "paused":
            title, pace = self.tr("%s (paused)") % title, (None, None)
        elif job.is_stopping:
            title = self.tr("%s (stopping)") % title
        self._status.set_job(title, done / total if total else 0.0, *pace)
        self._note_rate(job)

    def _show_trust(self, job: Job) -> None:
        """The light follows the atoms: it was lit for the structure that they started from."""
        if job.progress is not None and job.progress.trust is not None:
            self._dynamics.potential.set_report(job.progress.trust)

    def _note_rate(self, job: Job) -> None:
        if job.key == "md" and job.pace.per_second and self._shown is not None:
            spec: MDSpec = job.spec
            n_atoms = len(self._shown)
            self._rates.note(spec, n_atoms, job.pace.per_second)

    def _on_frame_arrived(self, frame: Frame) -> None:
        if self._shown is self._session.document and self._work.player.follow():
            self._documents.show_frame(frame)

    def _on_frame_seen(self, frame: Frame) -> None:
        if self._shown is self._session.document:
            self._work.player.record(frame)

    def _on_rows_arrived(self, rows: Sequence[Mapping[str, float | None]]) -> None:
        if self._job is not None and self._job.key == "md" and self._work.plots is not None:
            self._work.plots.append(rows)

    def _on_frame_chosen(self, frame: Frame) -> None:
        self._documents.show_frame(frame)
        if self._work.plots is not None:
            self._work.plots.mark_time(frame.time_fs)

    def _on_pause_asked(self) -> None:
        if self._job is not None:
            self._job.pause()

    def _on_resume_asked(self) -> None:
        if self._job is not None:
            self._job.resume()

    # --- the end of a run ---

    def _end(self) -> Job | None:
        """The run that ended: a relaxation's result may be the open document by now."""
        sender = self.sender()
        job = sender if isinstance(sender, Job) else self._job
        if job is not None:
            self._show_trust(job)
        self.pump.watch(None)
        self._show_state()
        self._status.set_job("", 0.0, None, None)
        return job

    def _on_succeeded(self, result: Any) -> None:
        job = self._end()
        if job is None:
            return
        if job.key == "md":
            spec: MDSpec = job.spec
            self._rates.note(spec, int(result["n_atoms"]), float(result["steps_per_s"]))
            text, kind = md_outcome(result, spec.timestep, _temperature_asked(spec))
            choice = self._dynamics.potential
            if choice.values() == {"potential": spec.potential, "model": spec.model}:
                text, kind = with_doubts(text, kind, choice.verdict)
            self._dynamics.set_last_run(spec)
            self._dynamics.set_outcome(text, kind)
        else:
            text, kind = relax_outcome(result)
            self._structure.relax.show_outcome(text, kind)
        self._status.say(text)

    def _on_failed(self, error: JobError) -> None:
        job = self._end()
        if job is not None:
            self._keep_for_extension(job)
            if len(self._table) < _FEWEST_ROWS:
                self._work.show_plots(is_wanted=False)
            self.failed.emit(error, job)

    def _on_cancelled(self) -> None:
        job = self._end()
        if job is not None:
            self._keep_for_extension(job)
            if job.key == "md":
                text = self.tr("Stopped; what was finished is kept. Extend goes on from there.")
                self._dynamics.set_outcome(text)
            else:
                self._structure.relax.show_outcome(self.tr("Stopped."))

    def _keep_for_extension(self, job: Job) -> None:
        """What ended early is extended from where it came to, not from where it should have."""
        if job.key == "md" and job.progress is not None and job.progress.done > 0:
            self._dynamics.set_last_run(replace(job.spec, steps=int(job.progress.done)))


def _temperature_asked(spec: MDSpec) -> float | None:
    """What the mean of the run should be, K; None where nothing holds it, or it is ramped."""
    is_held = spec.ensemble != "nve" and spec.temperature_end is None
    return spec.temperature if is_held else None
