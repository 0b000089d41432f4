"""How the window looks: two sets of colour tokens, a palette of each, and one style sheet."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from designer_app.resources import resource
from designer_app.ui.restyle import Restyler
from designer_app.ui.style_sheet import style_sheet

SPACES = (4, 8, 12, 16, 24)
RADIUS = 6
SMALL, BODY, TITLE, DISPLAY = 11, 13, 15, 20
"""Font sizes in px."""
CHOICES = ("system", "light", "dark")


@dataclass(frozen=True)
class Tokens:
    """The colours of one scheme, as #RRGGBB."""

    name: str
    window: str
    surface: str
    border: str
    text: str
    muted: str
    accent: str
    accent_text: str
    ok: str
    warn: str
    error: str
    accent_hover: str
    hover: str
    chosen: str
    field: str
    lines: tuple[str, ...]
    """Okabe and Ito's colours for curves, those that stand out on the surface."""

    @property
    def is_dark(self) -> bool:
        """Whether text is lighter than the ground."""
        return luminance(self.text) > luminance(self.surface)


LIGHT = Tokens(
    name="light",
    window="#F6F7F9",
    surface="#FFFFFF",
    border="#D9DDE3",
    text="#1B1F24",
    muted="#5B6470",
    accent="#2563EB",
    accent_text="#FFFFFF",
    ok="#1A7F4B",
    warn="#9A6700",
    error="#B42318",
    accent_hover="#1D4FD7",
    hover="#EDF0F4",
    chosen="#E4ECFD",
    field="#FFFFFF",
    lines=("#0072B2", "#D55E00", "#009E73", "#CC79A7"),
)
DARK = Tokens(
    name="dark",
    window="#15181D",
    surface="#1D2127",
    border="#323843",
    text="#E6E9ED",
    muted="#9AA4B2",
    accent="#6EA8FE",
    accent_text="#10141A",
    ok="#4CC38A",
    warn="#E2B340",
    error="#F2777A",
    accent_hover="#8DBBFF",
    hover="#282D36",
    chosen="#25344D",
    field="#171A20",
    lines=("#56B4E9", "#E69F00", "#009E73", "#CC79A7"),
)


def luminance(color: str) -> float:
    """Relative luminance in 0..1 (WCAG 2.2)."""

    def linear(channel: int) -> float:
        c = channel / 255
        return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4

    red, green, blue = (int(color[k : k + 2], 16) for k in (1, 3, 5))
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1..21 (WCAG 2.2)."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


_ROLE = QPalette.ColorRole
ROLES = {
    "window": (_ROLE.Window, "window"),
    "surface": (_ROLE.Button, "button"),
    "field": (_ROLE.Base, "base"),
    "text": (_ROLE.WindowText, "window-text"),
    "muted": (_ROLE.PlaceholderText, "placeholder-text"),
    "border": (_ROLE.Mid, "mid"),
    "accent": (_ROLE.Highlight, "highlight"),
    "accent_text": (_ROLE.HighlightedText, "highlighted-text"),
    "accent_hover": (_ROLE.Link, "link"),
    "error": (_ROLE.BrightText, "bright-text"),
    # Qt has no more names for colours of text; Fusion draws nothing here with these four.
    "ok": (_ROLE.LinkVisited, "link-visited"),
    "warn": (_ROLE.Shadow, "shadow"),
    "hover": (_ROLE.Midlight, "midlight"),
    "chosen": (_ROLE.Light, "light"),
}
"""Token -> the palette's role that carries it, and how style sheets name that role."""
_ALSO = {
    _ROLE.AlternateBase: "window",
    _ROLE.Text: "text",
    _ROLE.ButtonText: "text",
    _ROLE.ToolTipBase: "surface",
    _ROLE.ToolTipText: "text",
    _ROLE.Dark: "border",
}


def palette(tokens: Tokens) -> QPalette:
    """Qt's colour roles, for the style sheet and for all that it leaves to Fusion."""
    found = QPalette()
    for role, token in (*((role, token) for token, (role, _) in ROLES.items()), *_ALSO.items()):
        found.setColor(role, QColor(getattr(tokens, token)))
    for role in (_ROLE.WindowText, _ROLE.Text, _ROLE.ButtonText):
        found.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.muted))
    return found


class Theme(QObject):
    """The scheme in use. Follows the system unless a choice is set."""

    changed = Signal(object)
    """The new `Tokens`."""

    def __init__(self, application: QApplication, choice: str = "system") -> None:
        super().__init__(application)
        self._application = application
        self._choice = choice
        application.setStyle("Fusion")
        font = application.font()
        font.setPixelSize(BODY)
        application.setFont(font)
        self.tokens = self._wanted()
        application.setPalette(palette(self.tokens))
        names = {token: name for token, (_, name) in ROLES.items()}
        application.setStyleSheet(style_sheet(names, resource("icons"), RADIUS))
        self._restyler = Restyler(self)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_changed)

    def choose(self, choice: str) -> None:
        """Follow the system, or stay light or dark."""
        self._choice = choice if choice in CHOICES else "system"
        self._update()

    def _wanted(self) -> Tokens:
        if self._choice != "system":
            return DARK if self._choice == "dark" else LIGHT
        scheme = QGuiApplication.styleHints().colorScheme()
        return DARK if scheme == Qt.ColorScheme.Dark else LIGHT

    def _on_system_changed(self) -> None:
        self._update()

    def _update(self) -> None:
        wanted = self._wanted()
        if wanted is not self.tokens:
            self.tokens = wanted
            self._application.setPalette(palette(wanted))
            self._restyler.begin()
            self.changed.emit(wanted)


class OnTheme(QObject):
    """Calls `paint(tokens)` now and at every change of scheme, as long as its parent lives."""

    def __init__(self, parent: QObject, theme: Theme, paint: Callable[[Tokens], None]) -> None:
        super().__init__(parent)
        self._paint = paint
        theme.changed.connect(self._on_changed)
        paint(theme.tokens)

    def _on_changed(self, tokens: Tokens) -> None:
        self._paint(tokens)


def label(
    text: str = "", role: str = "", parent: QWidget | None = None, *, wrap: bool = False
) -> QLabel:
    """A label in one of the roles of the style sheet (title, muted, small, number ...)."""
    made = QLabel(text, parent)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    return made


def set_role(widget: QWidget, role: str, name: str = "role") -> None:
    """Give a widget another role of the style sheet and let it show."""
    if widget.property(name) != role:
        widget.setProperty(name, role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def tabular(font: QFont) -> QFont:
    """The font with figures of equal width, so that running numbers stand still."""
    found = QFont(font)
    found.setFeature(QFont.Tag("tnum"), 1)
    return found
