"""The line drawings of the purposes, in the colours of the theme."""

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from designer_app.resources import resource
from designer_app.ui.theme import Tokens

WIDTH, HEIGHT = 72, 48
"""The grid that drawings are drawn on, px."""
_ACCENT = "#2563EB"
"""Stands for the accent colour in the files."""
_DRAWINGS = {
    "li-cathode": "cathode-li",
    "na-cathode": "cathode-na",
    "k-cathode": "cathode-k",
    "mg-cathode": "cathode-mg",
    "zn-cathode": "cathode-zn",
}
"""By the key of a purpose; the others carry its name."""


def drawing_pixmap(purpose: str, tokens: Tokens, ratio: float = 1.0, scale: float = 1.0) -> QPixmap:
    """The drawing of a purpose, sharp at a screen's pixel ratio."""
    key = f"design {purpose} {tokens.name} {ratio} {scale}"
    known = QPixmap()
    if QPixmapCache.find(key, known):
        return known
    pixmap = QPixmap(round(WIDTH * scale * ratio), round(HEIGHT * scale * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    source = _svg(purpose).replace("currentColor", tokens.muted).replace(_ACCENT, tokens.accent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(source.encode())).render(
        painter, QRectF(0, 0, pixmap.width(), pixmap.height())
    )
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    QPixmapCache.insert(key, pixmap)
    return pixmap


@cache
def _svg(purpose: str) -> str:
    name = _DRAWINGS.get(purpose, purpose)
    return (resource("icons") / "design" / f"{name}.svg").read_text(encoding="utf-8")
