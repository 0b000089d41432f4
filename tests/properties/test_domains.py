"""How far a row is from those a head learned from, and which of its models is asked."""

import numpy as np
import pytest

from designer_app.properties.heads.domains import FEWEST_ROWS, grouped_means, places_of
from designer_app.properties.heads.fitting import domain_of
from designer_app.properties.heads.known_families import Intervals, judge
from designer_app.running.control import RunControl
from designer_app.training.ridge import ridge
from designer_app.training.trees import extra_trees


def _islands(draw, n_each=40):
    """Rows around six points, and a target that is a line with an island's own shift."""
    centres = draw.normal(size=(6, 5)) * 6.0
    groups = np.repeat(np.arange(6), n_each)
    rows = centres[groups] + draw.normal(size=(len(groups), 5)) * 0.3
    return rows, 0.2 * rows[:, 0] + np.sin(groups) + draw.normal(size=len(groups)) * 0.1, groups


def test_every_mean_stands_for_several_rows():
    rows = np.random.default_rng(0).normal(size=(57, 4))
    means = grouped_means(rows, 3)
    assert len(means) <= 57 // 3
    assert not (np.abs(rows[:, None] - means).max(axis=2) < 1e-6).any()


def test_means_weigh_to_the_mean_of_all_where_groups_are_alike():
    rows = np.repeat(np.arange(4.0)[:, None] * 10, 3, axis=0)
    np.testing.assert_allclose(np.sort(grouped_means(rows, 3)[:, 0]), [0, 10, 20, 30])


def test_rows_like_those_learned_from_are_nearer_than_others():
    rows, _, groups = _islands(np.random.default_rng(1))
    places = places_of(rows[groups != 5])
    assert places.distances(rows[groups != 5]).max() < places.distances(rows[groups == 5]).min()


def test_few_rows_have_one_place():
    places = places_of(np.ones((FEWEST_ROWS, 3)))
    assert places.means.shape == (1, 3)
    assert places.distances(np.ones((1, 3))) == pytest.approx(0.0)


def test_a_ridge_without_pull_finds_the_line():
    rows = np.random.default_rng(2).normal(size=(50, 3))
    line = ridge((0, 2), 0.0)(rows, 3.0 + 2.0 * rows[:, 0] - rows[:, 2], 0)
    np.testing.assert_allclose(line.slopes, [2.0, 0.0, -1.0], atol=1e-9)
    assert line.intercept == pytest.approx(3.0)


def test_a_ridge_with_a_strong_pull_says_the_mean():
    rows = np.random.default_rng(3).normal(size=(50, 3))
    line = ridge((0, 1, 2), 1e12)(rows, rows[:, 0] + 5.0, 0)
    assert line.predict(rows)[0] == pytest.approx(np.full(50, (rows[:, 0] + 5.0).mean()), abs=1e-6)


def test_new_families_go_to_the_ridge_and_known_ones_to_the_trees():
    draw = np.random.default_rng(4)
    rows, targets, groups = _islands(draw)
    inner = [
        f"{group} {place}" for group, place in zip(groups, draw.integers(8, size=240), strict=True)
    ]
    fits = extra_trees(n_trees=10, min_leaf=2), ridge((0,), 10.0)
    bound = np.zeros(len(rows), dtype=bool)
    ask = (fits, bound, RunControl(), 6)
    found = Intervals(
        judge(rows, targets, inner, *ask), judge(rows, targets, [str(g) for g in groups], *ask)
    )
    assert found.is_near.mean() > 0.9
    assert found.is_new.mean() > 0.9
    known = found.judgement(found.by_set, inner, "part")
    new = found.judgement(found.by_family, [str(g) for g in groups], "island")
    assert known.error < 0.3 < new.error
    assert known.coverage > 0.8


def test_the_domain_ends_where_kept_back_rows_end():
    rows, targets, groups = _islands(np.random.default_rng(5))
    bound = np.zeros(len(rows), dtype=bool)
    fits = ridge((0,), 1.0), ridge((1,), 1.0)
    judged = judge(rows, targets, [str(g) for g in groups], fits, bound, RunControl(), 3)
    domain = domain_of(rows, judged.known)
    assert 0 < domain.near <= domain.far
