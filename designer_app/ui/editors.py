"""One editor a kind of value: numbers with units, choices, switches, text, paths.

Each shows a value, hands it back by `value()` (raising `InvalidSpecError` for text that is none)
and emits `edited`.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from designer_app.errors import InvalidSpecError
from designer_app.specs.fields import About, plain_type
from designer_app.ui.theme import set_role, tabular

THIN = "\N{NARROW NO-BREAK SPACE}"
_COMBO_FRAME = 40
"""Pixels of a combo box that its arrow and borders take."""
_TYPED = {ord(","): ".", ord(THIN): None, ord("\N{MINUS SIGN}"): "-"}
"""What people type or paste into a number, and what it means."""
_UNITS = {"A": "Å", "eV/A": "eV/Å", "1/fs": "fs⁻¹", "1/GPa": "GPa⁻¹", "A3": "Å³"}


def unit_text(unit: str) -> str:
    """A unit as it is printed: A becomes the angstrom sign."""
    return _UNITS.get(unit, unit)


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


class ChoiceEditor(QComboBox):
    """One of the named choices."""

    edited = Signal()

    def __init__(self, choices: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.set_choices(choices)
        self.activated.connect(self._on_activated)

    def set_choices(self, choices: Sequence[tuple[str, str]]) -> None:
        """Offer other choices and keep the present one where it is still there."""
        present = self.currentData()
        self.clear()
        for key, title in choices:
            self.addItem(title, key)
        self.setCurrentIndex(max(0, self.findData(present)))
        widest = max((self.fontMetrics().horizontalAdvance(text) for _, text in choices), default=0)
        self.view().setMinimumWidth(min(widest + 48, 480))

    def value(self) -> str:
        """The key of the choice."""
        return self.currentData()

    def set_value(self, value: str) -> None:
        """Choose by key."""
        self.setCurrentIndex(max(0, self.findData(value)))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Leave the wheel to the panel."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        """Draw the choice, shortened with dots where it is too long."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        room = self.width() - _COMBO_FRAME
        option.currentText = self.fontMetrics().elidedText(  # pyright: ignore[reportAttributeAccessIssue] - missing in the stubs
            self.currentText(), Qt.TextElideMode.ElideRight, room
        )
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def _on_activated(self) -> None:
        self.edited.emit()


class SwitchEditor(QCheckBox):
    """Yes or no."""

    edited = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.clicked.connect(self._on_clicked)

    def value(self) -> bool:
        """Whether it is on."""
        return self.isChecked()

    def set_value(self, value: bool) -> None:
        """Switch it."""
        self.setChecked(value)

    def _on_clicked(self) -> None:
        self.edited.emit()


class TextEditor(QLineEdit):
    """A line of text; a tuple is written with commas."""

    edited = Signal()

    def __init__(self, hint: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_list = plain_type(hint) is tuple
        self.textEdited.connect(self._on_text_edited)

    def value(self) -> str | tuple[str, ...]:
        """The text, or its parts."""
        if self._is_list:
            return tuple(part.strip() for part in self.text().split(",") if part.strip())
        return self.text()

    def set_value(self, value: str | tuple[str, ...]) -> None:
        """Show a text."""
        self.setText(", ".join(value) if isinstance(value, tuple) else value)
        self.setCursorPosition(0)

    def _on_text_edited(self) -> None:
        self.edited.emit()


class SuggestionEditor(QComboBox):
    """Text with suggestions: a shipped set by its title, or whatever is typed."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = QLineEdit()
        self.setLineEdit(self._line)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.activated.connect(self._on_edited)
        self._line.textEdited.connect(self._on_edited)

    def set_choices(self, choices: Sequence[tuple[str, str]]) -> None:
        """Suggest (value, title) pairs and show the first."""
        self.clear()
        for key, title in choices:
            self.addItem(title, key)
        self.setCurrentIndex(0 if choices else -1)
        self._line.setCursorPosition(0)
        widest = max((self.fontMetrics().horizontalAdvance(text) for _, text in choices), default=0)
        self.view().setMinimumWidth(min(widest + 48, 480))

    def value(self) -> str:
        """The suggestion's value, or the typed text; the first suggestion is the empty default."""
        found = self.findText(self.currentText())
        if found == 0:
            return ""
        return self.itemData(found) if found > 0 else self.currentText().strip()

    def set_value(self, value: str) -> None:
        """Show a value by its title where it has one."""
        found = self.findData(value) if value else 0
        if found >= 0 and self.count():
            self.setCurrentIndex(found)
        else:
            self.setEditText(value)
        self._line.setCursorPosition(0)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Leave the wheel to the panel."""
        event.ignore()

    def _on_edited(self) -> None:
        self.edited.emit()


class PathEditor(QWidget):
    """A file or folder, typed or browsed for."""

    edited = Signal()

    def __init__(self, name: str, hint: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._optional = plain_type(hint) is not hint
        self.line = QLineEdit()
        self._browse = QPushButton(self.tr("Browse..."))
        self._browse.setAccessibleName(self.tr("Browse for a file or folder"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line, 1)
        layout.addWidget(self._browse)
        self.setFocusProxy(self.line)
        self.line.textEdited.connect(self._on_edited)
        self._browse.clicked.connect(self._on_browse)

    def value(self) -> Path | None:
        """The path; None where empty and allowed."""
        text = self.line.text().strip()
        if text:
            return Path(text)
        if self._optional:
            return None
        raise InvalidSpecError(self._name, "", self.tr("choose a file"))

    def set_value(self, value: Path | None) -> None:
        """Show a path."""
        self.line.setText("" if value is None else str(value))

    def _on_edited(self) -> None:
        self.edited.emit()

    def _on_browse(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Choose"), self.line.text())
        if chosen:
            self.line.setText(chosen)
            self.edited.emit()


Editor = NumberEditor | ChoiceEditor | SwitchEditor | TextEditor | SuggestionEditor | PathEditor


def make_editor(name: str, said: About, hint: Any) -> Editor:
    """The editor that fits a field."""
    kind = plain_type(hint)
    if said.choices:
        return ChoiceEditor(said.choices)
    if kind is bool:
        return SwitchEditor(said.label)
    if kind in (int, float):
        return NumberEditor(name, said, hint)
    if kind is Path:
        return PathEditor(name, hint)
    if name == "model":
        return SuggestionEditor()
    return TextEditor(hint)


def mark_problem(editor: Editor, is_problem: bool) -> None:
    """Draw an editor's border as wrong or right."""
    target = editor.line if isinstance(editor, PathEditor) else editor
    set_role(target, "problem" if is_problem else "", "state")
