import numpy as np
import pytest

from designer_app.dynamics.diffusion import (
    diffusion,
    extrapolate,
    mean_square_displacements,
    nernst_einstein,
    unwrapped,
    without_drift,
)
from designer_app.errors import InvalidSpecError
from designer_app.units import KB

A2_PS_IN_CM2_S = 1e-4
"""1 A^2/ps = 1e-16 cm^2 / 1e-12 s."""


def brownian(coefficient, n_frames=2000, n_ions=16, frame_ps=0.1, seed=0):
    """Walkers of a diffusion coefficient in A^2/ps."""
    generator = np.random.default_rng(seed)
    steps = generator.normal(0.0, np.sqrt(2.0 * coefficient * frame_ps), (n_frames, n_ions, 3))
    return np.cumsum(steps, axis=0), frame_ps


def rattling(n_frames=500, n_ions=16, width=0.3, seed=0):
    return np.random.default_rng(seed).normal(0.0, width, (n_frames, n_ions, 3))


def test_brownian_walkers_have_their_coefficient():
    displacements = mean_square_displacements(*brownian(0.5))
    found = diffusion(displacements, seed=0)
    assert found.is_seen
    assert found.coefficient == pytest.approx(0.5 * A2_PS_IN_CM2_S, rel=0.2)
    assert found.alpha == pytest.approx(1.0, abs=0.1)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """95 % nominal; blocks that touch are not quite independent, so 85 % is asked for."""
    hits = 0
    for seed in range(60):
        walk, frame_ps = brownian(0.5, n_frames=600, seed=seed)
        found = diffusion(mean_square_displacements(walk, frame_ps), seed)
        low, high = found.interval
        hits += low <= 0.5 * A2_PS_IN_CM2_S <= high
    assert hits >= 0.85 * 60


def test_vibration_is_not_sold_as_diffusion():
    """Atoms that rattle by 0.3 A: MSD = 6 * 0.09 A^2 whatever the time."""
    found = diffusion(mean_square_displacements(rattling(), 0.1), seed=0)
    assert not found.is_seen
    assert found.coefficient is None
    longest_ps = 12.5
    assert found.largest_msd == pytest.approx(0.54, rel=0.05)
    assert found.upper_bound == pytest.approx(0.54 / (6 * longest_ps) * A2_PS_IN_CM2_S, rel=0.15)
    ten_A2_at_the_bound_ps = 10.0 / (0.54 / longest_ps)
    assert found.run_needed_ps == pytest.approx(4.0 * ten_A2_at_the_bound_ps, rel=0.15)


def test_slow_walkers_are_below_their_bound():
    walk, frame_ps = brownian(0.01, n_frames=400)
    found = diffusion(mean_square_displacements(walk, frame_ps), seed=0)
    assert not found.is_seen
    assert found.upper_bound > 0.01 * A2_PS_IN_CM2_S


def test_free_flight_is_not_diffusion():
    times = np.arange(400)[:, None, None]
    flight = times * np.random.default_rng(0).normal(size=(1, 16, 3))
    found = diffusion(mean_square_displacements(flight, 0.1), seed=0)
    assert found.alpha == pytest.approx(2.0, abs=1e-6)
    assert not found.is_seen


def test_the_same_seed_gives_the_same_error():
    displacements = mean_square_displacements(*brownian(0.5))
    assert diffusion(displacements, 3).error == diffusion(displacements, 3).error


def test_few_frames_are_refused():
    with pytest.raises(InvalidSpecError):
        mean_square_displacements(np.zeros((10, 3, 3)), 1.0)


@pytest.mark.parametrize("pbc", [(True, True, True), (True, False, True)])
def test_wrapped_walkers_are_followed_through_the_cell(pbc):
    cell = np.array([[6.0, 0, 0], [1.5, 7.0, 0], [-1.0, 0.5, 8.0]])
    walk, _ = brownian(0.2, n_frames=300)
    fractions = walk @ np.linalg.inv(cell)
    wrapped = (fractions - np.floor(fractions) * np.array(pbc)) @ cell
    followed = unwrapped(wrapped, np.repeat(cell[None], 300, axis=0), pbc)
    np.testing.assert_allclose(followed - followed[0], walk - walk[0], atol=1e-9)


def test_a_breathing_cell_is_not_motion():
    scale = 1.0 + 0.1 * np.sin(np.arange(50))[:, None, None]
    cells = scale * np.eye(3) * 10.0
    positions = scale * np.random.default_rng(0).random((1, 5, 3)) * 10.0
    followed = unwrapped(positions, cells, (True, True, True))
    np.testing.assert_allclose(followed, np.repeat(followed[:1], 50, axis=0), atol=1e-9)


def test_a_drifting_crystal_does_not_diffuse():
    drift = np.arange(40)[:, None, None] * np.ones((1, 4, 3))
    masses = np.array([1.0, 2.0, 3.0, 4.0])
    relative = without_drift(drift + np.arange(4)[None, :, None], masses)
    np.testing.assert_allclose(relative, np.repeat(relative[:1], 40, axis=0), atol=1e-12)


def test_nernst_einstein_in_lab_units():
    """1 ion of charge 1 in 100 A^3 with D = 1e-6 cm^2/s at 300 K: n e^2 D / kT = 0.0620 S/cm."""
    per_m3, e, kT = 1e28, 1.602176634e-19, 1.380649e-23 * 300.0
    expected = per_m3 * e**2 * 1e-10 / kT / 100.0
    assert nernst_einstein(1e-6, 1.0, 1, 100.0, 300.0) == pytest.approx(expected, rel=1e-5)


def test_an_arrhenius_line_is_followed_to_room_temperature():
    kelvins = np.array([600.0, 800.0, 1000.0])
    coefficients = 1e-3 * np.exp(-0.3 / (KB * kelvins))
    found = extrapolate(kelvins, coefficients, 0.1 * coefficients, 300.0)
    assert found.barrier == pytest.approx(0.3, rel=1e-9)
    assert found.coefficient == pytest.approx(1e-3 * np.exp(-0.3 / (KB * 300.0)), rel=1e-9)
    assert found.interval[0] < found.coefficient < found.interval[1]


def test_two_temperatures_are_not_enough():
    with pytest.raises(InvalidSpecError):
        extrapolate(np.array([600.0, 800.0]), np.ones(2), np.ones(2), 300.0)
