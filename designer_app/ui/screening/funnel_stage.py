"""A stage in any picture of a funnel: how many came through, and why others did not."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QFrame, QPushButton, QVBoxLayout, QWidget

from designer_app.specs.screen_rows import FunnelCount
from designer_app.ui.screening.columns import reason_text
from designer_app.ui.theme import OnTheme, Theme, Tokens, label

_MOST_REASONS = 8


class StageButton(QAbstractButton):
    """One stage; a click tells the reasons of its losses. How it looks is its heirs' matter."""

    reason_chosen = Signal(str)
    """Why candidates were lost here: the table is to show them."""

    def __init__(self, title: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.count = FunnelCount(stage="", entered=0, passed=0)
        self.most = 1
        """The most that any stage saw."""
        self.is_at_work = False
        self.tokens = theme.tokens
        self._popup: QFrame | None = None
        self.setText(title)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._theme_follower = OnTheme(self, theme, self._on_theme)
        self.clicked.connect(self._on_clicked)

    def set_count(self, count: FunnelCount, most: int, *, is_at_work: bool) -> None:
        """What came through, beside the most that any stage saw."""
        self.count, self.most, self.is_at_work = count, max(most, 1), is_at_work
        told = [self.tr("%s: %d of %d went on") % (self.text(), count.passed, count.entered)]
        if count.waiting:
            told.append(self.tr("%d wait, or were not among the best") % count.waiting)
        told.extend(
            f"{n} - {reason_text(reason)}" for reason, n in count.lost_reasons[:_MOST_REASONS]
        )
        if count.lost_reasons:
            told.append(self.tr("Click to see them"))
        self.setToolTip("\n".join(told))
        self.setAccessibleName(told[0])
        self.setAccessibleDescription(", ".join(told[1:]))
        self.setEnabled(bool(count.entered))
        self.update()

    @property
    def n_lost(self) -> int:
        """How many were lost here."""
        return sum(n for _, n in self.count.lost_reasons)

    @property
    def n_here(self) -> int:
        """How many the stage is about: those that came to it while it works, else that left it."""
        return self.count.entered if self.is_at_work else self.count.passed

    def _on_clicked(self) -> None:
        count = self.count
        popup = QFrame(self, Qt.WindowType.Popup)
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        popup.setProperty("role", "card")
        layout = QVBoxLayout(popup)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(4)
        layout.addWidget(
            label(self.tr("%s: %d of %d went on") % (self.text(), count.passed, count.entered),
                  "strong")
        )  # fmt: skip
        if count.waiting:
            layout.addWidget(label(self.tr("%d wait, or were not among the best") % count.waiting))
        for reason, n in count.lost_reasons[:_MOST_REASONS]:
            button = QPushButton(f"{n}  {reason_text(reason)}")
            button.setProperty("role", "link")
            button.setProperty("reason", reason_text(reason))
            button.setToolTip(self.tr("Show them in the table"))
            button.clicked.connect(self._on_reason_clicked)
            layout.addWidget(button)
        popup.adjustSize()
        popup.move(self.mapToGlobal(QPoint(0, self.height() + 2)))
        popup.show()
        self._popup = popup

    def _on_reason_clicked(self) -> None:
        reason = str(self.sender().property("reason"))
        if self._popup is not None:
            self._popup.close()
        self.reason_chosen.emit(reason)

    def _on_theme(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.update()


class Funnel(QFrame):
    """All stages, each a `StageButton` that its heirs lay out."""

    reason_chosen = Signal(str, str)
    """(stage, reason)."""

    def __init__(self, cells: Mapping[str, StageButton], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells = dict(cells)
        self._shown: tuple[FunnelCount, ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Funnel"))
        for cell in self.cells.values():
            cell.reason_chosen.connect(self._on_reason_chosen)

    def set_counts(self, counts: Sequence[FunnelCount], *, is_live: bool) -> None:
        """Show a funnel; of a live one the stage at work is marked."""
        self._shown = tuple(counts)
        most = max((count.entered for count in counts), default=1)
        reached = [count.stage for count in counts if count.entered]
        for count in counts:
            at_work = is_live and bool(reached) and count.stage == reached[-1]
            self.cells[count.stage].set_count(count, most, is_at_work=at_work)

    def counts(self) -> tuple[FunnelCount, ...]:
        """What is shown."""
        return self._shown

    def _on_reason_chosen(self, reason: str) -> None:
        sender = self.sender()
        stage = next(key for key, cell in self.cells.items() if cell is sender)
        self.reason_chosen.emit(stage, reason)
