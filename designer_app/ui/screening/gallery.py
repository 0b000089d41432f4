"""Pictures of the Screening workspace in each of its states, with a real, small screening."""

from dataclasses import replace
from typing import TYPE_CHECKING

from designer_app.running.messages import JobError
from designer_app.ui.screening.page import SEARCH
from designer_app.ui.screening.results import HULL, SCATTER

if TYPE_CHECKING:
    from designer_app.ui.gallery import Gallery

_CANDIDATES, _SHOWN_FROM, _RELAXED = 200, 40, 12
_RUN_LIMIT_S = 600.0


def shoot_screening(gallery: "Gallery") -> None:
    """Empty, set up, running, finished, scatter, comparison, error, large."""
    window = gallery.window
    screening = window.screening
    window.show_workspace("screening")
    gallery.shoot("screening-empty")
    gallery.open("LiFePO4")
    window.commands.what_else()
    gallery.shoot("screening-set-up")
    spec = replace(
        screening.search.spec(),
        n_candidates=_CANDIDATES,
        relax_best=_RELAXED,
        physics_best=0,
        threads=1,
    )
    screening.start(spec)
    table = screening.page.results.list.model
    gallery.until(lambda: len(table.table) >= _SHOWN_FROM or not screening.is_busy, _RUN_LIMIT_S)
    gallery.wait(0.6)
    gallery.shoot("screening-running")
    gallery.until(lambda: not screening.is_busy, _RUN_LIMIT_S)
    gallery.until(lambda: screening.page.results.preview.structure is not None, 60.0)
    hull = screening.page.results.make_plots()[0]
    gallery.until(lambda: hull.diagram is not None, 60.0)
    gallery.wait(1.0)
    screening.page.results.show_tab(HULL)
    gallery.shoot("screening-finished")
    screening.panel.show_page(SEARCH)
    gallery.shoot("screening-outcome")
    screening.page.results.show_tab(SCATTER)
    gallery.shoot("screening-scatter")
    screening.page.results.list.view.clearSelection()
    for line in range(3):
        screening.page.results.list.toggle(line)
    screening.panel.candidate.compare_asked.emit()
    gallery.shoot("screening-compare")
    screening.page.results.show_tab(HULL)
    _show_error(gallery)
    gallery.resize_large()
    gallery.wait(0.5)
    gallery.shoot("screening-large")
    gallery.resize_design()


def _show_error(gallery: "Gallery") -> None:
    """As if the worker had died: what happened, what is kept, what can be done."""
    error = JobError("WorkerDiedError", {"exit_code": -9, "while_doing": "screen"}, "died")
    screening = gallery.window.screening
    screening.shown.failed.emit(error)
    gallery.shoot("screening-error")
    screening.page.close_card()
