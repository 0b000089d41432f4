import gc
import time

import psutil
import pytest
from PySide6.QtCore import QObject

from designer_app.errors import UnknownKeyError
from designer_app.session import job_manager

PATIENCE_MS = 30_000
"""For what takes milliseconds, on a machine that may be very busy."""
FOREVER = {"steps": 10**9, "n_atoms": 8}


class Receiver(QObject):
    def __init__(self, told):
        super().__init__()
        self._told = told

    def take(self, result):
        self._told.append(result)


def _until(qtbot, job, *states):
    qtbot.waitUntil(lambda: job.state in states, timeout=PATIENCE_MS)


def test_heavy_jobs_run_one_after_the_other_in_their_order(qtbot, manager):
    order = []
    manager.job_changed.connect(lambda job: order.append((job.id, job.state)))
    jobs = [manager.submit("echo", number, f"job {number}") for number in range(3)]
    _until(qtbot, jobs[-1], "succeeded")
    assert [job.result for job in jobs] == [0, 1, 2]
    assert order == [(n, state) for n in (1, 2, 3) for state in ("running", "succeeded")]
    assert all(job.finished >= job.started for job in jobs)


def test_a_small_job_does_not_wait_for_a_heavy_one(qtbot, manager):
    long = manager.submit("run_steps", FOREVER)
    _until(qtbot, long, "running")
    waits, small = manager.submit("echo", 1), manager.submit("small", 2)
    _until(qtbot, small, "succeeded")
    assert (long.state, waits.state, small.result) == ("running", "queued", 2)
    long.cancel()
    _until(qtbot, waits, "succeeded")


def test_a_small_job_takes_the_warm_worker_while_nothing_else_does(qtbot, manager):
    small = manager.submit("small", 2)
    assert list(manager._at_work) == ["compute"]
    _until(qtbot, small, "succeeded")


def test_quick_jobs_are_not_listed(qtbot, manager):
    listed = []
    manager.job_added.connect(listed.append)
    heavy, quick = manager.submit("echo", 1), manager.submit("environment", [])
    _until(qtbot, quick, "succeeded")
    assert listed == [heavy]


def test_what_nobody_sees_is_forgotten_when_it_is_over(qtbot, manager):
    heavy, quick = manager.submit("echo", 1), manager.submit("environment", [])
    here = manager.submit_here("save", lambda _control: None)
    qtbot.waitUntil(lambda: manager.jobs == [heavy] and heavy.is_over, timeout=PATIENCE_MS)
    assert (quick.state, here.state) == ("succeeded", "succeeded")


def test_a_result_that_nobody_else_holds_arrives_when_two_lanes_end_at_once(qtbot, manager):
    told = []
    receiver = Receiver(told)
    manager.submit_here("save", lambda _control: "saved").succeeded.connect(receiver.take)
    manager.submit("environment", []).succeeded.connect(receiver.take)
    threads = [thread for thread, _ in manager._at_work.values()]
    gc.collect()
    assert all(thread.wait(PATIENCE_MS) for thread in threads)  # no event is delivered meanwhile
    qtbot.waitUntil(lambda: len(told) == 2, timeout=2000)


def test_the_memory_of_the_worker_is_told(qtbot, manager):
    job = manager.submit("run_steps", FOREVER)
    qtbot.waitUntil(lambda: job.memory > 10**7, timeout=PATIENCE_MS)


def test_quick_jobs_do_not_wait_for_the_heavy_one(qtbot, manager):
    heavy = manager.submit("run_steps", FOREVER)
    second = manager.submit("echo", 1)
    quick = manager.submit("environment", ["HOME"])
    _until(qtbot, quick, "succeeded")
    assert heavy.state == "running"
    assert second.state == "queued"


def test_work_here_runs_beside_the_workers(qtbot, manager):
    heavy = manager.submit("run_steps", FOREVER)
    here = manager.submit_here("save", lambda _control: "saved")
    _until(qtbot, here, "succeeded")
    assert here.result == "saved"
    assert not heavy.is_over


def test_progress_pace_and_time_left_are_told(qtbot, manager):
    job = manager.submit("run_steps", {"steps": 10**6, "n_atoms": 8, "pace_s": 0.001})
    qtbot.waitUntil(lambda: job.pace.seconds_left is not None, timeout=PATIENCE_MS)
    assert job.progress.total == 10**6
    assert job.pace.per_second > 0


def test_a_paused_job_goes_on(qtbot, manager):
    job = manager.submit("run_steps", {"steps": 300, "n_atoms": 8, "pace_s": 0.001})
    qtbot.waitUntil(lambda: job.progress is not None, timeout=PATIENCE_MS)
    job.pause()
    assert job.state == "paused"
    job.resume()
    assert job.state == "running"
    _until(qtbot, job, "succeeded")


def test_a_cancelled_job_makes_room_for_the_next(qtbot, manager):
    first = manager.submit("run_steps", FOREVER)
    second = manager.submit("echo", 2)
    qtbot.waitUntil(lambda: first.progress is not None, timeout=PATIENCE_MS)
    with qtbot.waitSignal(first.cancelled, timeout=PATIENCE_MS):
        first.cancel()
    _until(qtbot, second, "succeeded")


def test_a_waiting_job_is_cancelled_at_once(qtbot, manager):
    first = manager.submit("run_steps", FOREVER)
    waiting = manager.submit("die", None)
    waiting.cancel()
    assert waiting.state == "cancelled"
    first.cancel()
    after = manager.submit("echo", 3)
    _until(qtbot, after, "succeeded")
    assert waiting.started is None


def test_a_worker_that_dies_fails_its_job_and_the_next_one_runs(qtbot, manager):
    first, second = manager.submit("die", None), manager.submit("echo", 2)
    _until(qtbot, second, "succeeded")
    assert first.state == "failed"
    assert first.error.kind == "WorkerDiedError"


def test_an_error_reaches_the_job(qtbot, manager):
    job = manager.submit("fail_as_ours", None)
    with qtbot.waitSignal(job.failed, timeout=PATIENCE_MS) as told:
        pass
    assert told.args == [job.error]
    assert job.error.facts["elements"] == "O-O"


def test_an_unknown_job_is_refused(manager):
    with pytest.raises(UnknownKeyError):
        manager.submit("no-such-job", None)


@pytest.mark.parametrize("key", ["run_steps", "hang"])
def test_closing_in_mid_run_ends_everything_in_time(qtbot, manager, links, key, monkeypatch):
    if key == "hang":  # all of the time is used up
        monkeypatch.setattr(job_manager, "CLOSE_LIMIT_S", 2.5)
    job = manager.submit(key, FOREVER)
    waiting = manager.submit("echo", 1)
    quick = manager.submit("environment", ["HOME"])
    _until(qtbot, quick, "succeeded")
    qtbot.waitUntil(lambda: job.progress is not None, timeout=PATIENCE_MS)
    pids = [link.pid for link in links.values() if link.pid is not None]
    begin = time.monotonic()
    manager.close()
    assert time.monotonic() - begin < job_manager.CLOSE_LIMIT_S
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert job.state == waiting.state == "cancelled"
    assert manager.submit("echo", 1).state == "cancelled"
