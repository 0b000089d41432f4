"""The middle and the right panel of the workspace: before a run and after."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from designer_app.ui.panels.introduced_area import IntroducedArea
from designer_app.ui.panels.section import row
from designer_app.ui.screening.candidate_page import CandidatePage
from designer_app.ui.screening.intro import Intro
from designer_app.ui.screening.outlook import StageTimes
from designer_app.ui.screening.results import Results
from designer_app.ui.screening.search_page import SearchPage
from designer_app.ui.theme import Theme

SEARCH, CANDIDATE = range(2)


class ScreeningPage(IntroducedArea):
    """The introduction, or the results of a run."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self.intro = Intro(theme)
        self.results = Results(theme)
        super().__init__(self.intro, self.results, parent)
        self.setAccessibleName(self.tr("Screening"))


class ScreeningPanel(QWidget):
    """The right panel: the search, or the chosen candidate."""

    tab_changed = Signal(int)

    def __init__(self, theme: Theme, times: StageTimes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = SearchPage(theme, times)
        self.candidate = CandidatePage(theme)
        self.tabs = QTabBar()
        self._stack = QStackedWidget()
        for text, page in (
            (self.tr("Search"), self.search),
            (self.tr("Candidate"), self.candidate),
        ):
            self.tabs.addTab(text)
            self._stack.addWidget(page)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self.tabs.setAccessibleName(self.tr("Search or candidate"))
        head = row(self.tabs, None)
        head.setContentsMargins(4, 0, 0, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self._stack, 1)
        self.tabs.currentChanged.connect(self._on_tab_changed)

    def show_page(self, place: int) -> None:
        """Bring the search or the candidate to the front."""
        self.tabs.setCurrentIndex(place)

    def _on_tab_changed(self, place: int) -> None:
        self._stack.setCurrentIndex(place)
        self.tab_changed.emit(place)
