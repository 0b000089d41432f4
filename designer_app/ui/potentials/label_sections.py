"""What the files hold, each part with its controls: files, keys and units, tags, split."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from designer_app.specs.fields import about, spec_fields
from designer_app.specs.labels import LabelFile, LabelKey, Preflight, TagCount
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.ui.editors import ChoiceEditor, SwitchEditor
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.number_editor import unit_text
from designer_app.ui.panels.section import row
from designer_app.ui.potentials.offers import DOT
from designer_app.ui.theme import Theme, label, tabular
from designer_app.ui.wording import with_spaces

_TAG_COLUMNS = 2
_MOST_FILES = 12
"""Files that are listed one by one; the others are counted."""
_QUANTITIES = {"energy": "Energy", "forces": "Forces", "stress": "Stress", "magmoms": "Moments"}


def clear(layout: QGridLayout | QVBoxLayout) -> None:
    """Take all widgets out of a layout."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()


class Section(QFrame):
    """A card with a heading."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.head = row(label(title, "section"), None)
        self.body = QVBoxLayout()
        self.body.setSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 12)
        column.setSpacing(8)
        column.addLayout(self.head)
        column.addLayout(self.body)


class FilesSection(Section):
    """The files, each with what it is, how many frames, and why it could not be read."""

    removed = Signal(object)
    """The `Path` of a file that is not wanted."""
    more_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("FILES"), parent)
        self._theme = theme
        self.more = QPushButton(self.tr("Add files..."))
        self.more.setProperty("role", "link")
        self.more.clicked.connect(self.more_asked)
        self.head.addWidget(self.more)

    def set_paths(self, paths: Sequence[Path]) -> None:
        """Files whose content is not known yet."""
        self._show([(str(path), self.tr("is read..."), "", "") for path in paths])

    def set_files(self, files: Sequence[LabelFile]) -> None:
        """Files that were read."""
        self._show(
            [
                (
                    each.path,
                    each.error or DOT.join(part for part in (each.kind, each.settings) if part),
                    "" if each.error else with_spaces(each.n_frames),
                    "problem" if each.error else "small",
                )
                for each in files
            ]
        )

    def _show(self, lines: Sequence[tuple[str, str, str, str]]) -> None:
        clear(self.body)
        for path, said, count, role in lines[:_MOST_FILES]:
            self.body.addWidget(self._line(path, said, count, role or "small"))
        if len(lines) > _MOST_FILES:
            n = len(lines) - _MOST_FILES
            self.body.addWidget(label(self.tr("and %d more") % n, "small"))

    def _line(self, path: str, said: str, count: str, role: str) -> QWidget:
        made = QWidget()
        name = label(Path(path).name, "strong")
        name.setToolTip(path)
        number = label(self.tr("%s frames") % count if count else "", "muted")
        number.setFont(tabular(number.font()))
        close = QToolButton()
        close.setProperty("path", path)
        close.setToolTip(self.tr("Leave this file out"))
        close.setAccessibleName(self.tr("Leave out %s") % Path(path).name)
        ThemedIcon(close, "close", self._theme, "muted")
        close.setFixedSize(22, 22)
        close.clicked.connect(self._on_close)
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        head = row(spacing=6)
        head.addWidget(name, 1)
        head.addWidget(number)
        head.addWidget(close)
        column.addLayout(head)
        column.addWidget(label(said, role, wrap=True))
        return made

    def _on_close(self) -> None:
        self.removed.emit(Path(self.sender().property("path")))


class KeysSection(Section):
    """Which name in the files is which quantity, and in which unit."""

    mapped = Signal(object)
    """A tuple of name=value, as in `TrainPotentialSpec.mapping`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("KEYS AND UNITS"), parent)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(2, 1)
        self.body.addLayout(self._grid)
        self._mapping: dict[str, str] = {}
        self.editors: dict[str, ChoiceEditor] = {}

    def set_keys(self, keys: Sequence[LabelKey], mapping: Sequence[str]) -> None:
        """Show what was found."""
        self._mapping = dict(each.split("=", 1) for each in mapping if "=" in each)
        self.editors = {}
        clear(self._grid)
        for line, each in enumerate(keys):
            title = _QUANTITIES.get(each.quantity, each.quantity)
            names = list(dict.fromkeys((each.key, *each.choices)))
            units = list(dict.fromkeys((each.unit, *each.unit_choices)))
            self._grid.addWidget(label(title, "muted"), line, 0)
            self._add(line, 1, each.quantity, names, self.tr("not in files"), title)
            if each.key:
                said = self.tr("Unit of %s") % title
                self._add(line, 2, f"{each.quantity}_unit", units, "", said)
            count = label(with_spaces(each.n_frames) if each.n_frames else "", "small")
            count.setToolTip(self.tr("Frames that have it"))
            self._grid.addWidget(count, line, 3, Qt.AlignmentFlag.AlignRight)

    def _add(
        self, line: int, column: int, name: str, values: list[str], none: str, title: str
    ) -> None:
        if values == [""] and not none:
            return
        editor = ChoiceEditor(tuple((value, _unit(value) or none) for value in values))
        editor.setProperty("maps", name)
        editor.setAccessibleName(title)
        editor.setEnabled(len(values) > 1)
        editor.edited.connect(self._on_edited)
        self.editors[name] = editor
        self._grid.addWidget(editor, line, column)

    def _on_edited(self) -> None:
        editor = self.sender()
        assert isinstance(editor, ChoiceEditor)
        self._mapping[editor.property("maps")] = editor.value()
        self.mapped.emit(tuple(f"{name}={value}" for name, value in self._mapping.items() if value))


