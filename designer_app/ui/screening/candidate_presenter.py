"""The chosen candidate, carried to picture, hull and panel; and where it can be sent."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from designer_app.specs.hull import DiagramPhase
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import ScreenRow
from designer_app.ui.screening.candidate_opener import CandidateOpener
from designer_app.ui.screening.compare import MOST as MOST_COMPARED
from designer_app.ui.screening.hull_look import HullLook
from designer_app.ui.screening.page import CANDIDATE, ScreeningPage, ScreeningPanel
from designer_app.ui.screening.results import COMPARE
from designer_app.ui.screening.structure_look import StructureLook

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow

_PATIENCE_MS = 120
"""Rows that are passed by with the arrow keys are not looked at."""


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
        self._row: ScreenRow | None = None
        self._phases = HullLook(window.session.jobs, page.results.make_plots()[0], self)
        self._picture = StructureLook(
            window.session.screenings, window.session.settings, page.results.preview, self
        )
        self._is_quiet = False
        self._opener = CandidateOpener(window, window.session.screenings, self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PATIENCE_MS)
        self._connect()

    def begin(self, folder: Path | None, spec: ScreenSpec) -> None:
        """Another run."""
        self._folder = folder
        self._row = None
        self._picture.forget(self.tr("Choose a candidate to see its structure."))
        self._phases.begin(spec.potential, spec.model)
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
        if self._row is not None and self._folder is not None:
            self._opener.open(self._folder, self._row, workspace)

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
        self._phases.look(row, self._results.list.model.table)

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
