"""Facts as two columns: what, and how much; a click on a value copies it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from designer_app.ui.theme import label, tabular


class _Value(QLabel):
    """A value that copies itself."""

    copied = Signal(str)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setFont(tabular(self.font()))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(self.tr("Click to copy"))
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByKeyboard)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Put the value on the clipboard."""
        super().mousePressEvent(event)
        QGuiApplication.clipboard().setText(self.text())
        self.copied.emit(self.text())


class FactsTable(QWidget):
    """Pairs of name and value."""

    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None, name_width: int = 96) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnMinimumWidth(0, name_width)
        self._grid.setColumnStretch(1, 1)
        self._shown: list[tuple[str, str]] = []

    def rows(self) -> list[tuple[str, str]]:
        """What is shown."""
        return list(self._shown)

    def set_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show other facts."""
        if list(rows) == self._shown:
            return
        self._shown = list(rows)
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for line, (name, value) in enumerate(rows):
            cell = _Value(value)
            cell.setAccessibleName(f"{name}: {value}")
            cell.copied.connect(self.copied)
            self._grid.addWidget(label(name, "muted"), line, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(cell, line, 1)
