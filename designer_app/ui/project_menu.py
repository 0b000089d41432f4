"""The project menu above the rail: files, examples, recent ones."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from designer_app.io.examples import examples
from designer_app.io.formulas import with_subscripts

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow


class ProjectMenu(QMenu):
    """Filled anew each time it opens."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window

    def fill(self) -> None:
        """Put in what can be done now."""
        self.clear()
        actions = self._window.actions_by_key
        self.addAction(actions["open"])
        self._add_recent(self.addMenu(self.tr("Open recent")))
        self._add_examples(self.addMenu(self.tr("Examples")))
        self.addSeparator()
        self.addAction(actions["save_as"])
        self.addAction(actions["save_image"])
        self.addSeparator()
        self.addAction(actions["open_project"])
        self.addAction(actions["save_project"])
        self.addSeparator()
        self.addAction(actions["tree"])
        self.addAction(actions["demo"])
        self.addAction(actions["preferences"])
        self.addAction(actions["palette"])
        self.addSeparator()
        self.addAction(actions["quit"])

    def _add_recent(self, menu: QMenu) -> None:
        recent = self._window.session.recent_files()
        menu.setEnabled(bool(recent))
        for path in recent:
            action = menu.addAction(Path(path).name)
            action.setToolTip(str(path))
            action.setData(str(path))
            action.triggered.connect(self._on_recent)

    def _add_examples(self, menu: QMenu) -> None:
        for each in examples():
            action = menu.addAction(with_subscripts(each.title))
            action.setToolTip(each.note)
            action.setData(each.key)
            action.triggered.connect(self._on_example)

    def _on_recent(self) -> None:
        self._window.commands.open_path(Path(self._chosen()))

    def _on_example(self) -> None:
        self._window.commands.open_example(self._chosen())

    def _chosen(self) -> str:
        action = self.sender()
        assert isinstance(action, QAction)
        return str(action.data())
