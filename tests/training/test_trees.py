"""Trees evaluated by our own code against those that grew them."""

import numpy as np
import pytest

from designer_app.nn.forest import forest_from, rounded_down
from designer_app.training.trees import boosted_trees, extra_trees

SAME = 1e-6
"""Leaf values are kept as float32: seven digits of numbers of size one."""


@pytest.fixture(scope="module")
def rows():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(300, 7)).astype(np.float32).astype(np.float64)
    return x, np.sin(x[:, 0]) + 0.3 * x[:, 1] * x[:, 2]


def test_extra_trees_predict_what_scikit_learn_predicts(rows):
    from sklearn.ensemble import ExtraTreesRegressor

    x, y = rows
    theirs = ExtraTreesRegressor(20, min_samples_leaf=1, max_features=0.4, random_state=3)
    ours = extra_trees(n_trees=20)(x, y, 3)
    assert ours.predict(x)[0] == pytest.approx(theirs.fit(x, y).predict(x), abs=SAME)


def test_boosted_members_predict_what_scikit_learn_predicts(rows):
    from sklearn.ensemble import GradientBoostingRegressor

    x, y = rows
    ours = boosted_trees(n_members=2, n_trees=30, depth=4, rate=0.1, share=0.5)(x, y, 1)
    for member in range(2):
        theirs = GradientBoostingRegressor(
            n_estimators=30,
            learning_rate=0.1,
            max_depth=4,
            subsample=0.5,
            max_features=0.5,
            min_samples_leaf=2,
            random_state=1000 + member,
        ).fit(x, y)
        assert ours.members(x)[:, member] == pytest.approx(theirs.predict(x), abs=SAME)


def test_a_forest_comes_back_from_its_arrays(rows):
    x, y = rows
    ours = extra_trees(n_trees=5)(x, y, 0)
    again = forest_from(ours.arrays("f"), "f")
    np.testing.assert_array_equal(again.members(x), ours.members(x))


def test_no_rows_give_no_predictions(rows):
    ours = extra_trees(n_trees=2)(*rows, 0)
    assert ours.members(np.empty((0, 7))).shape == (0, 2)


def test_rounding_never_goes_up():
    values = np.random.default_rng(1).normal(size=1000)
    assert (rounded_down(values) <= values).all()
