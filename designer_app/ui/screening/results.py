"""A run in the middle of the window: title, funnel, picture beside plots, table."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from designer_app.io.formulas import with_subscripts
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.screening.candidate_list import CandidateList
from designer_app.ui.screening.compare import Comparison
from designer_app.ui.screening.funnel_strip import FunnelStrip
from designer_app.ui.screening.preview import Preview
from designer_app.ui.theme import Theme, label

if TYPE_CHECKING:
    from designer_app.ui.plots.hull_plot import HullPlot
    from designer_app.ui.plots.scatter_plot import ScatterPlot

HULL, SCATTER, COMPARE = range(3)


class Results(QWidget):
    """Shows; asks for exports and for a new search."""

    export_asked = Signal(str)
    """csv, cif or report."""
    new_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.title = label("", "title")
        self.subtitle = label("", "muted")
        self.funnel = FunnelStrip(theme)
        self.preview = Preview(theme)
        self.list = CandidateList(theme)
        self.compare = Comparison()
        self.hull: HullPlot | None = None
        self.scatter: ScatterPlot | None = None
        self.tabs = QTabBar()
        self._plots = QStackedWidget()
        self._new = QPushButton(self.tr("New search"))
        self._export = QToolButton()
        self._icons = (
            ThemedIcon(self._new, "search", theme),
            ThemedIcon(self._export, "report", theme),
        )
        self._upper = QSplitter(Qt.Orientation.Horizontal)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._build()
        self._connect()

    def make_plots(self) -> "tuple[HullPlot, ScatterPlot]":
        """Create the plots; pyqtgraph is imported here, not at the start of the window."""
        if self.hull is None or self.scatter is None:
            from designer_app.ui.plots.hull_plot import HullPlot
            from designer_app.ui.plots.scatter_plot import ScatterPlot

            self.hull, self.scatter = HullPlot(self._theme), ScatterPlot(self._theme)
            self._plots.insertWidget(HULL, self.hull)
            self._plots.insertWidget(SCATTER, self.scatter)
            self.show_tab(HULL)
        return self.hull, self.scatter

    def set_texts(self, title: str, subtitle: str) -> None:
        """What was screened, and how it stands."""
        self.title.setText(with_subscripts(title))
        self.subtitle.setText(subtitle)

    def set_exports(self, is_possible: bool) -> None:
        """Whether there is something to export."""
        self._export.setEnabled(is_possible)

    def show_tab(self, place: int) -> None:
        """Bring a plot, or the comparison, to the front."""
        self.tabs.setCurrentIndex(place)
        self._on_tab_changed(place)

    def _build(self) -> None:
        self._new.setToolTip(self.tr("Begin with other candidates; this run stays in the project"))
        for button in (self._new, self._export):
            button.setFixedHeight(32)
        self._export.setText(self.tr("Export"))
        self._export.setProperty("role", "button")
        self._export.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._export.setToolTip(self.tr("Report, table or structures as files"))
        menu = QMenu(self._export)
        for key, text in (
            ("report", self.tr("Report (HTML)...")),
            ("csv", self.tr("Table (CSV)...")),
            ("cif", self.tr("Structures (CIF)...")),
        ):
            action = menu.addAction(text)
            action.setData(key)
            action.triggered.connect(self._on_export)
        self._export.setMenu(menu)
        head = QWidget()
        head.setProperty("role", "header")
        head.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        head.setFixedHeight(44)
        line = QHBoxLayout(head)
        line.setContentsMargins(16, 4, 12, 4)
        line.setSpacing(10)
        line.addWidget(self.title)
        line.addWidget(self.subtitle, 1)
        line.addWidget(self._new)
        line.addWidget(self._export)
        for text, tip in (
            (self.tr("Hull"), self.tr("Phase diagram of the chosen candidate's elements")),
            (self.tr("Scatter"), self.tr("Any number of the candidates against any other")),
            (self.tr("Compare"), self.tr("Two to four chosen candidates side by side")),
        ):
            place = self.tabs.addTab(text)
            self.tabs.setTabToolTip(place, tip)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setAccessibleName(self.tr("Plots"))
        right = QWidget()
        right.setProperty("role", "surface")
        right.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs)
        column.addWidget(self._plots, 1)
        self._plots.addWidget(self.compare)
        self._upper.addWidget(self.preview)
        self._upper.addWidget(right)
        self._upper.setStretchFactor(0, 2)
        self._upper.setStretchFactor(1, 3)
        self._upper.setSizes([360, 500])
        lower = QWidget()
        lower.setProperty("role", "surface")
        lower.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        below = QVBoxLayout(lower)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self.list)
        for splitter, parts in ((self._splitter, (self._upper, lower)),):
            for part in parts:
                splitter.addWidget(part)
        self._splitter.setSizes([310, 330])
        for splitter in (self._upper, self._splitter):
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(head)
        layout.addWidget(self.funnel)
        layout.addWidget(self._splitter, 1)

    def _connect(self) -> None:
        self.tabs.currentChanged.connect(self._on_tab_changed)
        self._new.clicked.connect(self.new_asked)

    def _on_tab_changed(self, place: int) -> None:
        """A comparison needs the width of both."""
        page = self.compare if place == COMPARE else self._plots.widget(place)
        if page is not None:
            self._plots.setCurrentWidget(page)
        self.preview.setVisible(place != COMPARE)

    def _on_export(self) -> None:
        sender = self.sender()
        assert isinstance(sender, QAction)
        self.export_asked.emit(str(sender.data()))
