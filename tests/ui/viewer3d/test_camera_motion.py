import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer_app.ui.viewer3d.camera import Camera, orientation

SINGLE = 1e-9
places = st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))


def camera_on(points, projection, aspect=1.5):
    camera = Camera()
    camera.projection = projection
    camera.rotation = orientation(np.array([0.3, -0.8, 0.5]), np.array([0.0, 0.0, 1.0]))
    camera.scene_center = points.mean(axis=0)
    camera.scene_radius = 1.0 + np.linalg.norm(points - points.mean(axis=0), axis=1).max()
    camera.fit(points, 1.0, aspect)
    return camera


@pytest.mark.parametrize("projection", ["perspective", "orthographic"])
def test_a_fitted_view_shows_every_point_and_no_more_room_than_its_margin(projection):
    points = np.random.default_rng(1).normal(size=(50, 3)) * [20, 5, 5]
    seen = np.abs(camera_on(points, projection).project(points, 1.5))
    assert seen[:, :2].max() < 1.0
    assert seen[:, :2].max() > 0.7
    assert seen[:, 2].max() < 1.0


@pytest.mark.parametrize("projection", ["perspective", "orthographic"])
def test_a_view_is_fitted_beside_what_covers_it(projection):
    points = np.random.default_rng(1).normal(size=(50, 3)) * 4
    camera = camera_on(points, projection)
    camera.fit(points, 0.5, 1.5, (-0.6, -1.0, 1.0, 0.5))
    seen = camera.project(points, 1.5)
    assert seen[:, 0].min() > -0.6
    assert seen[:, 1].max() < 0.5
    assert np.abs(seen[:, :2]).max() < 1.0
    assert seen[:, 1].min() < -0.7


@pytest.mark.parametrize("projection", ["perspective", "orthographic"])
@given(place=places)
def test_a_ray_passes_through_all_points_seen_at_its_place(projection, place):
    points = np.random.default_rng(1).normal(size=(5, 3)) * 4
    camera = camera_on(points, projection)
    origin, direction = camera.ray(*place, 1.5)
    on_ray = origin + np.array([[0.5], [3.0]]) * camera.distance * direction
    np.testing.assert_allclose(camera.project(on_ray, 1.5)[:, :2], [place, place], atol=1e-6)


@given(start=places, end=places)
def test_turning_keeps_lengths_and_handedness(start, end):
    camera = Camera()
    camera.orbit(start, end)
    np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=SINGLE)
    assert np.linalg.det(camera.rotation) == pytest.approx(1.0)


def test_dragging_to_the_right_brings_the_near_side_to_the_right():
    camera = Camera()
    camera.orbit((0.0, 0.0), (0.2, 0.0))
    assert camera.rotation[0] @ [0.0, 0.0, 1.0] > 0.1


def test_dragging_upwards_brings_the_near_side_upwards():
    camera = Camera()
    camera.orbit((0.0, 0.0), (0.0, 0.2))
    assert camera.rotation[1] @ [0.0, 0.0, 1.0] > 0.1


def test_panning_moves_the_focus_with_the_pointer():
    points = np.zeros((1, 3))
    camera = camera_on(points, "perspective")
    camera.pan(0.5, 0.25)
    np.testing.assert_allclose(camera.project(points, 1.0)[0, :2], [0.5, 0.25], atol=SINGLE)


def test_zooming_enlarges_by_the_factor_at_the_focus():
    camera = Camera()
    before = camera.project(np.array([[1.0, 0.0, 0.0]]), 1.0)[0, 0]
    camera.zoom(1.5)
    after = camera.project(np.array([[1.0, 0.0, 0.0]]), 1.0)[0, 0]
    assert after == pytest.approx(1.5 * before)


def test_changing_the_projection_keeps_sizes_at_the_focus():
    point = np.array([[0.0, 2.0, 0.0]])
    camera = Camera()
    perspective = camera.project(point, 1.0)[0, 1]
    camera.projection = "orthographic"
    assert camera.project(point, 1.0)[0, 1] == pytest.approx(perspective)
