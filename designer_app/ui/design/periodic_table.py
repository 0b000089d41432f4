"""A periodic table to click: each element must, may or may never be in a candidate."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from designer_app.elements import ATOMIC_NUMBERS, NAMES
from designer_app.ui.design.element_states import MAY, MUST, NEVER, ElementState
from designer_app.ui.theme import OnTheme, Theme, Tokens

_COLUMNS, _LINES = 18, 9
_HEAD, _SERIES_GAP = 18, 0.35
"""px of the group numbers; share of a line between the table and the series below it."""
_GAP = 3
_MOVES = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_KEYS = {Qt.Key.Key_M: MUST, Qt.Key.Key_A: MAY, Qt.Key.Key_N: NEVER}


def _places() -> dict[str, tuple[int, int]]:
    """(column, line) of each element; lines 7 and 8 are lanthanides and actinides."""
    found: dict[str, tuple[int, int]] = {}
    rows = (
        ("H", 0, 0), ("He", 17, 0), ("Li Be", 0, 1), ("B C N O F Ne", 12, 1), ("Na Mg", 0, 2),
        ("Al Si P S Cl Ar", 12, 2),
        ("K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr", 0, 3),
        ("Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe", 0, 4),
        ("Cs Ba", 0, 5), ("Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn", 3, 5),
        ("Fr Ra", 0, 6),
        ("La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu", 2, 7), ("Ac Th Pa U Np Pu", 2, 8),
    )  # fmt: skip
    for symbols, column, line in rows:
        for place, symbol in enumerate(symbols.split()):
            found[symbol] = (column + place, line)
    return found


PLACES = _places()


class PeriodicTable(QWidget):
    """Shows states and emits what was clicked; a click on a group number means its column."""

    clicked = Signal(str)
    """The symbol of an element that is to get its next state."""
    state_asked = Signal(object, str)
    """(symbols, state) that a key or a group number asked for."""
    hovered = Signal(str)
    """The symbol under the mouse or the cursor; "" for none."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._states: Mapping[str, ElementState] = {}
        self._cursor = "Fe"
        self._under = ""
        self._tokens = theme.tokens
        self._at = {place: symbol for symbol, place in PLACES.items()}
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._tell_cursor()
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def set_states(self, states: Mapping[str, ElementState]) -> None:
        """Show what is asked of each element."""
        self._states = states
        self._tell_cursor()
        self.update()

    def cell(self, symbol: str) -> QRectF:
        """Where an element is drawn."""
        column, line = PLACES[symbol]
        return self._cell_at(column, line)

    def group_cell(self, group: int) -> QRectF:
        """Where a group's number is drawn, above its highest element."""
        width, height = self._step()
        line = min(line for column, line in PLACES.values() if column == group - 1 and line < 7)
        return QRectF((group - 1) * width, line * height, width - _GAP, _HEAD)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Cells that a finger hits."""
        return QSize(_COLUMNS * 36, self.heightForWidth(_COLUMNS * 36))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Symbols stay readable."""
        return QSize(_COLUMNS * 30, self.heightForWidth(_COLUMNS * 30))

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        """Cells are nearly square."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        """Of nine lines, the gap above the series, and the group numbers."""
        side = min(width / _COLUMNS, 46.0) * 0.96
        return round(_HEAD + side * (_LINES + _SERIES_GAP))

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        """Group numbers, elements, cursor."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small = QFont(self.font())
        small.setPixelSize(10)
        painter.setFont(small)
        painter.setPen(QColor(self._tokens.muted))
        for group in range(1, _COLUMNS + 1):
            area = self.group_cell(group)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, str(group))
        for text, line in (("57-71", 5), ("89-94", 6)):
            painter.drawText(self._cell_at(2, line), Qt.AlignmentFlag.AlignCenter, text)
        for symbol in PLACES:
            self._paint_element(painter, symbol)
        painter.end()

    def _paint_element(self, painter: QPainter, symbol: str) -> None:
        tokens, area = self._tokens, self.cell(symbol)
        said = self._states.get(symbol, ElementState(MAY))
        paint_cell(painter, area, symbol, said, tokens, self.font())
        is_cursor = self.hasFocus() and symbol == self._cursor
        if is_cursor or symbol == self._under:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.text if is_cursor else tokens.muted), 1.5))
            painter.drawRoundedRect(area.adjusted(-1, -1, 1, 1), 5, 5)

    # --- what the hand does ---

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Tell what is under the mouse."""
        self._look_at(self._symbol_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: ARG002, N802
        """Nothing is."""
        self._look_at("")

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """The left button goes on to the next state, the right one to never and back."""
        symbol = self._symbol_at(event.position())
        if symbol:
            self._cursor = symbol
            self._tell_cursor()
            if event.button() == Qt.MouseButton.LeftButton:
                self.clicked.emit(symbol)
            elif event.button() == Qt.MouseButton.RightButton:
                said = self._states.get(symbol, ElementState(MAY))
                self.state_asked.emit([symbol], MAY if said.state == NEVER else NEVER)
            self.update()
            return
        for group in range(1, _COLUMNS + 1):
            if self.group_cell(group).contains(event.position()):
                self._ask_group(group)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrows move; Space and Return go on to the next state; M, A, N say it outright."""
        key = Qt.Key(event.key())
        if key in _MOVES:
            self._move(*_MOVES[key])
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit(self._cursor)
        elif key in _KEYS:
            self.state_asked.emit([self._cursor], _KEYS[key])
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """A tip tells name, state and reason of the element under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            symbol = self._symbol_at(QPointF(event.pos()))
            if symbol:
                QToolTip.showText(event.globalPos(), self.describe(symbol), self)
            elif any(self.group_cell(k).contains(event.pos()) for k in range(1, _COLUMNS + 1)):
                said = self.tr("Click: the whole group may never be in, or may again")
                QToolTip.showText(event.globalPos(), said, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def describe(self, symbol: str) -> str:
        """Name and state of an element, with the reason."""
        said = self._states.get(symbol, ElementState(MAY))
        words = {
            MUST: self.tr("must be in"),
            MAY: self.tr("may be in"),
            NEVER: self.tr("never in"),
        }
        text = f"{NAMES[ATOMIC_NUMBERS[symbol]]} ({symbol}): {words[said.state]}"
        if said.is_ion:
            text += f", {self.tr('the working ion')}"
        text = f"{text}: {said.why}" if said.why else text
        is_offered = said.is_unusual and said.state == NEVER
        return f"{text}; {self.tr('a click asks for it')}" if is_offered else text

    # --- geometry ---

    def _step(self) -> tuple[float, float]:
        width = min(self.width() / _COLUMNS, 46.0)
        height = min((self.height() - _HEAD) / (_LINES + _SERIES_GAP), width)
        return width, height

    def _cell_at(self, column: int, line: int) -> QRectF:
        width, height = self._step()
        top = _HEAD + (line + (_SERIES_GAP if line > 6 else 0.0)) * height
        return QRectF(column * width, top, width - _GAP, height - _GAP)

    def _symbol_at(self, point: QPointF) -> str:
        for symbol in PLACES:
            if self.cell(symbol).contains(point):
                return symbol
        return ""

    def _move(self, across: int, down: int) -> None:
        """To the next element in this direction, over gaps."""
        column, line = PLACES[self._cursor]
        while 0 <= column + across < _COLUMNS and 0 <= line + down < _LINES:
            column, line = column + across, line + down
            if (column, line) in self._at:
                self._cursor = self._at[column, line]
                self._tell_cursor()
                self.hovered.emit(self._cursor)
                self.update()
                return

    def _ask_group(self, group: int) -> None:
        symbols = [
            symbol for symbol, (column, line) in PLACES.items() if column == group - 1 and line < 7
        ]
        free = [each for each in symbols if not self._states.get(each, ElementState(MAY)).is_fixed]
        is_any_in = any(self._states.get(each, ElementState(MAY)).state != NEVER for each in free)
        self.state_asked.emit(free, NEVER if is_any_in else MAY)

    def _look_at(self, symbol: str) -> None:
        if symbol != self._under:
            self._under = symbol
            pointing = Qt.CursorShape.PointingHandCursor if symbol else Qt.CursorShape.ArrowCursor
            self.setCursor(pointing)
            self.hovered.emit(symbol)
            self.update()

    def _tell_cursor(self) -> None:
        """Screen readers hear the element that the cursor is on."""
        said = self.tr("Periodic table: %s") % self.describe(self._cursor)
        if said != self.accessibleName():
            self.setAccessibleName(said)
            if self.hasFocus():
                event = QAccessibleEvent(self, QAccessible.Event.NameChanged)
                QAccessible.updateAccessibility(event)

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()


def paint_cell(
    painter: QPainter,
    area: QRectF,
    text: str,
    said: ElementState,
    tokens: Tokens,
    font: QFont,
) -> None:
    """An element in its state: filled with a tick, plain, or struck through."""
    grounds = {MUST: tokens.accent, MAY: tokens.surface, NEVER: tokens.window}
    texts = {MUST: tokens.accent_text, MAY: tokens.text, NEVER: tokens.muted}
    edge = tokens.accent if said.state == MUST else tokens.border
    pen = QPen(QColor(edge), 1.0)
    if said.state == NEVER and said.why:
        pen.setStyle(Qt.PenStyle.DotLine)
    painter.setPen(pen)
    painter.setBrush(QColor(grounds[said.state]))
    painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    if said.state == NEVER:
        painter.setPen(QPen(QColor(tokens.border), 1.5))
        painter.drawLine(area.bottomLeft() + QPointF(4, -4), area.topRight() + QPointF(-4, 4))
    sized = QFont(font)
    sized.setPixelSize(max(10, round(min(area.width(), area.height()) * 0.4)))
    sized.setBold(said.state != NEVER)
    painter.setFont(sized)
    painter.setPen(QColor(texts[said.state]))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
    if said.state == MUST:
        painter.setPen(QPen(QColor(tokens.accent_text), 1.4))
        corner = area.topRight() + QPointF(-9, 5)
        painter.drawPolyline([corner, corner + QPointF(2, 2), corner + QPointF(5, -2)])


class StateLegend(QWidget):
    """What the three kinds of cells mean."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tokens = theme.tokens
        self._rows = (
            (ElementState(MUST), self.tr("must")),
            (ElementState(MAY), self.tr("may")),
            (ElementState(NEVER), self.tr("never")),
            (ElementState(NEVER, "mask"), self.tr("never, by a limit or unknown to the models")),
        )
        self.setFixedHeight(22)
        self.setMinimumWidth(420)
        self.setAccessibleName(self.tr("Filled: must be in; plain: may; struck through: never"))
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Sample cells with their words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = 0.0
        for said, words in self._rows:
            area = QRectF(left, 0, 24, 22)
            paint_cell(painter, area, "", said, self._tokens, self.font())
            painter.setFont(self.font())
            painter.setPen(QColor(self._tokens.muted))
            width = self.fontMetrics().horizontalAdvance(words)
            painter.drawText(
                QRectF(left + 30, 0, width + 4, 22), Qt.AlignmentFlag.AlignVCenter, words
            )
            left += 30 + width + 20
        painter.end()

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()
