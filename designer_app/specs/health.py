"""A health check of a potential: does it behave as a potential should, in words and curves."""

from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True, kw_only=True)
class HealthSpec:
    """Which potential is checked on which structure."""

    potential: str = potential_field()
    model: str = model_field()
    structure: Structure | None = spec_field(
        None,
        label="Structure",
        doc="What is deformed and heated; left out, the calmest frame of the data.",
        hidden=True,
        argument="-",
    )
    data: tuple[Path, ...] = spec_field(
        (), label="Data", doc="Files that it learned from.", hidden=True, argument="-"
    )
    mapping: tuple[str, ...] = spec_field(
        (), label="Keys", doc="As in its training.", hidden=True, argument="-"
    )
    temperature: float = spec_field(
        300.0,
        label="Temperature",
        doc="Of the run at constant energy.",
        unit="K",
        low=1.0,
        high=5000.0,
    )
    steps: int = spec_field(
        500, label="Steps", doc="Of the run at constant energy.", low=10, high=1_000_000
    )
    device: str = device_field()
    dtype: str = dtype_field()
    threads: int = threads_field()


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """One line of a plot."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    x_label: str
    """With unit."""
    y_label: str


@dataclass(frozen=True, kw_only=True, eq=False)
class HealthItem:
    """One check."""

    key: str
    """equation-of-state, constant-energy, dimers, phonons, extrapolation."""
    title: str
    level: str
    """good, care, no or skipped."""
    sentence: str
    """What came out, with numbers."""
    advice: str = ""
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class HealthReport:
    """All checks of one potential and the verdict."""

    potential: str
    model: str
    level: str
    """The worst of the items: good, care or no."""
    verdict: str
    """One sentence."""
    items: tuple[HealthItem, ...]
    structure: str
    """Formula of what was deformed and heated."""
    seconds: float
