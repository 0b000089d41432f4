"""Jobs for the tests of the worker: what real ones do, and what only bad ones do."""

import ctypes
import os
import signal
import subprocess
import sys
import time
import warnings

import numpy as np

from designer_app.errors import OverlappingAtomsError
from designer_app.registry import Registry, Row
from designer_app.running.channels import Frame


def echo(spec, control):
    return spec


def print_much(spec, control):
    print("printed by Python")  # noqa: T201 - what libraries do
    os.write(1, b"printed by C\n")
    subprocess.run([sys.executable, "-c", "print('printed by a child')"], check=True)
    return "whole"


def log_and_warn(spec, control):
    control.log.info("relaxing %s", "LiFePO4")
    warnings.warn("the cell is skewed", stacklevel=1)


def log_wrongly(spec, control):
    control.log.warning("%d atoms", "many")
    return "whole"


def fail_as_ours(spec, control):
    raise OverlappingAtomsError(first=3, second=7, distance_A=0.11, elements="O-O")


def fail_as_foreign(spec, control):
    return {}["missing"]


def fail_on_disk(spec, control):
    raise OSError(28, "No space left on device", "/data/run.traj")


def fail_on_memory(spec, control):
    return np.ones(10**15)


def leave(spec, control):
    sys.exit(3)


def answer_an_object(spec, control):
    return object()


def run_steps(spec, control):
    """`spec` steps with all that MD writes; ends with the number of steps done."""
    rng = np.random.default_rng(0)
    positions = rng.random((spec["n_atoms"], 3), np.float32)
    for step in range(spec["steps"]):
        control.checkpoint()
        control.series.append({"step": step, "total_eV": -1.5 * step})
        positions[:] = step
        control.frames.put(Frame(step, 1.0 * step, positions.copy(), np.eye(3) * step))
        control.progress(step + 1, spec["steps"], "steps")
        if spec.get("pace_s"):
            time.sleep(spec["pace_s"])
    return {"steps": spec["steps"]}


def change_size(spec, control):
    for n_atoms in spec:
        for _ in range(6):
            positions = np.full((n_atoms, 3), n_atoms, np.float32)
            control.frames.put(Frame(n_atoms, 0.0, positions, np.eye(3)))
            time.sleep(0.04)


def hang(spec, control):
    control.progress(0, 1)
    time.sleep(600)


def die(spec, control):
    os.kill(os.getpid(), signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)


def crash(spec, control):
    ctypes.string_at(0)


def fill_memory(spec, control):
    held = []
    while True:
        held.append(np.ones(2**24))
        control.checkpoint()


def environment(spec, control):
    return {name: os.environ.get(name) for name in spec}


def loaded(spec, control):
    return [name for name in spec if name in sys.modules]


_ALL = (
    echo,
    print_much,
    log_and_warn,
    log_wrongly,
    fail_as_ours,
    fail_as_foreign,
    fail_on_disk,
    fail_on_memory,
    leave,
    answer_an_object,
    run_steps,
    change_size,
    hang,
    die,
    crash,
    fill_memory,
    environment,
    loaded,
)


def _row(key, body):
    return Row(key=key, title=key, summary="", implementation=f"worker_jobs:{body.__name__}")


JOBS = Registry(
    "job",
    (
        *(_row(each.__name__, each) for each in _ALL),
        _row("read", hang),  # the key of a job that has a time limit
        _row("small", echo),
    ),
)
