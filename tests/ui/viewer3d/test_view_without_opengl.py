import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from designer_app.ui.viewer3d import opengl
from designer_app.ui.viewer3d.look import DARK
from designer_app.ui.viewer3d.view import StructureView


@pytest.fixture
def blind_view(qtbot, monkeypatch):
    monkeypatch.setattr(opengl, "is_available", lambda: False)
    view = StructureView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    qtbot.waitUntil(view._message.isVisible)
    return view


def test_a_sentence_stands_where_the_picture_would_be(blind_view):
    assert "OpenGL" in blind_view._message.text()


def test_every_method_still_works(blind_view, make_structure):
    view = blind_view
    structure = make_structure([11, 17], [[0, 0, 0], [2.8, 0, 0]], np.eye(3) * 5.6)
    view.set_structure(structure, {0: {"Na": 0.5}})
    view.set_bonds(np.array([[0, 1]]), np.zeros((1, 3), dtype=int))
    view.set_frame(structure.positions.astype(np.float32), None)
    view.set_colors(DARK)
    view.set_color_scheme("vesta")
    view.set_style("space-filling")
    view.set_projection("orthographic")
    for shown in (False, True):
        view.show_cell(shown)
        view.show_bonds(shown)
        view.show_axes(shown)
        view.show_boundary_atoms(shown)
    view.reset_view()
    view.look_along("b")
    view.select([1])
    view.set_structure(None)
    assert view.grab_image(100, 100, QColor("white")).isNull()


def test_the_eye_still_follows(blind_view, make_structure):
    blind_view.set_structure(make_structure([6], [[0, 0, 0]], np.diag([3.0, 4.0, 5.0])))
    for axis, index in (("a", 0), ("b", 1), ("c", 2)):
        blind_view.look_along(axis)
        np.testing.assert_allclose(blind_view.camera.rotation[2], np.eye(3)[index], atol=1e-12)


@pytest.mark.parametrize("axis", range(3))
def test_a_molecule_of_two_atoms_lies_across_the_first_view(blind_view, make_structure, axis):
    bond = np.eye(3)[axis] * 1.1
    blind_view.set_structure(make_structure([7, 7], [[0, 0, 0], bond]))
    across, upwards, _ = np.abs(blind_view.camera.rotation @ bond) / 1.1
    assert across > 0.8
    assert upwards < 0.5


def test_a_frame_of_another_structure_is_ignored(blind_view, make_structure):
    blind_view.set_structure(make_structure([6], [[0, 0, 0]]))
    blind_view.set_frame(np.ones((5, 3), dtype=np.float32))
    np.testing.assert_array_equal(blind_view.scene.positions, [[0, 0, 0]])


def test_keys_look_along_the_lattice_and_reset(qtbot, blind_view, make_structure):
    blind_view.set_structure(make_structure([6], [[0, 0, 0]], np.diag([3.0, 4.0, 5.0])))
    first = blind_view.camera.rotation.copy()
    for key, index in ((Qt.Key.Key_X, 0), (Qt.Key.Key_Y, 1), (Qt.Key.Key_Z, 2)):
        qtbot.keyClick(blind_view, key)
        np.testing.assert_allclose(blind_view.camera.rotation[2], np.eye(3)[index], atol=1e-12)
    qtbot.keyClick(blind_view, Qt.Key.Key_Equal)
    np.testing.assert_allclose(blind_view.camera.rotation, first)
