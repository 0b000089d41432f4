"""Growing of tree ensembles with scikit-learn, which nothing needs once they are grown."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.nn.forest import LEAF, Forest, rounded_down

Floats = NDArray[np.float64]
Grow = Callable[[Floats, Floats, int], Forest]
"""(rows, targets, seed) -> forest."""


def extra_trees(*, n_trees: int, min_leaf: int = 1, share: float = 0.4) -> Grow:
    """Extremely randomised trees, each a member (Geurts 2006, doi:10.1007/s10994-006-6226-1)."""

    def grow(rows: Floats, targets: Floats, seed: int) -> Forest:
        from sklearn.ensemble import ExtraTreesRegressor

        model: Any = ExtraTreesRegressor(
            n_trees, min_samples_leaf=min_leaf, max_features=share, random_state=seed
        )
        model.fit(rows.astype(np.float32), targets)
        return _forest([each.tree_ for each in model.estimators_], 1.0, np.zeros(n_trees))

    return grow


def boosted_trees(
    *,
    n_members: int,
    n_trees: int,
    depth: int,
    rate: float,
    share: float,
    min_leaf: int = 2,
    loss: str = "squared_error",
) -> Grow:
    """Stochastic gradient boosting (Friedman 2002, doi:10.1016/S0167-9473(01)00065-2).

    Members differ by their seeds: each tree sees half of the rows and a share of the columns.
    """

    def grow(rows: Floats, targets: Floats, seed: int) -> Forest:
        from sklearn.ensemble import GradientBoostingRegressor

        trees: list[Any] = []
        base: list[float] = []
        for member in range(n_members):
            model: Any = GradientBoostingRegressor(
                n_estimators=n_trees,
                learning_rate=rate,
                max_depth=depth,
                subsample=0.5,
                max_features=share,
                min_samples_leaf=min_leaf,
                loss=loss,
                random_state=seed * 1000 + member,
            )
            model.fit(rows.astype(np.float32), targets)
            trees += [each[0].tree_ for each in model.estimators_]
            base.append(float(model.init_.constant_.ravel()[0]))
        return _forest(trees, rate, np.array(base))

    return grow


def _forest(trees: Sequence[Any], factor: float, base: Floats) -> Forest:
    roots = np.cumsum([0, *(each.node_count for each in trees)])
    parts: list[tuple[NDArray[Any], ...]] = []
    for root, tree in zip(roots, trees, strict=False):
        is_leaf = tree.children_left < 0
        follows = np.arange(tree.node_count) + 1
        assert (is_leaf | (tree.children_left == follows)).all()  # grown depth first
        value = np.where(is_leaf, factor * tree.value.ravel(), 0.0).astype(np.float32)
        bound = np.where(is_leaf, value, rounded_down(tree.threshold))
        right = np.where(is_leaf, 0, tree.children_right) + root
        parts.append((np.where(is_leaf, LEAF, tree.feature), bound, right))
    feature, threshold, right = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Forest(
        feature=feature.astype(np.int16),
        threshold=threshold.astype(np.float32),
        right=right.astype(np.int32),
        roots=roots[:-1].astype(np.int32),
        base=base.astype(np.float32),
    )
