"""The table of candidates with its filters; what is chosen in it is known by id."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QAction, QFont, QFontMetrics, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from designer_app.specs.screen_rows import ScreenRow
from designer_app.ui.editors import ChoiceEditor
from designer_app.ui.panels.section import row
from designer_app.ui.screening.candidate_delegate import ROW_HEIGHT, CandidateDelegate
from designer_app.ui.screening.candidate_model import N_LEADING, CandidateModel
from designer_app.ui.screening.candidate_table import CandidateTable
from designer_app.ui.screening.column_choice import ColumnChoice, columns_that_fit
from designer_app.ui.screening.columns import Column, Criterion
from designer_app.ui.theme import SMALL, Theme, label
from designer_app.ui.wording import with_spaces

_CANDIDATE_WIDTH, _VERDICT_WIDTH, _WIDTH = 148, 124, 92
_WIDEST, _SCROLL_BAR, _HEAD_ROOM = 150, 12, 24
"""px of a column of numbers where there is room; beside its title stands the sign of sorting."""


class CandidateList(QWidget):
    """Sortable, filtered by verdict and words."""

    chosen = Signal(object)
    """The `ScreenRow` in front; None without."""
    selection_changed = Signal(object)
    """All chosen `ScreenRow`s, in the order shown."""
    opened = Signal(object)
    """A `ScreenRow` that was double-clicked, or Enter pressed on."""

    def __init__(
        self,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        shown: Sequence[tuple[str, str]] = (),
    ) -> None:
        """`shown` names other filters than those of a screening."""
        super().__init__(parent)
        self.model = CandidateModel(self)
        self.view = QTableView()
        self._delegate = CandidateDelegate(theme, self)
        self.shown = ChoiceEditor(
            shown
            or (
                ("all", self.tr("All candidates")),
                ("judged", self.tr("Judged by the rules")),
                ("passing", self.tr("Passing only")),
                ("lost", self.tr("Lost, with reasons")),
            )
        )
        self.search = QLineEdit()
        self.columns = ColumnChoice()
        self.count = label("", "small")
        self._empty = label("", "muted", wrap=True)
        self._in_front = ""
        self._is_moving = False
        self._build()
        self._connect()

    def begin(self, criteria: Mapping[str, Criterion], table: CandidateTable | None = None) -> None:
        """Another run; `table` is one that somebody else fills."""
        self._in_front = ""
        self.columns.forget()
        self.model.clear(criteria, table)
        self.search.clear()
        self.shown.set_value("all")
        self.model.set_wish(shown="all", text="")
        self._on_refreshed()
        self.view.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)

    def put(self, rows: Sequence[ScreenRow]) -> None:
        """Take in rows; `refresh` shows them."""
        self.model.put(rows)

    def refresh(self) -> None:
        """Show what came, and keep what is chosen."""
        self._is_moving = True
        self.model.refresh()
        self._is_moving = False
        self._on_refreshed()

    def choose(self, candidate: str) -> None:
        """Bring a candidate to the front, and into sight."""
        line = self.model.line_of(candidate)
        if line < 0 and self.model.table.place(candidate) >= 0:  # the filter hides it
            self.search.clear()
            self.shown.set_value("all")
            self.model.set_wish(shown="all", text="")
            line = self.model.line_of(candidate)
        if line >= 0:
            self.view.selectRow(line)
            self.view.scrollTo(self.model.index(line, 0))

    def toggle(self, line: int) -> None:
        """Choose a line besides those that are chosen, or no longer."""
        flags = QItemSelectionModel.SelectionFlag.Toggle | QItemSelectionModel.SelectionFlag.Rows
        self.view.selectionModel().select(self.model.index(line, 0), flags)

    def selection(self) -> list[ScreenRow]:
        """The chosen rows, in the order shown."""
        chosen = self.view.selectionModel().selection()
        ranges = [chosen.at(place) for place in range(chosen.size())]
        lines = {line for each in ranges for line in range(each.top(), each.bottom() + 1)}
        return [self.model.row_at(line) for line in sorted(lines)]

    def in_front(self) -> ScreenRow | None:
        """The candidate that picture and plots show."""
        place = self.model.table.place(self._in_front)
        return self.model.table.rows[place] if place >= 0 else None

    def show_reason(self, verdict: str, text: str = "") -> None:
        """Show only candidates of a verdict, with these words."""
        self.shown.set_value(verdict)
        self.search.setText(text)
        self._on_filtered()

    def _build(self) -> None:
        view = self.view
        view.setModel(self.model)
        view.setItemDelegate(self._delegate)
        view.setProperty("role", "candidates")
        view.setAccessibleName(self.tr("Candidates"))
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setShowGrid(False)
        view.setTabKeyNavigation(False)
        view.setWordWrap(False)
        view.setCornerButtonEnabled(False)
        side = view.verticalHeader()
        side.setVisible(False)
        side.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        side.setDefaultSectionSize(ROW_HEIGHT)
        head = view.horizontalHeader()
        head.setDefaultSectionSize(_WIDTH)
        head.setMinimumSectionSize(64)
        head.setHighlightSections(False)
        head.setSectionsClickable(True)
        head.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        head.setSortIndicatorShown(True)
        head.setSortIndicatorClearable(True)
        head.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        view.setSortingEnabled(True)
        self.shown.setAccessibleName(self.tr("Which candidates are shown"))
        self.shown.setToolTip(self.tr("Which candidates are shown"))
        self.shown.setFixedWidth(172)
        self.search.setPlaceholderText(self.tr("Find a formula, a reason, ..."))
        self.search.setAccessibleName(self.tr("Find candidates"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(250)
        bar = row(self.shown, self.search, None, self.count, self.columns)
        bar.setContentsMargins(12, 6, 16, 6)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setContentsMargins(24, 16, 24, 16)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(view, 1)
        layout.addWidget(self._empty)
        find = QAction(self)
        find.setShortcut(QKeySequence.StandardKey.Find)
        find.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.triggered.connect(self._on_find)
        self.addAction(find)
        self._on_refreshed()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Give the columns the room that there is."""
        super().resizeEvent(event)
        self._fit_columns()

    def shown_columns(self) -> list[str]:
        """Keys of the columns of numbers that are seen, from left to right."""
        return [
            column.key
            for section, column in enumerate(self.model.columns, start=N_LEADING)
            if not self.view.isColumnHidden(section)
        ]

    def _fit_columns(self) -> None:
        """Numbers share the width; those without a rule only where there is room for them."""
        columns = self.model.columns
        room = self.width() - _SCROLL_BAR - _CANDIDATE_WIDTH - _VERDICT_WIDTH
        least = {each.key: self._least_width(each) for each in columns}
        fitting = columns_that_fit(least, self.model.criteria.keys() & least.keys(), room)
        shown = self.columns.visible(fitting, columns)
        rest = max(0, room - sum(least[key] for key in shown))
        more = rest // len(shown) if shown else 0
        for section, column in enumerate(columns, start=N_LEADING):
            self.view.setColumnHidden(section, column.key not in shown)
            if column.key in shown:
                width = max(least[column.key], min(least[column.key] + more, _WIDEST))
                rest -= width - least[column.key]
                self.view.setColumnWidth(section, width)
        for section in range(N_LEADING):
            self.view.setColumnHidden(section, False)
        self.view.setColumnWidth(0, _CANDIDATE_WIDTH + rest // 3)
        self.view.setColumnWidth(1, _VERDICT_WIDTH + rest - rest // 3)

    def _least_width(self, column: Column) -> int:
        """What the column needs for its title, in px."""
        font = QFont(self.font())
        font.setPixelSize(SMALL)
        metrics = QFontMetrics(font)
        title = max(metrics.horizontalAdvance(each) for each in (column.title, column.unit))
        return max(_WIDTH, title + _HEAD_ROOM)

    def _connect(self) -> None:
        self.model.headerDataChanged.connect(self._fit_columns)
        self.model.modelReset.connect(self._fit_columns)
        self.columns.changed.connect(self._fit_columns)
        head = self.view.horizontalHeader()
        head.customContextMenuRequested.connect(self.columns.showMenu)
        self.shown.edited.connect(self._on_filtered)
        self.search.textChanged.connect(self._on_filtered)
        self.view.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.view.activated.connect(self._on_activated)

    def _on_find(self) -> None:
        self.search.setFocus()

    def _on_filtered(self) -> None:
        self._is_moving = True
        self.model.set_wish(shown=self.shown.value(), text=self.search.text())
        self._is_moving = False
        self._on_refreshed()

    def _on_refreshed(self) -> None:
        shown, known = self.model.rowCount(), len(self.model.table)
        told = with_spaces(shown)
        if shown != known:
            told = self.tr("%s of %s") % (told, with_spaces(known))
        self.count.setText(told)
        self._empty.setVisible(shown == 0)
        self.view.setVisible(shown > 0)
        self._empty.setText(
            self.tr("No candidate is like that.")
            if known
            else self.tr("Candidates appear here as they are made.")
        )
        self._keep_selection()
        row_now = self.in_front()
        if row_now is not None:  # it may know more of itself by now
            self.chosen.emit(row_now)

    def _keep_selection(self) -> None:
        """What was in front is chosen again after rows were removed under it."""
        line = self.model.line_of(self._in_front) if self._in_front else -1
        if line < 0 or self.view.selectionModel().isRowSelected(line):
            return
        self._is_moving = True
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        self.view.selectionModel().select(self.model.index(line, 0), flags)
        self._is_moving = False

    def _on_selection_changed(self, chosen: QItemSelection, _left: QItemSelection) -> None:
        if self._is_moving:
            return
        rows = self.selection()
        if not chosen.isEmpty():  # ranges, for all cells of 10,000 rows are many
            self._in_front = self.model.row_at(chosen.last().bottom()).id
        elif self._in_front not in [each.id for each in rows]:
            self._in_front = rows[0].id if rows else ""
        self.selection_changed.emit(rows)
        self.chosen.emit(self.in_front())

    def _on_activated(self) -> None:
        line = self.view.currentIndex().row()
        if line >= 0:
            self.opened.emit(self.model.row_at(line))
