import io
import sys

import pytest

from designer_app.cli.progress import in_words, watched
from designer_app.running.control import Progress, RunControl


class _Screen(io.StringIO):
    def __init__(self, is_terminal):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal


def _shown(monkeypatch, *, is_terminal):
    screen = _Screen(is_terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr("designer_app.cli.progress._INTERVAL", 0.001)
    control = RunControl()
    control.series.append({"step": 0.0})
    with watched(control):
        control.progress(820, 2000, "14 steps/s")
        while control.series._rows or control.progress_slot._newest:
            pass
    return screen.getvalue()


def test_a_terminal_shows_how_far_a_run_is_and_is_left_clean(monkeypatch):
    shown = _shown(monkeypatch, is_terminal=True)
    assert "41 %  820 of 2000  14 steps/s" in shown
    assert shown.endswith("\r\x1b[K")


def test_a_file_gets_no_progress_of_what_is_soon_done(monkeypatch):
    assert _shown(monkeypatch, is_terminal=False) == ""


def test_a_file_gets_a_line_where_a_run_takes_long(monkeypatch):
    monkeypatch.setattr("designer_app.cli.progress._BETWEEN_LINES", 0.0)
    assert _shown(monkeypatch, is_terminal=False) == "41 %  820 of 2000  14 steps/s\n"


@pytest.mark.parametrize("total", [0, 1])
def test_a_job_without_steps_says_only_what_it_does(total):
    assert in_words(Progress(0, total, "Loading the potential")) == "Loading the potential"
