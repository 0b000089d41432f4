"""All widgets in the colours of another palette, in slices: what is in sight first.

A style sheet that names roles of the palette stays as it is when the palette changes; what Qt has
made of it for a widget is made anew when the widget is polished. That costs a twelfth of setting
another sheet, which lays every page out again, and can be spread over turns of the event loop.
"""

from time import perf_counter

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

_SLICE_S = 0.008


class Restyler(QObject):
    """Polishes what is in sight at once, and what is hidden while nothing else goes on."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._left: list[QWidget] | None = None
        """None until widgets were listed."""
        self._turn = QTimer(self)
        self._turn.setInterval(1)  # at 0 it would wait for a moment without any event
        self._turn.timeout.connect(self._on_turn)

    def begin(self) -> None:
        """After the palette of the application was changed."""
        for window in QApplication.topLevelWidgets():
            _polish_seen(window)
        self._left = None
        self._turn.start()

    def _on_turn(self) -> None:
        if self._left is None:
            # All: what was hidden a moment ago may have come into sight before this turn.
            self._left = QApplication.allWidgets()
            return
        # What came into sight meanwhile goes first: a page that was opened, a label just made.
        left = [each for each in self._left if isValid(each)]
        left.sort(key=QWidget.isVisible)
        end = perf_counter() + _SLICE_S
        while left and perf_counter() < end:
            widget = left.pop()
            widget.style().polish(widget)
            widget.update()
        self._left = left
        if not left:
            self._turn.stop()


def _polish_seen(widget: QWidget) -> None:
    if not widget.isVisible():
        return
    widget.style().polish(widget)
    widget.update()
    for child in widget.children():
        if isinstance(child, QWidget) and not child.isWindow():
            _polish_seen(child)
