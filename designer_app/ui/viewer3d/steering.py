"""How the mouse moves the eye."""

from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtWidgets import QWidget

from designer_app.ui.viewer3d.camera import Camera


class Steering(QObject):
    """Motions over a widget, in points, into motions of a camera."""

    moved = Signal()
    """The eye is elsewhere."""

    def __init__(self, camera: Camera, widget: QWidget) -> None:
        super().__init__(widget)
        self._camera, self._widget = camera, widget

    def turn(self, start: QPointF, end: QPointF) -> None:
        """As if a ball in the middle were dragged from place to place."""
        wide, tall = self._widget.width(), self._widget.height()
        half, center = 0.5 * min(wide, tall), QPointF(0.5 * wide, 0.5 * tall)
        first, second = (start - center) / half, (end - center) / half
        self._camera.orbit((first.x(), -first.y()), (second.x(), -second.y()))
        self.moved.emit()

    def pan(self, by: QPointF) -> None:
        """Everything goes with the pointer."""
        half = 0.5 * self._widget.height()
        self._camera.pan(by.x() / half, -by.y() / half)
        self.moved.emit()

    def zoom(self, factor: float) -> None:
        """Everything larger by a factor."""
        self._camera.zoom(factor)
        self.moved.emit()
