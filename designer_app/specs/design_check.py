"""Whether single commands give again what a finished design says: what is asked, and the answer."""

import math
from dataclasses import dataclass
from pathlib import Path

from designer_app.specs.fields import spec_field
from designer_app.specs.potential_fields import device_field, threads_field


@dataclass(frozen=True, kw_only=True)
class DesignCheckSpec:
    """Settings of a recomputation from the files that a design wrote."""

    out: Path | None = spec_field(None, label="Folder", doc="Of a design that ended.", hidden=True)
    n: int = spec_field(
        0, label="The best", doc="How many of the shortlist; 0 takes all.", low=0, high=1000
    )
    device: str = device_field()
    threads: int = threads_field()


@dataclass(frozen=True, kw_only=True)
class Again:
    """One number of a candidate, beside what a command makes of the written file."""

    rank: int
    formula: str
    file: str
    command: str
    """E.g. "voltage"."""
    key: str
    unit: str
    said: float
    """By the design."""
    found: float
    """By the command; NaN where it gave none."""
    tolerance: float
    """How far two computations of one structure may lie apart, in the unit."""
    why: str = ""
    """Why there is no number."""

    @property
    def agrees(self) -> bool:
        """Whether both are the same within the tolerance."""
        return math.isfinite(self.found) and abs(self.said - self.found) <= self.tolerance
