"""A notice inside a panel: a sentence, and a button that acts on it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from designer_app.ui.icons import icon_pixmap
from designer_app.ui.theme import OnTheme, Theme, Tokens, label

_ICONS = {"warn": "warning", "ok": "check", "error": "error"}
_TOP = Qt.AlignmentFlag.AlignTop
_DOWN = QBoxLayout.Direction.TopToBottom


class Notice(QFrame):
    """A coloured edge, an icon, a sentence; the colour is never alone."""

    acted = Signal(str)
    """The key of the notice whose button was pressed."""

    def __init__(
        self,
        kind: str,
        text: str,
        theme: Theme,
        action: str = "",
        key: str = "",
        *,
        is_wide: bool = False,
    ) -> None:
        super().__init__()
        self._kind = kind
        self._key = key
        self._mark = QLabel()
        self.text = label(text, wrap=True)
        self.button = QPushButton(action)
        self._build(action, is_wide=is_wide)
        self.button.clicked.connect(self._on_clicked)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def _build(self, action: str, *, is_wide: bool) -> None:
        self.setProperty("role", f"{self._kind}-card")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 9, 10, 10)
        layout.setSpacing(8)
        layout.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignVCenter if is_wide else _TOP)
        column = QBoxLayout(QBoxLayout.Direction.LeftToRight if is_wide else _DOWN)
        column.setSpacing(8)
        column.addWidget(self.text, 1 if is_wide else 0)
        if action:
            column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addLayout(column, 1)
        self.button.setVisible(bool(action))

    def _on_clicked(self) -> None:
        self.acted.emit(self._key)

    def _on_theme(self, tokens: Tokens) -> None:
        color = getattr(tokens, self._kind)
        self._mark.setPixmap(icon_pixmap(_ICONS[self._kind], color, 18, self.devicePixelRatioF()))


class NoticeList(QWidget):
    """Notices under each other; only what differs is built anew. Where it is wide, buttons stand
    beside their sentences.
    """

    acted = Signal(str)

    def __init__(self, theme: Theme, *, is_wide: bool = False) -> None:
        super().__init__()
        self._theme = theme
        self._is_wide = is_wide
        self._shown: tuple[tuple[str, str, str, str], ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.setVisible(False)

    def texts(self) -> list[str]:
        """The sentences shown."""
        return [text for _, text, _, _ in self._shown]

    def set_notices(self, notices: tuple[tuple[str, str, str, str], ...]) -> None:
        """Show (kind, text, button, key) rows."""
        if notices == self._shown:
            return
        self._shown = notices
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for kind, text, action, key in notices:
            notice = Notice(kind, text, self._theme, action, key, is_wide=self._is_wide)
            notice.acted.connect(self.acted)
            self._column.addWidget(notice)
        self.setVisible(bool(notices))
