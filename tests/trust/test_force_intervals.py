"""Intervals of forces hold what they promise of new frames, whose components err together."""

import numpy as np
import pytest

from designer_app.trust.force_intervals import ForceIntervals
from designer_app.trust.intervals import conformal_quantile_of_frames

N_ATOMS = 20
SAMPLING = 0.02
"""Of a share of 0.9 among 200 frames, or of its mean over as many calibrations."""


def frames(seed, n, frame_effect=0.0):
    """|error| of forces, scale and sizes of n frames, in each of which all is off alike."""
    rng = np.random.default_rng(seed)
    scale = rng.gamma(2.0, 0.1, N_ATOMS * n)
    together = np.repeat(np.exp(frame_effect * rng.normal(size=n)), N_ATOMS)
    errors = np.abs(rng.normal(size=(len(scale), 3)) * (together * (0.05 + scale))[:, None])
    return errors, scale, np.full(n, N_ATOMS)


@pytest.mark.parametrize("by", ["spread", "variance", "distance"])
def test_intervals_hold_as_many_components_as_they_promise(by):
    errors, scale, sizes = frames(1, 200)
    intervals = ForceIntervals.fitted(errors, scale, by, sizes)
    assert intervals.covered(*frames(2, 200)) == pytest.approx(0.9, abs=SAMPLING)


def test_what_the_card_tells_comes_back():
    intervals = ForceIntervals.fitted(*frames(1, 30)[:2], "spread", frames(1, 30)[2])
    assert ForceIntervals.from_card(intervals.told()) == intervals


@pytest.mark.parametrize("n_frames", [20, 50])
def test_few_frames_that_err_together_do_not_break_the_promise(n_frames):
    """Ranked over components, intervals of 20 such frames hold 0.892 on the mean."""
    held = []
    for seed in range(150):
        errors, scale, sizes = frames(seed, n_frames, frame_effect=1.0)
        intervals = ForceIntervals.fitted(errors, scale, "spread", sizes)
        held.append(intervals.covered(*frames(1000 + seed, 100, frame_effect=1.0)))
    assert 0.9 - SAMPLING / 4 <= np.mean(held) <= 0.9 + 2.0 / (n_frames + 1)


def test_a_frame_weighs_the_same_whatever_its_size():
    scores = np.concatenate([np.full(1000, 1.0), np.arange(2.0, 21.0)])
    frame = np.concatenate([np.zeros(1000, int), np.arange(1, 20)])
    rank = 19  # of 20 frames: ceil(21 * 0.9)
    assert conformal_quantile_of_frames(scores, frame) == pytest.approx(rank)


@pytest.mark.parametrize(("n_frames", "quantile"), [(8, np.inf), (9, 8.0)])
def test_frames_too_few_for_the_promise_give_no_quantile(n_frames, quantile):
    scores = np.arange(float(n_frames))
    assert conformal_quantile_of_frames(scores, np.arange(n_frames)) == quantile


def test_frames_without_forces_do_not_count():
    errors, scale, sizes = frames(3, 30)
    errors[: 10 * N_ATOMS] = np.nan
    assert ForceIntervals.fitted(errors, scale, "spread", sizes).n_frames == 20


def test_coverage_is_the_mean_over_frames():
    one = ForceIntervals(by="distance", half_width=1.0, floor=1.0, n_frames=20)
    errors = np.array([[0.5] * 3, [2.0] * 3, [2.0] * 3, [2.0] * 3])
    assert one.covered(errors, np.zeros(4), np.array([1, 3])) == 0.5
