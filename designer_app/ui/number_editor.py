"""A number with its unit."""

import math
from typing import Any

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from designer_app.errors import InvalidSpecError
from designer_app.specs.fields import About, plain_type
from designer_app.ui.theme import tabular

THIN = "\N{NARROW NO-BREAK SPACE}"
_TYPED = {ord(","): ".", ord(THIN): None, ord("\N{MINUS SIGN}"): "-"}
"""What people type or paste into a number, and what it means."""
_UNITS = {"A": "Å", "eV/A": "eV/Å", "1/fs": "fs⁻¹", "1/GPa": "GPa⁻¹", "A3": "Å³", "eV/A^3": "eV/Å³"}


def unit_text(unit: str) -> str:
    """A unit as it is printed: A becomes the angstrom sign, and powers are raised."""
    return _UNITS.get(unit, unit).replace("^2", "²").replace("^3", "³")


def number_text(value: float, decimals: int | None = None) -> str:
    """The shortest text that reads back as the same number, with at most one idle zero."""
    if isinstance(value, int):
        return str(value)
    if decimals is not None and math.isfinite(value):
        fixed = f"{value:.{decimals}f}"
        if float(fixed) == value:
            head, _, tail = fixed.partition(".")
            return f"{head}.{tail.rstrip('0') or '0'}" if tail else head
    short = f"{value:.10g}"
    return short if float(short) == value else repr(value)


class NumberEditor(QLineEdit):
    """A number with its unit inside the field; Up and Down step it; empty may stand for none."""

    edited = Signal()

    def __init__(self, name: str, said: About, hint: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._said = said
        self._whole = plain_type(hint) is int
        self._optional = plain_type(hint) is not hint
        self._unit = unit_text(said.unit)
        self.setFont(tabular(self.font()))
        if self._optional:
            self.setPlaceholderText(self.tr("none"))
        self.setTextMargins(0, 0, self.fontMetrics().horizontalAdvance(self._unit) + 6, 0)
        self.textEdited.connect(self._on_text_edited)

    def value(self) -> float | None:
        """The number; None where empty and allowed."""
        text = (
            self.text().strip().replace(",", ".").replace(THIN, "").replace("\N{MINUS SIGN}", "-")
        )
        if not text and self._optional:
            return None
        try:
            return int(text) if self._whole else float(text)
        except ValueError:
            reason = self.tr("give a whole number") if self._whole else self.tr("give a number")
            raise InvalidSpecError(self._name, text, reason) from None

    def set_value(self, value: float | None) -> None:
        """Show a number."""
        self.setText("" if value is None else number_text(value, self._said.decimals))
        self.setCursorPosition(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Up and Down change the number by a tenth of its size."""
        sign = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        if sign is None:
            super().keyPressEvent(event)
        else:
            self._step(sign)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Leave the wheel to the panel, so that scrolling changes no number."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the field, then the unit at its right end."""
        super().paintEvent(event)
        if self._unit:
            painter = QPainter(self)
            painter.setPen(QColor(self.palette().color(QPalette.ColorRole.PlaceholderText)))
            area = QRect(QPoint(0, 0), self.size()).adjusted(0, 0, -10, 0)
            painter.drawText(
                area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._unit
            )
            painter.end()

    def _step(self, sign: int) -> None:
        try:
            value = self.value()
        except InvalidSpecError:
            return
        value = 0.0 if value is None else value
        size = 10.0 ** math.floor(math.log10(abs(value))) if value else 1.0
        if sign < 0 and value > 0 and math.isclose(value, size):
            size /= 10.0
        stepped = round(value + sign * size, 12)
        low = self._said.low if self._said.low is not None else self._said.above
        if low is not None and (stepped < low or stepped == self._said.above):
            return
        if self._said.high is not None and stepped > self._said.high:
            return
        if self._whole:
            stepped = round(stepped)
        self.set_value(stepped)
        self.edited.emit()

    def _on_text_edited(self) -> None:
        self.edited.emit()
