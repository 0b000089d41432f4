"""Facts about pixels: needs a display (xvfb-run)."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from designer_app.ui.viewer3d import opengl, spheres
from designer_app.ui.viewer3d.scene import DETAILED
from designer_app.ui.viewer3d.view import StructureView

pytestmark = pytest.mark.gl

ROUNDING = 2
"""Of a colour channel, 0..255."""
BACKGROUND = (0xF6, 0xF7, 0xF9)
HYDROGEN, CARBON, OXYGEN, SODIUM, CHLORINE, CAESIUM = 1, 6, 8, 11, 17, 55
RED, GREEN, BLUE = 0, 1, 2


def is_red(color):
    return color[RED] > 100 and color[RED] > 2.5 * max(color[GREEN], color[BLUE])


def is_green(color):
    return color[GREEN] > 100 and color[GREEN] > 2.0 * max(color[RED], color[BLUE])


def is_background(color):
    return np.abs(color - BACKGROUND).max() <= ROUNDING


def test_an_atom_has_its_elements_colour(look_down, pixel, make_structure):
    look_down(make_structure([OXYGEN], [[0, 0, 0]]))
    assert is_red(pixel([0, 0, 0]))


def test_beside_the_atoms_is_the_background(view, look_down, make_structure):
    view.show_axes(False)
    look_down(make_structure([OXYGEN], [[0, 0, 0]]))
    image = view.grab_image(400, 300)
    for x, y in ((0, 0), (399, 0), (0, 299), (399, 299)):
        assert is_background(np.array(image.pixelColor(x, y).getRgb()[:3]))


@pytest.mark.parametrize("projection", ["perspective", "orthographic"])
def test_the_nearer_atom_hides_the_farther(view, look_down, pixel, make_structure, projection):
    view.set_projection(projection)
    look_down(make_structure([OXYGEN, CHLORINE], [[0, 0, 3], [0, 0, 0]]))
    assert is_red(pixel([0, 0, 0]))
    view.camera.look(np.array([0.0, 0.0, -1.0]), np.array([0.0, 1.0, 0.0]))
    assert is_green(pixel([0, 0, 0]))


@pytest.mark.parametrize("projection", ["perspective", "orthographic"])
def test_surfaces_hide_by_their_own_depth_not_their_centres(
    view, look_down, pixel, make_structure, projection
):
    """The centre of the small atom is nearer than the large one's, its surface is inside."""
    view.set_projection(projection)
    view.set_style("space-filling")
    look_down(make_structure([CAESIUM, OXYGEN, CARBON], [[0, 0, 0], [0, 0, 1.0], [4, 0, 0]]))
    assert not is_red(pixel([0, 0, 0]))
    look_down(make_structure([CAESIUM, OXYGEN, CARBON], [[0, 0, 0], [0, 0, 2.0], [4, 0, 0]]))
    assert is_red(pixel([0, 0, 0]))


def test_perspective_draws_the_nearer_of_two_equal_atoms_larger(view, look_down, make_structure):
    look_down(make_structure([OXYGEN, OXYGEN], [[-1, 0, 6], [1, 0, -6]]))
    view.show_axes(False)
    near, far = _red_areas(view)
    assert near > 1.3 * far
    view.set_projection("orthographic")
    near, far = _red_areas(view)
    assert near == pytest.approx(far, rel=0.05)


def _red_areas(view):
    image = view.grab_image(400, 300)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(300, 400, 4).astype(int)
    atoms = (pixels[..., RED] - pixels[..., GREEN]) > 40
    return atoms[:, :200].sum(), atoms[:, 200:].sum()


def test_a_selected_atom_wears_a_ring_in_the_accent_colour(view, look_down, pixel, make_structure):
    look_down(make_structure([OXYGEN], [[0, 0, 0]]))
    radius = float(view.scene.balls.radii[0])
    beside = [1.07 * radius, 0, 0]
    assert is_background(pixel(beside))
    view.select([0])
    assert pixel(beside)[BLUE] > 1.7 * pixel(beside)[RED]
    view.select([])
    assert is_background(pixel(beside))


def test_a_ring_behind_an_atom_is_hidden(view, look_down, pixel, make_structure):
    look_down(make_structure([OXYGEN, OXYGEN], [[0, 0, 0], [0.45, 0, 3]]))
    view.select([0])
    assert is_red(pixel([0.41, 0, 0]))


