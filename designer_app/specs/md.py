"""What a molecular-dynamics run is."""

from dataclasses import dataclass
from pathlib import Path

from designer_app.specs.fields import spec_field
from designer_app.specs.potential_fields import (
    device_field,
    dtype_field,
    model_field,
    potential_field,
    threads_field,
)
from designer_app.specs.structure import Structure

ENSEMBLES = (
    ("nve", "NVE: constant energy"),
    ("langevin", "NVT: Langevin (BAOAB)"),
    ("nose-hoover", "NVT: Nose-Hoover chain"),
    ("bussi", "NVT: Bussi velocity rescaling"),
    ("berendsen", "NVT: Berendsen (equilibration only, not canonical)"),
    ("npt", "NPT: stochastic cell rescaling"),
    ("npt-mtk", "NPT: Martyna-Tobias-Klein"),
)
ENGINES = (
    ("native", "Designer App"),
    ("lammps", "LAMMPS, where installed"),
)
_THERMOSTATTED = ("langevin", "nose-hoover", "bussi", "berendsen", "npt", "npt-mtk")
BAROSTATTED = ("npt", "npt-mtk")


@dataclass(frozen=True, kw_only=True)
class MDSpec:
    """Settings of a molecular-dynamics run."""

    structure: Structure | None = spec_field(
        None, label="Structure", doc="Where the atoms start.", hidden=True, argument="-"
    )
    potential: str = potential_field()
    model: str = model_field()
    ensemble: str = spec_field(
        "langevin",
        label="Ensemble",
        doc="What is held constant. Langevin equilibrates any solid or liquid; "
        "use NVE or Bussi for diffusion coefficients.",
        choices=ENSEMBLES,
    )
    temperature: float = spec_field(
        300.0,
        label="Temperature",
        doc="Start temperature, and the bath's. Ion hopping is seen at 600-1200 K within minutes.",
        unit="K",
        low=0.0,
        high=20000.0,
        decimals=0,
    )
    temperature_end: float | None = spec_field(
        None,
        label="Ramp to",
        doc="The bath's temperature at the end; it changes linearly. Empty: constant.",
        unit="K",
        low=0.0,
        high=20000.0,
        decimals=0,
        advanced=True,
        when=("ensemble", _THERMOSTATTED),
    )
    pressure: float = spec_field(
        0.0,
        label="Pressure",
        doc="The barostat's pressure. 0 stands for ambient: 1 bar is 0.0001 GPa.",
        unit="GPa",
        low=-50.0,
        high=500.0,
        decimals=3,
        when=("ensemble", BAROSTATTED),
    )
    timestep: float = spec_field(
        1.0,
        label="Time step",
        doc="1 to 2 fs for crystals of heavy atoms, 0.5 fs where hydrogen moves.",
        unit="fs",
        above=0.0,
        high=100.0,
        decimals=2,
    )
    steps: int = spec_field(
        2000,
        label="Steps",
        doc="Length of the run; it can be extended afterwards.",
        low=1,
        high=10**9,
    )
    frame_interval: int = spec_field(
        10,
        label="Frame every",
        doc="Steps between frames written to the trajectory.",
        unit="steps",
        low=1,
        high=10**6,
        advanced=True,
    )
    checkpoint_interval: int = spec_field(
        100,
        label="Checkpoint every",
        doc="Steps between exact restart files; at most two a second are written.",
        unit="steps",
        low=1,
        high=10**7,
        advanced=True,
    )
    friction: float = spec_field(
        0.01,
        label="Friction",
        doc="Coupling of each atom to the Langevin bath. 0.01 per fs equilibrates in about 0.1 ps.",
        unit="1/fs",
        above=0.0,
        high=10.0,
        decimals=4,
        advanced=True,
        when=("ensemble", ("langevin",)),
    )
    thermostat_time: float = spec_field(
        100.0,
        label="Thermostat time",
        doc="Relaxation time of the thermostat; 50 to 200 fs is usual.",
        unit="fs",
        above=0.0,
        high=1e6,
        advanced=True,
        when=("ensemble", ("nose-hoover", "bussi", "berendsen", "npt", "npt-mtk")),
    )
    barostat_time: float = spec_field(
        1000.0,
        label="Barostat time",
        doc="Relaxation time of the cell; about ten times the thermostat's.",
        unit="fs",
        above=0.0,
        high=1e7,
        advanced=True,
        when=("ensemble", BAROSTATTED),
    )
    compressibility: float = spec_field(
        0.01,
        label="Compressibility",
        doc="Inverse bulk modulus, sets only how fast the cell answers: 0.01 per GPa suits oxides, "
        "0.5 water.",
        unit="1/GPa",
        above=0.0,
        high=1000.0,
        decimals=4,
        advanced=True,
        when=("ensemble", ("npt",)),
    )
    cell_shape: str = spec_field(
        "isotropic",
        label="Cell may change",
        doc="Isotropic keeps the shape; anisotropic lets each lattice vector change its length.",
        choices=(("isotropic", "Volume only"), ("anisotropic", "Lengths")),
        advanced=True,
        when=("ensemble", ("npt",)),
    )
    chain_length: int = spec_field(
        3,
        label="Chain length",
        doc="Thermostats in the Nose-Hoover chain; 3 is usual.",
        low=1,
        high=10,
        advanced=True,
        when=("ensemble", ("nose-hoover", "npt-mtk")),
    )
    max_temperature: float = spec_field(
        20000.0,
        label="Stop above",
        doc="The run stops with the last good frame when the atoms get hotter than this.",
        unit="K",
        above=0.0,
        high=1e7,
        advanced=True,
    )
    engine: str = spec_field(
        "native",
        label="Engine",
        doc="What moves the atoms. LAMMPS runs Lennard-Jones and Morse with nve, langevin, "
        "nose-hoover and npt-mtk on one CPU core: faster below 1000 atoms, alike above.",
        choices=ENGINES,
        advanced=True,
    )
    seed: int = spec_field(
        0,
        label="Seed",
        doc="Start of the random numbers: same seed, same run.",
        low=0,
        high=2**31 - 1,
        advanced=True,
    )
    device: str = device_field()
    dtype: str = dtype_field()
    threads: int = threads_field()
    out: Path | None = spec_field(
        None,
        label="Folder",
        doc="Trajectory, series and checkpoints are written here. Left out: only the figures.",
        hidden=True,
    )
    resume: bool = spec_field(
        False, label="Resume", doc="Continue the run that is in the folder.", hidden=True
    )
