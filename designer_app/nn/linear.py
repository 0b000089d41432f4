"""A line through columns of numbers, with one spread for all rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Linear:
    """Intercept + slopes . row."""

    slopes: Floats
    """(n_columns,); zero where a column is not asked."""
    intercept: float
    spread: float
    """Root mean square of what the line leaves of the rows it was fitted to."""

    def predict(self, rows: Floats) -> tuple[Floats, Floats]:
        """(value, spread) of each row."""
        return self.intercept + rows @ self.slopes, np.full(len(rows), self.spread)

    def arrays(self, prefix: str) -> dict[str, NDArray[Any]]:
        """The arrays by name, for a safetensors file."""
        return {
            f"{prefix}.slopes": self.slopes,
            f"{prefix}.line": np.array([self.intercept, self.spread]),
        }


def is_linear(arrays: Mapping[str, NDArray[Any]], prefix: str) -> bool:
    """Whether `Linear.arrays` wrote what stands under a name."""
    return f"{prefix}.slopes" in arrays


def linear_from(arrays: Mapping[str, NDArray[Any]], prefix: str) -> Linear:
    """The line that `Linear.arrays` wrote."""
    intercept, spread = (float(each) for each in arrays[f"{prefix}.line"])
    return Linear(arrays[f"{prefix}.slopes"], intercept, spread)