class TagsSection(Section):
    """Groups of frames with a box each: none left out means all."""

    chosen = Signal(object)
    """A tuple of tags; empty for all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("TAGS"), parent)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        self.body.addLayout(self._grid)
        self.boxes: dict[str, SwitchEditor] = {}

    def set_tags(self, tags: Sequence[TagCount], chosen: Sequence[str]) -> None:
        """Show the groups."""
        clear(self._grid)
        self.boxes = {}
        for place, each in enumerate(tags):
            name = each.tag or self.tr("without a tag")
            box = SwitchEditor(f"{name}  ({with_spaces(each.n_frames)})")
            atoms = with_spaces(each.n_atoms)
            box.setToolTip(self.tr("%s atoms in all") % atoms)
            box.setChecked(not chosen or each.tag in chosen)
            box.edited.connect(self._on_edited)
            self.boxes[each.tag] = box
            self._grid.addWidget(box, place // _TAG_COLUMNS, place % _TAG_COLUMNS)
        self.setVisible(len(tags) > 1)

    def _on_edited(self) -> None:
        wanted = tuple(tag for tag, box in self.boxes.items() if box.isChecked())
        is_all = len(wanted) == len(self.boxes)
        self.chosen.emit(() if is_all else wanted)


class SplitSection(Section):
    """How frames are kept back, how many go where, and how many were left out."""

    chosen = Signal(str)
    restored = Signal()
    """What was left out is wanted again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("KEPT BACK TO JUDGE BY"), parent)
        said = {each.name: about(each) for each, _, _ in spec_fields(TrainPotentialSpec)}["split"]
        self.editor = ChoiceEditor(said.choices)
        self.editor.setToolTip(said.doc)
        self.editor.setAccessibleName(said.label)
        self.counts = label("", "small")
        self._left_out = label("", "small")
        self.restore = QPushButton(self.tr("Take them in again"))
        self.restore.setProperty("role", "link")
        self.body.addWidget(self.editor)
        self.body.addWidget(self.counts)
        self.body.addLayout(row(self._left_out, self.restore, None))
        self.set_left_out(0)
        self.restore.clicked.connect(self.restored)
        self.editor.edited.connect(self._on_edited)

    def set_split(self, split: str) -> None:
        """Show a rule."""
        self.editor.set_value(split)

    def set_left_out(self, n: int) -> None:
        """How many frames a fix left out."""
        said = with_spaces(n)
        self._left_out.setText(self.tr("%s frames left out") % said)
        for widget in (self._left_out, self.restore):
            widget.setVisible(n > 0)

    def set_preflight(self, found: Preflight | None) -> None:
        """How many frames go where; None while it is not known."""
        if found is None:
            self.counts.setText(self.tr("being counted..."))
            return
        counts = [with_spaces(n) for n in (found.n_train, found.n_validation, found.n_test)]
        said = self.tr("%s to learn from, %s choose the best epoch, %s for the test")
        self.counts.setText(said % tuple(counts))

    def _on_edited(self) -> None:
        self.chosen.emit(self.editor.value())


def _unit(name: str) -> str:
    """A unit in words; of stresses some programs write the pressure."""
    if name.startswith("-"):
        return f"{unit_text(name[1:])} pressure"
    return unit_text(name)