def test_a_frame_moves_the_atom(view, look_down, pixel, make_structure):
    look_down(make_structure([OXYGEN, HYDROGEN], [[0, 0, 0], [4, 0, 0]]))
    view.set_frame(np.array([[0, 2, 0], [4, 0, 0]], dtype=np.float32))
    assert is_background(pixel([0, 0, 0]))
    assert is_red(pixel([0, 2, 0]))


def test_a_bond_has_the_two_atoms_colours(view, look_down, pixel, make_structure):
    look_down(make_structure([OXYGEN, CHLORINE], [[-1.5, 0, 0], [1.5, 0, 0]]))
    view.set_bonds(np.array([[0, 1]]), np.zeros((1, 3), dtype=int))
    assert is_red(pixel([-0.5, 0, 0]))
    assert is_green(pixel([0.5, 0, 0]))
    view.show_bonds(False)
    assert is_background(pixel([-0.1, 0, 0]))


def test_a_bond_seen_along_its_axis_is_as_thin_as_from_its_side(
    view, look_down, pixel, make_structure
):
    look_down(make_structure([OXYGEN, CHLORINE, OXYGEN], [[0, 0, 0], [0, 0, 3], [2, 0, 0]]))
    view.set_bonds(np.array([[0, 1]]), np.zeros((1, 3), dtype=int))
    assert is_green(pixel([0, 0, 3]))
    assert is_background(pixel([0.7, 0, 3]))


def test_the_cell_is_drawn_when_asked(view, look_down, pixel, make_structure):
    look_down(make_structure([HYDROGEN], [[5, 5, 5]], np.eye(3) * 10.0))
    assert pixel([5, 0, 10]).max() < 200
    view.show_cell(False)
    assert is_background(pixel([5, 0, 10]))


def test_a_shared_site_shows_its_elements_clockwise_and_white_where_empty(
    look_down, pixel, make_structure
):
    look_down(make_structure([OXYGEN], [[0, 0, 0]]), occupancies={0: {"O": 0.25, "Cl": 0.25}})
    assert is_red(pixel([0.15, 0.15, 0]))
    assert is_green(pixel([0.15, -0.15, 0]))
    assert pixel([-0.12, 0.0, 0]).min() > 150


def test_a_transparent_background_is_left_out_of_the_export(view, look_down, make_structure):
    view.show_axes(False)
    look_down(make_structure([OXYGEN], [[0, 0, 0]]))
    image = view.grab_image(200, 150, QColor(0, 0, 0, 0))
    assert image.pixelColor(0, 0).alpha() == 0
    assert image.pixelColor(100, 75).alpha() == 255
    assert is_red(np.array(image.pixelColor(100, 75).getRgb()[:3]))


def test_an_export_has_the_size_that_was_asked(view, look_down, make_structure):
    look_down(make_structure([OXYGEN], [[0, 0, 0]]))
    image = view.grab_image(1234, 567, QColor("white"))
    assert (image.width(), image.height()) == (1234, 567)
    assert image.pixelColor(1233, 0) == QColor("white")


def test_the_screen_shows_what_an_export_shows(qtbot, view, look_down, pixel, make_structure):
    with qtbot.waitSignal(view.frame_drawn, timeout=10_000):
        look_down(make_structure([OXYGEN], [[0, 0, 0]]))
    screen = view._display.canvas.widget.grabFramebuffer()
    np.testing.assert_allclose(pixel([0, 0, 0], screen), pixel([0, 0, 0]), atol=6 * ROUNDING)


def test_a_click_picks_the_atom_under_it(qtbot, view, look_down, make_structure):
    look_down(make_structure([OXYGEN, CHLORINE], [[-1.5, 0, 0], [1.5, 0, 0]]))
    x, y, _ = view.camera.project(np.array([[1.5, 0, 0]]), 4 / 3)[0]
    place = QPoint(round((x + 1) * 200), round((1 - y) * 150))
    canvas = view._display.canvas.widget
    with qtbot.waitSignal(view.atom_picked) as picked:
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place)
    assert picked.args == [1]
    assert view.selection == (1,)
    with qtbot.waitSignal(view.atom_picked) as picked:
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 10))
    assert picked.args == [-1]
    assert view.selection == ()


def test_a_copy_on_a_face_is_picked_as_its_atom(view, look_down, make_structure):
    look_down(make_structure([SODIUM, OXYGEN], [[0, 0, 0], [2, 2, 2]], np.eye(3) * 4.0))
    x, y, _ = view.camera.project(np.array([[4.0, 4.0, 4.0]]), 4 / 3)[0]
    assert view.atom_at((x + 1) * 200, (1 - y) * 150) == 0


