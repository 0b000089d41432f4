import numpy as np
import pytest
from PySide6.QtGui import QColor, QGuiApplication, QImage

from designer_app.specs.structure import Structure
from designer_app.ui.viewer3d import opengl
from designer_app.ui.viewer3d.look import ViewColors
from designer_app.ui.viewer3d.view import StructureView

COLORS = ViewColors(QColor("#F6F7F9"), QColor("#1B1F24"), QColor("#2563EB"), QColor("#8A94A3"))


@pytest.fixture
def make_structure():
    """A structure from symbols' numbers and positions; without a cell unless given."""

    def make(numbers, positions, cell=None, pbc=None):
        periodic = cell is not None if pbc is None else pbc
        return Structure(
            numbers=np.asarray(numbers, dtype=np.int64),
            positions=np.array(positions, dtype=np.float64).reshape(-1, 3),
            cell=np.zeros((3, 3)) if cell is None else np.array(cell, dtype=np.float64),
            pbc=(periodic,) * 3 if isinstance(periodic, bool) else periodic,
        )

    return make


@pytest.fixture
def view(qtbot):
    """A shown view with OpenGL, looking along -z."""
    if QGuiApplication.platformName() in opengl.NO_SCREEN_PLATFORMS:
        pytest.skip("no display: OpenGL needs one (xvfb-run)")
    made = StructureView()
    qtbot.addWidget(made)
    made.set_colors(COLORS)
    made.resize(400, 300)
    made.show()
    qtbot.waitExposed(made)
    if not made.start_drawing():
        pytest.skip("this display has no OpenGL")
    return made


@pytest.fixture
def look_down(view):
    """Show a structure from above: x to the right, y upwards, z to the eye."""

    def show(structure, **given):
        view.set_structure(structure, **given)
        view.camera.look(np.array([0.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0]))
        view._fit()

    return show


@pytest.fixture
def pixel(view):
    """Colour (red, green, blue) of the exported picture where a point (A) is seen."""

    def at(point, image: QImage | None = None, shift=(0, 0)):
        image = image or view.grab_image(400, 300)
        x, y, _ = view.camera.project(np.atleast_2d(point).astype(float), 4 / 3)[0]
        color = image.pixelColor(
            round((x + 1) / 2 * image.width() - 0.5) + shift[0],
            round((1 - y) / 2 * image.height() - 0.5) + shift[1],
        )
        return np.array(color.getRgb()[:3])

    return at
