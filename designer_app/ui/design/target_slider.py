"""A slider over the histogram of known materials: what is asked stands out of what is known."""

import math
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer_app.specs.design_targets import DesignProperty, Target
from designer_app.specs.distributions import Distribution
from designer_app.ui.design.target_scale import heights, scale_of
from designer_app.ui.design.target_words import value_text
from designer_app.ui.theme import OnTheme, Theme, Tokens

_HEIGHT, _BARS, _SIDE, _HANDLE = 62, 36, 9, 7.0
_N_BARS = 60
_LEAST_BAR = 1.5
"""px of a bin that holds anything: tails stay visible."""
_PAGE = 10
LOW, HIGH, ABOUT = "low", "high", "about"


class TargetSlider(QWidget):
    """Shows a target; dragging a handle, or the arrow keys, ask for another."""

    moved = Signal(object)
    """The `Target` asked for."""

    def __init__(self, about: DesignProperty, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._about = about
        self._known: Distribution | None = None
        self._target = Target(key=about.key, low=about.low)
        self._scale = scale_of(about, None, None)
        self._bars: list[float] = []
        self._held = ""
        """The end that is dragged, or that the keys move."""
        self._tokens = theme.tokens
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            self.tr("Grey: known materials. Blue: those that meet the target.\n"
                    "Drag, or use the arrow keys; Space takes the other end.")
        )  # fmt: skip
        self.setAccessibleName(self.tr("%s, slider") % about.title)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def set_known(self, known: Distribution | None) -> None:
        """Measure against these."""
        self._known = known
        self._rescale()

    def set_target(self, target: Target) -> None:
        """Show a target; emits nothing."""
        self._target = target
        if self._held not in self._ends():
            self._held = self._ends()[0]
        if not self.is_dragged:
            self._rescale()
        self.update()

    @property
    def is_dragged(self) -> bool:
        """Whether a handle is held by the mouse: the axis stands still meanwhile."""
        return self.property("dragged") is True

    def place_of(self, end: str) -> QPointF:
        """The middle of a handle, in this widget."""
        return QPointF(self._x(self._scale.place(self._value(end))), _BARS + 2)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Wide enough to tell bars apart."""
        return QSize(320, _HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As low as it is; narrower in a narrow window."""
        return QSize(180, _HEIGHT)

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        """Bars, axis, band, handles, ends."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        low, high = self._target.bounds(self._about.wide)
        left, right = self._x(self._scale.place(low)), self._x(self._scale.place(high))
        self._paint_bars(painter, left, right)
        tokens = self._tokens
        base = _BARS + 2
        painter.setPen(_thick(tokens.border))
        painter.drawLine(QPointF(_SIDE, base), QPointF(self.width() - _SIDE, base))
        color = tokens.accent if self.isEnabled() else tokens.border
        painter.setPen(_thick(color))
        painter.drawLine(QPointF(left, base), QPointF(max(right, left), base))
        for end in self._ends():
            is_held = self.hasFocus() and end == self._held
            painter.setPen(QPen(QColor(tokens.text if is_held else tokens.surface), 1.5))
            painter.setBrush(QColor(color))
            painter.drawEllipse(self.place_of(end), _HANDLE, _HANDLE)
        self._paint_ends(painter)
        painter.end()

    def _paint_bars(self, painter: QPainter, left: float, right: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        calm = QColor(self._tokens.muted)
        calm.setAlpha(90)
        lit = QColor(self._tokens.accent)
        lit.setAlpha(150)
        width = (self.width() - 2 * _SIDE) / max(len(self._bars), 1)
        for place, height in enumerate(self._bars):
            if height <= 0:
                continue
            tall = max(height * (_BARS - 4), _LEAST_BAR)
            bar = QRectF(_SIDE + place * width, _BARS - tall, max(width - 1, 1), tall)
            middle = bar.center().x()
            painter.setBrush(lit if left <= middle <= right and self.isEnabled() else calm)
            painter.drawRect(bar)

    def _paint_ends(self, painter: QPainter) -> None:
        small = QFont(self.font())
        small.setPixelSize(11)
        painter.setFont(small)
        painter.setPen(QColor(self._tokens.muted))
        area = QRectF(_SIDE - 6, _BARS + 11, self.width() - 2 * _SIDE + 12, 14)
        scale = self._scale
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft, value_text(scale.low, self._about))
        painter.drawText(area, Qt.AlignmentFlag.AlignRight, value_text(scale.high, self._about))

    # --- what the hand does ---

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Take the nearest handle there."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x = event.position().x()
        # Where both handles lie on each other, the one on the side of the click can move.
        self._held = min(
            self._ends(),
            key=lambda end: (
                abs(self.place_of(end).x() - x),
                (x > self.place_of(end).x()) == (end == LOW),
            ),
        )
        self.setProperty("dragged", True)
        self._move_to(self._place(x))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Drag it."""
        if self.is_dragged:
            self._move_to(self._place(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002, N802
        """Let it go."""
        self.setProperty("dragged", False)
        self._rescale()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Arrows move by a step, Page keys by ten, Home and End to the ends; Space switches."""
        steps = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1,
            Qt.Key.Key_PageDown: -_PAGE, Qt.Key.Key_PageUp: _PAGE,
        }.get(Qt.Key(event.key()))  # fmt: skip
        ends = self._ends()
        if steps is not None:
            here = self._scale.place(self._value(self._held))
            self._move_to(here + steps * self._scale.stride)
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._move_to(0.0 if event.key() == Qt.Key.Key_Home else 1.0)
        elif event.key() == Qt.Key.Key_Space:
            self._held = ends[(ends.index(self._held) + 1) % len(ends)]
            self.update()
        else:
            super().keyPressEvent(event)

    # --- geometry ---

    def _ends(self) -> tuple[str, ...]:
        if self._target.about is not None:
            return (ABOUT,)
        found = tuple(end for end in (LOW, HIGH) if math.isfinite(self._value(end)))
        return found or (LOW,)

    def _value(self, end: str) -> float:
        value = getattr(self._target, end)
        return self._scale.low if value is None else float(value)

    def _x(self, place: float) -> float:
        return _SIDE + place * (self.width() - 2 * _SIDE)

    def _place(self, x: float) -> float:
        return (x - _SIDE) / max(self.width() - 2 * _SIDE, 1)

    def _move_to(self, place: float) -> None:
        value = self._scale.value(place)
        if self._held == LOW and math.isfinite(self._target.high):
            value = min(value, self._target.high)
        if self._held == HIGH and math.isfinite(self._target.low):
            value = max(value, self._target.low)
        wanted = replace(self._target, **{self._held: value})
        if wanted != self._target:
            self._target = wanted
            self.update()
            self.moved.emit(wanted)

    def _rescale(self) -> None:
        self._scale = scale_of(self._about, self._target, self._known)
        known = self._known
        self._bars = [] if known is None else heights(known, self._scale, _N_BARS).tolist()
        self.update()

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()


def _thick(color: str) -> QPen:
    return QPen(QColor(color), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
