#!/usr/bin/env python3
"""From a fresh clone to the running program, or to its passing tests, in one command.

    python3 packaging/bootstrap.py run     set up, then open the window with the demo
    python3 packaging/bootstrap.py test    set up, then run linters and tests
    python3 packaging/bootstrap.py lock    write the lock files anew from pyproject.toml

Uses the standard library only; started by any Python from 3.8, it finds a 3.11 or 3.12.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "packaging" / "requirements.lock"
DEV_LOCK = ROOT / "packaging" / "requirements-dev.lock"
WINDOWS = sys.platform == "win32"
LINUX = sys.platform.startswith("linux")
PYTHONS = ((3, 11), (3, 12))
CPU_TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
DEMO_SECONDS = 60

SYSTEM_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
"""What Qt's xcb platform and vispy load, and the Debian package of each."""


def main() -> int:
    """Set up, then do what was asked; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["run", "test", "lock"])
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="handed on to the window or pytest")
    asked = parser.parse_args()
    if asked.what == "lock":
        return write_locks()
    started = time.monotonic()
    install_system_libraries()
    python = make_environment(with_tests=asked.what == "test")
    say(f"ready after {time.monotonic() - started:.0f} s")
    with display() as environment:
        act = run_tests if asked.what == "test" else run_program
        return act(python, asked.rest, environment)


def say(text: str) -> None:
    """Tell the person who waits."""
    print(f"[bootstrap] {text}", flush=True)


# --- the system -----------------------------------------------------------------------------------


def install_system_libraries() -> None:
    """Check what Qt needs; install it through apt as root, or print the line that does."""
    if not LINUX:
        return
    missing = [package for name, package in SYSTEM_LIBRARIES.items() if not loads(name)]
    if not has_screen() and not shutil.which("Xvfb"):
        missing.append("xvfb")
    if not answers([*find_python(), "-c", "import ensurepip, venv"]):
        missing.append("python3-venv")
    if not missing:
        return
    if not shutil.which("apt-get"):
        sys.exit(f"Please install what these Debian packages hold: {' '.join(missing)}")
    line = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *apt_names(missing)]
    if os.geteuid() != 0:
        sys.exit(f"Please run this first, then start again:\n    sudo {' '.join(line)}")
    say(f"installing system libraries: {' '.join(missing)}")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
    subprocess.run(line, check=True, env=environment, stdout=subprocess.DEVNULL)


def loads(library: str) -> bool:
    """Whether the dynamic linker finds a library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def apt_names(packages: list[str]) -> list[str]:
    """Package names of this release: newer ones renamed glib for 64-bit time."""
    text = Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r'^VERSION_ID="?(\d+)', text, re.MULTILINE)
    first_renamed = 24 if re.search(r"^ID=ubuntu", text, re.MULTILINE) else 13
    if found is None or int(found.group(1)) < first_renamed:
        return packages
    return [f"{name}t64" if name == "libglib2.0-0" else name for name in packages]


def has_screen() -> bool:
    """Whether windows can be seen."""
    return not LINUX or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@contextmanager
