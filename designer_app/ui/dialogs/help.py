"""Help: mouse, keys, and what the program is."""

from collections.abc import Mapping

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QVBoxLayout, QWidget

from designer_app import __version__
from designer_app.ui.actions import PLAYER_KEYS
from designer_app.ui.panels.section import row
from designer_app.ui.theme import label

_MOUSE = (
    ("Left drag", "Turn"),
    ("Right or middle drag", "Move"),
    ("Wheel", "Zoom"),
    ("Click", "What is this atom?"),
    ("Ctrl+click", "Add to the selection"),
    ("Double click", "Centre on an atom"),
)
_VIEW_KEYS = (("=", "Reset the view"), ("x  y  z", "Look along a, b, c"))


class HelpDialog(QDialog):
    """Keys and mouse on one page."""

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Help"))
        keys = [
            (action.shortcut().toString(), action.text())
            for action in actions.values()
            if not action.shortcut().isEmpty()
        ]
        player = [(key, name.capitalize()) for name, key in PLAYER_KEYS.items()]
        half = (len(keys) + 1) // 2
        columns = row(
            _table(self.tr("MOUSE ON THE PICTURE"), [*_MOUSE, *_VIEW_KEYS, *player]),
            _table(self.tr("KEYS"), keys[:half]),
            _table("", keys[half:]),
            spacing=32,
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(16)
        layout.addWidget(label("designer_app " + __version__, "display"))
        layout.addLayout(columns)
        layout.addWidget(buttons)


def _table(title: str, rows: list[tuple[str, str]]) -> QWidget:
    made = QWidget()
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(6)
    grid.addWidget(label(title or " ", "section"), 0, 0, 1, 2)
    for line, (keys, said) in enumerate(rows, start=1):
        grid.addWidget(label(keys, "key"), line, 0)
        grid.addWidget(label(said), line, 1)
    grid.setRowStretch(len(rows) + 1, 1)
    return made
