import threading
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


# --- jobs that go on beside the test ---


PATIENCE_S = 30.0
"""For what takes milliseconds, on a machine that may be very busy."""


def _eventually(fact):
    """Wait for a fact."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.005)):
        if fact():
            return
        pause.wait(0.005)
    pytest.fail("it never happened")


def _run_aside(key, spec, link, control):
    """The ends of a job that is run in another thread."""
    ends = []

    def run():
        try:
            ends.append(remote(key, spec, link)(control))
        except Exception as error:  # noqa: BLE001 - every end is looked at
            ends.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, ends


@pytest.fixture
def eventually():
    """Waits for a fact."""
    return _eventually


@pytest.fixture
def run_aside():
    """Runs a job in another thread: the thread, and what it ends with."""
    return _run_aside
