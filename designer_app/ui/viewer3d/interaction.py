"""What the mouse does: turn, move, enlarge, point, pick."""

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

CLICK_TOLERANCE = 4.0
"""Points; a press that moves further is a drag."""
ZOOM_PER_NOTCH = 1.15


class MouseControl(QObject):
    """Turns the mouse events of a widget into requests."""

    turned = Signal(QPointF, QPointF)
    """Dragged with the left button, from and to (points)."""
    panned = Signal(QPointF)
    """Dragged with another button, by (points)."""
    zoomed = Signal(float)
    """Everything larger by a factor."""
    clicked = Signal(QPointF, bool)
    """Pressed and released at a place; True adds to the selection."""
    centered = Signal(QPointF)
    """Clicked twice at a place."""
    hovered = Signal(QPointF)
    left = Signal()
    released = Signal()
    """A drag ended."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._pressed_at: QPointF | None = None
        self._last = QPointF()
        self._dragging = False
        widget.setMouseTracking(True)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Take mouse events, leave all others."""
        kind = event.type()
        if isinstance(event, QMouseEvent):
            if kind == QEvent.Type.MouseButtonPress:
                self._on_press(watched, event)
            elif kind == QEvent.Type.MouseMove:
                self._on_move(event)
            elif kind == QEvent.Type.MouseButtonRelease:
                self._on_release(event)
            elif kind == QEvent.Type.MouseButtonDblClick:
                self._pressed_at = None
                self.centered.emit(event.position())
            else:
                return False
            return True
        if isinstance(event, QWheelEvent):
            notches = event.angleDelta().y() / 120.0
            self.zoomed.emit(ZOOM_PER_NOTCH**notches)
            return True
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoomed.emit(1.0 + event.value())
            return True
        if kind == QEvent.Type.Leave:
            self.left.emit()
        return False

    def _on_press(self, watched: QObject, event: QMouseEvent) -> None:
        # Not by a focus proxy: PySide 6.11 ends with a segmentation fault where a child has its
        # parent as proxy.
        view = watched.parent()
        if isinstance(view, QWidget):
            view.setFocus(Qt.FocusReason.MouseFocusReason)
        self._pressed_at = self._last = event.position()
        self._dragging = False

    def _on_move(self, event: QMouseEvent) -> None:
        here = event.position()
        if self._pressed_at is None:
            if event.buttons() == Qt.MouseButton.NoButton:
                self.hovered.emit(here)
            return
        if not self._dragging:
            moved = here - self._pressed_at
            self._dragging = moved.manhattanLength() > CLICK_TOLERANCE
        if self._dragging:
            if event.buttons() & Qt.MouseButton.LeftButton:
                self.turned.emit(self._last, here)
            else:
                self.panned.emit(here - self._last)
            self._last = here

    def _on_release(self, event: QMouseEvent) -> None:
        if self._pressed_at is None:
            return
        if self._dragging:
            self.released.emit()
        elif event.button() == Qt.MouseButton.LeftButton:
            adds = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self.clicked.emit(event.position(), adds)
        self._pressed_at = None
        self._dragging = False
