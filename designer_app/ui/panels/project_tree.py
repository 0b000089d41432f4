"""The drawer on the left: what the project holds, and what was open lately."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QToolButton, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from designer_app.io.formulas import with_subscripts
from designer_app.io.screen_store import ROWS
from designer_app.ui.icons import ThemedIcon, icon
from designer_app.ui.panels.section import row
from designer_app.ui.theme import OnTheme, Theme, Tokens, label
from designer_app.ui.wording import moment

if TYPE_CHECKING:
    from designer_app.project.runs import Run

WIDTH = 248
_PATH = Qt.ItemDataRole.UserRole
_LOOK = Qt.ItemDataRole.UserRole + 1
"""(icon, colour role of the icon, colour role of the text) of a line."""
_STATES = {
    "succeeded": ("finished", "ok"),
    "failed": ("failed", "error"),
    "cancelled": ("stopped", "muted"),
    "interrupted": ("interrupted", "warn"),
    "running": ("running", "accent"),
    "paused": ("paused", "warn"),
    "queued": ("waiting", "muted"),
}


_ICONS = {
    "relax": "relax",
    "screen": "screening",
    "design": "design",
    "train-potential": "train",
}


class ProjectTree(QWidget):
    """Structures and runs; a double click or Enter opens one."""

    open_asked = Signal(object)
    """The `Path` of a structure, of a trajectory, or of a screening's folder."""
    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._name = label("", "strong")
        self._close = QToolButton()
        self._close_icon = ThemedIcon(self._close, "close", theme, "muted")
        self.tree = QTreeWidget()
        self._structures = QTreeWidgetItem(self.tree, [self.tr("Structures")])
        self._runs = QTreeWidgetItem(self.tree, [self.tr("Runs")])
        self._recent = QTreeWidgetItem(self.tree, [self.tr("Recent files")])
        self._build()
        self._connect()
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def set_project(self, name: str, folder: Path) -> None:
        """Tell which project it is."""
        self._name.setText(name)
        self._name.setToolTip(str(folder))

    def set_structure(self, name: str) -> None:
        """The structure that is open; empty where none is."""
        self._structures.takeChildren()
        if name:
            item = self._line(self._structures, with_subscripts(name), self.tr("open"))
            item.setToolTip(0, self.tr("It is kept in the project as you go"))
            self._look(item, "structure", "accent", "text")
        else:
            self._say_empty(self._structures, self.tr("Nothing is open"))

    def set_recent(self, paths: Sequence[Path]) -> None:
        """Files that were open lately."""
        self._recent.takeChildren()
        for path in paths:
            item = self._line(self._recent, path.name, "")
            item.setData(0, _PATH, path)
            item.setToolTip(0, str(path))
            self._look(item, "open", "muted", "text")
        self._recent.setHidden(not paths)

    def set_runs(self, runs: Sequence["Run"]) -> None:
        """Runs of the project, the newest first."""
        self._runs.takeChildren()
        for run in runs:
            self._add_run(run)
        if not runs:
            self._say_empty(self._runs, self.tr("None yet"))

    def lines(self) -> list[str]:
        """Every line below the headings, for people who cannot see them and for tests."""
        return [item.text(0) for group in self._groups() for item in _children(group)]

    def _groups(self) -> tuple[QTreeWidgetItem, ...]:
        return self._structures, self._runs, self._recent

    def _add_run(self, run: "Run") -> None:
        word, role = _STATES.get(run.state, (run.state, "muted"))
        item = self._line(self._runs, with_subscripts(run.title), word)
        self._look(item, _ICONS.get(run.key, "dynamics"), role, "text")
        told = [f"{run.title}: {word}"]
        if run.created:
            told.append(moment(run.created))
        if run.error:
            told.append(run.error)
        result = structure_of(run)
        if result is not None:
            item.setData(0, _PATH, result)
            told.append(self.tr("Double click shows it."))
        item.setToolTip(0, "\n".join(told))

    # --- layout ---

    def _build(self) -> None:
        self.setProperty("role", "drawer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH)
        self._close.setToolTip(self.tr("Close the project tree (Ctrl+B)"))
        self._close.setAccessibleName(self._close.toolTip())
        self.tree.setAccessibleName(self.tr("Structures and runs of the project"))
        self.tree.setProperty("role", "project")
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(8)
        self.tree.setIconSize(QSize(16, 16))
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setExpandsOnDoubleClick(False)
        head = self.tree.header()
        head.setStretchLastSection(False)
        head.setSectionResizeMode(0, head.ResizeMode.Stretch)
        head.setSectionResizeMode(1, head.ResizeMode.ResizeToContents)
        for group in self._groups():
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            group.setExpanded(True)
            group.setFirstColumnSpanned(True)
            font = self.font()
            font.setPixelSize(11)
            font.setBold(True)
            group.setFont(0, font)
            group.setSizeHint(0, QSize(0, 32))
        top = row(self._name, None, self._close)
        top.setContentsMargins(16, 8, 8, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.tree, 1)
        self.set_structure("")
        self.set_runs(())
        self.set_recent(())

    def _connect(self) -> None:
        self._close.clicked.connect(self.closed)
        self.tree.itemActivated.connect(self._on_activated)

    def _line(self, group: QTreeWidgetItem, text: str, word: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(group, [text, word])
        item.setSizeHint(0, QSize(0, 28))
        font = self.font()
        font.setPixelSize(11)
        item.setFont(1, font)
        return item

    def _say_empty(self, group: QTreeWidgetItem, text: str) -> None:
        item = self._line(group, text, "")
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        self._look(item, "", "muted", "muted")

    def _look(self, item: QTreeWidgetItem, name: str, role: str, text_role: str) -> None:
        item.setData(0, _LOOK, (name, role, text_role))
        self._paint(item, self._theme.tokens)

    def _paint(self, item: QTreeWidgetItem, tokens: Tokens) -> None:
        name, role, text_role = item.data(0, _LOOK)
        if name:
            item.setIcon(0, icon(name, tokens, role))
        item.setForeground(0, QColor(getattr(tokens, text_role)))
        item.setForeground(1, QColor(tokens.muted))

    def _on_theme(self, tokens: Tokens) -> None:
        for group in self._groups():
            group.setForeground(0, QColor(tokens.muted))
            for item in _children(group):
                self._paint(item, tokens)

    def _on_activated(self, item: QTreeWidgetItem) -> None:
        path = item.data(0, _PATH)
        if path is not None:
            self.open_asked.emit(Path(path))


def _children(group: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    found = (group.child(number) for number in range(group.childCount()))
    return [item for item in found if item is not None]


def structure_of(run: "Run") -> Path | None:
    """What shows what a run did: its trajectory, the relaxed structure, a screening's folder, a
    training's.
    """
    if run.key == "train-potential" or (run.folder / ROWS).is_file():
        return run.folder
    for pattern in ("trajectory.traj", "*.cif", "*.extxyz"):
        found = sorted(run.folder.glob(pattern))
        if found:
            return found[0]
    return None
