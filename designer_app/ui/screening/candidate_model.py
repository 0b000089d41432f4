"""Candidates for a table view: what is in a cell, and rows in the order that is wished."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from designer_app.io.formulas import written
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen_rows import FAILS, LOST, PASSES, WAITS, ScreenRow
from designer_app.ui.number_editor import unit_text
from designer_app.ui.screening.candidate_table import (
    FORMULA,
    RANK,
    VERDICT,
    CandidateTable,
    Wish,
)
from designer_app.ui.screening.columns import SCORE, Column, Criterion, explain, reason_of

CELL = Qt.ItemDataRole.UserRole
"""A `Cell`: all that the delegate draws."""
_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_UNSURE = "unsure"
"""How reasons begin where numbers disagree: nothing was missed."""
N_LEADING = 2
"""Candidate and verdict stand before the numbers."""


@dataclass(frozen=True)
class Cell:
    """A cell as it is drawn: the row, and where it is a number, which and how it compares."""

    row: ScreenRow
    column: Column | None = None
    estimate: Estimate | None = None
    criterion: Criterion | None = None
    span: tuple[float, float] = (0.0, 0.0)
    """The smallest and the largest value among all candidates."""

    @property
    def fails(self) -> bool:
        """Whether its rule is not met."""
        return self.column is not None and self.column.key in self.row.failing


def verdict_text(row: ScreenRow) -> str:
    """The verdict in a word or two."""
    if row.verdict == FAILS and row.reason.startswith(_UNSURE):
        return _UNSURE
    if row.verdict == FAILS:
        return f"misses {len(row.failing)}" if row.failing else "fails"
    words = {PASSES: "passes", LOST: "lost", WAITS: "waits"}
    return words[row.verdict]


class CandidateModel(QAbstractTableModel):
    """Shows a `CandidateTable` in an order of its own: see there why not by Qt's proxy."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.table = CandidateTable()
        self._wish = Wish()
        self._order: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._columns: list[Column] = []
        self._criteria: Mapping[str, Criterion] = {}
        self._spans: dict[str, tuple[float, float]] = {}

    # --- what is shown ---

    @property
    def wish(self) -> Wish:
        """Order and filter."""
        return self._wish

    @property
    def columns(self) -> list[Column]:
        """The numbers shown, from left to right."""
        return list(self._columns)

    @property
    def criteria(self) -> Mapping[str, Criterion]:
        """The rule of each number that has one."""
        return self._criteria

    def clear(self, criteria: Mapping[str, Criterion], table: CandidateTable | None = None) -> None:
        """Begin with another run; `table` is one that somebody else fills."""
        self.beginResetModel()
        self.table = CandidateTable() if table is None else table
        self._order = np.zeros(0, dtype=np.int64)
        self._columns, self._spans = [], {}
        self._criteria = dict(criteria)
        self._wish = replace(self._wish, sort=RANK, is_descending=False)
        self.endResetModel()

    def put(self, rows: Sequence[ScreenRow]) -> None:
        """Take in rows; they are seen after `refresh`."""
        self.table.put(rows)

    def refresh(self) -> None:
        """Show what the table holds now, in the order that is wished."""
        columns = self.table.columns()
        if columns:
            columns.append(SCORE)
        if [each.key for each in columns] != [each.key for each in self._columns]:
            self._change_columns(columns)
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)
        self._spans = {each.key: self.table.span(each.key) for each in columns}
        self._show(self.table.order(self._wish))

    def set_wish(self, **changes: Any) -> None:
        """Another order or filter."""
        self._wish = replace(self._wish, **changes)
        self.refresh()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Asked by the header; -1 is the order of rank."""
        keys = (FORMULA, VERDICT, *(each.key for each in self._columns))
        key = keys[column] if 0 <= column < len(keys) else RANK
        self.set_wish(sort=key, is_descending=order == Qt.SortOrder.DescendingOrder)

    def row_at(self, line: int) -> ScreenRow:
        """The candidate in a line."""
        return self.table.rows[int(self._order[line])]

    def line_of(self, candidate: str) -> int:
        """The line of a candidate; -1 where it is not shown."""
        found = np.nonzero(self._order == self.table.place(candidate))[0]
        return int(found[0]) if len(found) else -1

    def shown(self) -> list[ScreenRow]:
        """The candidates in the order shown."""
        return [self.table.rows[int(place)] for place in self._order]

    # --- Qt's questions ---

    def rowCount(self, parent: _Index = _NOWHERE) -> int:  # noqa: N802 - Qt's name
        """Lines that pass the filter."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:  # noqa: N802
        """Candidate, verdict, numbers."""
        return 0 if parent.isValid() else N_LEADING + len(self._columns)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Titles above their units; the rule in the tooltip."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = self._column(section)
        if role == Qt.ItemDataRole.DisplayRole:
            if column is None:
                return (self.tr("Candidate"), self.tr("Verdict"))[section]
            return f"{column.title}\n{unit_text(column.unit)}" if column.unit else column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if column is None else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._heading_tip(section, column)
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts for copying and for those who listen; a `Cell` for the delegate."""
        if not index.isValid() or not 0 <= index.row() < len(self._order):
            return None
        if role == CELL:
            return self._cell(index)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text(self._cell(index), index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(self._cell(index), index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() >= N_LEADING:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _column(self, section: int) -> Column | None:
        place = section - N_LEADING
        return self._columns[place] if 0 <= place < len(self._columns) else None

    def _cell(self, index: _Index) -> Cell:
        row = self.row_at(index.row())
        column = self._column(index.column())
        if column is None:
            return Cell(row)
        return Cell(
            row,
            column,
            row.estimate(column.key),
            self._criteria.get(column.key),
            self._spans.get(column.key, (0.0, 0.0)),
        )

    def _text(self, cell: Cell, section: int) -> str:
        if cell.column is None:
            return written(cell.row.formula) if section == 0 else verdict_text(cell.row)
        if cell.column.key == SCORE.key:
            return cell.column.text(cell.row.score)
        return cell.column.text(cell.estimate.value) if cell.estimate is not None else ""

    def _tip(self, cell: Cell, section: int) -> str:
        row = cell.row
        if cell.column is None:
            parts = (row.made_from, row.space_group) if section == 0 else (reason_of(row),)
            stage = self.tr("Stage: %s") % dict(self.table.stages)[row.stage].lower()
            return "\n".join(part for part in (*parts, *row.warnings, stage) if part)
        if cell.estimate is None:
            return cell.column.doc
        told = explain(cell.estimate, cell.column)
        if cell.criterion is not None:
            wanted = self.tr("Wanted: %s") % cell.criterion.sentence(cell.column)
            told = f"{told}\n{wanted}"
        return told

    def _heading_tip(self, section: int, column: Column | None) -> str:
        if column is None:
            return (
                self.tr("Formula, space group and atoms of the candidate"),
                self.tr("Whether all rules are met; point at it for the reason"),
            )[section]
        criterion = self._criteria.get(column.key)
        wanted = self.tr("Wanted: %s") % criterion.sentence(column) if criterion else ""
        return "\n".join(part for part in (column.doc, wanted) if part)

    # --- changes that keep the selection ---

    def _show(self, order: NDArray[np.int64]) -> None:
        before, after = len(self._order), len(order)
        if after > before:
            self.beginInsertRows(QModelIndex(), before, after - 1)
            self._order = np.concatenate([self._order, order[before:]])
            self.endInsertRows()
        elif after < before:
            self.beginRemoveRows(QModelIndex(), after, before - 1)
            self._order = self._order[:after]
            self.endRemoveRows()
        if not np.array_equal(order, self._order):
            self._permute(order)
        if after:
            self.dataChanged.emit(self.index(0, 0), self.index(after - 1, self.columnCount() - 1))

    def _change_columns(self, columns: list[Column]) -> None:
        """Columns come and go between others: a header knows them by their indexes."""
        self.layoutAboutToBeChanged.emit()
        kept = self.persistentIndexList()
        before = [each.key for each in self._columns]
        self._columns = columns
        after = {each.key: place for place, each in enumerate(columns, start=N_LEADING)}
        moved = []
        for index in kept:
            place = index.column()
            if place >= N_LEADING:
                place = after.get(before[place - N_LEADING], -1)
            moved.append(self.index(index.row(), place) if place >= 0 else QModelIndex())
        self.changePersistentIndexList(kept, moved)
        self.layoutChanged.emit()

    def _permute(self, order: NDArray[np.int64]) -> None:
        self.layoutAboutToBeChanged.emit()
        lines = np.full(len(self.table), -1, dtype=np.int64)
        lines[order] = np.arange(len(order))
        kept = self.persistentIndexList()
        places = [int(self._order[index.row()]) for index in kept]
        self._order = order
        moved = [
            self.index(int(lines[place]), index.column()) if lines[place] >= 0 else QModelIndex()
            for place, index in zip(places, kept, strict=True)
        ]
        self.changePersistentIndexList(kept, moved)
        self.layoutChanged.emit()
