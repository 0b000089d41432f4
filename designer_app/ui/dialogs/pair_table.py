"""The parameters of a pair potential as a table: looked at, changed, saved as one's own."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from designer_app.errors import InvalidSpecError
from designer_app.io.pair_tables import LENGTHS, PARAMETERS, PairTable, write_pair_table
from designer_app.io.user_folders import potentials_folder
from designer_app.ui.editors import ChoiceEditor
from designer_app.ui.theme import label


class PairTableDialog(QDialog):
    """One row an element or a pair; pairs that are not named are mixed from the elements."""

    saved = Signal(object)
    """The `Path` of the user's own table."""

    def __init__(self, table: PairTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = table
        self._names = [name for name, _ in PARAMETERS[table.form]]
        self.name = QLineEdit(table.name)
        self.source = QLineEdit(table.source)
        self.begin, self.end = QLineEdit(f"{table.begin:g}"), QLineEdit(f"{table.end:g}")
        length = LENGTHS[table.form]
        self.unit = ChoiceEditor((("A", "Å"), (length, length)))
        self.rows = QTableWidget(0, 1 + len(self._names))
        self.add = QPushButton(self.tr("Add a row"))
        self.remove = QPushButton(self.tr("Remove the row"))
        self.problem = label("", "small", wrap=True)
        self.cancel, self.save = QPushButton(self.tr("Close")), QPushButton(self.tr("Save as mine"))
        self._build()
        self.add.clicked.connect(self._on_add)
        self.remove.clicked.connect(self._on_remove)
        self.cancel.clicked.connect(self.reject)
        self.save.clicked.connect(self._on_save)

    def table(self) -> PairTable:
        """What is shown. Raises `InvalidSpecError` where a number is none."""
        rows = []
        for line in range(self.rows.rowCount()):
            texts = [self._text(line, column) for column in range(self.rows.columnCount())]
            if any(texts):
                told = zip(self._names, texts[1:], strict=True)
                rows.append((texts[0], tuple(_number(text, name) for name, text in told)))
        return replace(
            self._shown,
            name=self.name.text().strip(),
            source=self.source.text().strip(),
            unit=self.unit.value(),
            begin=_number(self.begin.text(), "cutoff"),
            end=_number(self.end.text(), "cutoff"),
            rows=tuple(rows),
        )

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Parameters"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(520, 520)
        told = [f"{name} ({unit})" for name, unit in PARAMETERS[self._shown.form]]
        self.rows.setHorizontalHeaderLabels([self.tr("Element or pair"), *told])
        self.rows.verticalHeader().setVisible(False)
        self.rows.horizontalHeader().setStretchLastSection(True)
        self.rows.setAccessibleName(self.tr("Parameters"))
        for owner, values in self._shown.rows:
            self._add_row(owner, *(f"{value:g}" for value in values))
        self.unit.set_value(self._shown.unit)
        said = self.tr("A pair such as Ar-Kr overrides what is mixed from its elements.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(8)
        layout.addWidget(label(said, "muted", wrap=True))
        layout.addWidget(self.rows, 1)
        layout.addLayout(_line(self.add, self.remove))
        layout.addLayout(
            _line(label(self.tr("Switched off from")), self.begin, label(self.tr("to")), self.end,
                  self.unit)
        )  # fmt: skip
        for title, editor in ((self.tr("Name"), self.name), (self.tr("Source"), self.source)):
            editor.setAccessibleName(title)
            editor.setCursorPosition(0)
            layout.addLayout(_line(label(title), editor, stretch=False))
        layout.addWidget(self.problem)
        self.save.setProperty("role", "primary")
        layout.addLayout(_line(self.save, self.cancel))

    def _text(self, line: int, column: int) -> str:
        item = self.rows.item(line, column)
        return item.text().strip() if item is not None else ""

    def _add_row(self, *texts: str) -> None:
        line = self.rows.rowCount()
        self.rows.insertRow(line)
        for column, text in enumerate(texts):
            self.rows.setItem(line, column, QTableWidgetItem(text))

    def _on_add(self) -> None:
        self._add_row()
        self.rows.setCurrentCell(self.rows.rowCount() - 1, 0)

    def _on_remove(self) -> None:
        self.rows.removeRow(self.rows.currentRow())

    def _on_save(self) -> None:
        try:
            table = self.table()
            path = _own_file(table)
            write_pair_table(path, table)
        except InvalidSpecError as error:
            self.problem.setText(self.tr("Not saved: %s.") % error.reason)
        except OSError as error:
            self.problem.setText(self.tr("Not saved: %s.") % (error.strerror or str(error)))
        else:
            self.saved.emit(path)
            self.accept()


def _own_file(table: PairTable) -> Path:
    """By the form and the name; a table of that name is replaced."""
    plain = "".join(each if each.isalnum() else "-" for each in table.name.lower()).strip("-")
    return potentials_folder() / f"{table.form}-{plain or 'mine'}.toml"


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidSpecError(name, text, f"{name} {text!r} is no number") from None


def _line(*widgets: QWidget, stretch: bool = True) -> QHBoxLayout:
    made = QHBoxLayout()
    made.setSpacing(8)
    for widget in widgets:
        made.addWidget(widget)
    if stretch:
        made.addStretch(1)
    return made
