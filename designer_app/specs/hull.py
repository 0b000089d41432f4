"""What a hull is asked, and what it answers: plain data that crosses to the window.

Energies are eV/atom against the elements' reference phases of the same set unless said otherwise.
An amount of a phase in a decomposition is its share of the atoms, so that shares sum to 1.
"""

import math
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

CHARGES = {"Li": 1, "Na": 1, "K": 1, "Mg": 2, "Ca": 2, "Zn": 2, "Al": 3}
"""Elements whose metal can be the reservoir of an electrochemical window, with their charge."""


@dataclass(frozen=True, kw_only=True)
class HullSpec:
    """Settings of a placement of structures against the convex hull of known phases."""

    structures: tuple[Structure, ...] = spec_field(
        (), label="Structures", doc="What is placed on the hull.", hidden=True, argument="-"
    )
    potential: str = potential_field()
    model: str = model_field()
    keep: bool = spec_field(
        False,
        label="Do not relax",
        doc="Take the structures as they are. Energies of unrelaxed structures lie too high.",
    )
    fmax: float = spec_field(
        0.05,
        label="Force below",
        doc="How far structures are relaxed; the reference phases were to 0.05.",
        unit="eV/A",
        above=0.0,
        high=10.0,
        decimals=4,
        advanced=True,
        when=("keep", (False,)),
    )
    steps: int = spec_field(
        500, label="Steps at most", doc="Gives up after so many.", low=1, high=10**6, advanced=True
    )
    without_formula: bool = spec_field(
        False,
        label="Leave out its formula",
        doc="Judge against phases of other formulas only: what a new compound would compete with.",
    )
    window: str = spec_field(
        "",
        label="Stable against",
        doc="Also the voltages between which a phase is stable against this metal's electrode.",
        choices=(("", "nothing"), *((ion, f"{ion} metal") for ion in CHARGES)),
    )
    references: str = spec_field(
        "automatic",
        label="Reference phases",
        doc="The shipped set belongs to one potential. With any other its phases are relaxed "
        "again, or the hull is refused.",
        choices=(
            ("automatic", "Shipped, or relaxed again where they belong to another potential"),
            ("shipped", "Shipped ones only"),
        ),
        advanced=True,
    )
    own: tuple[Structure, ...] = spec_field(
        (),
        label="Own phases",
        doc="Structures that join the reference set, relaxed with the same potential.",
        hidden=True,
        argument="-",
    )
    more: str = spec_field(
        "",
        label="More structures from",
        doc="A database asked for structures of the same elements, which are relaxed with the "
        "loaded potential: materials-project (its key stands in the variable PMG_MAPI_KEY, never "
        "in a project), or the name of an OPTIMADE provider. Its energies are not used.",
        advanced=True,
    )
    device: str = device_field()
    dtype: str = dtype_field()
    threads: int = threads_field()
    out: Path | None = spec_field(
        None,
        label="Folder",
        doc="Relaxed structures are written here. Left out: only figures.",
        hidden=True,
    )


HYPOTHETICAL_ID = "hypothetical-"
"""Begins the ids of phases that stand in for what the published tables lack."""
ON_HULL = 1e-4
"""eV/atom above the hull below which a phase counts as lying on it."""
RELAXED_ALIKE = 1e-3
"""eV/atom by which two relaxations of one crystal may differ: nothing lies below it by less."""


@dataclass(frozen=True, kw_only=True)
class HullOrigin:
    """What every number of a hull stands on."""

    potential: str
    """Family and model, e.g. "chgnet 0.3.0"."""
    model_sha256: str
    reference_set: str
    """Name, hash and size of the set of phases, and what was added to or left out of it."""
    correction: str
    """Which empirical corrections are in the energies, or "none"."""


@dataclass(frozen=True, kw_only=True)
class HullPlacement:
    """Where a composition with an energy lies against the phases of a reference set."""

    formula: str
    amounts: tuple[tuple[str, float], ...]
    """(element, atoms) of one formula unit."""
    energy: float
    """eV/atom, as the potential gives it."""
    formation_energy: float
    """eV/atom against the elements of the set."""
    e_above_hull: float
    """eV/atom, never negative."""
    below_hull: float
    """eV/atom by which a new phase lies below all known ones; 0 for the others."""
    decomposition: tuple[tuple[str, float, str], ...]
    """(formula, share of the atoms, source id) of the phases it competes with."""
    equilibrium_reaction_energy: float | None = None
    """eV/atom gained when a stable phase forms from the phases of other formulas, negative; None
    for what lies above the hull, and for elements."""
    potential: str = ""
    model_sha256: str = ""
    reference_set: str = ""
    correction: str = ""

    @property
    def is_stable(self) -> bool:
        """On the hull to within a tenth of a meV/atom."""
        return self.e_above_hull < ON_HULL

    @property
    def is_below(self) -> bool:
        """Below all known phases, by more than relaxations of one crystal differ."""
        return self.below_hull > RELAXED_ALIKE


@dataclass(frozen=True, kw_only=True)
class DiagramPhase:
    """A phase as a point of a diagram; `HYPOTHETICAL_ID` begins the source of our own ones."""

    formula: str
    source: str
    shares: tuple[float, ...]
    """Atomic fractions of the diagram's elements, in their order."""
    formation_energy: float
    e_above_hull: float
    is_candidate: bool = False
    """Whether it is what was asked for, and no phase of the set."""


@dataclass(frozen=True, kw_only=True)
class PhaseDiagram:
    """A chemical system as the window draws it: binary line, ternary triangle, quaternary table."""

    elements: tuple[str, ...]
    phases: tuple[DiagramPhase, ...]
    """Most stable first; of one formula only the lowest."""
    tie_lines: tuple[tuple[int, int], ...]
    """Pairs of phases that coexist, by their index."""
    regions: tuple[tuple[int, ...], ...]
    """Sets of as many phases as there are elements that coexist."""
    origin: HullOrigin


@dataclass(frozen=True, kw_only=True)
class PotentialRange:
    """Chemical potentials of an element between which a phase is stable, eV, 0 at the element."""

    element: str
    low: float
    """Minus infinity for an element that the phase does not hold."""
    high: float


@dataclass(frozen=True, kw_only=True)
class VoltageStep:
    """An equilibrium between two voltages against a metal's electrode."""

    low: float
    """V; 0 where the metal itself would be deposited."""
    high: float
    """V; infinity for the step that goes on above."""
    ions: float
    """Ions taken up (negative: given off) for each formula unit."""
    products: tuple[tuple[str, float], ...]
    """(formula, formula units made of one formula unit)."""


@dataclass(frozen=True, kw_only=True)
class ElectrochemicalWindow:
    """Voltages between which a phase neither takes up nor gives off an ion (Zhu, He, Mo 2015,
    doi:10.1021/acsami.5b07517).
    """

    ion: str
    reduction: float | None
    """V against the ion's metal below which it is reduced; None where not even the metal does."""
    oxidation: float | None
    """V above which it gives off ions; None where it holds none."""
    reduction_products: tuple[tuple[str, float], ...]
    oxidation_products: tuple[tuple[str, float], ...]
    profile: tuple[VoltageStep, ...]
    """From the lowest voltage to the highest."""
    assumption: str
    """What had to be assumed, e.g. that a metastable phase was put on the hull."""
    origin: HullOrigin


def triangle_place(shares: tuple[float, ...]) -> tuple[float, float]:
    """(x, y) of three atomic fractions in a triangle of side 1, the first element at the left.

    The second is at the right, the third at the top.
    """
    _, second, third = shares
    return second + 0.5 * third, 0.5 * math.sqrt(3.0) * third
