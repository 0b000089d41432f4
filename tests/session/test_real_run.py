"""The way a user goes, with the real job in the real worker."""

from dataclasses import replace

import psutil
import pytest

from designer_app.session.session import Session
from designer_app.specs.md import MDSpec

PATIENCE_MS = 120_000
"""Importing torch takes half a minute on a machine that is very busy."""


@pytest.fixture
def session(qapp):
    made = Session()
    made.settings.set("preload", False)
    made.start()
    yield made
    made.close()


def test_a_worker_killed_in_mid_run_is_told_and_the_run_goes_on_from_its_checkpoint(qtbot, session):
    with qtbot.waitSignal(session.document_changed, timeout=PATIENCE_MS):
        session.open_example("Cu")
    spec = MDSpec(potential="morse", ensemble="nve", steps=10**6, checkpoint_interval=5, threads=1)
    job = session.run_md(spec)
    # The second of the two that alternate: the first is that of the start.
    second = job.folder / "checkpoint-b.safetensors"
    qtbot.waitUntil(second.exists, timeout=PATIENCE_MS)
    psutil.Process(session.links["compute"].pid).kill()
    qtbot.waitUntil(lambda: job.is_over, timeout=PATIENCE_MS)
    assert (job.state, job.error.kind) == ("failed", "WorkerDiedError")
    (run,) = session.project.runs.all()
    assert run.can_go_on
    steps = int(job.progress.done) + 2000
    again = session.run_md(replace(job.spec, resume=True, steps=steps))
    qtbot.waitUntil(lambda: again.is_over, timeout=PATIENCE_MS)
    assert again.state == "succeeded"
    assert again.result["steps"] == steps
    assert again.result["resumed_from_step"] > 0
    (run,) = session.project.runs.all()
    assert (run.state, run.result["steps"]) == ("succeeded", steps)
