"""What a screening run is asked."""

from dataclasses import dataclass
from pathlib import Path

from designer_app.specs.fields import spec_field
from designer_app.specs.potentials import (
    device_field,
    dtype_field,
    model_field,
    potential_field,
    threads_field,
)
from designer_app.specs.structure import Structure

RULES = (
    ("battery", "Battery electrode or electrolyte"),
    ("catalyst", "Catalyst"),
    ("stability", "Stability alone"),
)
IONS = ("Li", "Na", "K", "Mg", "Ca", "Zn")
REACTIONS = (
    ("HER", "Hydrogen evolution"),
    ("OER", "Oxygen evolution"),
    ("ORR", "Oxygen reduction"),
    ("CO2RR", "CO2 reduction"),
    ("NRR", "Nitrogen reduction"),
)
WAYS = (
    ("given", "As given"),
    ("substitute", "Substitute elements"),
    ("exchange", "Exchange the working ion"),
    ("prototypes", "New chemistry in known structures"),
)
HIGHEST_VOLTAGE = 10.0
"""V; asking for nothing above it asks for all."""
LEAST_RELEASE = 0.01
"""Share of the working ions below which an electrode releases none."""
_BATTERY = ("rules", ("battery",))
_MADE = ("make", ("substitute", "exchange", "prototypes"))


