from pathlib import Path

import pytest

from designer_app.running.control import RunControl
from designer_app.running.link import WorkerLink, remote


def make_link(**given):
    """A link whose worker knows the jobs of `worker_jobs`."""
    return WorkerLink(
        arguments=("--jobs", "worker_jobs:JOBS"),
        environment={"PYTHONPATH": str(Path(__file__).parent)},
        **given,
    )


@pytest.fixture(scope="module")
def shared_link():
    """One worker for the tests that leave it as it was."""
    link = make_link()
    yield link
    link.stop()


@pytest.fixture
def new_link():
    """Links of a test's own, stopped at its end."""
    made = []

    def new(**given):
        made.append(make_link(**given))
        return made[-1]

    yield new
    for link in made:
        link.stop()


@pytest.fixture
def ask(shared_link):
    """Run a job in the shared worker."""

    def run(key, spec=None, control=None):
        return remote(key, spec, shared_link)(control or RunControl())

    return run
