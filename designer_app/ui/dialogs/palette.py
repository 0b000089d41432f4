"""The command palette: type a few letters, press Enter."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from designer_app.ui.icons import SIZE
from designer_app.ui.panels.section import row
from designer_app.ui.theme import OnTheme, Theme, Tokens, label

_ROLE = Qt.ItemDataRole.UserRole


class CommandPalette(QDialog):
    """Finds an action by its name and triggers it."""

    def __init__(
        self, actions: Mapping[str, QAction], theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self.line = QLineEdit()
        self.list = QListWidget()
        self._build()
        self._theme_follower = OnTheme(self, theme, self._on_theme)
        self.line.textChanged.connect(self._on_text_changed)
        self.line.returnPressed.connect(self._on_accepted)
        self.list.itemActivated.connect(self._on_accepted)
        self.line.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Up and Down move in the list while the text has the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                count = max(1, self.list.count())
                self.list.setCurrentRow((self.list.currentRow() + step) % count)
                return True
        return super().eventFilter(watched, event)

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Commands"))
        self.resize(480, 420)
        self.line.setPlaceholderText(self.tr("Type a command"))
        self.line.setAccessibleName(self.tr("Command"))
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.setProperty("role", "commands")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self.line)
        layout.addWidget(self.list, 1)

    def _on_theme(self, tokens: Tokens) -> None:  # noqa: ARG002 - the icons know
        self._on_text_changed(self.line.text())

    def _on_text_changed(self, text: str) -> None:
        self.list.clear()
        words = text.lower().split()
        for key, action in self._actions.items():
            name = action.text()
            if all(word in name.lower() for word in words) and key != "palette":
                item = QListWidgetItem()
                item.setData(_ROLE, key)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, name)
                line = _line(action)
                item.setSizeHint(line.sizeHint())
                self.list.addItem(item)
                self.list.setItemWidget(item, line)
        self.list.setCurrentRow(0)

    def _on_accepted(self) -> None:
        item = self.list.currentItem()
        self.accept()
        if item is not None:
            self._actions[item.data(_ROLE)].trigger()


def _line(action: QAction) -> QWidget:
    """Icon, name, and at the right the keys."""
    mark = QLabel()
    mark.setPixmap(action.icon().pixmap(SIZE, SIZE))
    mark.setFixedSize(SIZE, SIZE)
    keys = action.shortcut().toString()
    made = QWidget()
    made.setProperty("role", "plain")
    layout = row(mark, label(action.text()), None, *([label(keys, "key")] if keys else []))
    layout.setContentsMargins(8, 6, 8, 6)
    made.setLayout(layout)
    return made
