import pytest

from designer_app.ui.viewer3d import pacing
from designer_app.ui.viewer3d.pacing import Pacer


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

        def perf_counter(self):
            return self.now

    made = Clock()
    monkeypatch.setattr(pacing, "time", made)
    return made


def test_a_first_request_is_due_at_once(qtbot, clock):
    pacer = Pacer()
    with qtbot.waitSignal(pacer.due, timeout=1000):
        pacer.request()


def test_after_a_slow_drawing_the_next_waits_until_its_share_is_kept(qtbot, clock):
    pacer = Pacer()
    pacer.drawn(3.0)
    pacer.request()
    assert pacer._timer.isActive()
    wait = pacer._timer.interval() / 1000
    assert 3.0 / (3.0 + wait) == pytest.approx(pacing.DUTY, abs=0.01)


def test_once_the_wait_is_over_a_request_is_due_at_once(qtbot, clock):
    pacer = Pacer()
    pacer.drawn(3.0)
    clock.now += 7.01
    with qtbot.waitSignal(pacer.due, timeout=1000):
        pacer.request()


def test_many_requests_in_a_wait_are_one(qtbot, clock):
    pacer = Pacer()
    due = []
    pacer.due.connect(lambda: due.append(1))
    pacer.drawn(0.01)
    for _ in range(50):
        pacer.request()
    qtbot.waitUntil(lambda: due != [])
    assert len(due) == 1
