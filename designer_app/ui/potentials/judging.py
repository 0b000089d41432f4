"""Judging potentials: a health check of one, a comparison of several."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from designer_app.io.learned_files import learned_of
from designer_app.io.parity import Points
from designer_app.io.standings import Standings
from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.specs.evaluate import EvaluateSpec, Evaluation
from designer_app.specs.health import HealthReport, HealthSpec
from designer_app.specs.labels import LabelsFound, LabelsSpec
from designer_app.specs.structure import Structure
from designer_app.ui.potentials.area import PotentialsPanel, Work
from designer_app.ui.potentials.offers import Offer

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow


class Judging(QObject):
    """Starts both and shows what came out."""

    failed = Signal(object)
    """A `JobError`."""
    checked = Signal()
    """A health check is over: the card may tell of it now."""

    def __init__(
        self, window: "MainWindow", work: Work, panel: PotentialsPanel, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._trainings = window.session.trainings
        self._work, self._panel = work, panel
        self._check: Job | None = None
        self._asked: tuple[str, HealthSpec | EvaluateSpec] | None = None
        """(title, spec) of what was judged last."""
        self._comparison: Job | None = None
        self._found: Evaluation | None = None
        self._reading: Job | None = None
        panel.compare.run_asked.connect(self.compare)
        panel.compare.stop_asked.connect(self.stop)
        panel.compare.data_chosen.connect(self._on_data_chosen)

    # --- health ---

    def check(
        self,
        offer: Offer,
        structure: Structure | None,
        data: Sequence[Path] = (),
        mapping: Sequence[str] = (),
    ) -> None:
        """Check a potential on a structure, or else on a frame of its training data."""
        spec = HealthSpec(
            potential=offer.family,
            model=offer.model,
            structure=structure,
            data=tuple(data),
            mapping=tuple(mapping),
        )
        self._begin_check(spec, offer.title)

    def try_again(self) -> None:
        """The same once more, e.g. now that a program may run."""
        title, spec = self._asked or ("", None)
        if isinstance(spec, HealthSpec):
            self._begin_check(spec, title)
        elif spec is not None:
            self.compare(spec)

    def _begin_check(self, spec: HealthSpec, title: str) -> None:
        self._asked = (title, spec)
        self._check = self._trainings.check_health(spec, title)
        self._check.succeeded.connect(self._on_checked)
        self._check.failed.connect(self._on_not_checked)
        self._check.cancelled.connect(self._on_check_over)
        self._panel.result.set_checking(is_checking=True)
        self._work.result.health.show_none(self.tr("Checking..."))

    def forget_check(self) -> None:
        """Another potential is shown: what is on its way is of the one before."""
        self._check = None
        self._panel.result.set_checking(is_checking=False)

    def _on_checked(self, report: HealthReport) -> None:
        if self.sender() is self._check:
            self._on_check_over()
            self._work.result.health.show_report(report)
        self.checked.emit()

    def _on_not_checked(self, error: JobError) -> None:
        if self.sender() is self._check:
            self._on_check_over()
            self._work.result.health.show_none()
        self.failed.emit(error)

    def _on_check_over(self) -> None:
        self._panel.result.set_checking(is_checking=False)

    # --- comparison ---

    @property
    def is_comparing(self) -> bool:
        """Whether a comparison is on its way."""
        return self._comparison is not None and not self._comparison.is_over

    def prepare(
        self, names: Sequence[str], data: Sequence[Path] = (), mapping: Sequence[str] = ()
    ) -> None:
        """Tick these potentials besides those that are, and judge on these files, if any."""
        self._panel.compare.choose(names)
        if data:
            self._panel.compare.set_data(data, mapping)

    def _on_data_chosen(self, data: tuple[Path, ...], mapping: tuple[str, ...]) -> None:
        """See of which elements they are; what cannot be read the comparison itself tells."""
        if data:
            self._reading = self._trainings.labels(LabelsSpec(data=data, mapping=mapping))
            self._reading.succeeded.connect(self._on_data_read)

    def _on_data_read(self, found: LabelsFound) -> None:
        if self.sender() is self._reading:
            self._panel.compare.set_elements(found.elements)

    def compare(self, spec: EvaluateSpec) -> None:
        """Judge potentials on the same frames."""
        if self.is_comparing:
            return
        self._asked = ("", spec)
        self._comparison = self._trainings.evaluate(spec)
        self._comparison.succeeded.connect(self._on_compared)
        self._comparison.failed.connect(self._on_not_compared)
        self._comparison.cancelled.connect(self._on_comparison_over)
        self._comparison.changed.connect(self._on_progress)
        self._panel.compare.set_running(is_running=True)
        self._work.compare.show_none(self.tr("Computing..."))

    def stop(self) -> None:
        """End the comparison."""
        if self._comparison is not None:
            self._comparison.cancel()

    def _on_progress(self) -> None:
        job = self._comparison
        if job is None or self._window.runs.is_busy:
            return
        progress = job.progress
        share = progress.done / progress.total if progress and progress.total else 0.0
        self._window.status.show_job(job, share, job.pace.seconds_left)

    def _on_compared(self, found: Evaluation) -> None:
        self._found = found
        points = self._trainings.points(found)
        points.succeeded.connect(self._on_points)
        points.failed.connect(self._on_not_compared)

    def _on_points(
        self, drawn: tuple[list[tuple[Points, Points]], Standings, dict[str, str]]
    ) -> None:
        self._panel.compare.set_running(is_running=False)
        if self._found is not None:
            points, told, hashes = drawn
            names = [f"{each.potential}:{each.model}" for each in self._found.judged]
            panel = self._panel.compare
            titles = [
                panel.title_of(name, each.title)
                for name, each in zip(names, self._found.judged, strict=True)
            ]
            learned = [
                learned_of(card, hashes) if (card := panel.card_of(name)) is not None else ()
                for name in names
            ]
            self._work.compare.show_evaluation(self._found, titles, points, told, learned)

    def _on_not_compared(self, error: JobError) -> None:
        self._on_comparison_over()
        self.failed.emit(error)

    def _on_comparison_over(self) -> None:
        self._panel.compare.set_running(is_running=False)
        self._work.compare.show_none()
