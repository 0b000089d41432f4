"""What a screening run is asked."""

from dataclasses import dataclass
from pathlib import Path

from designer_app.specs.candidate_fields import (
    abundant_field,
    charge_field,
    cheap_field,
    elements_field,
    exclude_field,
    include_field,
    ion_field,
    max_atoms_field,
    max_price_field,
    min_abundance_field,
    no_cobalt_field,
    no_toxic_field,
    only_new_field,
    physics_best_field,
    reaction_field,
    relax_best_field,
    seed_field,
)
from designer_app.specs.fields import spec_field
from designer_app.specs.potential_fields import (
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
    ion: str = ion_field(_BATTERY)
    reaction: str = reaction_field(REACTIONS, ("rules", ("catalyst",)))
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
    elements: str = elements_field()
    exclude: str = exclude_field()
    include: str = include_field()
    no_toxic: bool = no_toxic_field()
    no_cobalt: bool = no_cobalt_field()
    cheap: bool = cheap_field()
    max_price: float = max_price_field()
    abundant: bool = abundant_field()
    min_abundance: float = min_abundance_field()
    charge: str = charge_field()
    only_new: bool = only_new_field(default=False, advanced=True)
    max_atoms: int = max_atoms_field(200, 2000, "Largest cell of a candidate.")
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
    relax_best: int = relax_best_field(20, "; 0 stops after the network. One takes some seconds.")
    physics_best: int = physics_best_field(3, ", besides learned heads. One takes minutes.")
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
    seed: int = seed_field()
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
