"""Whether this desktop can draw in 3D, asked before anything is drawn."""

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext
from PySide6.QtWidgets import QWidget

NO_SCREEN_PLATFORMS = ("offscreen", "minimal", "vnc", "linuxfb")
"""Qt platforms without OpenGL widgets; asking them for a picture can end the program."""


def prepare(window: QWidget) -> None:
    """Make room for OpenGL in a window before it is shown.

    Qt makes a native window anew when its first OpenGL widget joins: it flashes. With a hidden one
    from the start it does not, and its first showing takes the time that starting OpenGL takes.
    """
    if is_available():
        from PySide6.QtOpenGLWidgets import QOpenGLWidget

        QOpenGLWidget(window).hide()


def is_available() -> bool:
    """Whether an OpenGL context of version 2.1 or later can be made current."""
    if QGuiApplication.platformName() in NO_SCREEN_PLATFORMS:
        return False
    surface = QOffscreenSurface()
    surface.create()
    context = QOpenGLContext()
    if not surface.isValid() or not context.create() or not context.makeCurrent(surface):
        return False
    try:
        version = context.format().version()
        return not context.isOpenGLES() and tuple(version) >= (2, 1)
    finally:
        context.doneCurrent()
