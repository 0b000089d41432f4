import errno
import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from designer_app.errors import (
    Cancelled,
    OutOfMemoryError,
    OverlappingAtomsError,
    UnknownKeyError,
    WriteFailedError,
)
from designer_app.running.control import RunControl
from designer_app.running.frame_block import SMALLEST_BLOCK, FrameBlock
from designer_app.running.link import remote
from designer_app.running.messages import RemoteFailure, UseFrameBlock, job_error

PATIENCE_S = 30.0
"""For what takes milliseconds, on a machine that may be very busy."""


# --- answers -----------------------------------------------------------------------------------


def test_what_libraries_print_does_not_disturb_the_messages(eventually, ask, caplog):
    with caplog.at_level(logging.INFO):
        assert ask("print_much") == "whole"
    eventually(lambda: "printed by a child" in caplog.text)
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


def test_no_frame_is_torn_and_none_is_old(run_aside, shared_link):
    control = RunControl()
    thread, _ = run_aside("run_steps", {"steps": 10**9, "n_atoms": 100_000}, shared_link, control)
    steps = []
    while len(steps) < 8:
        frame = control.frames.take()
        if frame is not None:
            assert np.all(frame.positions == frame.step)
            steps.append(frame.step)
    control.cancel()
    thread.join(PATIENCE_S)
    assert steps == sorted(set(steps))


def test_frames_of_changing_size_arrive(run_aside, shared_link):
    control = RunControl()
    sizes = (2000, 5000, 30, 1500)
    thread, _ = run_aside("change_size", sizes, shared_link, control)
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


def test_a_worker_that_cannot_follow_the_window_ends(eventually, new_link):
    link = new_link()
    remote("echo", 1, link)(RunControl())
    link._process.send(UseFrameBlock("no-such-memory", 5000))
    eventually(lambda: not link.is_alive)
    assert remote("echo", 2, link)(RunControl()) == 2


def test_a_log_line_that_cannot_be_formatted_ends_no_job(ask):
    assert ask("log_wrongly") == "whole"


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


def test_new_settings_count_from_the_next_job_on(eventually, run_aside, new_link):
    link = new_link(threads=1)
    control = RunControl()
    thread, ends = run_aside("run_steps", {"steps": 10**9, "n_atoms": 8}, link, control)
    eventually(control.series.drain)
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
def test_a_worker_ends_with_its_window_and_leaves_no_memory(eventually, end):
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
    eventually(lambda: not psutil.pid_exists(pid))
    eventually(lambda: not set(shared.glob("psm_*")) - before)
    if end == "stop":
        assert (done.returncode, done.stderr) == (0, "")
