"""The chosen candidate, carried to picture, hull and panel; and where it can be sent."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer

from designer_app.explanations import explain
from designer_app.io.documents import Document
from designer_app.io.formulas import amounts_in
from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.specs.diagram import DiagramSpec
from designer_app.specs.hull import DiagramPhase, PhaseDiagram
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure
from designer_app.ui.screening.compare import MOST as MOST_COMPARED
from designer_app.ui.screening.page import CANDIDATE, ScreeningPage, ScreeningPanel
from designer_app.ui.screening.results import COMPARE
from designer_app.ui.screening.structure_look import StructureLook

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow

_PATIENCE_MS = 120
"""Rows that are passed by with the arrow keys are not looked at."""
_RELAXED = "relaxation"
"""The method whose energies lie on the hull that is drawn."""
_MOST_DRAWN = 40
"""Candidates of the same elements in one diagram."""


class CandidatePresenter(QObject):
    """Shows one candidate of a run at a time."""

    def __init__(
        self, window: "MainWindow", page: ScreeningPage, panel: ScreeningPanel, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._session = window.session
        self._results = page.results
        self._panel = panel
        self._folder: Path | None = None
        self._spec = ScreenSpec()
        self._row: ScreenRow | None = None
        self._drawn: tuple[object, ...] = ()
        self._drawing: Job | None = None
        self._picture = StructureLook(
            window.session.screenings, window.session.settings, page.results.preview, self
        )
        self._is_quiet = False
        self._send_to = self._sent = ""
        self._opening: Job | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PATIENCE_MS)
        self._connect()

    def begin(self, folder: Path | None, spec: ScreenSpec) -> None:
        """Another run."""
        self._folder, self._spec = folder, spec
        self._row, self._drawn = None, ()
        self._drawing = None
        self._picture.forget(self.tr("Choose a candidate to see its structure."))
        hull, _ = self._results.make_plots()
        hull.say(self.tr("Choose a candidate to see the phases it competes with."))
        self._results.compare.set_rows((), {})
        self._panel.candidate.set_row(None, {})
        self._panel.candidate.set_chosen(0, MOST_COMPARED)

    def set_folder(self, folder: Path | None) -> None:
        """Where the run lies, once it is known."""
        self._folder = folder

    def choose_quietly(self, candidate: str) -> None:
        """Show a candidate without taking the panel from the sentence that says what came out."""
        self._is_quiet = True
        self._results.list.choose(candidate)
        self._is_quiet = False

    def open(self, workspace: str = "structure") -> None:
        """Make the candidate the open structure, and go there."""
        if self._row is None or self._folder is None:
            return
        self._send_to, self._sent = workspace, self._row.formula
        self._opening = self._session.screenings.structure(self._folder, self._row)
        self._opening.succeeded.connect(self._on_opened)
        self._opening.failed.connect(self._on_not_opened)

    # --- what is chosen ---

    def _connect(self) -> None:
        results, candidate = self._results, self._panel.candidate
        results.list.chosen.connect(self._on_chosen)
        results.list.selection_changed.connect(self._on_selection_changed)
        results.list.opened.connect(self._on_open_asked)
        candidate.open_asked.connect(self._on_open_asked)
        candidate.relax_asked.connect(self._on_relax_asked)
        candidate.heat_asked.connect(self._on_heat_asked)
        candidate.compare_asked.connect(self._on_compare_asked)
        self._timer.timeout.connect(self._look)
        hull, scatter = results.make_plots()
        scatter.candidate_chosen.connect(results.list.choose)
        hull.phase_chosen.connect(self._on_phase_chosen)

    def _on_chosen(self, row: ScreenRow | None) -> None:
        if row is self._row:
            return
        is_other = row is None or self._row is None or row.id != self._row.id
        self._row = row
        self._panel.candidate.set_row(row, self._results.list.model.criteria)
        if row is None:
            return
        if is_other and not self._is_quiet:
            self._panel.show_page(CANDIDATE)
        self._timer.start()

    def _on_selection_changed(self, rows: Sequence[ScreenRow]) -> None:
        self._panel.candidate.set_chosen(len(rows), MOST_COMPARED)
        criteria = self._results.list.model.criteria
        self._results.compare.set_rows(rows, criteria)
        _, scatter = self._results.make_plots()
        scatter.choose([row.id for row in rows])

    def _look(self) -> None:
        """Ask for structure and phases of what is chosen now."""
        row = self._row
        if row is None or self._folder is None:
            return
        self._picture.look(self._folder, row)
        self._ask_for_diagram(row)

    # --- the hull ---

    def _ask_for_diagram(self, row: ScreenRow) -> None:
        elements = tuple(sorted(amounts_in(row.formula)))
        drawn = self._of_same_elements(row, set(elements))
        if (elements, drawn) == self._drawn:
            return
        self._drawn = (elements, drawn)
        if len(elements) == 1:
            hull, _ = self._results.make_plots()
            hull.say(self.tr("An element competes with its own forms only: see “above hull”."))
            return
        spec = DiagramSpec(
            elements=elements,
            candidates=drawn,
            potential=self._spec.potential,
            model=self._spec.model,
        )
        self._drawing = self._session.jobs.submit("diagram", spec, f"Phases of {row.formula}")
        self._drawing.succeeded.connect(self._on_drawn)
        self._drawing.failed.connect(self._on_not_drawn)

    def _of_same_elements(
        self, row: ScreenRow, elements: set[str]
    ) -> tuple[tuple[str, float, float | None], ...]:
        """Where the candidate and others of its elements lie, itself first: see `DiagramSpec`."""
        found: dict[str, tuple[str, float, float | None]] = {}
        table = self._results.list.model.table
        placed = np.nonzero(np.isfinite(table.values("e_above_hull")))[0]
        for each in (row, *(table.rows[int(place)] for place in placed)):
            distance = each.estimate("e_above_hull")
            if distance is None or not np.isfinite(distance.value):
                continue
            if each.formula not in found and elements.issuperset(amounts_in(each.formula)):
                formation = each.estimate("formation_energy")
                is_relaxed = (
                    formation is not None and formation.method == distance.method == _RELAXED
                )
                known = formation.value if formation is not None and is_relaxed else None
                found[each.formula] = (each.formula, distance.value, known)
        return tuple(found.values())[:_MOST_DRAWN]

    def _on_drawn(self, diagram: PhaseDiagram) -> None:
        if self.sender() is self._drawing:
            hull, _ = self._results.make_plots()
            hull.set_diagram(diagram)

    def _on_not_drawn(self, error: JobError) -> None:
        if self.sender() is self._drawing:
            hull, _ = self._results.make_plots()
            hull.say(explain(error.kind, error.facts, error.message).sentence)

    def _on_phase_chosen(self, phase: DiagramPhase) -> None:
        if not phase.is_candidate:
            return
        for row in self._results.list.model.table.rows:
            if row.formula == phase.formula and row.estimate("e_above_hull") is not None:
                self._results.list.choose(row.id)
                return

    # --- where it goes ---

    def _on_open_asked(self) -> None:
        self.open()

    def _on_relax_asked(self) -> None:
        self.open("relax")

    def _on_heat_asked(self) -> None:
        self.open("dynamics")

    def _on_compare_asked(self) -> None:
        self._results.show_tab(COMPARE)

    def _on_opened(self, found: Document | Structure) -> None:
        if self.sender() is not self._opening:
            return
        if isinstance(found, Structure):
            found = Document.from_structure(found, made_by="screen")
        window = self._window
        self._session.set_document(found.renamed(self._sent))
        if self._send_to == "relax":
            window.commands.relax()
        else:
            window.show_workspace(self._send_to)

    def _on_not_opened(self, error: JobError) -> None:
        if self.sender() is self._opening:
            self._window.errors.show_error(error)
