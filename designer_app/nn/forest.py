"""Regression trees as arrays: evaluated by numpy alone, saved as safetensors, no pickle.

A node takes the left branch where feature <= threshold; the left node is always the next one.
Thresholds are the largest float32 not above the grown ones, so that rows given as float32 take
exactly the branches they took in growing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAF = -1
_ROWS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Forest:
    """An ensemble of members, each the sum of its trees and a base value."""

    feature: NDArray[np.int16]
    """(n_nodes,) column that a node asks; -1 at a leaf."""
    threshold: NDArray[np.float32]
    """(n_nodes,) bound of a branch, value of a leaf."""
    right: NDArray[np.int32]
    """(n_nodes,) the node of the right branch."""
    roots: NDArray[np.int32]
    """(n_trees,) first node of each tree, members one after the other."""
    base: NDArray[np.float32]
    """(n_members,) what the sum of a member's trees is added to."""

    def members(self, rows: Floats) -> Floats:
        """(n_rows, n_members): the prediction of each member."""
        single = np.asarray(rows, dtype=np.float32)
        parts = [
            self._members(single[start : start + _ROWS_AT_ONCE])
            for start in range(0, max(len(rows), 1), _ROWS_AT_ONCE)
        ]
        return np.concatenate(parts)

    def predict(self, rows: Floats) -> tuple[Floats, Floats]:
        """(mean, standard deviation) over the members, each (n_rows,)."""
        each = self.members(rows)
        return each.mean(axis=1), each.std(axis=1)

    def _members(self, rows: NDArray[np.float32]) -> Floats:
        nodes = np.tile(self.roots, (len(rows), 1))
        at = np.arange(len(rows))[:, None]
        while True:
            asked = self.feature[nodes]
            inner = asked != LEAF
            if not inner.any():
                break
            goes_left = rows[at, np.where(inner, asked, 0)] <= self.threshold[nodes]
            onward = np.where(goes_left, nodes + 1, self.right[nodes])
            nodes = np.where(inner, onward, nodes)
        values = self.threshold[nodes].astype(np.float64)
        per_member = len(self.roots) // len(self.base)
        return values.reshape(len(rows), len(self.base), per_member).sum(axis=2) + self.base

    def arrays(self, prefix: str) -> dict[str, NDArray[Any]]:
        """The arrays by name, for a safetensors file."""
        size = np.diff(np.append(self.roots, len(self.feature)))
        root = np.repeat(self.roots, size)
        small = np.uint16 if size.max(initial=0) < 2**16 else np.uint32
        return {
            f"{prefix}.feature": self.feature,
            f"{prefix}.threshold": self.threshold,
            f"{prefix}.right": (self.right - root).astype(small),
            f"{prefix}.roots": self.roots,
            f"{prefix}.base": self.base,
        }


def forest_from(arrays: Mapping[str, NDArray[Any]], prefix: str) -> Forest:
    """The forest that `Forest.arrays` wrote."""
    roots = arrays[f"{prefix}.roots"]
    feature = arrays[f"{prefix}.feature"]
    root = np.repeat(roots, np.diff(np.append(roots, len(feature))))
    return Forest(
        feature=feature,
        threshold=arrays[f"{prefix}.threshold"],
        right=(arrays[f"{prefix}.right"] + root).astype(np.int32),
        roots=roots,
        base=arrays[f"{prefix}.base"],
    )


def rounded_down(values: Floats) -> NDArray[np.float32]:
    """The largest float32 numbers that are not above the given ones."""
    near = values.astype(np.float32)
    lower = np.nextafter(near, np.float32(-np.inf))
    return np.where(near > values, lower, near).astype(np.float32)
