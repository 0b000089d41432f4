"""What an inverse design is asked."""

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
from designer_app.specs.design_targets import UNITS_TOLD, Target, targets_from
from designer_app.specs.fields import spec_field
from designer_app.specs.potential_fields import (
    device_field,
    dtype_field,
    model_field,
    potential_field,
    threads_field,
)
from designer_app.specs.structure import Structure
from designer_app.specs.usual_chemistry import USUAL, UsualChemistry

KINDS = (
    ("cathode", "Cathode"),
    ("anode", "Anode"),
    ("electrolyte", "Solid electrolyte"),
    ("catalyst", "Catalyst"),
    ("own", "Own property"),
)
STRATEGIES = (
    ("mix", "Gradient search from substituted crystals"),
    ("gradient", "Gradient search alone"),
    ("substitution", "Ranked ion substitution"),
    ("best-of-n", "Best of random decodes"),
    ("retrieval", "Nearest known materials"),
    ("random", "Random decodes"),
)
REACTIONS = (
    ("HER", "Hydrogen evolution"),
    ("OER", "Oxygen evolution"),
    ("ORR", "Oxygen reduction"),
    ("NRR", "Nitrogen reduction"),
)
"""Whose leading intermediate the heads know; CO, that of CO2 reduction, has too few labels."""
FAMILIES = (
    "A1 alloy", "A2 alloy", "A3 alloy", "B2 alloy", "L1_0 alloy", "L1_2 alloy", "LGPS", "NASICON",
    "antiperovskite", "argyrodite", "double perovskite", "fluorite", "garnet", "layered", "olivine",
    "perovskite", "rock salt", "rutile", "spinel", "tavorite",
)  # fmt: skip
"""Names of structure types in the prototype library."""
_IONIC = ("purpose", ("cathode", "anode", "electrolyte"))


@dataclass(frozen=True, kw_only=True)
class DesignSpec:
    """Settings of an inverse design."""

    purpose: str = spec_field(
        "cathode", label="What for", doc="What the material is to do.", choices=KINDS
    )
    ion: str = ion_field(_IONIC)
    reaction: str = reaction_field(REACTIONS, ("purpose", ("catalyst",)))
    heads: Path | None = spec_field(
        None,
        label="Property heads",
        doc="Folder of heads that learned a column of one's own (train --model design-heads "
        "--table); left out, the shipped ones. Targets call the column own:NAME.",
    )
    targets: tuple[str, ...] = spec_field(
        (),
        label="Targets",
        doc="name=min..max or name=value, “*2” behind it for a double weight; none takes those "
        f"of the purpose. Names, numbers without the unit: {UNITS_TOLD}.",
        argument="target",
    )
    elements: str = elements_field()
    require: str = spec_field(
        "", label="Required elements", doc="Symbols that every candidate must hold."
    )
    exclude: str = exclude_field()
    usual: bool = spec_field(
        True,
        label="Usual chemistry",
        doc="Only elements that such materials are made of; of a cathode a metal that cells "
        "oxidise, and oxygen, sulfur, a halogen or nitrogen. Does not count where allowed elements "
        "are listed.",
    )
    include: str = include_field()
    no_toxic: bool = no_toxic_field()
    no_cobalt: bool = no_cobalt_field()
    cheap: bool = cheap_field()
    max_price: float = max_price_field()
    abundant: bool = abundant_field()
    min_abundance: float = min_abundance_field()
    families: tuple[str, ...] = spec_field(
        (),
        label="Structure families",
        doc=f"Only these; none allows all. Known: {', '.join(FAMILIES)}.",
        argument="family",
    )
    start: Path | None = spec_field(
        None,
        label="Start from",
        doc="A structure file: the search begins with it, “like this, but …”.",
    )
    start_structure: Structure | None = spec_field(
        None, label="Start structure", doc="An open structure.", hidden=True, argument="-"
    )
    charge: str = charge_field()
    only_new: bool = only_new_field(default=True, advanced=False)
    max_atoms: int = max_atoms_field(
        40, 200, "Largest primitive cell of a candidate; relaxing takes longer with more."
    )
    strategy: str = spec_field(
        "mix",
        label="Strategy",
        doc="How candidates are found; all of them are judged alike.",
        choices=STRATEGIES,
        advanced=True,
    )
    seeds: int = spec_field(
        400,
        label="Seeds",
        doc="Points of the latent space from which the search walks.",
        low=1,
        high=10_000,
        advanced=True,
    )
    steps: int = spec_field(
        300,
        label="Steps",
        doc="Of the optimiser, for all seeds at once.",
        low=1,
        high=10_000,
        advanced=True,
    )
    diversity: float = spec_field(
        0.5,
        label="Diversity",
        doc="0 takes the best whatever they are; 1 spreads the shortlist over families and "
        "elements.",
        low=0.0,
        high=1.0,
        decimals=2,
        advanced=True,
    )
    learn: bool = spec_field(
        True,
        label="Learn from this search",
        doc="Some decodes are labelled by the potential and the heads are tuned on them, for "
        "this run only.",
        advanced=True,
    )
    relax_best: int = relax_best_field(200, ". One takes a second or some.")
    physics_best: int = physics_best_field(40, ".")
    check_best: int = spec_field(
        12,
        label="Check the best",
        doc="How many are recomputed from shaken supercells without symmetry, to see whether "
        "they hold.",
        low=0,
        high=1000,
        advanced=True,
    )
    n: int = spec_field(10, label="Shortlist", doc="Candidates to end with.", low=1, high=1000)
    potential: str = potential_field()
    model: str = model_field()
    seed: int = seed_field()
    workers: int = spec_field(
        2,
        label="Relaxations at once",
        doc="Processes that relax side by side; each needs about 1 GB.",
        low=1,
        high=64,
        advanced=True,
    )
    device: str = device_field()
    dtype: str = dtype_field()
    threads: int = threads_field()
    out: Path | None = spec_field(
        None,
        label="Folder",
        doc="Candidates and the report are written here; the same run goes on in it.",
        hidden=True,
    )
    resume: bool = spec_field(
        False, label="Resume", doc="Go on with the run that is in the folder.", hidden=True
    )

    @property
    def has_ion(self) -> bool:
        """Whether candidates must hold the working ion."""
        return self.purpose in _IONIC[1]

    @property
    def is_electrode(self) -> bool:
        """Whether candidates must give up ions."""
        return self.purpose in ("cathode", "anode")

    @property
    def chemistry(self) -> UsualChemistry | None:
        """What materials of the purpose are made of, where nothing else is asked."""
        is_free = not self.usual or bool(self.elements.strip())
        is_oxide = self.purpose == "catalyst" and self.charge != "off"
        usual = None if is_free or is_oxide else USUAL.get(self.purpose)
        return usual and usual.allowing(self.require.replace(",", " ").split())

    def wanted(self) -> tuple[Target, ...]:
        """The targets, those of the purpose where none are given. Raises `InvalidSpecError`."""
        from designer_app.specs.design_purposes import purpose_of

        return targets_from(self.targets or purpose_of(self).targets)