@dataclass(frozen=True, kw_only=True)
class ScreenSpec:
    """Settings of a screening run."""

    paths: tuple[str, ...] = spec_field(
        (), label="Files", doc="Structure files, in their order.", hidden=True, argument="-"
    )
    structures: tuple[Structure, ...] = spec_field(
        (), label="Structures", doc="Open structures, besides files.", hidden=True, argument="-"
    )
    rules: str = spec_field(
        "battery",
        label="Looking for",
        doc="Which numbers are computed and which criteria count.",
        choices=RULES,
    )
    ion: str = spec_field(
        "Li",
        label="Working ion",
        doc="What moves between the electrodes.",
        choices=tuple((ion, ion) for ion in IONS),
        when=_BATTERY,
    )
    reaction: str = spec_field(
        "HER",
        label="Reaction",
        doc="What the surface is to catalyse.",
        choices=REACTIONS,
        when=("rules", ("catalyst",)),
    )
    make: str = spec_field(
        "given",
        label="Candidates",
        doc="Only what is given, or new materials made from it: elements replaced by others that "
        "known crystals show in their place, the working ion exchanged, or the elements given put "
        "into the known structures of the reference set.",
        choices=WAYS,
    )
    n_candidates: int = spec_field(
        200,
        label="How many",
        doc="Made candidates, the most probable first.",
        low=1,
        high=100_000,
        when=_MADE,
    )
    order: bool = spec_field(
        True,
        label="Order mixed sites",
        doc="Shared and partly occupied sites become the ordered cell of lowest electrostatic "
        "energy. Off: such files are told of and left out.",
    )
    elements: str = spec_field(
        "",
        label="Allowed elements",
        doc="Symbols, like “Li Fe Mn P O”; empty allows all that the models know.",
    )
    exclude: str = spec_field(
        "", label="Excluded elements", doc="Symbols of elements that no candidate may hold."
    )
    include: str = spec_field(
        "",
        label="Included elements",
        doc="Symbols of radioactive elements to let in, like “Th U”; the rest is left out.",
        advanced=True,
    )
    no_toxic: bool = spec_field(
        False,
        label="No toxic elements",
        doc="Leaves out As, Be, Cd, Hg, Pb, Tl and what is radioactive.",
    )
    no_cobalt: bool = spec_field(False, label="No cobalt", doc="Leaves out cobalt.")
    cheap: bool = spec_field(
        False,
        label="Cheap elements",
        doc="Leaves out elements that cost more than the price limit.",
    )
    max_price: float = spec_field(
        20.0,
        label="Price limit",
        doc="Of the element, by mass; nickel costs about 15.",
        unit="USD/kg",
        above=0.0,
        high=1e6,
        advanced=True,
        when=("cheap", (True,)),
    )
    abundant: bool = spec_field(
        False,
        label="Abundant elements",
        doc="Leaves out elements rarer in the Earth's crust than the limit.",
    )
    min_abundance: float = spec_field(
        10.0,
        label="Abundance limit",
        doc="Share of the upper continental crust, by mass; lithium has about 20.",
        unit="ppm",
        low=0.0,
        high=1e6,
        advanced=True,
        when=("abundant", (True,)),
    )
    charge: str = spec_field(
        "strict",
        label="Charge balance",
        doc="Strict asks for common oxidation states, mixed valence of metals included; loose for "
        "any known ones; off keeps all, as alloys need it.",
        choices=(("strict", "Strict"), ("loose", "Loose"), ("off", "Off")),
        advanced=True,
    )
    only_new: bool = spec_field(
        False,
        label="Only new materials",
        doc="Leaves out crystals that the reference set holds; otherwise they are only marked.",
        advanced=True,
    )
    max_atoms: int = spec_field(
        200,
        label="Atoms at most",
        doc="Largest cell of a candidate.",
        low=1,
        high=2000,
        advanced=True,
    )
    energy_density: float = spec_field(
        500.0,
        label="Energy density above",
        doc="Of the active material against the metal of the working ion. 0, with voltages "
        "from 0 to 10 V, asks for an electrolyte instead of an electrode.",
        unit="Wh/kg",
        low=0.0,
        high=1e4,
        decimals=0,
        when=_BATTERY,
    )
    voltage_low: float = spec_field(
        1.0,
        label="Voltage from",
        doc="Average voltage against the metal of the working ion.",
        unit="V",
        low=0.0,
        high=HIGHEST_VOLTAGE,
        advanced=True,
        when=_BATTERY,
    )
    voltage_high: float = spec_field(
        5.0,
        label="Voltage to",
        doc="Electrolytes decompose above 4.5 to 5 V.",
        unit="V",
        low=0.0,
        high=HIGHEST_VOLTAGE,
        advanced=True,
        when=_BATTERY,
    )
    test_conductivity: bool = spec_field(
        True,
        label="Ask for conductivity",
        doc="Hardly any electrode reaches the conductivity of an electrolyte; off for cathodes.",
        when=_BATTERY,
    )
    ionic_conductivity: float = spec_field(
        1e-3,
        label="Ionic conductivity above",
        doc="At room temperature; asked as a probability.",
        unit="S/cm",
        above=0.0,
        high=10.0,
        decimals=6,
        when=_BATTERY,
    )
    conduction_chance: float = spec_field(
        0.5,
        label="Chance to conduct above",
        doc="Least probability of conducting better than the limit.",
        low=0.0,
        high=1.0,
        decimals=2,
        advanced=True,
        when=("test_conductivity", (True,)),
    )
    activity: float = spec_field(
        -0.4,
        label="Activity above",
        doc="Height on the volcano: minus the overpotential; 0 is the top.",
        unit="V",
        low=-10.0,
        high=10.0,
        decimals=2,
        when=("rules", ("catalyst",)),
    )
    stability: float = spec_field(
        0.9,
        label="Stability above",
        doc="Probability of lying within 50 meV/atom of the hull.",
        low=0.0,
        high=1.0,
        decimals=2,
    )
    e_above_hull: float = spec_field(
        0.1,
        label="Above hull at most",
        doc="Asked of candidates that were relaxed.",
        unit="eV/atom",
        low=0.0,
        high=10.0,
        decimals=3,
    )
    relax_best: int = spec_field(
        20,
        label="Relax the best",
        doc="How many are relaxed and placed on the hull; 0 stops after the network. "
        "One takes some seconds.",
        low=0,
        high=100_000,
    )
    physics_best: int = spec_field(
        3,
        label="Compute the best",
        doc="How many get their voltage or adsorption energies from relaxations, "
        "besides learned heads. One takes minutes.",
        low=0,
        high=1000,
    )
    potential: str = potential_field()
    model: str = model_field()
    references: str = spec_field(
        "automatic",
        label="Reference phases",
        doc="The shipped set belongs to one potential. With any other its phases are relaxed "
        "again, or energies above the hull stay the crystal network's.",
        choices=(
            ("automatic", "Shipped or relaxed"),
            ("shipped", "Shipped ones only"),
        ),
        advanced=True,
    )
    seed: int = spec_field(
        0,
        label="Seed",
        doc="Start of the random numbers: same seed, same candidates.",
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
        doc="Rows, structures and the report are written here; the same run goes on in it.",
        hidden=True,
    )
    resume: bool = spec_field(
        False, label="Resume", doc="Go on with the run that is in the folder.", hidden=True
    )

    @property
    def asks_voltage(self) -> bool:
        """Whether the range of voltages leaves anything out."""
        return self.voltage_low > 0.0 or self.voltage_high < HIGHEST_VOLTAGE

    @property
    def is_for_electrodes(self) -> bool:
        """Whether candidates must give up ions: of an electrolyte no storage is asked."""
        return self.energy_density > 0.0 or self.asks_voltage
