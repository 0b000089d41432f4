"""Benches of the window: how late a timer is while runs go on, and how fast the window starts."""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer

from designer_app.io.documents import Document
from designer_app.running.messages import exception_of
from designer_app.specs.md import MDSpec
from designer_app.specs.supercells import supercell
from designer_app.ui.temporary_home import temporary_home

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow

Say = Callable[[str], None]
Rows = Iterator[dict[str, object]]
_TICK_MS = 10
_MS = 1000.0
_COLD_START_S = 300.0
"""A first run compiles its kernels; on a busy machine that takes minutes."""


def main(arguments: Sequence[str]) -> int:
    """`designer-app bench viewer|latency|start [--quick] [--json]`."""
    parser = argparse.ArgumentParser(prog="designer-app bench")
    parser.add_argument("name", choices=("viewer", "latency", "start"))
    parser.add_argument("--quick", action="store_true", help="Fewer and shorter cases.")
    parser.add_argument("--json", action="store_true", help="Print one JSON object, only that.")
    asked = parser.parse_args(list(arguments))

    def say(text: str) -> None:
        sys.stderr.write(text + "\n")

    if asked.name == "viewer":
        from designer_app.ui.viewer_bench import rows as viewer_rows

        rows = list(viewer_rows(asked.quick, say))
    else:
        rows = list({"latency": latency_rows, "start": start_rows}[asked.name](asked.quick, say))
    told = json.dumps({"bench": asked.name, "rows": rows}) if asked.json else _table(rows)
    sys.stdout.write(told + "\n")
    return 0


# --- latency ------------------------------------------------------------------------------------


@dataclass
class _Ticks(QObject):
    """Intervals of a 10 ms timer of the window's thread, those in which a run was painted apart."""

    calm_ms: list[float] = field(default_factory=list)
    painted_ms: list[float] = field(default_factory=list)
    painting_share: float = 0.0

    def __post_init__(self) -> None:
        super().__init__()
        self._last = 0.0
        self._painted = False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._on_tick)

    def start(self) -> None:
        """Begin to measure."""
        self._last = perf_counter()
        self._timer.start()

    def stop(self) -> None:
        """Measure no more."""
        self._timer.stop()

    def note_painted(self) -> None:
        """The picture or the plots of a run were painted since the last tick."""
        self._painted = True

    def _on_tick(self) -> None:
        now = perf_counter()
        (self.painted_ms if self._painted else self.calm_ms).append(_MS * (now - self._last))
        self._last, self._painted = now, False


def latency_rows(quick: bool, say: Say) -> Rows:
    """p50, p99 and the worst interval of a 10 ms timer, idle and while CHGNet runs."""
    with temporary_home():
        yield from _latency_rows(quick, say)


def _latency_rows(quick: bool, say: Say) -> Rows:
    from designer_app.session.session import Session
    from designer_app.ui.application import make_application
    from designer_app.ui.main_window import MainWindow
    from designer_app.ui.theme import Theme

    application = make_application()
    window = MainWindow(Session(), Theme(application, "light"))
    window.show()
    window.session.start()
    window.finish_start()
    seconds = 4.0 if quick else 15.0
    try:
        _wait_until(lambda: window.work.picture.view is not None, 30.0, "the 3D view")
        window.session.open_example("LiFePO4")
        _wait_until(lambda: window.session.bonds is not None, 60.0, "the structure")
        _wait(2.0)
        say("idle")
        yield _row("idle", _measure(window, seconds))
        for repeats in (1,) if quick else (1, 2):
            yield from _while_running(window, repeats, seconds, say)
    finally:
        window.close()
        application.processEvents()


def _while_running(window: "MainWindow", repeats: int, seconds: float, say: Say) -> Rows:
    document = window.session.document
    assert document is not None
    structure = supercell(document.structure(), (repeats, repeats, repeats))
    say(f"MD of {len(structure)} atoms")
    window.session.set_document(Document.from_structure(structure, made_by="supercell"))
    window.show_workspace("dynamics")
    window.runs.run_md(MDSpec(structure=structure, temperature=600.0, steps=10**6))
    job = window.runs.job
    assert job is not None
    _wait_until(
        lambda: job.is_over or (job.progress is not None and job.progress.done > 3),
        _COLD_START_S,
        "the first step of MD",
    )
    if job.error is not None:
        raise exception_of(job.error)
    yield _row(f"MD {len(structure)} atoms", _measure(window, seconds))
    window.runs.cancel()
    _wait_until(lambda: not window.runs.is_busy, 20.0, "the end of MD")


def _measure(window: "MainWindow", seconds: float) -> _Ticks:
    ticks = _Ticks()
    view = window.work.picture.view
    if view is not None:
        view.frame_drawn.connect(ticks.note_painted)
    window.runs.pump.turned.connect(ticks.note_painted)
    before = window.painting_s
    ticks.start()
    _wait(seconds)
    ticks.stop()
    ticks.painting_share = (window.painting_s - before) / seconds
    return ticks


def _row(case: str, ticks: _Ticks) -> dict[str, object]:
    every = np.array(ticks.calm_ms + ticks.painted_ms)
    calm = np.array(ticks.calm_ms)
    return {
        "case": case,
        "p50 ms": float(np.percentile(every, 50)),
        "p99 ms": float(np.percentile(every, 99)),
        "max ms": float(every.max()),
        "p99 without painting ms": float(np.percentile(calm, 99)) if len(calm) else None,
        "painting %": 100.0 * ticks.painting_share,
        "ticks": len(every),
    }


def _wait(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(_MS * seconds), loop.quit)
    loop.exec()


def _wait_until(is_so: Callable[[], bool], limit_s: float, what: str) -> None:
    end = perf_counter() + limit_s
    while not is_so():
        if perf_counter() > end:
            message = f"{what} did not come within {limit_s:g} s"
            raise TimeoutError(message)
        _wait(0.05)


# --- start --------------------------------------------------------------------------------------


def start_rows(quick: bool, say: Say) -> Rows:
    """Seconds from the process's start to the painted frame and to the drawn crystal."""
    found = []
    for number in range(2 if quick else 5):
        report = _one_start()
        say(f"start {number + 1}: {report}")
        found.append(report)
        yield {"start": str(number + 1), **_start_row(report)}
    middle = {
        name: statistics.median(float(each[name]) for each in found)
        for name in ("interactive_s", "crystal_s")
    }
    yield {"start": "median", **_start_row({**found[0], **middle})}


def _start_row(report: dict[str, Any]) -> dict[str, object]:
    return {
        "interactive frame s": report["interactive_s"],
        "crystal drawn s": report.get("crystal_s"),
        "torch imported": "yes" if "torch" in report["heavy"] else "no",
    }


def _one_start() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "start.json"
        words = ["-m", "designer_app", "gui", "--report-start", str(path), "--exit-after", "5"]
        subprocess.run([sys.executable, *words], check=True, timeout=60)
        return dict(json.loads(path.read_text(encoding="utf-8")))


def _table(rows: Sequence[dict[str, object]]) -> str:
    names = list(rows[0]) if rows else []
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(row.get(name)) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
