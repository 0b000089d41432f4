"""Two to four candidates side by side: facts and numbers, the best of each line marked."""

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from designer_app.io.formulas import written
from designer_app.specs.screen_rows import ScreenRow
from designer_app.ui.screening.candidate_model import verdict_text
from designer_app.ui.screening.columns import (
    Column,
    Criterion,
    column_for,
    estimate_text,
    explain,
    place_of,
    reason_of,
)
from designer_app.ui.theme import label, tabular
from designer_app.ui.wording import unbroken, with_indices, with_sources_told

MOST = 4


class Comparison(QWidget):
    """Columns are candidates; a bold number is the best of its line, a red one misses its rule."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: list[list[str]] = []
        self._message = label(
            self.tr("Choose two to four rows of the table (Ctrl+click) to see them side by side."),
            "muted",
            wrap=True,
        )
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setContentsMargins(24, 16, 24, 16)
        self._inner = QWidget()
        self._grid = QGridLayout(self._inner)
        self._grid.setContentsMargins(16, 12, 16, 12)
        self._grid.setHorizontalSpacing(20)
        self._grid.setVerticalSpacing(6)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._inner)
        self._scroll.setWidgetResizable(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._message)
        layout.addWidget(self._scroll)
        self.set_rows((), {})

    def texts(self) -> list[list[str]]:
        """What stands in the lines, the name of each first."""
        return self._shown

    def set_rows(self, rows: Sequence[ScreenRow], criteria: Mapping[str, Criterion]) -> None:
        """Show these candidates."""
        is_enough = 1 < len(rows) <= MOST
        self._message.setVisible(not is_enough)
        self._scroll.setVisible(is_enough)
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._shown = []
        if not is_enough:
            return
        for place in range(1, len(rows) + 1):
            self._grid.setColumnStretch(place, 1)
        for place in range(len(rows) + 1, MOST + 1):
            self._grid.setColumnStretch(place, 0)
        self._add("", [written(row.formula) for row in rows], role="title")
        self._add(self.tr("Space group"), [with_indices(row.space_group) for row in rows])
        self._add(self.tr("Atoms"), [str(row.n_atoms or "") for row in rows])
        self._add(self.tr("Made from"), [with_sources_told(row.made_from) for row in rows])
        self._add(self.tr("Verdict"), [_verdict(row) for row in rows])
        for column in _columns(rows):
            self._add_numbers(column, rows, criteria.get(column.key))
        self._grid.setRowStretch(self._grid.rowCount(), 1)

    def _add_numbers(
        self, column: Column, rows: Sequence[ScreenRow], criterion: Criterion | None
    ) -> None:
        found = [row.estimate(column.key) for row in rows]
        texts = [unbroken(estimate_text(each, column)) if each else "" for each in found]
        name = column.title
        cells = self._add(name, texts)
        best = _best(column, [each.value if each else np.nan for each in found])
        for place, (row, each, cell) in enumerate(zip(rows, found, cells, strict=True)):
            font = tabular(cell.font())
            font.setBold(place == best)
            cell.setFont(font)
            if column.key in row.failing:
                cell.setProperty("role", "error")
                cell.setText(f"\N{MULTIPLICATION SIGN} {cell.text()}")
            told = explain(each, column) if each else ""
            if criterion is not None:
                told += "\n" + self.tr("Wanted: %s") % criterion.sentence(column)
            cell.setToolTip(told.strip())

    def _add(self, name: str, texts: Sequence[str], role: str = "") -> list[QLabel]:
        line = len(self._shown)
        self._shown.append([name, *texts])
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(label(name, "muted"), line, 0, top)
        cells = []
        for place, text in enumerate(texts, start=1):
            cell = label(text, role, wrap=True)
            cell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(cell, line, place, top)
            cells.append(cell)
        return cells


def _columns(rows: Sequence[ScreenRow]) -> list[Column]:
    found = {each.key: column_for(each) for row in rows for each in row.estimates}
    return sorted(found.values(), key=lambda each: (place_of(each.key), each.key))


def _best(column: Column, values: Sequence[float]) -> int:
    """The place of the best value; -1 where none is better."""
    if not column.better or not np.isfinite(values).any():
        return -1
    numbers = np.array(values) if column.better == "high" else -np.array(values)
    return int(np.nanargmax(numbers))


def _verdict(row: ScreenRow) -> str:
    return reason_of(row) or verdict_text(row)
