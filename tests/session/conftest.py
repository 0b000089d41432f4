from pathlib import Path

import pytest

from designer_app.registry import Registry
from designer_app.running.link import WorkerLink
from designer_app.session import job_manager
from designer_app.session.job import Job
from designer_app.session.job_manager import JobManager
from designer_app.specs.jobs import JobRow

_JOBS = Path(__file__).parent.parent / "running"


def _row(key, worker="compute"):
    return JobRow(key=key, title=key, summary="", implementation="", worker=worker)


@pytest.fixture(scope="module", autouse=True)
def collecting_here(window_collects):
    """All tests here have Qt objects and threads."""


@pytest.fixture
def links():
    """Links whose workers know the jobs of `worker_jobs`."""
    made = {
        kind: WorkerLink(
            kind,
            arguments=("--jobs", "worker_jobs:JOBS"),
            environment={"PYTHONPATH": str(_JOBS)},
        )
        for kind in ("compute", "quick", "aside")
    }
    yield made
    for link in made.values():
        link.stop()


@pytest.fixture
def manager(qapp, links, monkeypatch):
    heavy = ("echo", "run_steps", "hang", "die", "fail_as_ours")
    small = JobRow(
        key="small", title="", summary="", implementation="", steps_aside=True, is_listed=False
    )
    rows = (*map(_row, heavy), _row("environment", "quick"), _row("loaded", "quick"), small)
    monkeypatch.setattr(job_manager, "JOBS", Registry("job", rows))
    made = JobManager(links)
    yield made
    made.close()


class Recorder(JobManager):
    """Starts no worker: a job that is submitted is only kept."""

    def __init__(self):
        super().__init__({})
        self.submitted = []

    def submit(self, key, spec, title="", *, folder=None):
        self.submitted.append(Job(len(self.submitted), key, spec, title, folder))
        return self.submitted[-1]


@pytest.fixture
def jobs(qapp):
    made = Recorder()
    yield made
    made.close()
