"""All widgets in the colours of another palette, in slices: what is in sight first.

A style sheet that names roles of the palette stays as it is when the palette changes; what Qt has
made of it for a widget is made anew when the widget is polished. That costs a twelfth of setting
another sheet, which lays every page out again, and can be spread over turns of the event loop.
"""

from time import perf_counter

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

_SLICE_S = 0.006


class Restyler(QObject):
    """Polishes until no widget wears the colours of before; windows stand still until what is in
    sight is done.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._seen: list[QWidget] = []
        self._hidden: list[QWidget] = []
        self._windows: list[QWidget] = []
        self._is_begun = False
        self._turn = QTimer(self)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._on_turn)

    def begin(self) -> None:
        """After the palette of the application was changed."""
        self._is_begun = True
        for window in QApplication.topLevelWidgets():
            if window.isVisible() and window.updatesEnabled():
                window.setUpdatesEnabled(False)
                self._windows.append(window)
        self._turn.start()

    def _on_turn(self) -> None:
        if self._is_begun:
            self._is_begun = False
            self._seen, self._hidden = [], []
            for widget in QApplication.allWidgets():
                (self._seen if widget.isVisible() else self._hidden).append(widget)
            return
        end = perf_counter() + _SLICE_S
        while (left := self._seen or self._hidden) and perf_counter() < end:
            widget = left.pop()
            if isValid(widget):
                widget.style().polish(widget)
        if not self._seen:
            self._let_go()
        if not self._hidden:
            self._turn.stop()

    def _let_go(self) -> None:
        for window in self._windows:
            if isValid(window):
                window.setUpdatesEnabled(True)
        self._windows = []
