"""What an inverse design makes: rows as a screening makes them, details of the best, and a map.

How they reach whoever watches: the run folder (`io/design_store.py`) holds `rows.jsonl` as that of
a screening does, so the same `RowReader` reads it; `map.json` (a `LatentMap`, written once before
the search); `population.f32` (`PopulationReader`: one record of float32 (seeds, 2 + targets) a
snapshot: place on the map, predicted value of each target); `details/<id>.json` (a
`CandidateDetail`) for what is on the shortlist. After each chunk the job appends to
`control.series` one row {"stage": place in `STAGES`, "entered", "passed", "lines": lines of
`rows.jsonl`, "snapshots": records of `population.f32`, "relaxed": relaxations done}.
"""

from dataclasses import dataclass

from designer_app.specs.screen_rows import FunnelCount, ScreenRow

STAGES = (
    ("made", "Decoded"),
    ("valid", "Valid"),
    ("unique", "Unique"),
    ("new", "Compared with known"),
    ("balanced", "Charge balanced"),
    ("ranked", "Ranked"),
    ("relaxed", "Relaxed"),
    ("hull", "Hull"),
    ("physics", "Physics"),
    ("checked", "Checked"),
    ("shortlist", "Shortlist"),
)
"""(key, title) in order, as in `screen_rows`."""


@dataclass(frozen=True, kw_only=True)
class Ingredient:
    """A precursor for one gram of product."""

    formula: str
    name: str
    mass_g: float


@dataclass(frozen=True, kw_only=True)
class Hazard:
    """What is known to be dangerous about an element or an anion. No safety assessment."""

    subject: str
    sentence: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A known material close to a candidate."""

    source: str
    formula: str
    why: str
    """E.g. "same structure, Fe instead of Mn"."""
    distance: float
    """In the latent space."""
    e_above_hull: float | None = None


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """How much one choice moved a predicted property (gradient times change of the token)."""

    property_key: str
    choice: str
    """E.g. "Mn in the octahedral slot", "olivine", "cell volume"."""
    change: float
    """In the unit of the property, against the average allowed choice."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One recomputation of a candidate."""

    name: str
    """E.g. "shaken supercell", "CHGNet r2SCAN"."""
    value: float
    unit: str
    holds: bool
    sentence: str
    is_open: bool = False
    """Whether it can tell neither that the candidate holds nor that it does not."""

    @property
    def light(self) -> str:
        """Its trust light."""
        return "amber" if self.is_open else "green" if self.holds else "red"

    @property
    def outcome(self) -> str:
        """In words."""
        return "tells nothing" if self.is_open else "holds" if self.holds else "does not hold"


@dataclass(frozen=True, kw_only=True)
class CandidateDetail:
    """What a candidate's card shows beside its row."""

    id: str
    ingredients: tuple[Ingredient, ...] = ()
    synthesis_note: str = ""
    """What leaves as gas, or why no precursors are named."""
    hazards: tuple[Hazard, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    disorder: str = ""
    """A warning that it may be an ordering of a known disordered phase; "" without."""
    structure_type: str = ""
    """E.g. "spinel", or "as LiMnBO3 (mp-19131)"; "" where no known crystal is of its type."""
    named: str = ""
    """Well-known compounds of its formula, e.g. "olivine or maricite NaFePO4"; "" without."""
    dissolving: str = ""
    """A warning of metals that acid takes from a catalyst; "" without."""
    checks: tuple[Check, ...] = ()
    pattern: tuple[tuple[float, float, str], ...] = ()
    """(2 theta in degrees for Cu K-alpha, relative intensity 0 to 100, hkl) of the powder."""
    seen: str = ""
    """What the models have seen near it; one sentence."""


@dataclass(frozen=True, kw_only=True)
class LatentMap:
    """Known materials on the plane of the latent space."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    names: tuple[str, ...]
    colour_key: str
    """Property that colours them."""
    colour: tuple[float, ...]
    targets: tuple[str, ...]
    """Keys of the values in each record of the population."""
    explained: float
    """Share of the variance that the plane shows."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One strategy beside the others: what it found for what it cost."""

    strategy: str
    n_candidates: int
    n_relaxed: int
    n_hits: int
    """New, near the hull, and meeting the targets."""


@dataclass(frozen=True, kw_only=True)
class DesignResult:
    """The end of a run."""

    rows: tuple[ScreenRow, ...]
    """The shortlist first, best first; then what else was judged."""
    funnel: tuple[FunnelCount, ...]
    n_shortlist: int
    n_hits: int
    shortlist: tuple[str, ...] = ()
    """Ids of the shortlist, best first."""
    arms: tuple[Arm, ...] = ()
    verdict: str = ""
    """In one sentence what came out; with no candidate at which stage they were lost and what to
    loosen."""
    warnings: tuple[str, ...] = ()
    folder: str = ""
    report: str = ""
    origin: tuple[tuple[str, str], ...] = ()
    seconds: tuple[tuple[str, float], ...] = ()
