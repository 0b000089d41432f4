"""A phase diagram: a line for two elements, a triangle for three, a table for more."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from designer_app.io.formulas import written
from designer_app.specs.hull import (
    HYPOTHETICAL_ID,
    DiagramPhase,
    PhaseDiagram,
    triangle_place,
)
from designer_app.ui.panels.section import row
from designer_app.ui.plots.phase_table import PhaseTable
from designer_app.ui.plots.plot_style import dress, prepare
from designer_app.ui.theme import SMALL, OnTheme, Theme, Tokens, label
from designer_app.ui.wording import THIN

_NEAR_PX, _NAME_PX = 12.0, 20.0
_ANCHORS = ((0.5, -0.25), (0.5, 1.25), (-0.12, 0.5), (1.12, 0.5), (-0.1, -0.1), (1.1, 1.1))
"""Where a name may stand, as shares of its size: below, above, right, left, across."""
_ON_HULL = 1e-4
"""eV/atom."""
_HEIGHT = 0.5 * 3.0**0.5
_BINARY, _TERNARY = 2, 3


class HullPlot(QWidget):
    """Filled points are stable, open ones lie above the hull, diamonds are candidates."""

    phase_chosen = Signal(object)
    """A `DiagramPhase` that was clicked."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._diagram: PhaseDiagram | None = None
        self._places: NDArray[np.float64] = np.zeros((0, 2))
        self._title = label("", "strong")
        self._said = label("", "small")
        self._origin = label("", "small", wrap=True)
        self._message = label("", "muted", wrap=True)
        self._plot = pg.PlotWidget()
        self._item: Any = prepare(self._plot, "", "")
        self._names: list[Any] = []
        self._naming = QTimer(self)
        """Names are placed when the plot has its size."""
        self._naming.setSingleShot(True)
        self._naming.setInterval(0)
        self._lines = pg.PlotCurveItem()
        self._spots = {kind: pg.ScatterPlotItem() for kind in ("above", "stable", "candidate")}
        self.phases = PhaseTable()
        self._stack = QStackedWidget()
        self._tokens = theme.tokens
        self._build()
        self._connect()
        self._theme_follower = OnTheme(self, theme, self._on_theme)
        self.say(self.tr("Choose a candidate to see the phases it competes with."))

    @property
    def diagram(self) -> PhaseDiagram | None:
        """What is drawn."""
        return self._diagram

    def message(self) -> str:
        """What is said in place of a diagram; empty while one is drawn."""
        return self._message.text() if self._stack.currentWidget() is self._message else ""

    def say(self, text: str) -> None:
        """A sentence in place of a diagram."""
        self._diagram = None
        self._title.clear()
        self._said.clear()
        self._origin.clear()
        self._message.setText(text)
        self._stack.setCurrentWidget(self._message)

    def set_diagram(self, diagram: PhaseDiagram) -> None:
        """Draw a chemical system."""
        self._diagram = diagram
        self._title.setText("-".join(diagram.elements))
        origin = diagram.origin
        told = (origin.potential, origin.reference_set, self.tr("correction: %s"))
        short = (told[0], told[1].partition(" (")[0], told[2])
        self._origin.setText(", ".join(short) % origin.correction.partition(" (")[0])
        self._origin.setToolTip(", ".join(told) % origin.correction)
        self._said.clear()
        if len(diagram.elements) not in (_BINARY, _TERNARY):
            self.phases.set_diagram(diagram)
            self._stack.setCurrentWidget(self.phases)
            return
        self._stack.setCurrentWidget(self._plot)
        self._draw(diagram)

    def places(self) -> NDArray[np.float64]:
        """(n_phases, 2) where the phases are drawn."""
        return self._places

    # --- layout ---

    def _build(self) -> None:
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setContentsMargins(32, 16, 32, 16)
        self._item.addItem(self._lines)
        for spots in self._spots.values():
            self._item.addItem(spots)
        for page in (self._message, self._plot, self.phases):
            self._stack.addWidget(page)
        self._plot.setAccessibleName(self.tr("Phase diagram"))
        head = row(self._title, None, self._said)
        head.setContentsMargins(12, 4, 12, 0)
        self._origin.setContentsMargins(12, 0, 12, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self._origin)

    def _connect(self) -> None:
        scene: Any = self._plot.scene()
        scene.sigMouseClicked.connect(self._on_mouse_clicked)
        scene.sigMouseMoved.connect(self._on_mouse_moved)
        self.phases.phase_chosen.connect(self.phase_chosen)
        self._naming.timeout.connect(self._write_names)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Say nothing more."""
        super().leaveEvent(event)
        self._said.clear()

    # --- drawing ---

    def _draw(self, diagram: PhaseDiagram) -> None:
        is_binary = len(diagram.elements) == _BINARY
        places = [
            (each.shares[1], each.formation_energy) if is_binary else triangle_place(each.shares)
            for each in diagram.phases
        ]
        self._places = np.array(places, dtype=np.float64).reshape(-1, 2)
        self._set_axes(diagram, is_binary=is_binary)
        ends = np.array(diagram.tie_lines, dtype=np.int64).reshape(-1)
        self._lines.setData(*self._places[ends].T, connect="pairs")
        kinds = [_kind(each) for each in diagram.phases]
        for kind, spots in self._spots.items():
            here = [n for n, each in enumerate(kinds) if each == kind]
            spots.setData(pos=self._places[here] if here else np.zeros((0, 2)))
        self._frame(is_binary=is_binary)
        self._paint()
        self._naming.start()

    def _set_axes(self, diagram: PhaseDiagram, *, is_binary: bool) -> None:
        item = self._item
        item.showGrid(x=is_binary, y=is_binary, alpha=0.12)
        for side in ("bottom", "left"):
            item.showAxis(side, is_binary)
        item.getViewBox().setAspectLocked(not is_binary, ratio=1.0)
        if is_binary:
            first, second = diagram.elements
            item.setLabel("bottom", self.tr("Share of %s in %s-%s") % (second, first, second))
            item.setLabel("left", self.tr("Formation energy (eV/atom)"))

    def _frame(self, *, is_binary: bool) -> None:
        box = self._item.getViewBox()
        if is_binary:
            low = float(self._places[:, 1].min(initial=0.0))
            shown = self._places[:, 1][self._places[:, 1] < 0.3]
            high = float(shown.max(initial=0.0))
            room = 0.14 * max(high - low, 0.1)
            box.setRange(xRange=(0.0, 1.0), yRange=(low - room, high + room), padding=0.04)
        else:
            tall = max(box.height(), 4 * _NAME_PX)
            room = _NAME_PX * _HEIGHT / (tall - 2 * _NAME_PX)
            box.setRange(xRange=(-room, 1.0 + room), yRange=(-room, _HEIGHT + room), padding=0.0)

    def _write_names(self) -> None:
        """Candidates, elements, then stable phases: as many names as fit beside each other."""
        for name in self._names:
            self._item.removeItem(name)
        self._names = []
        diagram = self._diagram
        if diagram is None or self._stack.currentWidget() is not self._plot:
            return
        if len(diagram.elements) == _TERNARY:  # names at the corners need the same room always
            self._frame(is_binary=False)
        kinds = [_kind(each) for each in diagram.phases]
        elements = set(diagram.elements)
        order = sorted(
            (n for n, kind in enumerate(kinds) if kind != "above"),
            key=lambda n: (kinds[n] != "candidate", diagram.phases[n].formula not in elements),
        )
        pixel = np.maximum(self._item.getViewBox().viewPixelSize(), 1e-300)
        taken: list[QRectF] = []
        named: set[str] = set()
        for n in order:
            formula = diagram.phases[n].formula
            if formula in named:
                continue
            name = self._name(written(formula), kinds[n])
            at = QPointF(self._places[n, 0] / pixel[0], -self._places[n, 1] / pixel[1])
            size = name.boundingRect().size()
            found = _free_place(at, size.width(), size.height(), taken)
            if found is None:
                continue
            anchor, area = found
            taken.append(area)
            named.add(formula)
            name.setAnchor(anchor)
            name.setPos(*self._places[n])
            self._item.addItem(name, ignoreBounds=True)
            self._names.append(name)
        self._paint()

    def _name(self, text: str, kind: str) -> Any:
        name = pg.TextItem(text)
        font = self.font()
        font.setPixelSize(SMALL + 1 if kind == "candidate" else SMALL)
        font.setBold(kind == "candidate")
        name.setFont(font)
        name.setProperty("kind", kind)
        return name

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """More room may be enough for more names."""
        super().resizeEvent(event)
        self._naming.start()

    def _paint(self) -> None:
        tokens = self._tokens
        self._lines.setPen(pg.mkPen(tokens.lines[0], width=1))
        self._lines.opts["antialias"] = True
        stable, above, candidate = (self._spots[each] for each in ("stable", "above", "candidate"))
        stable.setSymbol("o")
        stable.setSize(9)
        stable.setBrush(pg.mkBrush(tokens.lines[0]))
        stable.setPen(pg.mkPen(None))
        above.setSymbol("o")
        above.setSize(7)
        above.setBrush(pg.mkBrush(tokens.surface))
        above.setPen(pg.mkPen(tokens.muted))
        candidate.setSymbol("d")
        candidate.setSize(14)
        candidate.setBrush(pg.mkBrush(tokens.lines[1]))
        candidate.setPen(pg.mkPen(tokens.surface))
        for name in self._names:
            is_candidate = name.property("kind") == "candidate"
            name.setColor(tokens.lines[1] if is_candidate and tokens.is_dark else tokens.text)

    # --- the mouse ---

    def _at(self, place: QPointF) -> DiagramPhase | None:
        if self._diagram is None or not len(self._places):
            return None
        box = self._item.getViewBox()
        spot = box.mapSceneToView(place)
        away = (self._places - (spot.x(), spot.y())) / np.maximum(box.viewPixelSize(), 1e-300)
        distances = np.hypot(away[:, 0], away[:, 1])
        nearest = int(np.argmin(distances))
        return self._diagram.phases[nearest] if distances[nearest] < _NEAR_PX else None

    def _on_mouse_clicked(self, event: Any) -> None:
        phase = self._at(event.scenePos())
        if phase is not None:
            self.phase_chosen.emit(phase)

    def _on_mouse_moved(self, at: QPointF) -> None:
        phase = self._at(at)
        self._said.setText(describe(phase) if phase is not None else "")

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        dress(self._plot, tokens)
        self._paint()


def describe(phase: DiagramPhase) -> str:
    """A phase in one line."""
    formula = written(phase.formula)
    if phase.source.startswith(HYPOTHETICAL_ID):
        formula += " (hypothetical)"
    if phase.e_above_hull < -_ON_HULL:
        return f"{formula}: {-1000 * phase.e_above_hull:.0f}{THIN}meV/atom below all other phases"
    if phase.e_above_hull < _ON_HULL:
        return f"{formula}: on the hull, {phase.formation_energy:.3f}{THIN}eV/atom"
    return f"{formula}: {1000 * phase.e_above_hull:.0f}{THIN}meV/atom above the hull"


def _kind(phase: DiagramPhase) -> str:
    if phase.is_candidate:
        return "candidate"
    return "stable" if phase.e_above_hull < _ON_HULL else "above"


def _free_place(
    at: QPointF, width: float, height: float, taken: list[QRectF]
) -> tuple[tuple[float, float], QRectF] | None:
    """(anchor, area) of a name beside a point that covers no other name; None without one."""
    for x, y in _ANCHORS:
        area = QRectF(at.x() - x * width, at.y() - y * height, width, height)
        if not any(area.intersects(other) for other in taken):
            return (x, y), area
    return None
