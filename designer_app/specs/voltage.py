"""Voltage of an electrode: what is asked, and what comes out."""

import math
from dataclasses import dataclass
from pathlib import Path

from designer_app.specs.estimates import Estimate
from designer_app.specs.fields import spec_field
from designer_app.specs.hull import HullPlacement
from designer_app.specs.potential_fields import (
    device_field,
    dtype_field,
    model_field,
    potential_field,
    threads_field,
)
from designer_app.specs.structure import Structure

ION_CHARGES = {"Li": 1, "Na": 1, "K": 1, "Mg": 2, "Ca": 2, "Zn": 2}
"""Working ions and the charge each carries, e."""


@dataclass(frozen=True, kw_only=True)
class VoltageSpec:
    """Settings of a voltage from relaxations with and without the working ion."""

    structure: Structure | None = spec_field(
        None,
        label="Structure",
        doc="The discharged electrode; the charged one where a discharged partner or a number of "
        "ions to insert is given.",
        hidden=True,
        argument="-",
    )
    partner: Structure | None = spec_field(
        None,
        label="Discharged structure",
        doc="The same framework with more ions. Left out: the ions of the structure are removed.",
        hidden=True,
        argument="-",
    )
    ion: str = spec_field(
        "Li",
        label="Working ion",
        doc="What moves between the electrodes.",
        choices=tuple((symbol, symbol) for symbol in ION_CHARGES),
    )
    insert: int = spec_field(
        0,
        label="Ions to insert",
        doc="Into the voids of the cell as given; 0 removes the ions instead.",
        low=0,
        high=1000,
    )
    remove: str = spec_field(
        "reachable",
        label="Ions removed",
        doc="As many as the other elements can make up for, by the highest charges that they "
        "reach; or all, whatever is oxidised then.",
        choices=(("reachable", "That can leave"), ("all", "All")),
        when=("insert", (0,)),
    )
    curve: bool = spec_field(
        False,
        label="Voltage curve",
        doc="Compositions between the ends are relaxed too; the stable ones give the steps.",
    )
    levels: int = spec_field(
        5,
        label="Compositions between",
        doc="At most so many, evenly spaced, where the cell holds enough ions.",
        low=1,
        high=50,
        when=("curve", (True,)),
    )
    orderings: int = spec_field(
        3,
        label="Arrangements",
        doc="Arrangements of the ions relaxed at each composition; the lowest counts.",
        low=1,
        high=50,
    )
    repeats: int = spec_field(
        1,
        label="Repeat the cell",
        doc="So many cells, as near to a cube as can be, give finer steps.",
        low=1,
        high=64,
        when=("curve", (True,)),
    )
    potential: str = potential_field()
    model: str = model_field()
    fmax: float = spec_field(
        0.05,
        label="Force below",
        doc="Each structure is relaxed until no atom feels more.",
        unit="eV/A",
        above=0.0,
        high=10.0,
        decimals=4,
        advanced=True,
    )
    steps: int = spec_field(
        500,
        label="Steps at most",
        doc="Of each relaxation.",
        low=1,
        high=10**6,
        advanced=True,
    )
    device: str = device_field()
    dtype: str = dtype_field()
    threads: int = threads_field()
    seed: int = spec_field(
        0, label="Seed", doc="Of the search for arrangements.", low=0, advanced=True
    )
    out: Path | None = spec_field(
        None,
        label="Folder",
        doc="Relaxed structures go here, and a stopped run goes on from what is there.",
        hidden=True,
    )


@dataclass(frozen=True, kw_only=True)
class VoltageStep:
    """A plateau between two stable compositions."""

    x_from: float
    x_to: float
    """Ions per formula unit of the host, from the emptier end to the fuller one."""
    voltage: float
    """V against the metal of the ion."""
    formula_from: str
    formula_to: str


@dataclass(frozen=True, kw_only=True)
class VoltagePoint:
    """A composition that was relaxed: the lowest of its arrangements."""

    x: float
    """Ions per formula unit of the host."""
    formula: str
    formation_energy: float
    """eV per formula unit of the host, against the two ends."""
    above_hull: float
    """eV per formula unit of the host above the line through the stable compositions."""
    n_arrangements: int
    """Relaxed at this composition."""
    searched: str
    """How the arrangements were found, in words."""


@dataclass(frozen=True, kw_only=True)
class VoltageResult:
    """An electrode between its charged and its discharged state."""

    ion: str
    charged: str
    discharged: str
    """Formulas per unit of the host."""
    x_charged: float
    x_discharged: float
    """Ions per formula unit of the host."""
    voltage: float
    """Mean, V against the metal of the ion."""
    capacity: float
    """mAh per gram of the discharged electrode."""
    energy_density: float
    """Wh per kilogram of the discharged electrode."""
    volume_change: float
    """Share of the discharged volume by which charging swells (or, negative, shrinks) it."""
    estimate: Estimate
    """The voltage with its error, origin and trust light."""
    shifted: Estimate | None = None
    """With an empirical shift, where one was shown to help; its origin says how it was fitted."""
    steps: tuple[VoltageStep, ...] = ()
    """From the emptier end to the fuller one, so that voltages fall."""
    points: tuple[VoltagePoint, ...] = ()
    release: Estimate | None = None
    """Share of the working ions that can leave, where charges were counted."""
    warnings: tuple[str, ...] = ()
    """What makes the light amber, one sentence each."""
    failures: tuple[str, ...] = ()
    """Structures that could not be relaxed, one sentence each."""
    charged_hull: HullPlacement | None = None
    discharged_hull: HullPlacement | None = None
    """Where the ends lie against known phases; None where no reference set belongs to the
    potential."""
    potential: str = ""
    model: str = ""
    model_sha256: str = ""
    seconds: float = 0.0
    charged_energy: float = math.nan
    discharged_energy: float = math.nan
    """eV/atom of the relaxed ends."""
    charged_structure: Structure | None = None
    discharged_structure: Structure | None = None
