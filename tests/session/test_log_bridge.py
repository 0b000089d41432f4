import logging
import threading

from PySide6.QtCore import QObject, QThread

from designer_app.session.log_bridge import LogBridge


class _Panel(QObject):
    def __init__(self):
        super().__init__()
        self.lines = []

    def on_logged(self, line):
        assert QThread.currentThread() == self.thread()
        self.lines.append(line)


def test_records_of_every_thread_arrive_in_the_thread_of_the_window(qtbot):
    bridge, panel = LogBridge(), _Panel()
    bridge.logged.connect(panel.on_logged)
    logger = logging.getLogger("designer_app.test")
    threads = [
        threading.Thread(target=logger.warning, args=("from %d", number)) for number in range(5)
    ]
    for thread in threads:
        thread.start()
    logger.warning("from the window")
    qtbot.waitUntil(lambda: len(panel.lines) == 6)
    bridge.close()
    assert {line.text for line in panel.lines} == {f"from {n}" for n in [*range(5), "the window"]}
    assert panel.lines[0].source == "designer_app.test"


def test_a_traceback_is_part_of_the_text(qtbot):
    bridge, panel = LogBridge(), _Panel()
    bridge.logged.connect(panel.on_logged)
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        logging.getLogger("designer_app.test").exception("it failed")
    bridge.close()
    assert "ZeroDivisionError" in panel.lines[0].text


def test_a_closed_bridge_hears_nothing(qtbot):
    bridge, panel = LogBridge(), _Panel()
    bridge.logged.connect(panel.on_logged)
    bridge.close()
    logging.getLogger("designer_app.test").error("late")
    assert panel.lines == []


def test_a_line_that_cannot_be_formatted_does_not_end_who_wrote_it(qtbot, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)
    bridge, panel = LogBridge(), _Panel()
    bridge.logged.connect(panel.on_logged)
    bridge._handler.handle(
        logging.LogRecord("designer_app.test", logging.ERROR, "", 0, "%d", ("many",), None)
    )
    bridge.close()
    assert panel.lines == []
