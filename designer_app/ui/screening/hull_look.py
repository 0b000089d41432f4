"""The phases that a candidate competes with, into a plot: asked for, then drawn."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from designer_app.explanations import explain
from designer_app.io.formulas import amounts_in
from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.session.job_manager import JobManager
from designer_app.specs.diagram import DiagramSpec
from designer_app.specs.hull import PhaseDiagram
from designer_app.specs.screen_rows import ScreenRow
from designer_app.ui.screening.candidate_table import CandidateTable

if TYPE_CHECKING:
    from designer_app.ui.plots.hull_plot import HullPlot

_RELAXED = "relaxation"
"""The method whose energies lie on the hull that is drawn."""
_MOST_DRAWN = 40
"""Candidates of the same elements in one diagram."""


class HullLook(QObject):
    """Draws one chemical system at a time; what was asked for before is no longer heard of."""

    def __init__(self, jobs: JobManager, plot: "HullPlot", parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._plot = plot
        self._potential = self._model = ""
        self._drawn: tuple[object, ...] = ()
        self._drawing: Job | None = None

    def begin(self, potential: str, model: str) -> None:
        """Another run, with energies of this potential."""
        self._potential, self._model = potential, model
        self._drawn, self._drawing = (), None
        self._plot.say(self.tr("Choose a candidate to see the phases it competes with."))

    def look(self, row: ScreenRow, table: CandidateTable) -> None:
        """Show the phases of a candidate's elements, with other candidates of the same."""
        elements = tuple(sorted(amounts_in(row.formula)))
        drawn = _of_same_elements(row, table, set(elements))
        if (elements, drawn) == self._drawn:
            return
        self._drawn = (elements, drawn)
        if len(elements) == 1:
            self._plot.say(
                self.tr("An element competes with its own forms only: see “above hull”.")
            )
            return
        spec = DiagramSpec(
            elements=elements, candidates=drawn, potential=self._potential, model=self._model
        )
        self._plot.say(self.tr("Looking up the phases of %s...") % "-".join(elements))
        self._drawing = self._jobs.submit("diagram", spec, f"Phases of {row.formula}")
        self._drawing.succeeded.connect(self._on_drawn)
        self._drawing.failed.connect(self._on_not_drawn)

    def _on_drawn(self, diagram: PhaseDiagram) -> None:
        if self.sender() is self._drawing:
            self._plot.set_diagram(diagram)

    def _on_not_drawn(self, error: JobError) -> None:
        if self.sender() is self._drawing:
            self._plot.say(explain(error.kind, error.facts, error.message).sentence)


def _of_same_elements(
    row: ScreenRow, table: CandidateTable, elements: set[str]
) -> tuple[tuple[str, float, float | None], ...]:
    """Where the candidate and others of its elements lie, itself first: see `DiagramSpec`."""
    found: dict[str, tuple[str, float, float | None]] = {}
    placed = np.nonzero(np.isfinite(table.values("e_above_hull")))[0]
    for each in (row, *(table.rows[int(place)] for place in placed)):
        distance = each.estimate("e_above_hull")
        if distance is None or not np.isfinite(distance.value):
            continue
        if each.formula not in found and elements.issuperset(amounts_in(each.formula)):
            formation = each.estimate("formation_energy")
            is_relaxed = formation is not None and formation.method == distance.method == _RELAXED
            known = formation.value if formation is not None and is_relaxed else None
            found[each.formula] = (each.formula, distance.value, known)
    return tuple(found.values())[:_MOST_DRAWN]
