"""The left rail: the project, the five workspaces in the chemist's order, settings and help."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QVBoxLayout, QWidget

from designer_app.ui.icons import icon_pixmap
from designer_app.ui.theme import OnTheme, Theme, Tokens

WIDTH = 56
_HEIGHT = 54
_LABEL_SIZE = 11


@dataclass(frozen=True)
class Workspace:
    """A place on the rail."""

    key: str
    title: str
    question: str


WORKSPACES = (
    Workspace("structure", "Structure", "What is this material?"),
    Workspace("potentials", "Potentials", "What computes the energy, and can I trust it?"),
    Workspace("dynamics", "Dynamics", "What do the atoms do at 600 K?"),
    Workspace("screening", "Screening", "Which of these is stable?"),
    Workspace("design", "Design", "What should I make?"),
)


class RailButton(QAbstractButton):
    """An icon over its label, which is narrowed until it fits."""

    def __init__(self, icon: str, text: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._tokens = theme.tokens
        self.setText(text)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A square cell of the rail."""
        return QSize(WIDTH, _HEIGHT if self.text() else 44)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        """Draw ground, mark, icon and label."""
        tokens = self._tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.isChecked()
        if chosen or self.underMouse() or self.hasFocus():
            painter.setPen(QColor(tokens.accent) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.chosen if chosen else tokens.hover))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(3.5, 1.5, -3.5, -1.5), 6, 6)
        color = tokens.accent if chosen else tokens.text if self.underMouse() else tokens.muted
        ratio = self.devicePixelRatioF()
        pixmap = icon_pixmap(self._icon, color, 20, ratio)
        top = 8 if self.text() else (self.height() - 20) // 2
        painter.drawPixmap((self.width() - 20) // 2, top, pixmap)
        if self.text():
            font = self.font()
            font.setPixelSize(_LABEL_SIZE)
            wide = QFontMetrics(font).horizontalAdvance(self.text())
            room = self.width() - 10
            if wide > room:
                font.setStretch(round(100 * room / wide))
            painter.setFont(font)
            painter.setPen(QColor(color))
            place = self.rect().adjusted(0, top + 22, 0, 0)
            painter.drawText(
                place, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, self.text()
            )
        painter.end()

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()


class Rail(QWidget):
    """The column of places at the window's left edge."""

    workspace_chosen = Signal(str)
    project_asked = Signal()
    settings_asked = Signal()
    help_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.project = RailButton("project", "", theme)
        self.settings = RailButton("settings", "", theme)
        self.help = RailButton("help", "", theme)
        self._places = {each.key: RailButton(each.key, each.title, theme) for each in WORKSPACES}
        self._group = QButtonGroup(self)
        self._build()
        self._connect()

    def show_workspace(self, key: str) -> None:
        """Mark a workspace as the present one."""
        self._places[key].setChecked(True)

    def _build(self) -> None:
        self.setProperty("role", "rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH + 1)
        for button, said in (
            (self.project, self.tr("Project and files")),
            (self.settings, self.tr("Preferences")),
            (self.help, self.tr("Help and shortcuts")),
        ):
            button.setAccessibleName(said)
            button.setToolTip(said)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 1, 6)
        layout.setSpacing(2)
        layout.addWidget(self.project)
        layout.addSpacing(8)
        for number, each in enumerate(WORKSPACES, start=1):
            button = self._places[each.key]
            button.setCheckable(True)
            button.setToolTip(f"{each.title}: {each.question} (Ctrl+{number})")
            button.setAccessibleDescription(each.question)
            self._group.addButton(button)
            layout.addWidget(button)
        layout.addStretch(1)
        layout.addWidget(self.settings)
        layout.addWidget(self.help)

    def _connect(self) -> None:
        self._group.buttonClicked.connect(self._on_place_clicked)
        self.project.clicked.connect(self.project_asked)
        self.settings.clicked.connect(self.settings_asked)
        self.help.clicked.connect(self.help_asked)

    def _on_place_clicked(self, button: QAbstractButton) -> None:
        for key, place in self._places.items():
            if place is button:
                self.workspace_chosen.emit(key)
