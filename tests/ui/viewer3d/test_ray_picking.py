import numpy as np

from designer_app.ui.viewer3d.picking import first_hit


def nearest_by_hand(origin, direction, centers, radii):
    """Solve |o + t d - c|^2 = r^2 for each sphere in turn, in float64."""
    best, hit = np.inf, -1
    for index, (center, radius) in enumerate(zip(centers.astype(float), radii, strict=True)):
        offset = origin - center
        half_b = offset @ direction
        discriminant = half_b**2 - (offset @ offset - float(radius) ** 2)
        if discriminant >= 0.0:
            entered = -half_b - np.sqrt(discriminant)
            if 0.0 < entered < best:
                best, hit = entered, index
    return hit


def test_picking_finds_what_a_solution_by_hand_finds_for_500_rays_in_a_crowd():
    rng = np.random.default_rng(7)
    centers = rng.uniform(-30, 30, (2000, 3)).astype(np.float32)
    radii = rng.uniform(0.3, 1.5, 2000).astype(np.float32)
    origin = np.array([5.0, -3.0, 90.0])
    hits = []
    for _ in range(500):
        direction = rng.uniform(-30, 30, 3) - origin
        direction /= np.linalg.norm(direction)
        expected = nearest_by_hand(origin, direction, centers, radii)
        assert first_hit(origin, direction, centers, radii) == expected
        hits.append(expected)
    assert -1 in hits
    assert len(set(hits)) > 100


def test_spheres_behind_the_eye_are_not_picked():
    centers = np.array([[0.0, 0.0, 5.0]], dtype=np.float32)
    radii = np.ones(1, dtype=np.float32)
    assert first_hit(np.zeros(3), np.array([0.0, 0.0, -1.0]), centers, radii) == -1


def test_nothing_is_picked_from_an_empty_scene():
    none = np.zeros((0, 3), dtype=np.float32)
    assert first_hit(np.zeros(3), np.array([0.0, 0.0, 1.0]), none, none[:, 0]) == -1


def test_an_outline_is_met_to_a_ten_thousandth_of_an_angstrom_from_far_away():
    centers = np.array([[1.0, 0.0, 0.0]], dtype=np.float32)
    radii = np.ones(1, dtype=np.float32)
    down = np.array([0.0, 0.0, -1.0])
    assert first_hit(np.array([1.9999, 0.0, 500.0]), down, centers, radii) == 0
    assert first_hit(np.array([2.0001, 0.0, 500.0]), down, centers, radii) == -1
