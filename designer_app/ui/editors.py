"""One editor a kind of value: numbers with units, choices, switches, text, paths.

Each shows a value, hands it back by `value()` (raising `InvalidSpecError` for text that is none)
and emits `edited`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStyle,
    QStyleOptionButton,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from designer_app.errors import InvalidSpecError
from designer_app.specs.fields import About, plain_type
from designer_app.ui.number_editor import NumberEditor
from designer_app.ui.theme import set_role

_TICK = ((0.24, 0.52), (0.43, 0.71), (0.78, 0.32))
"""Corners, as shares of the box."""
_COMBO_FRAME = 40
"""Pixels of a combo box that its arrow and borders take."""


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

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """A tick in the palette's colour, which a picture in the style sheet cannot have."""
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        part = QStyle.SubElement.SE_CheckBoxIndicator
        box = QRectF(self.style().subElementRect(part, option, self))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self.palette().color(QPalette.ColorRole.HighlightedText), 2.0)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(
            [QPointF(box.x() + x * box.width(), box.y() + y * box.height()) for x, y in _TICK]
        )
        painter.end()

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
