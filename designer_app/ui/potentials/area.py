"""The middle and the right panel of the workspace: the library, a training, a comparison."""

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.introduced_area import IntroducedArea
from designer_app.ui.panels.section import row
from designer_app.ui.potentials.card_panel import CardPanel
from designer_app.ui.potentials.compare_page import ComparePage
from designer_app.ui.potentials.compare_panel import ComparePanel
from designer_app.ui.potentials.data_page import DataPage
from designer_app.ui.potentials.library_page import LibraryPage
from designer_app.ui.potentials.result_page import ResultPage
from designer_app.ui.potentials.result_panel import ResultPanel
from designer_app.ui.potentials.train_panel import TrainPanel
from designer_app.ui.potentials.training_page import TrainingPage
from designer_app.ui.theme import Theme, label

LIBRARY, DATA, TRAINING, RESULT, COMPARE = "library", "data", "training", "result", "compare"
STEPS = (DATA, TRAINING, RESULT)
"""Pages of one training, in their order."""
_BAR = 38
PageT = TypeVar("PageT", bound=QWidget)


class Work(QWidget):
    """A bar with the way back, and the page in front; a page is made when it is first asked for."""

    left = Signal()
    step_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.back = QPushButton(self.tr("All potentials"))
        self._back_icon = ThemedIcon(self.back, "previous", theme, "accent")
        self.title = label("", "strong")
        self.tabs = QTabBar()
        self._stack = QStackedWidget()
        self._build()
        self.back.clicked.connect(self.left)
        self.tabs.currentChanged.connect(self._on_tab_changed)

    @cached_property
    def data(self) -> DataPage:
        """Reference calculations and what is wrong with them."""
        return self._added(DataPage(self._theme))

    @cached_property
    def training(self) -> TrainingPage:
        """A training while it goes."""
        return self._added(TrainingPage(self._theme))

    @cached_property
    def result(self) -> ResultPage:
        """What came out."""
        return self._added(ResultPage(self._theme))

    @cached_property
    def compare(self) -> ComparePage:
        """Several side by side."""
        return self._added(ComparePage(self._theme))

    def show_page(self, key: str) -> None:
        """Bring a page to the front."""
        pages: dict[str, Callable[[], QWidget]] = {
            DATA: lambda: self.data,
            TRAINING: lambda: self.training,
            RESULT: lambda: self.result,
            COMPARE: lambda: self.compare,
        }
        self.tabs.blockSignals(True)
        if key in STEPS:
            self.tabs.setCurrentIndex(STEPS.index(key))
        self.tabs.blockSignals(False)
        self.tabs.setVisible(key in STEPS)
        self._stack.setCurrentWidget(pages[key]())

    def _added(self, page: PageT) -> PageT:
        self._stack.addWidget(page)
        return page

    def set_steps(self, *steps: str) -> None:
        """Which pages of a training have something to show."""
        for place, step in enumerate(STEPS):
            self.tabs.setTabEnabled(place, step in steps)

    def has_step(self, step: str) -> bool:
        """Whether a page of a training has something to show."""
        return self.tabs.isTabEnabled(STEPS.index(step))

    def _build(self) -> None:
        self.back.setProperty("role", "link")
        self.back.setToolTip(self.tr("Back to the potentials there are; what runs goes on"))
        for text in (self.tr("Data"), self.tr("Training"), self.tr("Result")):
            self.tabs.addTab(text)
        self.tabs.setProperty("role", "steps")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self.tabs.setAccessibleName(self.tr("Steps of the training"))
        bar = QWidget()
        bar.setProperty("role", "header")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        head = row(self.back, self.title, None, self.tabs, spacing=16)
        head.setContentsMargins(14, 3, 12, 0)
        bar.setLayout(head)
        bar.setFixedHeight(_BAR)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self._stack, 1)
        self.set_steps(DATA)

    def _on_tab_changed(self, place: int) -> None:
        self.step_chosen.emit(STEPS[place])


class PotentialsArea(IntroducedArea):
    """The library, or the work."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self.library = LibraryPage(theme)
        self.work = Work(theme)
        super().__init__(self.library, self.work, parent)
        self.setAccessibleName(self.tr("Potentials"))


class PotentialsPanel(QStackedWidget):
    """The panel that belongs to the page in front; one is made when it is first asked for."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    @cached_property
    def card(self) -> CardPanel:
        """Of the library."""
        return self._added(CardPanel(self._theme))

    @cached_property
    def train(self) -> TrainPanel:
        """Of data and training."""
        return self._added(TrainPanel(self._theme))

    @cached_property
    def result(self) -> ResultPanel:
        """Of what came out."""
        return self._added(ResultPanel(self._theme))

    @cached_property
    def compare(self) -> ComparePanel:
        """Of a comparison."""
        return self._added(ComparePanel(self._theme))

    def show_panel(self, key: str) -> None:
        """Bring the panel of a page to the front."""
        panels: dict[str, Callable[[], QWidget]] = {
            LIBRARY: lambda: self.card,
            DATA: lambda: self.train,
            TRAINING: lambda: self.train,
            RESULT: lambda: self.result,
            COMPARE: lambda: self.compare,
        }
        self.setCurrentWidget(panels[key]())

    def _added(self, panel: PageT) -> PageT:
        self.addWidget(panel)
        return panel
