"""What an adsorption calculation is, and what it and the catalyst screen give back."""

from dataclasses import dataclass
from pathlib import Path

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

REFERENCES = (
    ("molecules", "Gas molecules by the same potential"),
    ("calibrated", "Shifted by the mean error against published metals"),
)
"""What the energy of the free adsorbate is."""


@dataclass(frozen=True, kw_only=True)
class AdsorptionSpec:
    """Settings of slab relaxations with adsorbates."""

    structure: Structure | None = spec_field(
        None, label="Crystal", doc="The bulk crystal that is cut.", hidden=True, argument="-"
    )
    adsorbate: str = spec_field(
        "H",
        label="Adsorbate",
        doc="H, O, OH, OOH, C, CH, CH2, CH3, CO, N, NH, NH2 or NH3; several with commas.",
    )
    surface: str = spec_field(
        "111",
        label="Surface",
        doc="Miller indices of the conventional cell, such as 111, 1-10 or “0 0 1”.",
    )
    potential: str = potential_field()
    model: str = model_field()
    layers: int = spec_field(
        4,
        label="Layers",
        doc="Atomic layers of the slab; the lower half is held as in the bulk.",
        low=3,
        high=20,
    )
    vacuum: float = spec_field(
        12.0,
        label="Vacuum",
        doc="Empty space above the slab; 12 suits small adsorbates.",
        unit="A",
        low=8.0,
        high=60.0,
        decimals=1,
        advanced=True,
    )
    spacing: float = spec_field(
        7.0,
        label="Images apart",
        doc="Least distance of an adsorbate from its own periodic images.",
        unit="A",
        low=2.0,
        high=30.0,
        decimals=1,
        advanced=True,
    )
    termination: str = spec_field(
        "",
        label="Termination",
        doc="Formula of the top layer, such as TiO2. Empty: what costs least energy to cleave.",
        advanced=True,
    )
    reference: str = spec_field(
        "molecules",
        label="Reference",
        doc="What the energy of the free adsorbate is.",
        choices=REFERENCES,
        advanced=True,
    )
    keep_lattice: bool = spec_field(
        False,
        label="Keep the lattice",
        doc="Cut the crystal as given, without relaxing it first.",
        advanced=True,
    )
    fmax: float = spec_field(
        0.05,
        label="Force below",
        doc="Converged when no atom feels more.",
        unit="eV/A",
        above=0.0,
        high=10.0,
        decimals=4,
        advanced=True,
    )
    steps: int = spec_field(
        300, label="Steps at most", doc="Gives up after so many.", low=1, high=10**6, advanced=True
    )
    sites: int = spec_field(
        12,
        label="Sites at most",
        doc="Of so many different sites; the most open ones come first.",
        low=1,
        high=200,
        advanced=True,
    )
    device: str = device_field()
    dtype: str = dtype_field()
    threads: int = threads_field()
    out: Path | None = spec_field(
        None,
        label="Folder",
        doc="Relaxed slabs are written here, as extended XYZ. Left out: only figures.",
        hidden=True,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class AdsorptionSite:
    """One adsorbate at one kind of site, after its relaxation."""

    adsorbate: str
    site: str
    """Where it started: "ontop Pt", "bridge Pt-Pt", "hollow fcc", "hollow 4-fold", ..."""
    energy: Estimate
    """eV; negative where it binds."""
    outcome: str
    """"stays", "moved", "desorbed", "dissociated", "reconstructed", "not relaxed" or "failed"."""
    ends_at: str = ""
    """Where it ended, in the words of `site`."""
    height: float = float("nan")
    """A, of its lowest atom over the mean of the top layer."""
    bond: float = float("nan")
    """A, shortest distance of an atom of it to the surface."""
    n_steps: int = 0
    structure: Structure | None = None
    path: str = ""
    error: str = ""
    """Why it failed; one sentence."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SlabFacts:
    """The clean surface."""

    formula: str
    miller: tuple[int, int, int]
    n_layers: int
    n_atoms: int
    area: float
    """A^2, of one side."""
    termination: str
    """Composition of the top layer."""
    n_terminations: int
    surface_energy: float
    """J/m^2: half of the energy of cleaving, both sides together, upper side relaxed."""
    image_distance: float
    """A, between an adsorbate and its nearest image."""
    structure: Structure | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class AdsorptionResult:
    """All sites of all adsorbates on one surface."""

    slab: SlabFacts
    sites: tuple[AdsorptionSite, ...]
    best: tuple[Estimate, ...]
    """The most stable intact site of each adsorbate, in the order asked; key "adsorption H"."""
    references: tuple[tuple[str, str], ...]
    """(adsorbate, what its free energy was taken from, in words)."""
    potential: str
    model: str
    model_sha256: str
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class VolcanoPoint:
    """A material on a volcano: activity over its descriptor."""

    name: str
    reaction: str
    """her, oer, orr, co2rr or nrr."""
    x: float
    x_low: float
    x_high: float
    """eV, of the descriptor, with its interval."""
    y: float
    y_low: float
    y_high: float
    """V, with the interval that follows."""
    x_label: str
    y_label: str
    source: str
    """Equation and DOI."""


@dataclass(frozen=True, kw_only=True)
class CatalystRow:
    """One candidate of a catalyst screen."""

    name: str
    formula: str
    reaction: str
    surface: str
    descriptors: tuple[Estimate, ...] = ()
    """Adsorption energies, each by its method; the first of a key is what the volcano used."""
    activity: Estimate | None = None
    """Minus the overpotential, V; of co2rr and nrr as `volcano` says, eV."""
    activation: Estimate | None = None
    """eV, by a BEP relation or by NEB."""
    selectivity: tuple[Estimate, ...] = ()
    """V, how much earlier the wanted reaction sets in than each competitor; key "over HER"."""
    volcano: VolcanoPoint | None = None
    score: float = float("nan")
    """The activity: sorts, best first."""
    error: str = ""
    """Why there is no number; one sentence."""
