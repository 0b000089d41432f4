"""The plots of a run as tabs: energy, temperature, pressure."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from designer_app.ui.plots.plot_legend import PlotLegend
from designer_app.ui.plots.series_table import SeriesTable
from designer_app.ui.plots.time_plot import Curve, TimePlot
from designer_app.ui.theme import Theme

_MEV = 1000.0


class RunPlots(QWidget):
    """Tabs of plots over one run's scalars; only the one in front is drawn."""

    time_chosen = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = SeriesTable()
        self._tabs = QTabBar()
        self._stack = QStackedWidget()
        self._legend = PlotLegend(theme)
        self._plots = _plots(theme)
        self._build()
        self._connect()

    def set_run(self, table: SeriesTable, n_atoms: int) -> None:
        """Show the scalars of a run, of which more may come."""
        self._table = table
        for name in ("total", "potential", "kinetic"):
            self._plots["Energy"].set_scale(name, _MEV / max(n_atoms, 1))
        for plot in self._plots.values():
            plot.set_table(table)

    def append(self, rows: Sequence[Mapping[str, float | None]]) -> None:
        """Add rows and draw the plot in front."""
        self._table.extend(rows)
        self._in_front().refresh()

    def mark_time(self, time_fs: float | None) -> None:
        """Show which moment the picture shows."""
        for plot in self._plots.values():
            plot.mark_time(time_fs)

    def show_tab(self, name: str) -> None:
        """Bring a plot to the front."""
        self._tabs.setCurrentIndex(list(self._plots).index(name))

    def _in_front(self) -> TimePlot:
        return list(self._plots.values())[self._tabs.currentIndex()]

    def _build(self) -> None:
        self.setProperty("role", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        for name, plot in self._plots.items():
            self._tabs.addTab(name)
            self._stack.addWidget(plot)
        self._tabs.setDrawBase(False)
        self._tabs.setExpanding(False)
        self._tabs.setUsesScrollButtons(False)
        self._tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self._tabs.setAccessibleName(self.tr("Plots"))
        head = QHBoxLayout()
        head.setContentsMargins(8, 0, 16, 0)
        head.addWidget(self._tabs)
        head.addStretch(1)
        head.addWidget(self._legend)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self._stack, 1)
        self._legend.set_names(self._in_front().names)

    def _connect(self) -> None:
        self._tabs.currentChanged.connect(self._on_tab_changed)
        for plot in self._plots.values():
            plot.time_chosen.connect(self.time_chosen)
            plot.read_out.connect(self._legend.set_values)

    def _on_tab_changed(self, index: int) -> None:
        self._stack.setCurrentIndex(index)
        self._legend.set_names(self._in_front().names)
        self._in_front().refresh()


def _plots(theme: Theme) -> dict[str, TimePlot]:
    energy = (
        Curve(name="total", column="total_eV", unit="eV", relative=True),
        Curve(name="potential", column="potential_eV", unit="eV", relative=True),
        Curve(name="kinetic", column="kinetic_eV", unit="eV", relative=True),
    )
    temperature = (Curve(name="temperature", column="temperature_K", unit="K"),)
    pressure = (Curve(name="pressure", column="pressure_GPa", unit="GPa"),)
    return {
        "Energy": TimePlot(energy, "Change (meV/atom)", theme),
        "Temperature": TimePlot(temperature, "Temperature (K)", theme),
        "Pressure": TimePlot(pressure, "Pressure (GPa)", theme),
    }
