import errno
import logging
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from designer_app.errors import (
    Cancelled,
    InvalidSpecError,
    OutOfMemoryError,
    OverlappingAtomsError,
    TimeLimitError,
    UnknownKeyError,
    WorkerDiedError,
    WriteFailedError,
)
from designer_app.running import link as link_module
from designer_app.running.control import RunControl
from designer_app.running.frame_block import SMALLEST_BLOCK, FrameBlock
from designer_app.running.link import WorkerLink, remote
from designer_app.running.messages import RemoteFailure, UseFrameBlock, job_error
from designer_app.specs.jobs import JOBS

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


# --- answers -----------------------------------------------------------------------------------


def test_what_libraries_print_does_not_disturb_the_messages(ask, caplog):
    with caplog.at_level(logging.INFO):
        assert ask("print_much") == "whole"
    _eventually(lambda: "printed by a child" in caplog.text)
    assert "printed by Python" in caplog.text
    assert "printed by C" in caplog.text


def test_log_records_and_warnings_arrive(ask, caplog):
    with caplog.at_level(logging.INFO):
        ask("log_and_warn")
    assert ("designer_app.run", logging.INFO, "relaxing LiFePO4") in caplog.record_tuples
    assert "the cell is skewed" in caplog.text


def test_an_error_of_ours_arrives_as_its_type_with_its_numbers(ask):
    with pytest.raises(OverlappingAtomsError) as caught:
        ask("fail_as_ours")
    assert (caught.value.first, caught.value.second, caught.value.distance_A) == (3, 7, 0.11)
    assert "worker_jobs.py" in job_error(caught.value).traceback


def test_a_foreign_error_arrives_with_its_traceback(ask):
    with pytest.raises(RemoteFailure) as caught:
        ask("fail_as_foreign")
    assert caught.value.error.kind == "KeyError"
    assert "worker_jobs.py" in caught.value.error.traceback


def test_a_full_disk_arrives_as_a_failed_write(ask):
    with pytest.raises(WriteFailedError, match="No space left"):
        ask("fail_on_disk")


def test_a_failed_allocation_arrives_as_used_up_memory(ask):
    with pytest.raises(OutOfMemoryError):
        ask("fail_on_memory")


def test_a_job_that_exits_does_not_take_the_worker_along(ask, shared_link):
    ask("echo")
    pid = shared_link.pid
    with pytest.raises(RemoteFailure):
        ask("leave")
    assert ask("echo", 1) == 1
    assert shared_link.pid == pid


def test_an_unknown_job_is_told(ask):
    with pytest.raises(UnknownKeyError):
        ask("no-such-job")


def test_a_result_that_is_no_plain_data_is_an_error_not_a_silence(ask):
    with pytest.raises(RemoteFailure, match="not plain data"):
        ask("answer_an_object")


def test_a_spec_that_is_no_plain_data_is_refused_at_once(ask):
    with pytest.raises(TypeError, match="not plain data"):
        ask("echo", object())
    assert ask("echo", 1) == 1


# --- what a job writes -------------------------------------------------------------------------


@pytest.mark.parametrize("n_atoms", [28, SMALLEST_BLOCK + 24])
def test_every_row_and_the_newest_frame_arrive(ask, n_atoms):
    control = RunControl()
    n_steps = 3000
    assert ask("run_steps", {"steps": n_steps, "n_atoms": n_atoms}, control) == {"steps": n_steps}
    rows = control.series.drain()
    assert [row["step"] for row in rows] == list(range(n_steps))
    assert rows[7] == {"step": 7, "total_eV": -10.5}
    frame = control.frames.take()
    assert frame is not None
    assert frame.step == n_steps - 1
    assert frame.positions.shape == (n_atoms, 3)
    assert np.all(frame.positions == n_steps - 1)
    assert frame.cell[0, 0] == n_steps - 1
    assert control.frames.take() is None
    progress = control.progress_slot.take()
    assert progress is not None
    assert (progress.done, progress.total) == (n_steps, n_steps)


def test_no_frame_is_torn_and_none_is_old(shared_link):
    control = RunControl()
    thread, _ = _run_aside("run_steps", {"steps": 10**9, "n_atoms": 100_000}, shared_link, control)
    steps = []
    while len(steps) < 8:
        frame = control.frames.take()
        if frame is not None:
            assert np.all(frame.positions == frame.step)
            steps.append(frame.step)
    control.cancel()
    thread.join(PATIENCE_S)
    assert steps == sorted(set(steps))


def test_frames_of_changing_size_arrive(shared_link):
    control = RunControl()
    sizes = (2000, 5000, 30, 1500)
    thread, _ = _run_aside("change_size", sizes, shared_link, control)
    seen = set()
    while thread.is_alive() or len(seen) < len(sizes):
        frame = control.frames.take()
        if frame is not None:
            assert frame.positions.shape == (frame.step, 3)
            assert np.all(frame.positions == frame.step)
            seen.add(frame.step)
        elif not thread.is_alive():
            break
    thread.join(PATIENCE_S)
    assert seen == set(sizes)


def test_frames_go_through_the_pipe_where_memory_cannot_be_shared(new_link, monkeypatch):
    def refused(_n_atoms):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(FrameBlock, "create", refused)
    control = RunControl()
    remote("run_steps", {"steps": 500, "n_atoms": 2 * SMALLEST_BLOCK}, new_link())(control)
    frame = control.frames.take()
    assert frame is not None
    assert frame.step == 499
    assert frame.positions.shape == (2 * SMALLEST_BLOCK, 3)


def test_a_worker_that_cannot_follow_the_window_ends(new_link):
    link = new_link()
    remote("echo", 1, link)(RunControl())
    link._process.send(UseFrameBlock("no-such-memory", 5000))
    _eventually(lambda: not link.is_alive)
    assert remote("echo", 2, link)(RunControl()) == 2


