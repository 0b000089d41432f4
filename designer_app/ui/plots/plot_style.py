"""What all plots share: quiet axes in the theme's colours, small tabular ticks, no menus."""

from typing import Any

import pyqtgraph as pg
from PySide6.QtGui import QFont

from designer_app.ui.theme import SMALL, Tokens, tabular


def prepare(plot: Any, bottom: str, left: str) -> Any:
    """The plot's item, with a light grid and labelled axes."""
    item: Any = plot.getPlotItem()
    item.setMenuEnabled(False)
    item.hideButtons()
    item.setContentsMargins(0, 8, 12, 0)
    item.showGrid(x=True, y=True, alpha=0.12)
    for side, text in (("bottom", bottom), ("left", left)):
        axis = item.getAxis(side)
        axis.enableAutoSIPrefix(False)
        axis.setLabel(text)
        axis.setStyle(tickFont=_tick_font(plot.font()), tickTextOffset=4, tickLength=0)
    item.getAxis("left").setWidth(62)
    return item


def dress(plot: Any, tokens: Tokens) -> None:
    """Take the colours of a theme."""
    plot.setBackground(tokens.surface)
    item: Any = plot.getPlotItem()
    for side in ("bottom", "left"):
        axis = item.getAxis(side)
        axis.setPen(pg.mkPen(tokens.border))
        axis.setTextPen(pg.mkPen(tokens.muted))
        axis.setLabel(axis.labelText, color=tokens.muted, **{"font-size": f"{SMALL}px"})


def _tick_font(font: QFont) -> QFont:
    found = tabular(font)
    found.setPixelSize(SMALL)
    return found
