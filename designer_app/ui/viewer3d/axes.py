"""The lattice directions in the corner: three arrows with letters, drawn by Qt."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

SIZE = 108
"""Points; side of the corner that the arrows use."""
MARGIN = 4
"""Points between them and the edges of the view."""
_LENGTH, _HEAD, _WIDTH = 32.0, 8.0, 2.2
_HUES = (("#C8364A", "#F2777A"), ("#2B8A4B", "#5CCB8B"), ("#2F62D0", "#7FB0FF"))
"""Light and dark theme: a, b, c."""


def directions(cell: NDArray[np.float64]) -> tuple[NDArray[np.float64], str]:
    """Unit vectors (3, 3) and their letters: the lattice where there is one, else x, y, z."""
    lengths = np.linalg.norm(cell, axis=1)
    if abs(np.linalg.det(cell)) < 1e-6:
        return np.eye(3), "xyz"
    return cell / lengths[:, None], "abc"


def paint_axes(
    painter: QPainter, seen: NDArray[np.float64], letters: str, text: QColor, *, is_dark: bool
) -> None:
    """Arrows along the rows of `seen` (view space) around the painter's origin; far ones first."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = QFont(painter.font())
    font.setPointSizeF(10.0)
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    for axis in np.argsort(seen[:, 2]):
        x, y = float(seen[axis, 0]), float(-seen[axis, 1])
        color = QColor(_HUES[axis][int(is_dark)])
        reach = float(np.hypot(x, y))
        tip = QPointF(x * _LENGTH, y * _LENGTH)
        if reach > 0.08:
            unit = QPointF(x / reach, y / reach)
            across = QPointF(-unit.y(), unit.x())
            head = min(_HEAD, 0.8 * reach * _LENGTH)
            base = tip - unit * head
            painter.setPen(QPen(color, _WIDTH, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(QPointF(0.0, 0.0), base)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            half = across * (0.42 * head)
            painter.drawPolygon(QPolygonF([tip, base + half, base - half]))
            place = tip + unit * 9.0
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(QPointF(0.0, 0.0), 3.2, 3.2)
            place = QPointF(-10.0, -10.0)
        painter.setPen(text)
        box = QRectF(place.x() - 10, place.y() - 10, 20, 20)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letters[axis])


def paint_corner(
    image: QImage,
    scale: float,
    seen: NDArray[np.float64],
    letters: str,
    text: QColor,
    *,
    is_dark: bool,
) -> None:
    """The arrows in the lower left corner of an image with `scale` pixels a point."""
    painter = QPainter(image)
    painter.scale(scale, scale)
    painter.translate(MARGIN + SIZE / 2, image.height() / scale - SIZE / 2 - MARGIN)
    paint_axes(painter, seen, letters, text, is_dark=is_dark)
    painter.end()


class AxesOverlay(QWidget):
    """Floats over the picture and lets the mouse through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(QSize(SIZE, SIZE))
        self._seen = np.eye(3)
        self._letters = "abc"
        self._text = QColor("black")
        self._is_dark = False

    def show_axes(
        self, seen: NDArray[np.float64], letters: str, text: QColor, *, is_dark: bool
    ) -> None:
        """Point the arrows along the rows of `seen`; the same ones are not painted again."""
        shown = letters, text, is_dark
        if shown != (self._letters, self._text, self._is_dark) or not np.allclose(seen, self._seen):
            self._seen, (self._letters, self._text, self._is_dark) = seen, shown
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the arrows around the middle."""
        painter = QPainter(self)
        painter.translate(self.rect().center())
        paint_axes(painter, self._seen, self._letters, self._text, is_dark=self._is_dark)
        painter.end()
