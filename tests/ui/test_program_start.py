"""The program as it is started from a terminal, in a process of its own."""

import signal
import subprocess
import sys
import time

import pytest

from designer_app.io.trajectory import read_frames

LIMIT_S = 120


def gui(*words, **how):
    command = [sys.executable, "-m", "designer_app", "gui", *map(str, words)]
    return subprocess.run(
        command, check=False, timeout=LIMIT_S, capture_output=True, text=True, **how
    )


def test_the_demo_writes_its_run_where_it_is_told(tmp_path):
    out = tmp_path / "out" / "demo"
    picture = tmp_path / "demo.png"
    done = gui("--demo", "LiFePO4", "--screenshot", picture, "--exit-after", 25, "--out", out)
    assert done.returncode == 0, done.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert sum(1 for _ in read_frames(out / "trajectory.traj")) > 1


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    done = gui("--demo", "--out", in_the_way / "demo")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "could not be written" in done.stderr


def test_a_picture_that_cannot_be_written_is_told_in_one_sentence(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    done = gui("--screenshot", in_the_way / "a.png", "--exit-after", 2)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "a.png” could not be written" in done.stderr.splitlines()[-1]


def test_a_folder_without_a_demo_is_refused(tmp_path):
    done = gui("--out", tmp_path)
    assert done.returncode == 2
    assert "--out needs --demo" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a signal cannot be sent to one process there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_ctrl_c_in_the_terminal_closes_the_window(folders_of_the_user, number):
    command = [sys.executable, "-m", "designer_app", "gui"]
    program = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + LIMIT_S
    while not any(folders_of_the_user.rglob("project.toml")) and time.monotonic() < end:
        time.sleep(0.05)  # until the window has been painted and its session began
    program.send_signal(number)
    _, said = program.communicate(timeout=LIMIT_S)
    assert program.returncode == 0
    assert "Traceback" not in said
