"""Any number of the candidates against any other, with the rules as lines; a click chooses one."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer_app.io.formulas import written
from designer_app.specs.design_estimates import is_predicted
from designer_app.specs.screen_rows import FAILS, LOST, PASSES, WAITS
from designer_app.ui.editors import ChoiceEditor
from designer_app.ui.panels.section import row
from designer_app.ui.plots.plot_style import dress, prepare
from designer_app.ui.screening.candidate_table import CandidateTable
from designer_app.ui.screening.columns import PLAIN, Column, Criterion
from designer_app.ui.theme import OnTheme, Theme, Tokens, label

_SHOWN_SHARE = 0.96
_NEAR_PX = 12.0
"""A click this close to a point means it."""
_KINDS = (
    ((LOST, WAITS), "x", 6, "muted"),
    ((FAILS,), "t1", 8, "warn"),
    ((PASSES,), "o", 9, "ok"),
)
"""(verdicts, symbol, size, colour role): what passes is drawn last, on top."""

_ACROSS = ("e_above_hull", "stability")
"""What the first rule is drawn against: can the best be made?"""


class ScatterPlot(QWidget):
    """Circles pass, triangles miss a rule, crosses were not judged."""

    candidate_chosen = Signal(str)

    def __init__(
        self, theme: Theme, parent: QWidget | None = None, *, is_narrow: bool = False
    ) -> None:
        """Where it is narrow, the signs stand below the choices."""
        super().__init__(parent)
        self._is_narrow = is_narrow
        self._table = CandidateTable()
        self._columns: dict[str, Column] = {}
        self._criteria: Mapping[str, Criterion] = {}
        self._chosen: tuple[str, ...] = ()
        self._is_chosen = False
        """Whether the axes were chosen by hand: then they stay."""
        self._is_pointed = False
        """Whether a point under the mouse is named."""
        self._cloud: dict[str, tuple[Column, NDArray[np.float64]]] = {}
        self._places: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._points: NDArray[np.float64] = np.zeros((0, 2))
        self.across = ChoiceEditor(())
        self.upward = ChoiceEditor(())
        self._signs = self.tr(
            "\N{BLACK CIRCLE} passes  \N{BLACK UP-POINTING TRIANGLE} misses  "
            "\N{MULTIPLICATION SIGN} not judged"
        )
        self._said = label(self._signs, "small")
        self._plot = pg.PlotWidget()
        self._item: Any = prepare(self._plot, "", "")
        self._haze = pg.ScatterPlotItem(symbol="o", size=6, pen=pg.mkPen(None))
        self._spots = [pg.ScatterPlotItem() for _ in _KINDS]
        self._ring = pg.ScatterPlotItem()
        self._lines: list[Any] = []
        self._tokens = theme.tokens
        self._build()
        self._connect()
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def set_table(self, table: CandidateTable, criteria: Mapping[str, Criterion]) -> None:
        """Show another run."""
        self._table, self._criteria, self._chosen = table, criteria, ()
        self._columns, self._cloud = {}, {}
        self._is_chosen = False
        self._said.setText(self._legend())
        self.refresh()

    def set_cloud(self, cloud: Sequence[tuple[Column, NDArray[np.float64]]]) -> None:
        """Draw points that are no candidates yet behind the others: (n,) numbers of a property."""
        self._cloud = {column.key: (column, values) for column, values in cloud}
        self._said.setText(self._legend())
        self.refresh()

    def refresh(self) -> None:
        """Draw what the table holds now."""
        self._offer(self._all_columns())
        x, y = self._columns.get(self.across.value()), self._columns.get(self.upward.value())
        if x is None or y is None:
            self._points, self._places = np.zeros((0, 2)), np.zeros(0, dtype=np.int64)
            for spots in (self._haze, *self._spots):
                spots.clear()
            return
        self._draw_cloud(x, y)
        points = np.stack([self._shown(x), self._shown(y)], axis=1)
        self._places = np.nonzero(np.isfinite(points).all(axis=1))[0]
        self._points = points[self._places]
        for spots, (kinds, symbol, size, role) in zip(self._spots, _KINDS, strict=True):
            here = self._points[self._table.have(kinds)[self._places]]
            color = pg.mkColor(getattr(self._tokens, role))
            color.setAlpha(200)
            spots.setData(
                pos=here, symbol=symbol, size=size, pen=pg.mkPen(None), brush=pg.mkBrush(color)
            )
        for side, column in (("bottom", x), ("left", y)):
            axis = self._item.getAxis(side)
            axis.setLogMode(column.is_log)
            axis.setLabel(self._heading(column))
        self._draw_rules(x, y)
        self.choose(self._chosen)
        if not self._is_pointed:
            self._said.setText(self._legend())

    def choose(self, candidates: Sequence[str]) -> None:
        """Put a ring around these."""
        self._chosen = tuple(candidates)
        wanted = [self._table.place(each) for each in candidates]
        self._ring.setData(
            pos=self._points[np.isin(self._places, wanted)],
            symbol="o",
            size=17,
            pen=pg.mkPen(self._tokens.accent, width=2),
            brush=pg.mkBrush(None),
        )

    def set_axes(self, across: str, upward: str) -> None:
        """Show these two properties."""
        self._offer(self._all_columns())
        self.across.set_value(across)
        self.upward.set_value(upward)
        self._on_axes_chosen()

    @property
    def is_filled(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self._columns)

    def points(self) -> NDArray[np.float64]:
        """(n, 2) what is drawn, logarithms where the axis is one."""
        return self._points

    def _build(self) -> None:
        self._item.getAxis("left").setWidth(58)
        for spots in (self._haze, *self._spots, self._ring):
            self._item.addItem(spots)
        for editor, name in (
            (self.upward, self.tr("Upward")),
            (self.across, self.tr("Across")),
        ):
            editor.setAccessibleName(name)
            editor.setToolTip(name)
            editor.setMinimumWidth(168 if self._is_narrow else 148)
        self._plot.setAccessibleName(self.tr("Candidates, one property against another"))
        head = row(self.upward, label(self.tr("against"), "muted"), self.across, None)
        head.setContentsMargins(12, 4, 12, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(head)
        if self._is_narrow:
            # A few odd predictions leave the others their room.
            self._item.getViewBox().enableAutoRange(enable=_SHOWN_SHARE)
            self._said.setContentsMargins(12, 0, 12, 0)
            layout.addWidget(self._said)
        else:
            head.addWidget(self._said)
        layout.addWidget(self._plot, 1)

    def _connect(self) -> None:
        self.across.edited.connect(self._on_axes_chosen)
        self.upward.edited.connect(self._on_axes_chosen)
        scene: Any = self._plot.scene()
        scene.sigMouseClicked.connect(self._on_mouse_clicked)
        scene.sigMouseMoved.connect(self._on_mouse_moved)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Say nothing more."""
        super().leaveEvent(event)
        self._is_pointed = False
        self._said.setText(self._legend())

    def _offer(self, columns: list[Column]) -> None:
        """Let the properties be chosen; those with a rule come first."""
        columns = [*columns, *(each for each in PLAIN if len(self._table))]
        if [each.key for each in columns] == list(self._columns):
            return
        self._columns = {each.key: each for each in columns}
        choices = tuple((each.key, each.title) for each in columns)
        self.across.set_choices(choices)
        self.upward.set_choices(choices)
        ruled = [key for key in self._criteria if key in self._columns]
        if not self._is_chosen and columns:
            names = list(dict.fromkeys((*ruled, *self._columns)))
            upward = next((key for key in names if key not in _ACROSS), names[0])
            others = [key for key in names if key != upward]
            across = next(
                (key for key in _ACROSS if key in others), others[-1] if others else upward
            )
            self.upward.set_value(upward)
            self.across.set_value(across)

    def _legend(self) -> str:
        """The signs in words."""
        return (self.tr("\N{BULLET} predicted  ") if self._cloud else "") + self._signs

    def _heading(self, column: Column) -> str:
        """Of an axis, with whether it rests on predictions alone."""
        learned = self.tr("%s, learned") % column.heading
        return learned if self._is_learned(column.key) else column.heading

    def _is_learned(self, key: str) -> bool:
        """Whether a prediction decided over candidates that were judged."""
        judged = (row for row in self._table.rows if row.verdict in (PASSES, FAILS))
        found = next((each for row in judged if (each := row.estimate(key))), None)
        return found is not None and is_predicted(found)

    def _all_columns(self) -> list[Column]:
        """Those of the table, and those that only the points behind it have."""
        found = self._table.columns()
        known = {each.key for each in found}
        return [*found, *(each for each, _ in self._cloud.values() if each.key not in known)]

    def _draw_cloud(self, x: Column, y: Column) -> None:
        if x.key not in self._cloud or y.key not in self._cloud:
            self._haze.clear()
            return
        pairs = (self._cloud[x.key], self._cloud[y.key])
        points = np.stack([_shown(values, column) for column, values in pairs], axis=1)
        self._haze.setData(pos=points[np.isfinite(points).all(axis=1)])

    def _shown(self, column: Column) -> NDArray[np.float64]:
        return _shown(self._table.values(column.key), column)

    def _draw_rules(self, x: Column, y: Column) -> None:
        for line in self._lines:
            self._item.removeItem(line)
        self._lines = []
        for column, angle in ((x, 90), (y, 0)):
            criterion = self._criteria.get(column.key)
            for bound in criterion.bounds() if criterion else ():
                value = column.shown(bound)
                if column.is_log and value <= 0.0:
                    continue
                pen = pg.mkPen(self._tokens.muted, style=Qt.PenStyle.DashLine)
                line = pg.InfiniteLine(math.log10(value) if column.is_log else value, angle, pen)
                self._item.addItem(line, ignoreBounds=True)
                self._lines.append(line)

    def _at(self, place: QPointF) -> int:
        """The place in the table of the point under the mouse; -1 where there is none."""
        if not len(self._points):
            return -1
        box = self._item.getViewBox()
        pixel = box.viewPixelSize()
        spot = box.mapSceneToView(place)
        away = (self._points - (spot.x(), spot.y())) / np.maximum(pixel, 1e-300)
        distances = np.hypot(away[:, 0], away[:, 1])
        nearest = int(np.argmin(distances))
        return int(self._places[nearest]) if distances[nearest] < _NEAR_PX else -1

    def _on_axes_chosen(self) -> None:
        self._is_chosen = True
        self.refresh()
        share = _SHOWN_SHARE if self._is_narrow else True
        self._item.getViewBox().enableAutoRange(enable=share)

    def _on_mouse_clicked(self, event: Any) -> None:
        place = self._at(event.scenePos())
        if place >= 0:
            self.candidate_chosen.emit(self._table.rows[place].id)

    def _on_mouse_moved(self, at: QPointF) -> None:
        place = self._at(at)
        self._is_pointed = place >= 0
        self._said.setText(
            written(self._table.rows[place].formula) if self._is_pointed else self._legend()
        )

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        dress(self._plot, tokens)
        faint = pg.mkColor(tokens.accent)
        faint.setAlpha(70)
        self._haze.setBrush(pg.mkBrush(faint))
        self.refresh()


def _shown(values: NDArray[np.float64], column: Column) -> NDArray[np.float64]:
    """Values as they are drawn: scaled, by their logarithm where the axis is one."""
    values = values * column.scale
    if not column.is_log:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log10(np.where(values > 0.0, values, np.nan))
