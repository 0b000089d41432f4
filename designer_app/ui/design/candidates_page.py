"""What was found: a ranked table, and the card of one candidate with all that is known of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QSplitter,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from designer_app.io.formulas import written_in
from designer_app.running.messages import JobError
from designer_app.session.designs import DISCARDED, KEPT
from designer_app.session.job import Job
from designer_app.specs.design_rows import CandidateDetail
from designer_app.specs.screen_rows import ScreenRow
from designer_app.ui.design.candidate_head import CandidateHead
from designer_app.ui.design.making_page import MakingPage
from designer_app.ui.design.numbers_page import NumbersPage
from designer_app.ui.design.origin_page import OriginPage
from designer_app.ui.design.pages import DesignPage
from designer_app.ui.design.run_page import surface
from designer_app.ui.design.run_watch import DesignWatch
from designer_app.ui.screening.candidate_list import CandidateList
from designer_app.ui.screening.candidate_opener import CandidateOpener
from designer_app.ui.screening.compare import Comparison
from designer_app.ui.screening.outcome import live_text
from designer_app.ui.screening.preview import Preview
from designer_app.ui.screening.structure_look import StructureLook
from designer_app.ui.theme import Theme, label

if TYPE_CHECKING:
    from designer_app.ui.plots.hull_plot import HullPlot
    from designer_app.ui.plots.pattern_plot import PatternPlot
    from designer_app.ui.screening.hull_look import HullLook

_PATIENCE_MS = 120
"""Rows that are passed by with the arrow keys are not looked at."""
NUMBERS, HULL, PATTERN, ORIGIN, MAKING, COMPARE = range(6)


class CandidatesPage(DesignPage):
    """Shows the run of the page before, while it goes on and after."""

    key = "candidates"

    def __init__(self, theme: Theme, watch: DesignWatch, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.watch = watch
        session = watch.window.session
        self._designs = session.designs
        self._row: ScreenRow | None = None
        self._was_complete = False
        self._detail: CandidateDetail | None = None
        self._reading: Job | None = None
        self.heading = label(self.tr("Candidates"), "display")
        self.lead = label("", "muted", wrap=True)
        self.list = CandidateList(
            theme,
            shown=(
                ("all", self.tr("All candidates")),
                ("judged", self.tr("Relaxed")),
                ("passing", self.tr("Meeting all targets")),
                ("lost", self.tr("Lost, with reasons")),
            ),
        )
        self.head = CandidateHead(theme)
        self.preview = Preview(theme)
        self.numbers = NumbersPage(theme)
        self.origin = OriginPage(theme)
        self.making = MakingPage(theme)
        self.compare = Comparison()
        self.hull: HullPlot | None = None
        self.pattern: PatternPlot | None = None
        self._phases: HullLook | None = None
        self._picture = StructureLook(session.designs, session.settings, self.preview, self)
        self._opener = CandidateOpener(watch.window, session.designs, self)
        self.tabs = QTabBar()
        self._stack = QStackedWidget()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PATIENCE_MS)
        self._build()
        self._connect()
        self._on_began()

    # --- a page of the wizard ---

    def arrive(self, *, by_next: bool) -> None:  # noqa: ARG002 - nothing begins here
        """Show what there is by now."""
        self._on_refreshed()

    def isComplete(self) -> bool:  # noqa: N802 - Qt's name
        """The report can be looked at as soon as there are candidates."""
        return bool(len(self.watch.table)) or self.watch.has_rows

    def choose(self, candidate: str) -> None:
        """Bring a candidate to the front."""
        self.list.choose(candidate)

    def row(self) -> ScreenRow | None:
        """The candidate in front."""
        return self._row

    # --- layout ---

    def _build(self) -> None:
        for place, page in enumerate((self.numbers, None, None, self.origin, self.making)):
            self._stack.insertWidget(place, page or QWidget())
        self._stack.addWidget(self.compare)
        for text, tip in (
            (self.tr("Numbers"), self.tr("Predicted and computed, side by side")),
            (self.tr("Hull"), self.tr("The phases that it competes with")),
            (self.tr("Powder pattern"), self.tr("What a diffractometer would show")),
            (self.tr("Why"), self.tr("Known materials near it, and what moved its properties")),
            (self.tr("Making it"), self.tr("Precursors for one gram, and hazards")),
            (self.tr("Compare"), self.tr("Two to four chosen candidates side by side")),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(text), tip)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setAccessibleName(self.tr("What is known of the candidate"))
        words = QVBoxLayout()
        words.setContentsMargins(24, 14, 24, 10)
        words.setSpacing(2)
        words.addWidget(self.heading)
        words.addWidget(self.lead)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.tabs)
        column.addWidget(self._stack, 1)
        upper = QSplitter(Qt.Orientation.Horizontal)
        upper.addWidget(self.preview)
        upper.addWidget(surface(right))
        upper.setSizes([290, 740])
        upper.setStretchFactor(0, 1)
        upper.setStretchFactor(1, 2)
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.addWidget(upper)
        whole.addWidget(surface(self.list))
        whole.setSizes([400, 220])
        whole.setStretchFactor(0, 3)
        whole.setStretchFactor(1, 2)
        for splitter in (upper, whole):
            splitter.setHandleWidth(1)
            splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(words)
        layout.addWidget(whole, 1)
        self.setAccessibleName(self.tr("Candidates"))

    def make_plots(self) -> "tuple[HullPlot, PatternPlot]":
        """Create the plots; pyqtgraph is imported here, not at the start of the window."""
        if self.hull is None or self.pattern is None:
            from designer_app.ui.plots.hull_plot import HullPlot
            from designer_app.ui.plots.pattern_plot import PatternPlot
            from designer_app.ui.screening.hull_look import HullLook

            self.hull, self.pattern = HullPlot(self.theme), PatternPlot(self.theme)
            for place, plot in ((HULL, self.hull), (PATTERN, self.pattern)):
                blank = self._stack.widget(place)
                assert blank is not None
                self._stack.removeWidget(blank)
                blank.deleteLater()
                self._stack.insertWidget(place, plot)
            jobs = self.watch.window.session.jobs
            self._phases = HullLook(jobs, self.hull, self)
            self._phases.begin(self.watch.spec.potential, self.watch.spec.model)
            self._stack.setCurrentIndex(self.tabs.currentIndex())
        return self.hull, self.pattern

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """The plots are made when they can be seen."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._on_shown)  # a wizard lays itself out while it shows

    def _on_shown(self) -> None:
        if self.isVisible():
            self.make_plots()
            self._on_refreshed()
            self._show_detail()

    # --- wiring ---

    def _connect(self) -> None:
        watch = self.watch
        watch.began.connect(self._on_began)
        watch.refreshed.connect(self._on_refreshed)
        watch.caught_up.connect(self._on_caught_up)
        watch.marks_changed.connect(self._on_marks_changed)
        watch.result_read.connect(self._on_refreshed)
        watch.refreshed.connect(self._on_rows_known)
        self.list.chosen.connect(self._on_chosen)
        self.list.selection_changed.connect(self._on_selection_changed)
        self.list.opened.connect(self._on_opened)
        self.tabs.currentChanged.connect(self._on_tab_changed)
        self.head.keep.clicked.connect(self._on_keep)
        self.head.discard.clicked.connect(self._on_discard)
        self.head.open.clicked.connect(self._on_open)
        self.head.heat.clicked.connect(self._on_heat)
        self._timer.timeout.connect(self._look)

    def _on_began(self) -> None:
        self._row = self._detail = self._reading = None
        self.list.begin(self.watch.criteria, self.watch.table)
        self._picture.forget(self.tr("Choose a candidate to see its structure."))
        if self._phases is not None:
            self._phases.begin(self.watch.spec.potential, self.watch.spec.model)
        self.compare.set_rows((), {})
        self._show_row()
        self._on_refreshed()

    def _on_refreshed(self) -> None:
        if not self.isVisible():
            return
        self.list.refresh()
        result = self.watch.result
        said = written_in(result.verdict) if result is not None and result.verdict else ""
        self.lead.setText(said or live_text(self.watch.table))
        if self._row is None:
            best = self.watch.best()
            if best is not None:
                self.list.choose(best.id)

    def _on_rows_known(self) -> None:
        if self.isComplete() != self._was_complete:
            self._was_complete = not self._was_complete
            self.completeChanged.emit()

    def _on_caught_up(self) -> None:
        """Details are there now, also of what is in front."""
        if self._row is not None and self._detail is None:
            self._reading = None
            self._look()

    def _on_marks_changed(self) -> None:
        self.head.set_mark(self.watch.marks.get(self._row.id, "") if self._row else "")

    # --- the candidate in front ---

    def _on_chosen(self, row: ScreenRow | None) -> None:
        if row is self._row:
            return
        if row is None or self._row is None or row.id != self._row.id:
            self._detail = self._reading = None
        self._row = row
        self._show_row()
        if row is not None:
            self._timer.start()

    def _show_row(self) -> None:
        row, detail = self._row, self._detail
        self.head.show_row(row, detail)
        self.head.set_mark(self.watch.marks.get(row.id, "") if row is not None else "")
        self.numbers.show_row(row, self.watch.criteria)
        self._show_detail()

    def _show_detail(self) -> None:
        detail = self._detail
        self.numbers.show_checks(detail.checks if detail is not None else ())
        self.making.show_detail(detail)
        self.origin.show_detail(detail)
        if self.pattern is not None:
            self.pattern.set_pattern(detail.pattern if detail is not None else ())

    def _look(self) -> None:
        """Ask for structure, phases and details of what is chosen now."""
        row, folder = self._row, self.watch.folder
        if row is None or folder is None:
            return
        self._picture.look(folder, row)
        if self._phases is not None and self.tabs.currentIndex() == HULL:
            self._phases.look(row, self.watch.table)
        if self._reading is None:
            self._reading = self._designs.detail(folder, row.id)
            self._reading.succeeded.connect(self._on_detail_read)
            self._reading.failed.connect(self._on_detail_not_read)

    def _on_detail_read(self, detail: CandidateDetail | None) -> None:
        if self.sender() is self._reading:
            self._detail = detail
            self.head.show_row(self._row, detail)
            self._show_detail()

    def _on_detail_not_read(self, error: JobError) -> None:
        if self.sender() is self._reading:
            self.watch.failed.emit(error)

    def _on_selection_changed(self, rows: Sequence[ScreenRow]) -> None:
        self.compare.set_rows(rows, self.watch.criteria)
        place = self.tr("Compare %d") % len(rows) if len(rows) > 1 else self.tr("Compare")
        self.tabs.setTabText(COMPARE, place)

    def _on_tab_changed(self, place: int) -> None:
        self._stack.setCurrentIndex(place)
        self.preview.setVisible(place != COMPARE)
        self.head.set_brief(is_brief=place != NUMBERS)
        self._look()

    # --- what is done with it ---

    def _on_keep(self) -> None:
        self._mark(KEPT)

    def _on_discard(self) -> None:
        self._mark(DISCARDED)

    def _mark(self, mark: str) -> None:
        if self._row is not None:
            before = self.watch.marks.get(self._row.id, "")
            self.watch.mark(self._row.id, "" if before == mark else mark)

    def _on_opened(self, row: ScreenRow) -> None:
        self._send(row, "structure")

    def _on_open(self) -> None:
        self._send(self._row, "structure")

    def _on_heat(self) -> None:
        self._send(self._row, "dynamics")

    def _send(self, row: ScreenRow | None, workspace: str) -> None:
        if row is not None and self.watch.folder is not None:
            self._opener.open(self.watch.folder, row, workspace)
