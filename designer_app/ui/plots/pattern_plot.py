"""The powder pattern of a crystal: its reflections, and what a diffractometer would show."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer_app.ui.panels.section import row
from designer_app.ui.plots.plot_style import dress, prepare
from designer_app.ui.theme import OnTheme, Theme, Tokens, label

_WIDTH = 0.15
"""Degrees: full width at half maximum of a usual laboratory diffractometer."""
_STEP = 0.02
_ROOM = 2.0
_REACH = 8.0
"""Widths to each side beyond which a reflection adds nothing that is seen."""
_NEAR_PX = 10.0
Peaks = Sequence[tuple[float, float, str]]


class PatternPlot(QWidget):
    """Cu K-alpha; the reflection under the mouse is named."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._peaks: Peaks = ()
        self._drawn: NDArray[np.float64] = np.zeros((0, 2))
        self._said = label("", "small")
        self._plot = pg.PlotWidget()
        across = "2\N{GREEK SMALL LETTER THETA} (\N{DEGREE SIGN}), Cu K\N{GREEK SMALL LETTER ALPHA}"
        self._item: Any = prepare(self._plot, across, self.tr("Intensity"))
        self._profile = pg.PlotCurveItem()
        self._sticks = pg.PlotCurveItem()
        self._build()
        scene: Any = self._plot.scene()
        scene.sigMouseMoved.connect(self._on_mouse_moved)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def set_pattern(self, peaks: Peaks) -> None:
        """Show (2 theta, intensity 0 to 100, hkl) of each reflection; none says so."""
        self._peaks = tuple(peaks)
        self._said.setText("" if peaks else self.tr("The pattern of the shortlist is computed."))
        if not peaks:
            self._drawn = np.zeros((0, 2))
            self._profile.setData([], [])
            self._sticks.setData([], [])
            return
        angles, heights = places_of(peaks)
        grid, profile = broadened(angles, heights)
        self._drawn = np.stack([grid, profile], axis=1)
        self._profile.setData(grid, profile)
        x = np.repeat(angles, 2)
        y = np.stack([np.full_like(heights, -8.0), np.full_like(heights, -3.0)], axis=1).ravel()
        self._sticks.setData(x, y, connect="pairs")
        self._item.getViewBox().setRange(
            xRange=(grid[0], grid[-1]), yRange=(-10.0, 106.0), padding=0.0
        )

    def profile(self) -> NDArray[np.float64]:
        """(n, 2) angles and intensities of the line that is drawn."""
        return self._drawn

    def _build(self) -> None:
        for part in (self._profile, self._sticks):
            self._item.addItem(part)
        self._item.getAxis("left").setTicks([])
        self._item.getAxis("left").setWidth(26)
        self._plot.setAccessibleName(self.tr("Powder pattern"))
        head = row(label(self.tr("Simulated powder pattern"), "strong"), None, self._said)
        head.setContentsMargins(12, 4, 12, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(self._plot, 1)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Say nothing more."""
        super().leaveEvent(event)
        self._said.clear()

    def _on_mouse_moved(self, at: QPointF) -> None:
        if not self._peaks:
            return
        box = self._item.getViewBox()
        angles, _ = places_of(self._peaks)
        away = np.abs(angles - box.mapSceneToView(at).x()) / max(box.viewPixelSize()[0], 1e-300)
        nearest = int(np.argmin(away))
        if away[nearest] > _NEAR_PX:
            self._said.clear()
            return
        angle, height, name = self._peaks[nearest]
        self._said.setText(f"{name}   {angle:.2f}°   {height:.0f} %")

    def _on_theme(self, tokens: Tokens) -> None:
        dress(self._plot, tokens)
        self._profile.setPen(pg.mkPen(tokens.lines[0]))
        self._sticks.setPen(pg.mkPen(tokens.muted))


def places_of(peaks: Peaks) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Angles and heights of reflections."""
    return np.array([each[0] for each in peaks]), np.array([each[1] for each in peaks])


def broadened(
    angles: NDArray[np.float64], heights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Grid of angles and the profile on it, 0 to 100: Gaussians of `_WIDTH` degrees."""
    grid = np.arange(max(angles.min() - _ROOM, 0.0), angles.max() + _ROOM, _STEP)
    profile = np.zeros_like(grid)
    sigma = _WIDTH / 2.355
    for angle, height in zip(angles, heights, strict=True):
        low, high = np.searchsorted(grid, (angle - _REACH * sigma, angle + _REACH * sigma))
        part = grid[low:high]
        profile[low:high] += height * np.exp(-0.5 * ((part - angle) / sigma) ** 2)
    return grid, 100.0 * profile / max(profile.max(), 1e-300)
