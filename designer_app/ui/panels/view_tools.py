"""What floats on the picture: its tools and the legend of elements."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.section import line
from designer_app.ui.theme import OnTheme, Theme, Tokens


class ViewTools(QFrame):
    """A strip of small buttons on the picture's edge."""

    reset_asked = Signal()
    direction_asked = Signal(str)
    cell_toggled = Signal(bool)
    bonds_toggled = Signal(bool)
    axes_toggled = Signal(bool)
    image_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons: list[ThemedIcon] = []
        self._theme = theme
        self.setProperty("role", "tools")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(3, 3, 3, 3)
        self._column.setSpacing(1)
        reset = self._button("fit", self.tr("Reset the view (=)"))
        reset.clicked.connect(self.reset_asked)
        for axis, key in zip("abc", "xyz", strict=True):
            button = self._button("", self.tr("Look along %s (%s)") % (axis, key))
            button.setText(axis)
            button.setProperty("axis", axis)
            button.clicked.connect(self._on_axis_clicked)
        self._column.addWidget(line())
        for name, said, toggled in (
            ("cell", self.tr("Unit cell"), self.cell_toggled),
            ("bonds", self.tr("Bonds"), self.bonds_toggled),
            ("axes", self.tr("Axes"), self.axes_toggled),
        ):
            button = self._button(name, said)
            button.setCheckable(True)
            button.setChecked(True)
            button.clicked.connect(toggled)
        self._column.addWidget(line())
        camera = self._button("camera", self.tr("Save the picture as a file (Ctrl+Shift+S)"))
        camera.clicked.connect(self.image_asked)
        self.adjustSize()

    def _button(self, icon: str, said: str) -> QToolButton:
        button = QToolButton()
        button.setFixedSize(30, 30)
        button.setToolTip(said)
        button.setAccessibleName(said)
        if icon:
            self._icons.append(ThemedIcon(button, icon, self._theme))
        self._column.addWidget(button)
        return button

    def _on_axis_clicked(self) -> None:
        self.direction_asked.emit(self.sender().property("axis"))


class Legend(QWidget):
    """The elements in their colours."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: list[tuple[str, QColor]] = []
        self._tokens = theme.tokens
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def set_entries(self, entries: Sequence[tuple[str, QColor]]) -> None:
        """Show these symbols and colours."""
        self._entries = list(entries)
        self.setVisible(bool(entries))
        self.setAccessibleName(self.tr("Legend: %s") % ", ".join(name for name, _ in entries))
        self.resize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A disc and a symbol for each element."""
        metrics = self.fontMetrics()
        width = sum(24 + metrics.horizontalAdvance(name) + 12 for name, _ in self._entries)
        return QSize(width + 8, 32)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        """Draw the discs and the symbols."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(self._tokens.surface)
        ground.setAlpha(215)
        painter.setBrush(ground)
        painter.setPen(QPen(QColor(self._tokens.border)))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 6, 6)
        x = 12.0
        middle = self.height() / 2
        for name, color in self._entries:
            painter.setBrush(color)
            painter.setPen(QPen(QColor(self._tokens.muted), 1))
            painter.drawEllipse(QPointF(x + 6, middle), 6, 6)
            painter.setPen(QColor(self._tokens.text))
            wide = self.fontMetrics().horizontalAdvance(name)
            painter.drawText(int(x) + 18, 0, wide + 4, self.height(), int(_MIDDLE), name)
            x += 24 + wide + 12
        painter.end()

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()


_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