def test_a_log_line_that_cannot_be_formatted_ends_no_job(ask):
    assert ask("log_wrongly") == "whole"


# --- pause, resume, cancel ---------------------------------------------------------------------


def test_a_paused_job_stands_still_and_goes_on(new_link):
    control = RunControl()
    spec = {"steps": 400, "n_atoms": 8, "pace_s": 0.001}
    thread, ends = _run_aside("run_steps", spec, new_link(), control)
    rows = []
    _eventually(lambda: rows.extend(control.series.drain()) or len(rows) > 5)
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
def test_a_cancelled_job_ends_as_cancelled_and_keeps_its_worker(new_link, is_paused):
    link = new_link()
    control = RunControl()
    thread, ends = _run_aside("run_steps", {"steps": 10**9, "n_atoms": 8}, link, control)
    _eventually(control.series.drain)
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


def test_a_job_that_waits_for_its_turn_can_be_cancelled(new_link):
    link = new_link()
    first, second = RunControl(), RunControl()
    thread, _ = _run_aside("run_steps", {"steps": 10**9, "n_atoms": 8}, link, first)
    _eventually(first.series.drain)
    waiting, ends = _run_aside("echo", 1, link, second)
    second.cancel()
    waiting.join(PATIENCE_S)
    assert isinstance(ends[0], Cancelled)
    first.cancel()
    thread.join(PATIENCE_S)


def test_a_worker_that_ignores_a_cancel_is_killed_and_replaced(new_link, monkeypatch):
    monkeypatch.setattr(link_module, "CANCEL_LIMIT_S", 0.3)
    link = new_link()
    assert remote("echo", 1, link)(RunControl()) == 1
    pid = link.pid
    control = RunControl()
    thread, ends = _run_aside("hang", None, link, control)
    _eventually(control.progress_slot.take)
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


def test_a_worker_killed_from_outside_is_reported(new_link):
    link = new_link()
    control = RunControl()
    thread, ends = _run_aside("run_steps", {"steps": 10**9, "n_atoms": 2000}, link, control)
    _eventually(control.frames.take)
    psutil.Process(link.pid).kill()
    thread.join(PATIENCE_S)
    assert isinstance(ends[0], WorkerDiedError)


def test_a_worker_killed_while_idle_is_replaced_unnoticed(new_link):
    link = new_link()
    assert remote("echo", 1, link)(RunControl()) == 1
    psutil.Process(link.pid).kill()
    _eventually(lambda: not link.is_alive)
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


def test_stopping_the_link_cancels_its_job_and_ends_the_process(new_link):
    link = new_link()
    control = RunControl()
    thread, ends = _run_aside("hang", None, link, control)
    _eventually(control.progress_slot.take)
    pid = link.pid
    link.stop(patience_s=0.2)
    thread.join(PATIENCE_S)
    assert isinstance(ends[0], Cancelled)
    assert not psutil.pid_exists(pid)
    with pytest.raises(Cancelled):
        remote("echo", 1, link)(RunControl())


# --- the process itself ------------------------------------------------------------------------


def test_threads_are_set_before_anything_is_imported(new_link):
    found = remote("environment", ["OMP_NUM_THREADS"], new_link(threads=3))(RunControl())
    assert found == {"OMP_NUM_THREADS": "3"}


def test_the_state_of_the_worker_is_told_in_its_order(new_link):
    states = []
    link = new_link(on_state=states.append)
    remote("echo", 1, link)(RunControl())
    link.stop()
    assert states == ["starting", "ready", "busy", "ready", "stopped"]


def test_new_settings_count_from_the_next_job_on(new_link):
    link = new_link(threads=1)
    control = RunControl()
    thread, ends = _run_aside("run_steps", {"steps": 10**9, "n_atoms": 8}, link, control)
    _eventually(control.series.drain)
    pid = link.pid
    link.configure(python=None, threads=3, memory_limit=None)
    assert link.pid == pid
    control.cancel()
    thread.join(PATIENCE_S)
    assert isinstance(ends[0], Cancelled)
    found = remote("environment", ["OMP_NUM_THREADS"], link)(RunControl())
    assert found == {"OMP_NUM_THREADS": "3"}
    assert not psutil.pid_exists(pid)


def test_an_idle_worker_imports_what_it_was_told_and_nothing_else(new_link):
    link = new_link(warm=("wave", "no_such_module"))
    assert remote("loaded", ["wave", "torch", "ase"], link)(RunControl()) == ["wave"]


_WINDOW = """
import os, sys, threading
from contextlib import suppress
from designer_app.errors import Cancelled
from designer_app.running.control import RunControl
from designer_app.running.link import WorkerLink, remote

link = WorkerLink(arguments=("--jobs", "worker_jobs:JOBS"))
control = RunControl()

def run():
    with suppress(Cancelled):
        remote("run_steps", {"steps": 10**9, "n_atoms": 50000}, link)(control)

threading.Thread(target=run, daemon=True).start()
n_frames = 0
while n_frames < 3:
    n_frames += control.frames.take() is not None
print(link.pid, flush=True)
if sys.argv[1] == "kill":
    os.kill(os.getpid(), 9)
link.stop()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="shared memory is a folder only on Linux")
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_worker_ends_with_its_window_and_leaves_no_memory(end):
    shared = Path("/dev/shm")
    before = set(shared.glob("psm_*"))
    done = subprocess.run(
        [sys.executable, "-c", _WINDOW, end],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        check=False,
    )
    pid = int(done.stdout)
    _eventually(lambda: not psutil.pid_exists(pid))
    _eventually(lambda: not set(shared.glob("psm_*")) - before)
    if end == "stop":
        assert (done.returncode, done.stderr) == (0, "")
