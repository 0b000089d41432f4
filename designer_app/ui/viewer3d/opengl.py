"""Whether this desktop can draw in 3D, asked before anything is drawn."""

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

NO_SCREEN_PLATFORMS = ("offscreen", "minimal", "vnc", "linuxfb")
"""Qt platforms without OpenGL widgets; asking them for a picture can end the program."""


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
