import gc
import threading

import pytest
from PySide6.QtCore import QObject

from designer_app.ui.collector import Collector


class Noted(QObject):
    """Tells in which thread it dies."""

    ends = []

    def __init__(self):
        super().__init__()
        self.itself = self

    def __del__(self):
        self.ends.append(threading.current_thread())


class Node:
    """In a cycle: only a collection frees it."""

    def __init__(self):
        self.itself = self


def make_garbage(count=20_000):
    for _ in range(count):
        Node()


@pytest.fixture
def python_collects():
    """As before any window: whatever the suite does."""
    was_enabled = gc.isenabled()
    gc.enable()
    yield
    (gc.enable if was_enabled else gc.disable)()


@pytest.fixture
def collector(qapp, python_collects):
    made = Collector()
    made.start()
    yield made
    made.stop()


def test_another_thread_destroys_no_qt_object(qtbot, collector):
    Noted.ends = []
    Noted()
    busy = threading.Thread(target=make_garbage)
    busy.start()
    busy.join()
    assert not Noted.ends
    qtbot.waitUntil(lambda: len(Noted.ends) == 1)
    assert Noted.ends == [threading.main_thread()]


def test_young_garbage_goes_when_its_threshold_is_passed(collector):
    gc.collect()
    make_garbage(gc.get_threshold()[0] + 1)
    collector.turn()
    assert gc.get_count()[0] < gc.get_threshold()[0]


def test_a_full_collection_waits_while_much_goes_on(collector, monkeypatch):
    collected = []
    monkeypatch.setattr(gc, "collect", collected.append)
    monkeypatch.setattr(gc, "get_count", lambda: (500, 0, gc.get_threshold()[2] + 1))
    collector.turn()
    assert not collected


def test_what_the_start_made_is_passed_over_later(collector, monkeypatch):
    monkeypatch.setattr(gc, "get_count", lambda: (0, 0, 0))
    for _ in range(100):
        collector.turn()
    assert gc.get_freeze_count() > 10_000


def test_python_collects_again_afterwards(collector):
    assert not gc.isenabled()
    collector.stop()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_the_program_collects_in_its_window_thread(qapp):
    from designer_app.ui.application import collect_here

    collector = collect_here(qapp)
    try:
        assert collector.is_on
        assert collect_here(qapp) is collector
    finally:
        collector.stop()
