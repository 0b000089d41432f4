"""Ridge regression: slopes shrunk to zero, so that far from all rows it says little but the mean.

Hoerl and Kennard 1970, doi:10.1080/00401706.1970.10488634.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from designer_app.nn.linear import Linear

Floats = NDArray[np.float64]


def ridge(columns: Sequence[int], pull: float) -> Callable[[Floats, Floats, int], Linear]:
    """Fits of some columns, each scaled to unit variance; `pull` counts as so many rows at zero."""

    def fit(rows: Floats, targets: Floats, seed: int) -> Linear:
        del seed  # nothing is drawn
        asked = rows[:, list(columns)]
        scale = np.maximum(asked.std(axis=0), 1e-9)
        scaled = (asked - asked.mean(axis=0)) / scale
        left = targets - targets.mean()
        gram = scaled.T @ scaled + pull * np.eye(len(columns))
        slopes = np.zeros(rows.shape[1])
        slopes[list(columns)] = np.linalg.solve(gram, scaled.T @ left) / scale
        intercept = float(targets.mean() - rows.mean(axis=0) @ slopes)
        residuals = targets - intercept - rows @ slopes
        return Linear(slopes, intercept, float(np.sqrt(np.mean(residuals**2))))

    return fit
