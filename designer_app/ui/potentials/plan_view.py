"""The plan of a training: before its start, as it goes, and how it went."""

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer_app.ui.panels.facts_table import FactsTable
from designer_app.ui.theme import label
from designer_app.ui.wording import THIN, duration, printed

Lines = Sequence[tuple[str, str]]
EPOCH, EPOCHS, TIME = "One epoch", "Epochs", "Time"
"""Lines that a training knows better than its plan, once it goes."""


class PlanView(QWidget):
    """Shows one plan; whose it is stands above it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = label("", "section")
        self.table = FactsTable(name_width=92)
        self._planned: Lines = ()
        self._own: Lines = ()
        self._measured: dict[str, str] = {}
        self._is_busy = self._is_of_next = self._is_unfinished = False
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.title)
        layout.addWidget(self.table)
        self._show()

    def set_planned(self, lines: Lines | None) -> None:
        """What the check before a start told; None: another training is being set up."""
        if lines is None and not self._is_busy:
            self._own, self._measured = (), {}
        self._planned = lines or ()
        self._show()

    def set_own(self, lines: Lines) -> None:
        """The plan of the training that is shown, by itself; empty while it is not known."""
        self._own = lines
        if not lines:
            self._measured = {}
        self._show()

    def set_busy(self, *, is_busy: bool) -> None:
        """Whether the training is going."""
        self._is_busy = is_busy
        self._show()

    def set_unfinished(self, *, is_unfinished: bool) -> None:
        """Whether the training ended early and can go on."""
        self._is_unfinished = is_unfinished
        self._show()

    def set_of_next(self, *, is_of_next: bool) -> None:
        """Whether what is in front is the setting up of another training."""
        self._is_of_next = is_of_next
        self._show()

    def measure(self, an_epoch: float, epochs: float, members: int = 1) -> None:
        """Seconds that an epoch takes, and epochs of each member that there will be, as it goes."""
        each = self.tr(", for each of %d members") % members if members > 1 else ""
        self._measured = {
            EPOCH: _span(an_epoch),
            EPOCHS: f"{epochs:.0f}{each}",
            TIME: _span(an_epoch * epochs * members),
        }
        self._show()

    def rows(self) -> dict[str, str]:
        """What is shown."""
        return dict(self.table.rows())

    def _show(self) -> None:
        lines = self._lines()
        about = self.tr("about %s") if self._is_busy else "%s"
        known = {
            what: value if what == EPOCH else about % value
            for what, value in self._measured.items()
            if lines is self._own
        }
        self.table.set_rows([(what, known.get(what, printed(value))) for what, value in lines])
        self.title.setText(self._whose(is_own=lines is self._own))
        self.setVisible(bool(lines))

    def _lines(self) -> Lines:
        if self._is_of_next and not self._is_busy:
            return self._planned
        return self._own or self._planned

    def _whose(self, *, is_own: bool) -> str:
        if not self._is_busy:
            went = self.tr("SO FAR") if self._is_unfinished else self.tr("HOW IT WENT")
            return went if is_own else self.tr("PLAN")
        return self.tr("PLAN, AS IT GOES") if is_own else self.tr("PLAN MADE BEFORE THE START")


def _span(seconds: float) -> str:
    """To two figures where they are of short times, as in plans."""
    if seconds < 9.95:
        return f"{seconds:.2g}{THIN}s"
    if 100.0 <= seconds < 597.0:
        return f"{seconds / 60:.2g}{THIN}min"
    return duration(seconds)
