"""The light of a trained potential, asked of the potential itself while nothing waits for it."""

import logging

from PySide6.QtCore import QObject, QTimer

from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.session.trainings import Trainings
from designer_app.specs.trust import TrustReport, TrustSpec
from designer_app.ui.panels.potential_choice import PotentialChoice

_PAUSE_MS = 300
"""After the last change: who looks through a list of potentials asks once."""
_log = logging.getLogger(__name__)


class TrustWatch(QObject):
    """Runs the job `trust` for a choice of potential; only the newest question is answered."""

    def __init__(self, trainings: Trainings, choice: PotentialChoice, parent: QObject) -> None:
        super().__init__(parent)
        self._trainings = trainings
        self._choice = choice
        self._question: TrustSpec | None = None
        self._job: Job | None = None
        self._answered: tuple[TrustSpec, TrustReport] | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._ask)
        choice.trust_wanted.connect(self._on_wanted)

    def _on_wanted(self, question: TrustSpec | None) -> None:
        job, self._job = self._job, None
        if job is not None and not job.is_over:
            job.cancel()
        self._question = question
        self._pause.stop()
        if question is None:
            return
        if self._answered is not None and _is_same(question, self._answered[0]):
            self._choice.set_report(self._answered[1])
        else:
            self._pause.start()

    def _ask(self) -> None:
        if self._question is not None:
            self._job = self._trainings.trust(self._question)
            self._job.succeeded.connect(self._on_answered)
            self._job.failed.connect(self._on_failed)

    def _on_answered(self, report: TrustReport) -> None:
        if self.sender() is self._job and self._question is not None:
            self._answered = (self._question, report)
            self._choice.set_report(report)

    def _on_failed(self, error: JobError) -> None:
        """The light keeps what the card says; the computation itself would say what is wrong."""
        _log.info("The trust light was not told more: %s", error.message)


def _is_same(one: TrustSpec, other: TrustSpec) -> bool:
    return one.structure is other.structure and (one.potential, one.model) == (
        other.potential,
        other.model,
    )
