"""The powder pattern, against Bragg's law."""

import math

import numpy as np
import pytest

from designer_app.design.details.pattern import powder_pattern
from designer_app.specs.structure import Structure

CU_K_ALPHA = 1.54184
"""A, the mean of both lines."""
EDGE = 4.0


@pytest.fixture(scope="module")
def lines() -> list[tuple[float, float, str]]:
    polonium = Structure(
        np.array([84]), np.zeros((1, 3)), EDGE * np.eye(3), (True, True, True), name="Po"
    )
    return list(powder_pattern(polonium))


def test_lines_of_a_simple_cubic_crystal_lie_where_bragg_says(
    lines: list[tuple[float, float, str]],
):
    for angle, _, hkl in lines:
        n = sum(int(index) ** 2 for index in hkl.split())
        expected = 2 * math.degrees(math.asin(CU_K_ALPHA * math.sqrt(n) / (2 * EDGE)))
        assert angle == pytest.approx(expected, abs=0.01)


def test_the_strongest_line_has_a_hundred(lines: list[tuple[float, float, str]]):
    assert max(height for _, height, _ in lines) == pytest.approx(100.0)


def test_angles_rise(lines: list[tuple[float, float, str]]):
    angles = [angle for angle, *_ in lines]
    assert angles == sorted(angles)
