"""What is asked about the motion of ions in a crystal, and what is found."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.specs.estimates import Estimate
from designer_app.specs.fields import spec_field
from designer_app.specs.potential_fields import (
    device_field,
    dtype_field,
    model_field,
    potential_field,
    threads_field,
)
from designer_app.specs.structure import Structure

HEAD, BOND_VALENCE, NEB, MD = "learned head", "bond valence", "NEB", "molecular dynamics"
"""`Estimate.method` of the four ways to a conductivity, the fastest first."""
CONDUCTIVITY, BARRIER = "log10_conductivity", "migration_barrier"
"""`Estimate.key`: log10 of S/cm, and eV."""
LOG_UNIT = "log10(S/cm)"


@dataclass(frozen=True, kw_only=True)
class ConductivitySpec:
    """Settings of an estimate of the ionic conductivity, by several methods side by side."""

    structure: Structure | None = spec_field(
        None,
        label="Structure",
        doc="The crystal; without one only the learned head can answer.",
        hidden=True,
        argument="-",
    )
    occupancies: tuple[dict[str, float], ...] = spec_field(
        (),
        label="Occupancies",
        doc="What shares each site, where sites are shared.",
        hidden=True,
        argument="-",
    )
    formula: str = spec_field(
        "",
        label="Formula",
        doc="Composition, where there is no structure.",
        hidden=True,
        argument="-",
    )
    ion: str = spec_field(
        "",
        label="Moving ion",
        doc="Element that moves, e.g. Li or F. Empty: the first of Li, Na, K, Ag, Cu, Mg, Zn, Ca, "
        "Rb, Cs, Al that the crystal holds.",
    )
    quick: bool = spec_field(
        False,
        label="Only what takes seconds",
        doc="Leaves out the barrier by the nudged elastic band, which takes minutes.",
    )
    md: bool = spec_field(
        False,
        label="Also by molecular dynamics",
        doc="Runs at several temperatures, and extrapolates: hours. Needs a folder, and goes on "
        "where it was left.",
    )
    potential: str = potential_field()
    model: str = model_field()
    temperature: float = spec_field(
        298.15,
        label="Conductivity at",
        doc="Temperature of the conductivity; the learned head knows room temperature only.",
        unit="K",
        low=200.0,
        high=2000.0,
        decimals=1,
    )
    hop_length: float = spec_field(
        4.5,
        label="Hops up to",
        doc="Longest hop between sites that is tried; the shortest that make a way through the "
        "crystal are tried in any case.",
        unit="A",
        above=1.0,
        high=8.0,
        decimals=2,
        advanced=True,
        when=("quick", (False,)),
    )
    images: int = spec_field(
        5,
        label="Images",
        doc="Structures between the two ends of a hop; the highest climbs to the top.",
        low=3,
        high=21,
        advanced=True,
        when=("quick", (False,)),
    )
    separation: float = spec_field(
        8.0,
        label="Distance of images",
        doc="Between a vacancy and its periodic images, at least.",
        unit="A",
        above=3.0,
        high=25.0,
        decimals=1,
        advanced=True,
    )
    fmax: float = spec_field(
        0.05,
        label="Force below",
        doc="A band has converged when no atom feels more across it.",
        unit="eV/A",
        above=0.0,
        high=1.0,
        decimals=3,
        advanced=True,
        when=("quick", (False,)),
    )
    steps: int = spec_field(
        200,
        label="Steps at most",
        doc="Of a band or of the relaxation of its ends.",
        low=1,
        high=10000,
        advanced=True,
        when=("quick", (False,)),
    )
    grid: float = spec_field(
        0.15,
        label="Grid",
        doc="Spacing of the points at which the bond-valence energy is computed.",
        unit="A",
        low=0.05,
        high=0.5,
        decimals=2,
        advanced=True,
    )
    md_from: float = spec_field(
        800.0,
        label="Lowest temperature",
        doc="Of the runs; below about 600 K hops are too rare for a run of nanoseconds.",
        unit="K",
        low=200.0,
        high=5000.0,
        decimals=0,
        when=("md", (True,)),
    )
    md_to: float = spec_field(
        1200.0,
        label="Highest temperature",
        doc="Of the runs; the crystal must not melt.",
        unit="K",
        low=200.0,
        high=5000.0,
        decimals=0,
        when=("md", (True,)),
    )
    md_runs: int = spec_field(
        3,
        label="Temperatures",
        doc="Number of runs, evenly spaced in 1/T; an extrapolation needs three that diffuse.",
        low=1,
        high=12,
        when=("md", (True,)),
    )
    md_steps: int = spec_field(
        50000,
        label="Steps of a run",
        doc="Of molecular dynamics; more may be asked for later, and the runs go on.",
        low=100,
        high=10**9,
        when=("md", (True,)),
    )
    timestep: float = spec_field(
        2.0,
        label="Time step",
        doc="Of molecular dynamics; 1 to 2 fs, 0.5 fs with hydrogen.",
        unit="fs",
        above=0.0,
        high=10.0,
        decimals=2,
        advanced=True,
        when=("md", (True,)),
    )
    seed: int = spec_field(0, label="Seed", doc="Of velocities and bootstrap.", low=0)
    device: str = device_field()
    dtype: str = dtype_field()
    threads: int = threads_field()
    out: Path | None = spec_field(
        None,
        label="Folder",
        doc="Where molecular dynamics keeps its runs.",
        hidden=True,
    )

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that are asked for."""
        asked = (HEAD, BOND_VALENCE) if self.quick else (HEAD, BOND_VALENCE, NEB)
        return (*asked, MD) if self.md else asked


@dataclass(frozen=True, eq=False, kw_only=True)
class MigrationPath:
    """A way of an ion through the crystal, to be drawn, and its energy on the way."""

    method: str
    ion: str
    dimensions: int
    """Directions in which ways of this barrier connect: 1, 2 or 3; 0 for a single hop that leads
    nowhere by itself."""
    direction: tuple[int, int, int]
    """Lattice vector of the structure between the two ends, (0, 0, 0) for a single hop."""
    barrier: float
    """eV."""
    positions: NDArray[np.float64]
    """(n_points, 3) A in the structure's frame, unwrapped: the way leads across cell faces."""
    distances: NDArray[np.float64]
    """(n_points,) A along the way."""
    energies: NDArray[np.float64]
    """(n_points,) eV above the lowest place of the ion."""


@dataclass(frozen=True, kw_only=True)
class DiffusionRun:
    """What one run of molecular dynamics says."""

    temperature: float
    """K, asked for."""
    picoseconds: float
    is_seen: bool
    """Whether ions left their cages often enough for a coefficient."""
    coefficient: float | None
    """cm^2/s."""
    error: float | None
    """One standard error, cm^2/s."""
    upper_bound: float | None
    """cm^2/s, where no diffusion is seen."""
    folder: str


@dataclass(frozen=True, eq=False, kw_only=True)
class ConductivityResult:
    """Every estimate that was asked for, side by side, and the ways that ions take."""

    formula: str
    ion: str
    temperature: float
    """K."""
    estimates: tuple[Estimate, ...]
    """In the order of `ConductivitySpec.methods`; a barrier stands before the conductivity that
    was made of it. One without a value says why in `reason`."""
    paths: tuple[MigrationPath, ...] = ()
    runs: tuple[DiffusionRun, ...] = ()
    warnings: tuple[str, ...] = ()

    def by(self, method: str, key: str = CONDUCTIVITY) -> Estimate | None:
        """What a method says of a property; None where it was not asked."""
        return next((e for e in self.estimates if (e.method, e.key) == (method, key)), None)
