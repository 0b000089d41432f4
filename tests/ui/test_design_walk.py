"""The whole wizard, with a small real budget and the real worker, to a report file."""

from dataclasses import replace

import pytest

from designer_app.resources import resource
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_purposes import applied, purpose_named

LONG_ENOUGH_MS = 580_000
"""A busy machine may take this long to search, relax and check a few candidates."""
pytestmark = pytest.mark.skipif(
    not (resource("weights") / "design-heads").is_dir(), reason="no heads are there to search with"
)


def walk(qtbot, window, tmp_path, small):
    """Confirm every page, stop the run, go on with it, keep a candidate, write the report."""
    window.show_workspace("design")
    design = window.design
    design.begin("li-cathode")
    wizard, watch = design.wizard, design.watch
    # Numbers of the budget page are given as in a run that was opened, to keep it short.
    wizard.begin(applied(purpose_named("li-cathode"), small))
    for step in ("purpose", "targets", "chemistry", "budget"):
        assert wizard.step == step
        wizard.ask_next()
    assert wizard.step == "run"
    assert watch.is_busy
    run = wizard.page_of("run")
    qtbot.waitUntil(lambda: len(watch.table) > 0 or not watch.is_busy, timeout=LONG_ENOUGH_MS)
    run.stop.click()
    qtbot.waitUntil(lambda: not watch.is_busy, timeout=LONG_ENOUGH_MS)
    assert watch.error is None, watch.error
    run.go_on.click()
    qtbot.waitUntil(lambda: watch.is_read and not watch.is_busy, timeout=LONG_ENOUGH_MS)
    assert watch.error is None, watch.error
    assert watch.result.verdict

    wizard.ask_next()
    candidates = wizard.page_of("candidates")
    qtbot.waitUntil(lambda: candidates.preview.structure is not None, timeout=LONG_ENOUGH_MS)
    assert candidates.row().estimates
    if not watch.shortlist():
        candidates.head.keep.click()

    wizard.ask_next()
    report = wizard.page_of("report")
    assert report.open.isEnabled()
    wanted = {"html": tmp_path / "report.html", "pdf": tmp_path / "report.pdf",
              "csv": tmp_path / "table.csv"}  # fmt: skip
    for kind, path in wanted.items():
        report.write(kind, path)
        qtbot.waitUntil(path.is_file, timeout=LONG_ENOUGH_MS)
    assert watch.result.verdict.split(";")[0][:20] in wanted["html"].read_text(encoding="utf-8")
    assert wanted["pdf"].read_bytes().startswith(b"%PDF")
    return watch


SMALL = DesignSpec(
    seeds=16, steps=20, relax_best=2, physics_best=0, check_best=0, n=2, max_atoms=12,
    learn=False, threads=1, workers=1,
)  # fmt: skip


def test_the_wizard_leads_from_a_purpose_to_a_report(qtbot, window, tmp_path):
    walk(qtbot, window, tmp_path, SMALL)
    run = window.session.project.runs.all()[-1]
    assert (run.key, run.state) == ("design", "succeeded")
    assert run.result["n_rows"] > 0


@pytest.mark.slow
def test_a_balanced_search_ends_with_a_shortlist(qtbot, window, tmp_path):
    small = replace(SMALL, seeds=100, steps=150, relax_best=20, physics_best=4, check_best=2, n=5)
    watch = walk(qtbot, window, tmp_path, replace(small, workers=2, max_atoms=40))
    assert watch.shortlist()
