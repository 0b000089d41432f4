"""What a screening run is, and the rows it makes.

How rows reach whoever watches: the run folder holds `rows.jsonl`, one line a row, appended and
flushed to the disk chunk by chunk; a later line of the same `id` replaces the earlier one. After
each chunk the job appends to `control.series` one row of numbers {"stage": place in `STAGES`,
"entered", "passed", "lines": lines of `rows.jsonl` so far}, so the window knows that there is more
to read (`io/screen_store.py: RowReader.new_rows`, no torch) and what changed. The funnel is always
`funnel_of(rows)`: it is not stored a second time. Rows are shown in the order of `ranked`.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from designer_app.specs.estimates import Estimate
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


STAGES = (
    ("made", "Made"),
    ("valid", "Valid"),
    ("unique", "Unique"),
    ("new", "New"),
    ("balanced", "Charge balanced"),
    ("network", "Network"),
    ("relaxed", "Relaxed"),
    ("hull", "Hull"),
    ("rules", "Rules"),
)
"""(key, title) in order. A candidate is in one stage at a time and leaves it to the next, is lost
there, or waits there because it is not among the best that go on."""

PASSES, FAILS, LOST, WAITS = "passes", "fails", "lost", "waits"
"""Verdicts: meets all criteria; was judged and misses some; could not go on, `reason` says why;
not looked at further (yet), because others were better."""


@dataclass(frozen=True, kw_only=True)
class ScreenRow:
    """One candidate: what it is, how far it came, and every number with its origin."""

    id: str
    """Of this run, e.g. "00042"; also the name of its structure."""
    formula: str
    space_group: str = ""
    """Symbol and number, e.g. "Pnma (62)"; empty where it was not looked for."""
    n_atoms: int = 0
    made_from: str = ""
    """A sentence, e.g. "LiFePO4 with Fe replaced by Mn (probability 0.03)"."""
    structure_file: str = ""
    """Path in the run folder of the CIF, relaxed where it was; empty: `ScreenStore.structure`."""
    stage: str = "made"
    """The stage that it is in, or was lost in."""
    verdict: str = WAITS
    reason: str = ""
    """One sentence: why it was lost, or what keeps it from passing."""
    failing: tuple[str, ...] = ()
    """Keys of the estimates whose criterion it misses."""
    estimates: tuple[Estimate, ...] = ()
    score: float = math.nan
    """Larger is better; only for sorting rows of one run."""
    light: str = "amber"
    """The worst light of its estimates that count."""
    known: str = ""
    """Id of the same crystal in the reference set."""
    decomposition: str = ""
    """What it competes with on the hull, e.g. "0.57 LiFePO4 (mp-19017) + 0.43 Li (element-Li)"."""
    warnings: tuple[str, ...] = ()

    def estimate(self, key: str) -> Estimate | None:
        """The last estimate of a property, which is the one by the best method; None without."""
        found = [each for each in self.estimates if each.key == key]
        return found[-1] if found else None


@dataclass(frozen=True, kw_only=True)
class FunnelCount:
    """How many candidates a stage let through."""

    stage: str
    entered: int
    passed: int
    waiting: int = 0
    """Neither passed nor lost: others were better, or their turn has not come."""
    lost_reasons: tuple[tuple[str, int], ...] = ()
    """(what they have in common, how many), the most frequent first."""


@dataclass(frozen=True, kw_only=True)
class ScreenResult:
    """The end of a run."""

    rows: tuple[ScreenRow, ...]
    """In the order of `ranked`."""
    funnel: tuple[FunnelCount, ...]
    failing_counts: tuple[tuple[str, int], ...] = ()
    """(key of a criterion, judged rows that miss it)."""
    n_passing: int = 0
    proposed: tuple[tuple[str, int], ...] = ()
    """What became of proposals before they were candidates: (reason, how many)."""
    warnings: tuple[str, ...] = ()
    folder: str = ""
    report: str = ""
    """Path of the HTML report."""
    origin: tuple[tuple[str, str], ...] = ()
    """Provenance: (what, which), e.g. ("potential", "chgnet 0.3.0, 1a2b3c4d")."""
    seconds: tuple[tuple[str, float], ...] = ()
    """(stage, seconds) of this session of the run."""


_PLACE = {key: place for place, (key, _) in enumerate(STAGES)}
_BETTER = {PASSES: 0, FAILS: 1, WAITS: 2, LOST: 3}


def funnel_of(rows: Iterable[ScreenRow]) -> tuple[FunnelCount, ...]:
    """What each stage let through, from the rows alone."""
    rows = list(rows)
    found = []
    for place, (key, _) in enumerate(STAGES):
        here = [row for row in rows if row.stage == key]
        beyond = sum(_PLACE[row.stage] > place for row in rows)
        lost = [row for row in here if row.verdict == LOST or (key == "rules" and row.failing)]
        passed = beyond + sum(row.verdict == PASSES for row in here)
        reasons = Counter(common_reason(row) for row in lost)
        found.append(
            FunnelCount(
                stage=key,
                entered=beyond + len(here),
                passed=passed,
                waiting=beyond + len(here) - passed - len(lost),
                lost_reasons=tuple(sorted(reasons.items(), key=lambda each: (-each[1], each[0]))),
            )
        )
    return tuple(found)


def ranked(rows: Iterable[ScreenRow]) -> list[ScreenRow]:
    """Rows as they are shown: passing ones first, then by how few criteria fail, then by score."""

    def place(row: ScreenRow) -> tuple[int, int, int, float, str]:
        score = row.score if math.isfinite(row.score) else -math.inf
        return _BETTER[row.verdict], len(row.failing), -_PLACE[row.stage], -score, row.id

    return sorted(rows, key=place)


def failing_counts(rows: Sequence[ScreenRow]) -> tuple[tuple[str, int], ...]:
    """How many judged rows miss each criterion, the most frequent first."""
    counts = Counter(key for row in rows for key in row.failing)
    return tuple(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def common_reason(row: ScreenRow) -> str:
    """What a lost row has in common with others: its reason up to the details after a colon."""
    return ", ".join(row.failing) if row.failing else row.reason.partition(":")[0].rstrip(".")
