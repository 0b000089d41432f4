"""How a job is paused and cancelled, and what is told when its worker ends badly."""

import sys
import threading
from dataclasses import replace

import psutil
import pytest

from designer_app.errors import (
    Cancelled,
    InvalidSpecError,
    OutOfMemoryError,
    TimeLimitError,
    WorkerDiedError,
)
from designer_app.running import link as link_module
from designer_app.running.control import RunControl
from designer_app.running.link import WorkerLink, remote
from designer_app.specs.jobs import JOBS

PATIENCE_S = 30.0
"""For what takes milliseconds, on a machine that may be very busy."""


# --- pause, resume, cancel ---------------------------------------------------------------------


def test_a_paused_job_stands_still_and_goes_on(eventually, run_aside, new_link):
    control = RunControl()
    spec = {"steps": 400, "n_atoms": 8, "pace_s": 0.001}
    thread, ends = run_aside("run_steps", spec, new_link(), control)
    rows = []
    eventually(lambda: rows.extend(control.series.drain()) or len(rows) > 5)
    control.pause()
    threading.Event().wait(0.3)  # rows that were under way
    rows += control.series.drain()
    threading.Event().wait(0.2)
    assert not control.series.drain()
    control.resume()
    thread.join(PATIENCE_S)
    assert ends == [{"steps": 400}]
    assert len(rows) + len(control.series.drain()) == 400


@pytest.mark.parametrize("is_paused", [False, True])
def test_a_cancelled_job_ends_as_cancelled_and_keeps_its_worker(
    eventually, run_aside, new_link, is_paused
):
    link = new_link()
    control = RunControl()
    thread, ends = run_aside("run_steps", {"steps": 10**9, "n_atoms": 8}, link, control)
    eventually(control.series.drain)
    pid = link.pid
    if is_paused:
        control.pause()
    control.cancel()
    thread.join(PATIENCE_S)
    assert isinstance(ends[0], Cancelled)
    assert remote("echo", 1, link)(RunControl()) == 1
    assert link.pid == pid


def test_a_job_cancelled_before_it_began_never_runs(new_link):
    link = new_link()
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        remote("die", None, link)(control)
    assert not link.is_alive


def test_a_job_that_waits_for_its_turn_can_be_cancelled(eventually, run_aside, new_link):
    link = new_link()
    first, second = RunControl(), RunControl()
    thread, _ = run_aside("run_steps", {"steps": 10**9, "n_atoms": 8}, link, first)
    eventually(first.series.drain)
    waiting, ends = run_aside("echo", 1, link, second)
    second.cancel()
    waiting.join(PATIENCE_S)
    assert isinstance(ends[0], Cancelled)
    first.cancel()
    thread.join(PATIENCE_S)


def test_a_worker_that_ignores_a_cancel_is_killed_and_replaced(
    eventually, run_aside, new_link, monkeypatch
):
    monkeypatch.setattr(link_module, "CANCEL_LIMIT_S", 0.3)
    link = new_link()
    assert remote("echo", 1, link)(RunControl()) == 1
    pid = link.pid
    control = RunControl()
    thread, ends = run_aside("hang", None, link, control)
    eventually(control.progress_slot.take)
    control.cancel()
    thread.join(PATIENCE_S)
    assert isinstance(ends[0], Cancelled)
    assert not psutil.pid_exists(pid)
    assert remote("echo", 2, link)(RunControl()) == 2


# --- bad ends ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "code"), [("die", -9), ("crash", -11)])
@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_worker_that_dies_is_reported_and_replaced(new_link, key, code):
    states = []
    link = new_link(on_state=states.append)
    with pytest.raises(WorkerDiedError) as caught:
        remote(key, None, link)(RunControl())
    assert caught.value.exit_code == code
    assert caught.value.while_doing == key
    assert "died" in states
    assert remote("echo", 1, link)(RunControl()) == 1


def test_a_worker_killed_from_outside_is_reported(eventually, run_aside, new_link):
    link = new_link()
    control = RunControl()
    thread, ends = run_aside("run_steps", {"steps": 10**9, "n_atoms": 2000}, link, control)
    eventually(control.frames.take)
    psutil.Process(link.pid).kill()
    thread.join(PATIENCE_S)
    assert isinstance(ends[0], WorkerDiedError)


def test_a_worker_killed_while_idle_is_replaced_unnoticed(eventually, new_link):
    link = new_link()
    assert remote("echo", 1, link)(RunControl()) == 1
    psutil.Process(link.pid).kill()
    eventually(lambda: not link.is_alive)
    assert remote("echo", 2, link)(RunControl()) == 2


def test_a_stream_of_garbage_is_reported(monkeypatch):
    link = WorkerLink()
    garbage = [sys.executable, "-c", "print('Welcome to the quick start of this package!')"]
    monkeypatch.setattr(link, "_command", lambda: garbage)
    with pytest.raises(WorkerDiedError) as caught:
        remote("md", None, link)(RunControl())
    link.stop()
    assert "Welcome" in caught.value.__notes__[0]


def test_a_python_that_is_not_there_is_an_error(new_link, tmp_path):
    link = new_link(python=str(tmp_path / "no-python"))
    with pytest.raises(InvalidSpecError, match="cannot be started"):
        remote("echo", 1, link)(RunControl())


def test_a_quick_job_that_hangs_is_ended(new_link, monkeypatch):
    row = replace(JOBS["read"], time_limit=0.3)
    monkeypatch.setattr(link_module, "JOBS", {"read": row})
    link = new_link(kind="quick")
    with pytest.raises(TimeLimitError) as caught:
        remote("read", None, link)(RunControl())
    assert caught.value.seconds == 0.3
    assert remote("echo", 1, link)(RunControl()) == 1


def test_a_worker_that_takes_too_much_memory_is_ended(new_link):
    with pytest.raises(OutOfMemoryError):
        remote("fill_memory", None, new_link(memory_limit=300 * 2**20))(RunControl())


def test_stopping_the_link_cancels_its_job_and_ends_the_process(eventually, run_aside, new_link):
    link = new_link()
    control = RunControl()
    thread, ends = run_aside("hang", None, link, control)
    eventually(control.progress_slot.take)
    pid = link.pid
    link.stop(patience_s=0.2)
    thread.join(PATIENCE_S)
    assert isinstance(ends[0], Cancelled)
    assert not psutil.pid_exists(pid)
    with pytest.raises(Cancelled):
        remote("echo", 1, link)(RunControl())
