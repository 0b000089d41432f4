"""The middle and the right panel of the workspace: the library, a training, a comparison."""

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


class Work(QWidget):
    """A bar with the way back, and the page in front."""

    left = Signal()
    step_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.data = DataPage(theme)
        self.training = TrainingPage(theme)
        self.result = ResultPage(theme)
        self.compare = ComparePage(theme)
        self.pages: dict[str, QWidget] = {
            DATA: self.data,
            TRAINING: self.training,
            RESULT: self.result,
            COMPARE: self.compare,
        }
        self.back = QPushButton(self.tr("All potentials"))
        self._back_icon = ThemedIcon(self.back, "previous", theme, "accent")
        self.title = label("", "strong")
        self.tabs = QTabBar()
        self._stack = QStackedWidget()
        self._build()
        self.back.clicked.connect(self.left)
        self.tabs.currentChanged.connect(self._on_tab_changed)

    def show_page(self, key: str) -> None:
        """Bring a page to the front."""
        self.tabs.blockSignals(True)
        if key in STEPS:
            self.tabs.setCurrentIndex(STEPS.index(key))
        self.tabs.blockSignals(False)
        self.tabs.setVisible(key in STEPS)
        self._stack.setCurrentWidget(self.pages[key])

    def set_steps(self, *steps: str) -> None:
        """Which pages of a training have something to show."""
        for place, step in enumerate(STEPS):
            self.tabs.setTabEnabled(place, step in steps)

    def _build(self) -> None:
        self.back.setProperty("role", "link")
        self.back.setToolTip(self.tr("Back to the potentials there are; what runs goes on"))
        for text in (self.tr("Data"), self.tr("Training"), self.tr("Result")):
            self.tabs.addTab(text)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName(self.tr("Steps of the training"))
        bar = QWidget()
        bar.setProperty("role", "header")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        head = row(self.back, self.title, None, self.tabs, spacing=16)
        head.setContentsMargins(14, 3, 12, 0)
        bar.setLayout(head)
        bar.setFixedHeight(_BAR)
        for page in self.pages.values():
            self._stack.addWidget(page)
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
    """The panel that belongs to the page in front."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card = CardPanel(theme)
        self.train = TrainPanel(theme)
        self.result = ResultPanel(theme)
        self.compare = ComparePanel(theme)
        self._panels: dict[str, QWidget] = {
            LIBRARY: self.card,
            DATA: self.train,
            TRAINING: self.train,
            RESULT: self.result,
            COMPARE: self.compare,
        }
        for panel in (self.card, self.train, self.result, self.compare):
            self.addWidget(panel)

    def show_panel(self, key: str) -> None:
        """Bring the panel of a page to the front."""
        self.setCurrentWidget(self._panels[key])
