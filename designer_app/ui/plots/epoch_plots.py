"""What a training tells, epoch by epoch: tabs of curves; the one in front is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QTabBar, QVBoxLayout, QWidget

from designer_app.ui.panels.section import row
from designer_app.ui.plots.log_axis import LogAxis, WholeAxis
from designer_app.ui.plots.plot_legend import PlotLegend
from designer_app.ui.plots.plot_style import dress, prepare
from designer_app.ui.plots.series_table import SeriesTable
from designer_app.ui.plots.time_plot import dashed
from designer_app.ui.theme import OnTheme, Theme, Tokens

_LEARNING, _AFTER = "training, during the epoch", "validation, after it"
"""Told apart, for the validation frames are judged by better weights and may be the lower curve."""


@dataclass(frozen=True, kw_only=True)
class EpochTab:
    """Some columns of the series on one axis."""

    title: str
    axis: str
    unit: str
    columns: tuple[tuple[str, str], ...]
    """(name in the legend, column)."""
    is_log: bool = True


ERRORS = (
    EpochTab(title="Energy", axis="Energy error (meV/atom)", unit="meV/atom",
             columns=((_LEARNING, "energy_train_meV_atom"),
                      (_AFTER, "energy_validation_meV_atom"))),
    EpochTab(title="Forces", axis="Force error (meV/Å)", unit="meV/Å",
             columns=((_LEARNING, "force_train_meV_A"),
                      (_AFTER, "force_validation_meV_A"))),
    EpochTab(title="Stress", axis="Stress error (GPa)", unit="GPa",
             columns=((_LEARNING, "stress_train_GPa"),
                      (_AFTER, "stress_validation_GPa"))),
)  # fmt: skip
COURSE = (
    EpochTab(title="Loss", axis="Loss", unit="",
             columns=((_LEARNING, "loss_train"), (_AFTER, "loss_validation"))),
    EpochTab(title="Learning rate", axis="Learning rate", unit="",
             columns=(("learning rate", "learning_rate"),)),
    EpochTab(title="Gradient", axis="Gradient norm", unit="",
             columns=(("gradient norm", "gradient_norm"),)),
    EpochTab(title="Speed", axis="Frames per second", unit="frames/s", is_log=False,
             columns=(("frames learned from", "frames_per_s"),)),
)  # fmt: skip


class EpochPlots(QWidget):
    """Curves over epochs; under the crosshair the legend tells the values."""

    def __init__(
        self, tabs: Sequence[EpochTab], theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._tabs_shown = tuple(tabs)
        self._table = SeriesTable()
        self._tokens = theme.tokens
        self._best: float | None = None
        self.tabs = QTabBar()
        self._legend = PlotLegend(theme)
        self._axis = LogAxis("left")
        self._plot = pg.PlotWidget(axisItems={"left": self._axis, "bottom": WholeAxis("bottom")})
        self._item: Any = prepare(self._plot, self.tr("Epoch"), "")
        self._lines = [pg.PlotDataItem() for _ in range(2)]
        self._crosshair = pg.InfiniteLine(angle=90)
        self._mark = pg.InfiniteLine(angle=90)
        self._build()
        scene: Any = self._plot.scene()
        scene.sigMouseMoved.connect(self._on_mouse_moved)
        self.tabs.currentChanged.connect(self._on_tab_changed)
        self._theme_follower = OnTheme(self, theme, self._on_theme)
        self._on_tab_changed()

    def set_table(self, table: SeriesTable) -> None:
        """Show another training."""
        self._table = table
        self._plot.enableAutoRange()
        self.refresh()

    def refresh(self) -> None:
        """Draw the epochs that are there now."""
        tab = self._tab()
        epochs = self._shown("epoch")
        for line, (_, column) in zip(self._lines, tab.columns, strict=False):
            values = self._shown(column)
            known = np.isfinite(values) & (values > 0.0 if tab.is_log else True)
            y = np.log10(values[known]) if tab.is_log else values[known]
            line.setData(epochs[: len(values)][known], y)
        for line in self._lines[len(tab.columns) :]:
            line.setData([], [])
        best = self._shown("best_epoch")
        self._mark.setVisible(len(best) > 0 and bool(np.isfinite(best[-1])))
        if self._mark.isVisible():
            self._mark.setValue(float(best[-1]))

    def _tab(self) -> EpochTab:
        return self._tabs_shown[max(0, self.tabs.currentIndex())]

    def _shown(self, column: str) -> NDArray[np.float64]:
        """A column of the member that learns now: of an ensemble each begins at epoch 1."""
        values = self._table.column(column)
        members = self._table.column("member")[: len(values)]
        return values[members == members[-1]] if len(members) else values

    def _build(self) -> None:
        for tab in self._tabs_shown:
            self.tabs.addTab(tab.title)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self.tabs.setAccessibleName(self.tr("Curves"))
        self._item.getAxis("left").setWidth(58)
        for line in self._lines:
            line.opts["antialias"] = True
            self._item.addItem(line)
        for marker in (self._crosshair, self._mark):
            marker.setVisible(False)
            self._item.addItem(marker, ignoreBounds=True)
        head = row(self.tabs, None)
        head.setContentsMargins(4, 0, 8, 0)
        foot = row(None, self._legend)
        foot.setContentsMargins(12, 0, 12, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self._plot, 1)
        layout.addLayout(foot)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Take the crosshair away."""
        super().leaveEvent(event)
        self._crosshair.setVisible(False)
        self._legend.set_values(())

    def _on_tab_changed(self, _place: int = 0) -> None:
        tab = self._tab()
        self._axis.set_log(is_log=tab.is_log)
        self._axis.setLabel(tab.axis)
        self._plot.setAccessibleName(tab.axis)
        self._legend.set_names([name for name, _ in tab.columns])
        self._plot.enableAutoRange()
        self.refresh()

    def _on_mouse_moved(self, place: QPointF) -> None:
        epochs = self._shown("epoch")
        if not len(epochs) or not self._item.sceneBoundingRect().contains(place):
            return
        at = float(self._item.getViewBox().mapSceneToView(place).x())
        nearest = int(np.argmin(np.abs(epochs - at)))
        self._crosshair.setVisible(True)
        self._crosshair.setValue(float(epochs[nearest]))
        texts = [self.tr("epoch %d") % int(epochs[nearest])]
        tab = self._tab()
        for _, column in tab.columns:
            values = self._shown(column)
            texts.append(f"{values[nearest]:.4g} {tab.unit}" if nearest < len(values) else "")
        self._legend.set_values(texts)

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        dress(self._plot, tokens)
        for index, line in enumerate(self._lines):
            line.setPen(dashed(pg.mkPen(tokens.lines[index], width=1), index))
        self._crosshair.setPen(pg.mkPen(tokens.muted, style=Qt.PenStyle.DotLine))
        self._mark.setPen(pg.mkPen(tokens.ok, style=Qt.PenStyle.DashLine))
