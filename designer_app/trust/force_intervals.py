"""Intervals of force components that hold what they promise, by split-conformal calibration.

The scale s_i of a component on atom i is the spread where an ensemble has members that disagree,
the standard deviation of the atom's energy where a Gaussian process tells it, else the distance to
the training set; the half-width is q (floor + s_i), with q the conformal quantile of
|error| / (floor + s_i) over frames kept back (Vovk et al. 2005, doi:10.1007/b106715; Hu et al. 2022
for distances in a latent space, doi:10.1088/2632-2153/aca7b1).

Components of one frame err together, so q is ranked over frames, and what it promises is that a
component of a new frame of the same kind lies inside in 90 of 100 cases. Nothing is promised for
structures of another kind. How well it is held is measured on frames that neither taught, nor chose
the best epoch, nor calibrated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.trust.intervals import LEVEL, conformal_quantile_of_frames
from designer_app.trust.surroundings import EXCEEDED_BY

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ForceIntervals:
    """How wide the 90 % interval of a force component is."""

    by: str
    """spread, variance or distance: what the width follows."""
    half_width: float
    """eV/A for each unit of floor + scale."""
    floor: float
    """Added to the scale, in its unit: eV/A (spread), eV (variance), 1 (distance)."""
    n_frames: int
    """It was calibrated on."""
    coverage: float | None = None
    """Share of components inside, on frames that it was not calibrated on; frames count alike."""
    n_covered: int = 0
    """Such frames."""
    rare: float | None = None
    """Scale that one in a hundred atoms exceeds, of the frames it was calibrated on."""

    @classmethod
    def fitted(
        cls, errors: Floats, scale: Floats, by: str, n_atoms: NDArray[np.int64]
    ) -> "ForceIntervals":
        """From |error| of components (n_atoms, 3) eV/A and the scale of each atom (n_atoms,).

        `n_atoms` (n_frames,) parts the atoms into frames. Frames without forces do not count; the
        half-width is infinite where too few have any.
        """
        known = np.isfinite(errors).all(axis=1) & np.isfinite(scale)
        floor = 1.0 if by == "distance" else max(float(np.median(scale[known])), 1e-9)
        scores = errors[known] / (floor + scale[known])[:, None]
        frame = np.repeat(np.arange(len(n_atoms)), n_atoms)[known]
        quantile = conformal_quantile_of_frames(scores.ravel(), np.repeat(frame, 3))
        rare = float(np.quantile(scale[known], 1.0 - EXCEEDED_BY))
        n_frames = len(np.unique(frame))
        return cls(by=by, half_width=quantile, floor=floor, n_frames=n_frames, rare=rare)

    def half_widths(self, scale: Floats) -> Floats:
        """(n_atoms,) eV/A."""
        return self.half_width * (self.floor + scale)

    def covered(self, errors: Floats, scale: Floats, n_atoms: NDArray[np.int64]) -> float | None:
        """Share of components (n_atoms, 3) inside, the mean over frames; None where none is known.

        `n_atoms` (n_frames,) parts the atoms into frames.
        """
        known = np.isfinite(errors).all(axis=1) & np.isfinite(scale)
        if not known.any():
            return None
        inside = (errors[known] <= self.half_widths(scale[known])[:, None]).mean(axis=1)
        frame = np.repeat(np.arange(len(n_atoms)), n_atoms)[known]
        _, place, sizes = np.unique(frame, return_inverse=True, return_counts=True)
        return float(np.mean(np.bincount(place, inside) / sizes))

    def told(self) -> dict[str, Any]:
        """For the card."""
        return {
            "level": LEVEL,
            "by": self.by,
            "half_width": self.half_width,
            "floor": self.floor,
            "n_frames": self.n_frames,
            "coverage": self.coverage,
            "n_covered": self.n_covered,
            "rare": self.rare,
        }

    @classmethod
    def from_card(cls, told: Mapping[str, Any]) -> "ForceIntervals | None":
        """What `told` gave; None where the card tells none."""
        if "half_width" not in told:
            return None
        names = ("by", "half_width", "floor", "n_frames", "coverage", "n_covered", "rare")
        return cls(**{name: told[name] for name in names if name in told})
