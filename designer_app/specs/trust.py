"""Whether a potential can be trusted with a structure: the question, and the answer's axes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.specs.fields import spec_field
from designer_app.specs.potential_fields import (
    device_field,
    dtype_field,
    model_field,
    potential_field,
    threads_field,
)
from designer_app.specs.structure import Structure

LEVELS = ("good", "care", "no")
"""Green, amber, red."""


@dataclass(frozen=True, kw_only=True)
class TrustSpec:
    """Which potential, and which structure."""

    structure: Structure | None = spec_field(
        None, label="Structure", doc="What is to be computed.", hidden=True, argument="-"
    )
    potential: str = potential_field()
    model: str = model_field()
    device: str = device_field()
    dtype: str = dtype_field()
    threads: int = threads_field()


@dataclass(frozen=True, kw_only=True)
class TrustAxis:
    """One reason to trust, or not."""

    key: str
    """elements, distance, spread, variance, interval."""
    level: str
    sentence: str


@dataclass(frozen=True, kw_only=True, eq=False)
class TrustReport:
    """The light of a structure: the worst of its axes."""

    level: str
    axes: tuple[TrustAxis, ...]
    distances: NDArray[np.float32] | None = None
    """(n_atoms,) from the nearest surroundings learned from; 1 is as far as one in a hundred atoms
    of the frames kept back. None where the potential tells none."""
    force_half_widths: tuple[float, float] | None = None
    """eV/A, of the surest and of the least sure atom: 90 % of the force components of frames like
    those kept back were predicted within these. None where it is not like them."""


def worst(levels: tuple[str, ...]) -> str:
    """The level that decides."""
    return max(levels, key=LEVELS.index, default="good")
