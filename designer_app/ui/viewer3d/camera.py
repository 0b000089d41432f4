"""Where the eye is: rotation about a focus, distance, projection."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Projection = Literal["perspective", "orthographic"]
Vector = NDArray[np.float64]

HALF_ANGLE = np.radians(13.0)
"""Half the vertical opening: narrow, so that a crystal's parallel rows stay nearly parallel."""
MARGIN = 1.09
"""Room left around the structure when it is fitted into the view."""


def rotation_about(axis: Vector, angle: float) -> NDArray[np.float64]:
    """(3, 3) rotation by `angle` rad about the unit vector `axis` (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * (cross @ cross)


def orientation(toward: Vector, up: Vector) -> NDArray[np.float64]:
    """(3, 3) rotation into view space: `toward` points at the eye, `up` upwards if it can."""
    z = toward / np.linalg.norm(toward)
    x = np.cross(up, z)
    if np.linalg.norm(x) < 1e-9 * max(float(np.linalg.norm(up)), 1.0):
        x = np.cross(np.roll(z, 1), z)
    x = x / np.linalg.norm(x)
    return np.array([x, np.cross(z, x), z])


class Camera:
    """Rotation (3, 3) into view space about `focus` (A), seen from `distance` (A)."""

    def __init__(self) -> None:
        self.projection: Projection = "perspective"
        self.rotation: NDArray[np.float64] = np.eye(3)
        self.focus: Vector = np.zeros(3)
        self.distance = 40.0
        self.scene_center: Vector = np.zeros(3)
        self.scene_radius = 10.0

    # --- motion ----------------------------------------------------------------------------------

    def orbit(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Turn as a ball under the pointer: from one place to another, in units of half the view.

        Holroyd's trackball: a sphere in the middle that runs out into a hyperbola, so that the
        motion has no seam at its rim.
        """
        first, second = _on_ball(*start), _on_ball(*end)
        axis = np.cross(first, second)
        sine = float(np.linalg.norm(axis))
        if sine < 1e-9:
            return
        angle = 2.0 * np.arctan2(sine, float(first @ second))
        self.rotation = _orthonormal(rotation_about(axis / sine, angle) @ self.rotation)

    def turn(self, right: float, up: float) -> None:
        """Turn the structure by angles (rad) to the right and upwards on the screen."""
        about_y = rotation_about(np.array([0.0, 1.0, 0.0]), right)
        about_x = rotation_about(np.array([1.0, 0.0, 0.0]), -up)
        self.rotation = _orthonormal(about_x @ about_y @ self.rotation)

    def pan(self, right: float, up: float) -> None:
        """Move the picture by fractions of half the view's height."""
        half = self.distance * np.tan(HALF_ANGLE)
        self.focus = self.focus - self.rotation.T @ (half * np.array([right, up, 0.0]))

    def zoom(self, factor: float) -> None:
        """Make everything larger by a factor."""
        low, high = 0.05 * max(self.scene_radius, 1.0), 60.0 * max(self.scene_radius, 1.0)
        self.distance = float(np.clip(self.distance / factor, low, high))

    def look(self, toward: Vector, up: Vector) -> None:
        """Put the eye in the direction `toward`."""
        self.rotation = orientation(toward, up)

    def surround(self, points: NDArray[np.float64], radius: float) -> None:
        """Take note of where there is something to see: balls of `radius` around the points."""
        low, high = points.min(axis=0), points.max(axis=0)
        self.scene_center = 0.5 * (low + high)
        self.scene_radius = 0.5 * float(np.linalg.norm(high - low)) + radius

    def fit(
        self,
        points: NDArray[np.float64],
        radius: float,
        aspect: float,
        free: tuple[float, float, float, float] = (-1.0, -1.0, 1.0, 1.0),
    ) -> None:
        """Choose focus and distance so that balls of `radius` around the points just fit.

        `free` is the part of the view (left, bottom, right, top in -1..1) that nothing covers.
        """
        seen = points @ self.rotation.T
        whole = np.tan(HALF_ANGLE) * np.array([min(aspect, 10.0), 1.0])
        low, high = np.array(free[:2]), np.array(free[2:])
        tangent = 0.5 * whole * np.maximum(high - low, 0.2)
        middle = 0.5 * (seen.min(axis=0) + seen.max(axis=0))
        for _ in range(3):
            rest = seen - middle
            reach = (np.abs(rest[:, :2]) + radius) * MARGIN
            depth = rest[:, 2:] if self.projection == "perspective" else 0.0
            self.distance = float((reach / tangent + depth).max())
            if self.projection == "orthographic":
                break
            # Near ends look larger: centre what is seen, not what is there.
            shown = rest[:, :2] / (self.distance - rest[:, 2:])
            middle[:2] += 0.5 * (shown.min(axis=0) + shown.max(axis=0)) * self.distance
        self.distance = max(self.distance, 1.0)
        middle[:2] -= 0.5 * (low + high) * whole * self.distance
        self.focus = self.rotation.T @ middle

    # --- what the shaders get --------------------------------------------------------------------

    def view_matrix(self) -> NDArray[np.float64]:
        """(4, 4) from A to view space; acts on columns."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotation
        matrix[:3, 3] = -self.rotation @ self.focus
        matrix[2, 3] -= self.distance
        return matrix

    def clip_range(self) -> tuple[float, float]:
        """Distances from the eye (A) between which there is something to see."""
        depth = self.distance - float(self.rotation[2] @ (self.scene_center - self.focus))
        near, far = depth - 1.05 * self.scene_radius, depth + 1.05 * self.scene_radius
        if self.projection == "perspective":
            near = max(near, 1e-3 * max(far, 1.0), 0.02)
        return near, max(far, near + 1.0)

    def half_extent(self, aspect: float) -> tuple[float, float]:
        """Half width and height of the view: tangents in perspective, A in orthographic."""
        height = float(np.tan(HALF_ANGLE))
        if self.projection == "orthographic":
            height *= self.distance
        return height * aspect, height

    def projection_matrix(self, aspect: float) -> NDArray[np.float64]:
        """(4, 4) from view space to clip space; acts on columns."""
        near, far = self.clip_range()
        width, height = self.half_extent(aspect)
        matrix = np.diag([1.0 / width, 1.0 / height, 0.0, 0.0])
        if self.projection == "orthographic":
            matrix[2, 2], matrix[2, 3], matrix[3, 3] = (
                -2.0 / (far - near),
                -(far + near) / (far - near),
                1.0,
            )
        else:
            matrix[2, 2], matrix[2, 3], matrix[3, 2] = (
                -(far + near) / (far - near),
                -2.0 * far * near / (far - near),
                -1.0,
            )
        return matrix

    # --- between screen and structure ------------------------------------------------------------

    def ray(self, x: float, y: float, aspect: float) -> tuple[Vector, Vector]:
        """Origin (A) and unit direction of the sight line through a point in -1..1, y upwards."""
        width, height = self.half_extent(aspect)
        seen = np.array([x * width, y * height, 0.0])
        if self.projection == "orthographic":
            origin, direction = seen, np.array([0.0, 0.0, -1.0])
        else:
            origin, direction = np.zeros(3), seen - np.array([0.0, 0.0, 1.0])
        origin = self.focus + self.rotation.T @ (origin + np.array([0.0, 0.0, self.distance]))
        return origin, self.rotation.T @ (direction / np.linalg.norm(direction))

    def project(self, points: NDArray[np.float64], aspect: float) -> NDArray[np.float64]:
        """(n, 3) places on the screen in -1..1, y upwards, and depth in -1..1."""
        homogeneous = np.c_[points, np.ones(len(points))]
        clip = homogeneous @ (self.projection_matrix(aspect) @ self.view_matrix()).T
        return clip[:, :3] / clip[:, 3:]


def _on_ball(x: float, y: float) -> Vector:
    squared = x * x + y * y
    z = np.sqrt(1.0 - squared) if squared < 0.5 else 0.5 / np.sqrt(squared)
    point = np.array([x, y, z])
    return point / np.linalg.norm(point)


def _orthonormal(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return orientation(matrix[2], matrix[1])