def display() -> Iterator[dict[str, str]]:
    """The environment of a child that opens windows, with a virtual screen where there is none."""
    environment = dict(os.environ)
    if has_screen():
        yield environment
        return
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1920x1200x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        if not number:
            sys.exit("The virtual screen (Xvfb) did not start.")
        yield {**environment, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
    finally:
        server.terminate()
        server.wait()


# --- Python ---------------------------------------------------------------------------------------


def find_python() -> list[str]:
    """The command of a Python 3.11 or 3.12; this one where it fits."""
    if sys.version_info[:2] in PYTHONS:
        return [sys.executable]
    for command in (["python3.12"], ["python3.11"], ["py", "-3.12"], ["py", "-3.11"]):
        if shutil.which(command[0]) and answers([*command, "-V"]):
            return command
    sys.exit(f"Please install Python 3.11 or 3.12 (this one is {sys.version.split()[0]}).")


def answers(command: list[str]) -> bool:
    """Whether a command exists and ends well."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def venv_python(folder: Path = VENV) -> str:
    """The Python of a virtual environment."""
    return str(folder / ("Scripts/python.exe" if WINDOWS else "bin/python"))


def make_environment(*, with_tests: bool) -> str:
    """Fill .venv with the locked set and return its Python; a stamp makes the next time instant."""
    locks = [LOCK, DEV_LOCK] if with_tests else [LOCK]
    stamp = VENV / ("stamp-test" if with_tests else "stamp-run")
    python = venv_python()
    decides = [path.read_bytes() for path in (*locks, ROOT / "pyproject.toml")]
    wanted = hashlib.sha256(b"".join(decides) + str(ROOT).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted and answers([python, "-V"]):
        return python
    if not answers([python, "-V"]):
        say("making .venv")
        subprocess.run([*find_python(), "-m", "venv", "--clear", str(VENV)], check=True)
    install_torch(python)
    for lock in locks:
        say(f"installing {lock.relative_to(ROOT)}")
        pip(python, "install", "-r", str(lock))
    pip(python, "install", "--no-deps", "-e", str(ROOT))
    stamp.write_text(wanted)
    return python


def pip(python: str, verb: str, *arguments: str) -> None:
    """Run pip quietly."""
    command = [python, "-m", "pip", "--disable-pip-version-check", verb, "-q", *arguments]
    subprocess.run(command, check=True)


def install_torch(python: str) -> None:
    """PyTorch first and alone: without an NVIDIA GPU its CPU build saves gigabytes."""
    pinned = next(line for line in LOCK.read_text().splitlines() if line.startswith("torch=="))
    asked = f"import importlib.metadata as m; assert '{pinned}' == 'torch==' + m.version('torch')"
    if answers([python, "-c", asked + ".split('+')[0]"]):
        return
    say(f"installing {pinned}")
    cpu_only = LINUX and not shutil.which("nvidia-smi") and reaches(f"{CPU_TORCH_INDEX}/torch/")
    index = ["--extra-index-url", CPU_TORCH_INDEX] if cpu_only else []
    pip(python, "install", "--no-deps", *index, pinned)


def reaches(address: str) -> bool:
    """Whether an address of the web answers."""
    try:
        with urlopen(address, timeout=10):  # noqa: S310 - a constant https address
            return True
    except (URLError, OSError):
        return False


# --- what to do -----------------------------------------------------------------------------------


def run_program(python: str, rest: list[str], environment: dict[str, str]) -> int:
    """Open the window with the demo; without a display, take a picture of the same."""
    command = [python, "-m", "designer_app", "gui", "--demo", "LiFePO4", *rest]
    if has_screen() or rest:
        return subprocess.run(command, env=environment, check=False).returncode
    out = Path.cwd() / "out"
    out.mkdir(exist_ok=True)
    picture = out / "demo.png"
    say(f"no display: the demo runs on a virtual screen for {DEMO_SECONDS} s")
    command += ["--screenshot", str(picture), "--exit-after", str(DEMO_SECONDS)]
    command += ["--out", str(out / "demo")]
    code = subprocess.run(command, env=environment, check=False).returncode
    if code == 0:
        say(f"screenshot: {picture}")
        say(f"trajectory: {out / 'demo' / 'trajectory.traj'}")
    return code


def run_tests(python: str, rest: list[str], environment: dict[str, str]) -> int:
    """Linters, then pytest; all are run, and 1 is returned if one of them failed."""
    scripts = Path(python).parent
    checks = [
        [str(scripts / "ruff"), "check", "."],
        [str(scripts / "ruff"), "format", "--check", "."],
        [str(scripts / "lint-imports")],
        [str(scripts / "pyright")],
    ]
    pytest = [python, "-m", "pytest"]
    two_workers = ["-q", "-n", "2", "--dist", "loadfile"]
    # Window and science never share a process: software OpenGL and torch's GPU build each bring an
    # LLVM of their own, and one crashes in the presence of the other.
    window = [*pytest, "tests/ui", *two_workers]
    science = [*pytest, "tests", "--ignore=tests/ui", *two_workers]
    checks += [[*pytest, *rest]] if rest else [window, science]
    failed = []
    for command in checks:
        started = time.monotonic()
        code = subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode
        name = " ".join([Path(command[0]).name, *command[1:4]])
        took = time.monotonic() - started
        say(f"{name}: {'passed' if code == 0 else 'FAILED'} in {took:.0f} s")
        failed += [name] if code else []
    say(f"failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def write_locks() -> int:
    """Install what pyproject.toml asks for into an empty environment and write down what came."""
    import tomllib  # not in the Pythons before 3.11 that may start this file

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime: list[str] = project["project"]["dependencies"]
    pinned = re.findall(r"^torch==\S+", LOCK.read_text(), re.MULTILINE) if LOCK.exists() else []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*find_python(), "-m", "venv", folder], check=True)
        python = venv_python(Path(folder))
        pip(python, "install", *pinned, *runtime)
        known = installed(python)
        write_lock(LOCK, known)
        wanted: list[str] = project["dependency-groups"]["dev"]
        pip(python, "install", *wanted)
        only = {name(each): each.partition(";")[2].strip() for each in wanted if ";" in each}
        added = [line for line in installed(python) if line not in known]
        write_lock(
            DEV_LOCK,
            [f"{line}; {only[name(line)]}" if name(line) in only else line for line in added],
        )
    return 0


def name(requirement: str) -> str:
    """The package that a requirement is about."""
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower()


def installed(python: str) -> list[str]:
    """Pins of what is installed, without the build tags and GPU parts of this machine's torch."""
    command = [python, "-m", "pip", "freeze"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    gpu_part = re.compile(r"nvidia-.*-cu\d+|nvidia-cu|triton")
    return [line.replace("+cpu", "") for line in listed.splitlines() if not gpu_part.match(line)]


def write_lock(path: Path, lines: list[str]) -> None:
    """One pin a line."""
    header = "# Written by `python3 packaging/bootstrap.py lock`; do not edit."
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    say(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