def test_a_canvas_in_another_window_still_draws(qtbot, view, look_down, pixel, make_structure):
    look_down(make_structure([OXYGEN], [[0, 0, 0]]))
    before = pixel([0, 0, 0])
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(400, 300)
    view.setParent(window)
    window.show()
    view.show()
    qtbot.waitExposed(window)
    with qtbot.waitSignal(view.frame_drawn, timeout=10_000):
        view.select([])
    screen = view._display.canvas.widget.grabFramebuffer()
    np.testing.assert_allclose(pixel([0, 0, 0], screen), before, atol=6 * ROUNDING)
    view.setParent(None)


def test_a_broken_shader_leaves_a_sentence(
    qtbot, view, look_down, make_structure, monkeypatch, caplog
):
    def fail(*_args):
        raise RuntimeError("the driver gave up")

    monkeypatch.setattr(view._display.canvas, "_draw", fail)
    with qtbot.waitSignal(view._display.failed, timeout=10_000):
        look_down(make_structure([OXYGEN], [[0, 0, 0]]))
    assert view._message.isVisible()
    assert "could not draw" in caplog.text
    assert view.grab_image(10, 10).isNull()


@pytest.fixture
def crowd(make_structure):
    """Twice as many atoms as are drawn in detail, in a layer of every element's colour."""
    n = 2 * DETAILED
    rng = np.random.default_rng(0)
    edge = (n * 12.0) ** (1 / 3)
    positions = rng.uniform(0, edge, (n, 3))
    return make_structure(rng.integers(1, 90, n), positions, np.eye(3) * edge)


def test_a_hundred_thousand_points_look_as_squares_do(view, look_down, crowd, monkeypatch):
    view.show_axes(False)
    look_down(crowd)
    points = _pixels(view)
    monkeypatch.setattr(spheres, "LARGEST_POINT", 0.0)
    squares = _pixels(view)
    assert points.std() > 20
    assert (np.abs(points - squares).max(axis=2) > 10).mean() < 0.01


def test_unwrapped_positions_of_very_many_atoms_are_drawn_inside_the_cell(view, look_down, crowd):
    view.show_axes(False)
    look_down(crowd)
    before = _pixels(view)
    away = np.random.default_rng(1).integers(-1, 2, (len(crowd), 3)) @ crowd.cell
    view.set_frame((crowd.positions + away).astype(np.float32))
    assert (np.abs(_pixels(view) - before).max(axis=2) > 10).mean() < 0.01


def _pixels(view):
    image = view.grab_image(200, 150)
    return np.frombuffer(image.constBits(), np.uint8).reshape(150, 200, 4)[..., :3].astype(int)


def test_a_view_that_was_never_shown_draws_an_image(qtbot, view, make_structure):
    hidden = StructureView()
    qtbot.addWidget(hidden)
    hidden.set_structure(make_structure([OXYGEN], [[0, 0, 0]]))
    image = hidden.grab_image(200, 150)
    assert is_red(np.array(image.pixelColor(100, 75).getRgb()[:3]))


def test_a_prepared_window_is_not_made_anew_for_the_picture(qtbot, view):
    window = QWidget()
    qtbot.addWidget(window)
    opengl.prepare(window)
    window.show()
    qtbot.waitExposed(window)
    native = window.winId()
    view.setParent(window)
    view.show()
    qtbot.waitUntil(view.isVisible)
    assert window.winId() == native
    view.setParent(None)


def test_frames_that_come_while_drawing_must_wait_are_skipped(
    qtbot, view, look_down, make_structure, monkeypatch
):
    with qtbot.waitSignal(view.frame_drawn, timeout=10_000):
        look_down(make_structure([OXYGEN], [[0, 0, 0]]))
    taken = []
    monkeypatch.setattr(
        view.scene, "set_frame", lambda positions, _cell: taken.append(positions[0, 0])
    )
    view._display._pacer.drawn(0.05)
    for step in range(20):
        view.set_frame(np.full((1, 3), step, dtype=np.float32))
    assert taken == []
    qtbot.waitUntil(lambda: taken != [])
    assert taken == [19.0]


def test_a_picture_that_only_the_window_repaints_is_no_new_frame(
    qtbot, view, look_down, make_structure
):
    with qtbot.waitSignal(view.frame_drawn, timeout=10_000):
        look_down(make_structure([OXYGEN], [[0, 0, 0]]))
    qtbot.waitUntil(lambda: not view._display._still.isActive())
    qtbot.wait(50)
    with qtbot.assertNotEmitted(view.frame_drawn):
        view._display._on_swapped()
