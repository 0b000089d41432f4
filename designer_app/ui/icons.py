"""The line icons, drawn in the colours of the theme."""

from functools import cache

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QGuiApplication, QIcon, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from designer_app.resources import resource
from designer_app.ui.theme import OnTheme, Theme, Tokens

SIZE = 20
"""The grid the icons are drawn on, px."""


@cache
def _svg(name: str) -> str:
    return (resource("icons") / f"{name}.svg").read_text(encoding="utf-8")


def icon_pixmap(name: str, color: str, size: int = SIZE, ratio: float = 1.0) -> QPixmap:
    """An icon in one colour, `size` px wide, sharp at a screen's pixel ratio."""
    key = f"{name} {color} {size} {ratio}"
    known = QPixmap()
    if QPixmapCache.find(key, known):
        return known
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    source = QByteArray(_svg(name).replace("currentColor", color).encode())
    QSvgRenderer(source).render(painter, QRectF(0, 0, pixmap.width(), pixmap.height()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    QPixmapCache.insert(key, pixmap)
    return pixmap


def icon(name: str, tokens: Tokens, role: str = "text") -> QIcon:
    """An icon in a colour role of the theme, faded where disabled, accented where checked."""
    found = QIcon()
    screen = QGuiApplication.primaryScreen()
    for ratio in {1.0, screen.devicePixelRatio() if screen else 1.0}:
        found.addPixmap(icon_pixmap(name, getattr(tokens, role), ratio=ratio))
        found.addPixmap(
            icon_pixmap(name, tokens.border, ratio=ratio), QIcon.Mode.Disabled, QIcon.State.Off
        )
        found.addPixmap(
            icon_pixmap(name, tokens.accent, ratio=ratio), QIcon.Mode.Normal, QIcon.State.On
        )
    return found


class ThemedIcon(QObject):
    """Keeps a button's or action's icon in the theme's colours."""

    def __init__(
        self, target: QAbstractButton | QAction, name: str, theme: Theme, role: str = "text"
    ) -> None:
        super().__init__(target)
        self._target = target
        self._name = name
        self._role = role
        self._theme = theme
        if isinstance(target, QAbstractButton):
            target.setIconSize(QSize(SIZE, SIZE))
        self._follower = OnTheme(self, theme, self._draw)

    def set_name(self, name: str) -> None:
        """Show another icon."""
        if name != self._name:
            self._name = name
            self._draw(self._theme.tokens)

    def set_role(self, role: str) -> None:
        """Show it in another colour of the theme."""
        if role != self._role:
            self._role = role
            self._draw(self._theme.tokens)

    def _draw(self, tokens: Tokens) -> None:
        self._target.setIcon(icon(self._name, tokens, self._role))
