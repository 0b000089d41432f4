"""Opening and looking at structures: the small jobs of the quick worker."""

from dataclasses import dataclass
from pathlib import Path

from designer_app.specs.fields import spec_field
from designer_app.specs.structure import Structure


@dataclass(frozen=True, kw_only=True)
class ReadSpec:
    """A structure file to open, with limits."""

    path: Path = spec_field(label="File", doc="What to open.")
    index: int = spec_field(
        -1,
        label="Frame",
        doc="Which frame of a trajectory, -1 the last; of a CIF which data block, -1 the first.",
    )
    max_bytes: int = spec_field(
        2 * 10**9, label="Largest file", doc="Refused above.", unit="bytes", low=1
    )
    max_atoms: int = spec_field(5_000_000, label="Most atoms", doc="Refused above.", low=1)


@dataclass(frozen=True, kw_only=True)
class FramesSpec:
    """A trajectory to play."""

    path: Path = spec_field(label="File", doc="What to play.")
    max_bytes: int = spec_field(
        200_000_000,
        label="Memory",
        doc="Frames are thinned where their positions would take more.",
        unit="bytes",
        low=1,
    )


@dataclass(frozen=True, kw_only=True)
class InspectSpec:
    """Formula, symmetry and density of a structure."""

    structure: Structure = spec_field(label="Structure", doc="What is looked at.", hidden=True)
    occupancies: tuple[dict[str, float], ...] = spec_field(
        (), label="Occupancies", doc="Shares of each site, where sites are shared.", hidden=True
    )
    symprec: float = spec_field(
        0.01,
        label="Tolerance",
        doc="How far atoms may be off a symmetric site.",
        unit="A",
        above=0.0,
    )


@dataclass(frozen=True, kw_only=True)
class BondsSpec:
    """Which atoms are drawn as bonded."""

    structure: Structure = spec_field(label="Structure", doc="What is looked at.", hidden=True)
    tolerance: float = spec_field(
        1.15, label="Tolerance", doc="Times the sum of covalent radii.", above=0.0, high=3.0
    )


@dataclass(frozen=True, kw_only=True)
class DeviceSpec:
    """Which devices and packages a worker has."""
