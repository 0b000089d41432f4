import threading

import pytest
from PySide6.QtCore import QObject, QThread, Signal

from designer_app.errors import Cancelled, MissingCellError
from designer_app.running.control import RunControl
from designer_app.session.job_thread import JobThread


class _Ends(QObject):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_succeeded(self, result):
        self.seen.append(("succeeded", result, QThread.currentThread()))

    def on_failed(self, error):
        self.seen.append(("failed", error, QThread.currentThread()))

    def on_cancelled(self):
        self.seen.append(("cancelled", None, QThread.currentThread()))


def _end_of(qtbot, work, control=None):
    thread, ends = JobThread(work, control or RunControl()), _Ends()
    thread.succeeded.connect(ends.on_succeeded)
    thread.failed.connect(ends.on_failed)
    thread.cancelled.connect(ends.on_cancelled)
    with qtbot.waitSignal(thread.finished):
        thread.start()
    qtbot.waitUntil(lambda: bool(ends.seen))
    thread.wait()
    assert len(ends.seen) == 1
    kind, value, received_in = ends.seen[0]
    assert received_in == ends.thread()
    return kind, value


def _raise(error):
    def work(_control):
        raise error

    return work


def test_a_result_is_the_only_end(qtbot):
    assert _end_of(qtbot, lambda _control: {"energy_eV": -1.0}) == (
        "succeeded",
        {"energy_eV": -1.0},
    )


def test_an_error_of_ours_keeps_its_numbers(qtbot):
    kind, error = _end_of(qtbot, _raise(MissingCellError("stress")))
    assert (kind, error.kind, error.facts) == ("failed", "MissingCellError", {"asked": "stress"})


@pytest.mark.parametrize(
    "error", [RuntimeError("out of memory"), SystemExit(1), KeyboardInterrupt(), MemoryError()]
)
def test_no_error_is_lost(qtbot, error):
    kind, _ = _end_of(qtbot, _raise(error))
    assert kind == "failed"


def test_a_cancelled_job_is_neither_good_nor_bad(qtbot):
    assert _end_of(qtbot, _raise(Cancelled())) == ("cancelled", None)


def test_work_runs_in_another_thread(qtbot):
    _, name = _end_of(qtbot, lambda _control: threading.get_ident())
    assert name != threading.get_ident()


class _Counter(QObject):
    told = Signal(bool)

    def __init__(self):
        super().__init__()
        self.count = 0

    def on_told(self, value):
        self.count += value


def test_five_thousand_emissions_lose_no_reference_to_true(qtbot):
    # PySide6 6.12.0 aborted the process after some 570 of them.
    counter = _Counter()
    counter.told.connect(counter.on_told)
    for _ in range(5000):
        counter.told.emit(True)
    assert counter.count == 5000
