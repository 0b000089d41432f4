"""Analysis of a trajectory."""

from dataclasses import dataclass
from pathlib import Path

from designer_app.specs.fields import spec_field


@dataclass(frozen=True, kw_only=True)
class AnalyseSpec:
    """What is read out of a trajectory."""

    trajectory: Path = spec_field(
        label="Trajectory",
        doc="A trajectory of this program or any that ASE reads.",
        hidden=True,
        argument="-",
    )
    rdf: bool = spec_field(False, label="Pair distances", doc="Radial distribution functions g(r).")
    msd: str = spec_field(
        "",
        label="Mean square displacement of",
        doc="Element whose diffusion is looked at, e.g. Li.",
    )
    cutoff: float = spec_field(
        8.0, label="Up to", doc="Largest distance of g(r).", unit="A", above=0.0, high=50.0
    )
    bins: int = spec_field(
        200, label="Bins", doc="Intervals of g(r).", low=10, high=10000, advanced=True
    )
    skip: float = spec_field(
        0.2,
        label="Skip first",
        doc="Part of the run left out as equilibration.",
        low=0.0,
        high=0.95,
        advanced=True,
    )
    charge: float | None = spec_field(
        None,
        label="Ion charge",
        doc="For the Nernst-Einstein conductivity; empty: the common one of the element.",
        unit="e",
        advanced=True,
    )
    frame_time: float | None = spec_field(
        None,
        label="Time between frames",
        doc="Needed where the file does not carry times.",
        unit="fs",
        above=0.0,
        advanced=True,
    )
    seed: int = spec_field(0, label="Seed", doc="Of the block bootstrap.", low=0, advanced=True)
