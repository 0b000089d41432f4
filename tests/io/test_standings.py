"""Which potentials are told apart by frames, and which are equal."""

import numpy as np
import pytest

from designer_app.io.standings import ENERGY, FORCE, SPEED, standings
from designer_app.specs.evaluate import Evaluation, Judged

N_FRAMES, N_ATOMS = 20, 4
EXACT = 1e-5
"""Forces are held in single precision."""


def judged(force_errors, energy_errors, seconds=1e-4, problem=""):
    """Errors of each frame in meV/A and meV/atom."""
    n = len(force_errors)
    return Judged(
        potential="p", model="m", title="t", model_sha256="", rows=(), aligned=False,
        seconds_per_atom=seconds, energies=np.asarray(energy_errors) / 1000,
        forces=np.repeat(np.asarray(force_errors) / 1000, 3 * N_ATOMS).astype(np.float32),
        stresses=np.full((n, 6), np.nan, dtype=np.float32), problem=problem,
    )  # fmt: skip


def evaluation(*potentials, n=N_FRAMES):
    return Evaluation(
        n_frames=n, elements=("Si",),
        frames=tuple(("f", k, "hot" if k % 2 else "") for k in range(n)),
        n_atoms=np.full(n, N_ATOMS), energies=np.zeros(n),
        forces=np.zeros(3 * N_ATOMS * n, dtype=np.float32),
        force_numbers=np.full(3 * N_ATOMS * n, 14, dtype=np.int16),
        stresses=np.zeros((n, 6), dtype=np.float32), judged=potentials,
    )  # fmt: skip


@pytest.fixture
def scatter():
    """Between frames, meV: 20 wide, without a mean."""
    drawn = 20.0 * np.random.default_rng(0).standard_normal(N_FRAMES)
    return drawn - drawn.mean()


def test_errors_that_overlap_are_equal_and_others_are_not(scatter):
    flat = np.full(N_FRAMES, 30.0)
    told = standings(
        evaluation(
            judged(192 + scatter, flat),
            judged(194 - scatter, 3 * flat),
            judged(300 + scatter, flat),
        )
    )["all"]
    assert told[FORCE].best == {0, 1}
    assert told[ENERGY].best == {0, 2}


def test_what_is_worse_in_each_frame_is_worse_however_much_frames_differ():
    hard = 5.0 * np.exp(np.random.default_rng(0).normal(size=N_FRAMES))
    told = standings(evaluation(judged(hard, hard), judged(1.15 * hard, 0.99 * hard)))["all"]
    assert told[FORCE].errors[0] > 0.15 * told[FORCE].values[0]  # apart, they overlap
    assert told[FORCE].best == {0}
    assert told[ENERGY].best == {1}


def test_two_frames_tell_little_apart():
    told = standings(evaluation(judged([10.0, 20.0], [1, 1]), judged([13.0, 25.0], [1, 1]), n=2))
    assert told["all"][FORCE].best == frozenset()


def test_the_standard_error_is_that_of_the_frames(scatter):
    column = standings(evaluation(judged(192 + scatter, scatter)))["all"][FORCE]
    assert column.values[0] == pytest.approx(192 + scatter.mean(), rel=EXACT)
    expected = scatter.std(ddof=1) / np.sqrt(N_FRAMES)
    assert column.errors[0] == pytest.approx(expected, rel=1e3 * EXACT)
    assert column.best == frozenset()


def test_one_frame_tells_nothing_apart():
    told = standings(evaluation(judged([10.0], [1.0]), judged([500.0], [1.0]), n=1))["all"]
    assert told[FORCE].errors == (None, None)
    assert told[FORCE].best == frozenset()


def test_groups_are_told_apart_on_their_own_frames(scatter):
    odd = np.arange(N_FRAMES) % 2 == 1
    told = standings(
        evaluation(
            judged(np.where(odd, 10.0, 50.0), scatter), judged(np.full(N_FRAMES, 30.0), scatter)
        )
    )
    assert told["tag hot"][FORCE].best == {0}
    assert told["tag "][FORCE].best == {1}
    assert told["element Si"][ENERGY].values == (None, None)


def test_what_was_not_judged_is_neither_best_nor_quick(scatter):
    flat = np.full(N_FRAMES, 30.0)
    broken = judged(0 * flat, 0 * flat, seconds=0.0, problem="It knows no Si.")
    quick, slow = judged(flat, flat, seconds=1e-4), judged(flat, flat, seconds=1e-3)
    told = standings(evaluation(broken, quick, slow))["all"]
    assert told[FORCE].values[0] is None
    assert told[SPEED].best == {1}
