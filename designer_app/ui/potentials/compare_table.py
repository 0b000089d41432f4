"""Errors of potentials on the same frames, one line each."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from designer_app.io.standings import ENERGY, FORCE, SPEED, STRESS, Column
from designer_app.specs.evaluate import Judged
from designer_app.ui.theme import tabular
from designer_app.ui.wording import DASH, printed, with_margin, with_spaces

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_US = 1e6
_SURE = 1e-3
"""Of a value: a smaller uncertainty is not worth a figure."""
_SPREAD = 5
"""Column of what only ensembles have."""
_QUANTITIES = {1: ENERGY, 2: FORCE, 3: STRESS, 4: SPEED}
"""By column."""


class CompareTable(QTableWidget):
    """Bold is what is best, or what the frames do not tell apart from the best."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 0, parent)
        heads = (
            self.tr("Potential"),
            self.tr("Energy\nmeV/atom"),
            self.tr("Forces\nmeV/Å"),
            self.tr("Stress\nGPa"),
            self.tr("Speed\nµs/atom"),
            self.tr("Spread\nmeV/Å"),
            self.tr("Notes"),
        )
        self.setColumnCount(len(heads))
        self.setHorizontalHeaderLabels(heads)
        self.setProperty("role", "candidates")
        self.setAccessibleName(self.tr("Errors of each potential"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        self.setWordWrap(True)
        rows = self.verticalHeader()
        rows.setVisible(False)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(len(heads) - 1, QHeaderView.ResizeMode.Stretch)
        for column in (0, len(heads) - 1):
            item = self.horizontalHeaderItem(column)
            if item is not None:
                item.setTextAlignment(_LEFT)

    def show_group(
        self, judged: Sequence[Judged], titles: Sequence[str], columns: Mapping[str, Column]
    ) -> None:
        """Show what was found on a group of frames."""
        self.setRowCount(0)
        self.setRowCount(len(judged))
        self.setColumnHidden(_SPREAD, all(each.spread is None for each in judged))
        for line, each in enumerate(judged):
            texts = _texts(titles[line], line, each, columns)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                font = tabular(self.font())
                key = _QUANTITIES.get(column)
                font.setBold(key is not None and line in columns[key].best)
                item.setFont(font)
                item.setTextAlignment(_LEFT if column in (0, len(texts) - 1) else _RIGHT)
                item.setToolTip(text if column == len(texts) - 1 else "")
                self.setItem(line, column, item)

    def lines(self) -> list[list[str]]:
        """What is written, line by line."""
        return [
            [
                item.text() if (item := self.item(line, column)) else ""
                for column in range(self.columnCount())
            ]
            for line in range(self.rowCount())
        ]


def _texts(title: str, place: int, judged: Judged, columns: Mapping[str, Column]) -> list[str]:
    if judged.problem:
        return [title, "", "", "", "", "", printed(judged.problem)]
    notes = ["energies shifted to fit these data"] if judged.aligned else []
    if judged.interval_coverage is not None:
        notes.append(f"90 % interval covers {100 * judged.interval_coverage:.0f} %")
    if judged.spread_rank_correlation is not None:
        notes.append(f"spread ranks errors ({judged.spread_rank_correlation:.2f})")
    spread = "" if judged.spread is None else f"{1000 * float(judged.spread.mean()):.3g}"
    return [
        title,
        *(_text(columns[key], place) for key in (ENERGY, FORCE, STRESS)),
        with_spaces(round(_US * judged.seconds_per_atom)),
        spread,
        ", ".join(notes),
    ]


def _text(column: Column, place: int) -> str:
    value, error = column.values[place], column.errors[place]
    if value is None:
        return DASH
    if error is None or error < _SURE * value:
        return f"{value:.3g}"
    return with_margin(value, error)
