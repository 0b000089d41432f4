"""The middle of the window: header, picture, player, and plots or drawers below."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from designer_app.ui.panels.header import Header
from designer_app.ui.panels.jobs_panel import JobsPanel
from designer_app.ui.panels.log_panel import LogPanel
from designer_app.ui.panels.picture import Picture
from designer_app.ui.panels.player import Player
from designer_app.ui.theme import Theme

if TYPE_CHECKING:
    from designer_app.ui.plots.run_plots import RunPlots

_BELOW_HEIGHT = 210


class WorkArea(QWidget):
    """Shows the structure, and below it plots, jobs or log."""

    drawer_changed = Signal(str)
    """jobs, log, or empty where plots or nothing is below."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.header = Header(theme)
        self.picture = Picture(theme)
        self.player = Player(theme)
        self.jobs = JobsPanel(theme)
        self.log = LogPanel(theme)
        self.plots: RunPlots | None = None
        self._below = QStackedWidget()
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._drawer = ""
        self._plots_wanted = False
        self._build()
        self.jobs.closed.connect(self._on_drawer_closed)
        self.log.closed.connect(self._on_drawer_closed)

    def make_plots(self) -> "RunPlots":
        """Create the plots; pyqtgraph is imported here."""
        if self.plots is None:
            from designer_app.ui.plots.run_plots import RunPlots

            self.plots = RunPlots(self._theme)
            self.plots.time_chosen.connect(self.player.go_to_time)
            self._below.addWidget(self.plots)
            self._refresh()
        return self.plots

    def show_plots(self, is_wanted: bool) -> None:
        """Plots below the picture, or all room for the picture."""
        self._plots_wanted = is_wanted
        if is_wanted:
            self.make_plots()
        self._refresh()

    @property
    def drawer(self) -> str:
        """The drawer that is open: jobs, log or none."""
        return self._drawer

    def show_drawer(self, name: str) -> None:
        """Jobs or log below the picture; empty closes it."""
        self._drawer = name
        self._refresh()
        self.drawer_changed.emit(name)

    def splitter_state(self) -> QByteArray:
        """The sizes, to be kept."""
        return self._splitter.saveState()

    def restore_splitter(self, state: QByteArray) -> None:
        """The sizes of last time."""
        self._splitter.restoreState(state)

    def _build(self) -> None:
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.picture, 1)
        column.addWidget(self.player)
        self._below.addWidget(self.jobs)
        self._below.addWidget(self.log)
        self._below.setMinimumHeight(120)
        self._splitter.addWidget(top)
        self._splitter.addWidget(self._below)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        self._splitter.setSizes([600, _BELOW_HEIGHT])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)
        self._refresh()

    def _refresh(self) -> None:
        drawers: dict[str, QWidget] = {"jobs": self.jobs, "log": self.log}
        plots = self.plots if self._plots_wanted else None
        shown = drawers[self._drawer] if self._drawer else plots
        self._below.setVisible(shown is not None)
        if shown is not None:
            self._below.setCurrentWidget(shown)

    def _on_drawer_closed(self) -> None:
        self.show_drawer("")
