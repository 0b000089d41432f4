import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from designer_app.errors import Cancelled, OverlappingAtomsError, WorkerDiedError
from designer_app.running.control import RunControl
from designer_app.running.executor import Executor
from designer_app.specs.documents import ReadSpec

HERE = Path(__file__).parent
JOBS_OF_TESTS = {
    "arguments": ("--jobs", "worker_jobs:JOBS"),
    "environment": {"PYTHONPATH": str(HERE)},
}
SOON_S = 20.0
"""On a machine with much else to do."""


@pytest.fixture(scope="module")
def pair():
    """Two workers for all tests; they end with them."""
    with Executor(2, **JOBS_OF_TESTS) as executor:
        yield executor


def answers(executor, *tasks):
    return dict(executor.answers(tasks, RunControl()))


def pids(executor):
    return [link.pid for link in executor._links if link.pid is not None]


def test_every_task_gets_its_own_answer(pair):
    assert answers(pair, *(("echo", place) for place in range(5))) == {n: n for n in range(5)}


def test_tasks_run_side_by_side(pair):
    slow = {"n_atoms": 1, "steps": 10, "pace_s": 0.01}
    assert len(answers(pair, ("run_steps", slow), ("run_steps", slow))) == 2
    assert len(set(pids(pair))) == 2


def test_an_error_of_a_task_is_its_answer_and_the_others_go_on(pair):
    found = answers(pair, ("fail_as_ours", None), ("echo", "fine"))
    assert isinstance(found[0], OverlappingAtomsError)
    assert found[1] == "fine"


def test_a_task_that_kills_its_worker_costs_only_itself(pair):
    found = answers(pair, ("die", None), ("echo", 1), ("echo", 2))
    assert isinstance(found[0], WorkerDiedError)
    assert (found[1], found[2]) == (1, 2)


def test_workers_compute_with_one_thread(pair):
    (found,) = answers(pair, ("environment", ["OMP_NUM_THREADS"])).values()
    assert found == {"OMP_NUM_THREADS": "1"}


def test_stopping_the_run_stops_its_tasks(pair):
    control = RunControl()
    long = {"n_atoms": 1, "steps": 10_000, "pace_s": 0.01}
    threading.Timer(0.5, control.cancel).start()
    with pytest.raises(Cancelled):
        list(pair.answers([("run_steps", long)] * 3, control))
    assert answers(pair, ("echo", "there")) == {0: "there"}


def test_a_task_that_ignores_the_stop_is_killed_and_its_worker_not_replaced_ahead():
    control = RunControl()
    with Executor(2, **JOBS_OF_TESTS) as executor:
        answers(executor, ("echo", 1), ("echo", 2))
        before = pids(executor)
        threading.Timer(0.5, control.cancel).start()
        with pytest.raises(Cancelled):
            list(executor.answers([("hang", None)] * 2, control))
        assert not any(psutil.pid_exists(pid) for pid in before)
        assert pids(executor) == []
        assert answers(executor, ("echo", "there")) == {0: "there"}


def test_leaving_ends_the_processes():
    with Executor(2, **JOBS_OF_TESTS) as executor:
        answers(executor, ("echo", 1), ("echo", 2))
        alive = pids(executor)
    assert alive
    assert not any(psutil.pid_exists(pid) for pid in alive)


def test_a_single_place_runs_jobs_in_this_process(tmp_path):
    with Executor(1) as executor:
        missing = ReadSpec(path=tmp_path / "missing.cif")
        (found,) = answers(executor, ("read", missing)).values()
    assert not pids(executor)
    assert isinstance(found, Exception)


def test_stopping_the_run_is_no_answer_in_this_process():
    control = RunControl()
    control.cancel()
    with Executor(1) as executor, pytest.raises(Cancelled):
        list(executor.answers([("read", None)], control))


@pytest.mark.slow
def test_workers_end_when_their_parent_is_killed(tmp_path):
    program = (
        "import sys\n"
        "from designer_app.running.control import RunControl\n"
        "from designer_app.running.executor import Executor\n"
        f"link = {JOBS_OF_TESTS!r}\n"
        "with Executor(2, **link) as executor:\n"
        "    for _ in executor.answers([('echo', 1)] * 4, RunControl()): pass\n"
        "    print([link.pid for link in executor._links], flush=True)\n"
        "    for _ in executor.answers([('hang', 1)] * 2, RunControl()): pass\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    with parent:
        children = [int(each) for each in parent.stdout.readline().strip("[]\n").split(",")]
        parent.kill()
    deadline = time.monotonic() + SOON_S
    while any(psutil.pid_exists(pid) for pid in children):
        assert time.monotonic() < deadline
        time.sleep(0.1)
