import numpy as np

from designer_app.cli.analyse import first_peak


def test_the_nearest_neighbours_are_named_not_the_highest_peak():
    r = np.arange(0.0, 6.0, 0.1)
    g = 3.0 * np.exp(-(((r - 2.5) / 0.2) ** 2)) + 9.0 * np.exp(-(((r - 4.7) / 0.2) ** 2))
    assert abs(first_peak(r, g) - 2.5) < 1e-9
