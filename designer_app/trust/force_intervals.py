"""Intervals of force components that hold what they promise, by split-conformal calibration.

The scale s_i of a component on atom i is the spread where an ensemble has members that disagree,
the standard deviation of the atom's energy where a Gaussian process tells it, else the distance to
the training set; the half-width is q (floor + s_i), with q the conformal quantile of
|error| / (floor + s_i) over frames kept back (Vovk et al. 2005, doi:10.1007/b106715; Hu et al. 2022
for distances in a latent space, doi:10.1088/2632-2153/aca7b1).

Components of one frame are not independent, so coverage on other frames scatters more than the
number of components suggests: it is measured on frames that neither taught nor calibrated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.trust.intervals import LEVEL, conformal_quantile
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
    """Share of components inside, on frames that it was not calibrated on."""
    n_covered: int = 0
    """Such frames."""
    rare: float | None = None
    """Scale that one in a hundred atoms exceeds, of the frames it was calibrated on."""

    @classmethod
    def fitted(cls, errors: Floats, scale: Floats, by: str, n_frames: int) -> "ForceIntervals":
        """From |error| of components (n_atoms, 3) eV/A and the scale of each atom (n_atoms,)."""
        known = np.isfinite(errors).all(axis=1) & np.isfinite(scale)
        floor = 1.0 if by == "distance" else max(float(np.median(scale[known])), 1e-9)
        scores = errors[known] / (floor + scale[known])[:, None]
        quantile = conformal_quantile(scores.ravel())
        rare = float(np.quantile(scale[known], 1.0 - EXCEEDED_BY))
        return cls(by=by, half_width=quantile, floor=floor, n_frames=n_frames, rare=rare)

    def half_widths(self, scale: Floats) -> Floats:
        """(n_atoms,) eV/A."""
        return self.half_width * (self.floor + scale)

    def covered(self, errors: Floats, scale: Floats) -> float | None:
        """Share of components (n_atoms, 3) inside their interval; None where none is known."""
        known = np.isfinite(errors).all(axis=1) & np.isfinite(scale)
        if not known.any():
            return None
        return float((errors[known] <= self.half_widths(scale[known])[:, None]).mean())

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
