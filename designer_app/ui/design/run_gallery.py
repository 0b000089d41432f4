"""Pictures of a design while it runs and after, with a real, small one."""

from typing import TYPE_CHECKING

from designer_app.running.messages import JobError
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_purposes import applied, purpose_named
from designer_app.ui.design.candidates_page import CandidatesPage
from designer_app.ui.design.run_page import RunPage

if TYPE_CHECKING:
    from designer_app.ui.gallery import Gallery

_RUN_LIMIT_S = 900.0
SMALL = DesignSpec(
    seeds=60, steps=80, relax_best=8, physics_best=2, check_best=1, n=4, learn=False, threads=1
)
"""A search of a minute or two."""


def shoot_design_run(gallery: "Gallery") -> None:
    """Searching, relaxing, done, each page of a candidate, report, error, large."""
    design = gallery.window.design
    design.begin("li-cathode")
    design.wizard.begin(applied(purpose_named("li-cathode"), SMALL))
    for _ in range(4):
        design.wizard.ask_next()
    watch = design.watch
    run, candidates = design.wizard.page_of("run"), design.wizard.page_of("candidates")
    assert isinstance(run, RunPage)
    assert isinstance(candidates, CandidatesPage)
    gallery.until(lambda: (run.map is not None and len(run.map.population()) > 0)
                  or not watch.is_busy, _RUN_LIMIT_S)  # fmt: skip
    gallery.wait(1.0)
    gallery.shoot("design-run-searching")
    gallery.until(lambda: bool(watch.table.tally.counts()[6].entered) or not watch.is_busy,
                  _RUN_LIMIT_S)  # fmt: skip
    gallery.wait(2.0)
    gallery.shoot("design-run-relaxing")
    gallery.until(lambda: watch.is_read, _RUN_LIMIT_S)
    gallery.wait(2.0)
    shoot_finished(gallery)


def shoot_finished(gallery: "Gallery") -> None:
    """The last three pages of a run that is over."""
    design = gallery.window.design
    candidates = design.wizard.page_of("candidates")
    assert isinstance(candidates, CandidatesPage)
    gallery.shoot("design-run-done")
    design.wizard.go_to("candidates")
    gallery.until(lambda: candidates.preview.structure is not None, 60.0)
    for place in range(candidates.tabs.count()):
        candidates.tabs.setCurrentIndex(place)
        gallery.wait(2.0)
        gallery.shoot(f"design-candidates-{place}")
    candidates.tabs.setCurrentIndex(0)
    design.wizard.go_to("report")
    gallery.wait(0.5)
    gallery.shoot("design-report")
    error = JobError("WorkerDiedError", {"exit_code": -9, "while_doing": "design"}, "died")
    design.wizard.go_to("run")
    design.watch.failed.emit(error)
    gallery.shoot("design-run-error")
    design.page.close_card()
    gallery.resize_large()
    for step in ("run", "candidates", "report"):
        design.wizard.go_to(step)
        gallery.wait(1.0)
        gallery.shoot(f"design-large-{step}")
    gallery.resize_design()
