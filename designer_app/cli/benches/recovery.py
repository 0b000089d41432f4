"""Known materials that models have never seen, asked for by their numbers.

An autoencoder and heads are trained without phosphate olivines, chloride argyrodites and the alloys
of platinum and nickel; the known crystals that searches begin at, and the hull, lack them too.
Prototypes stay, without what stood in them: of olivines the arsenates, silicates and germanates, of
argyrodites Li6PO5Br, of L1_2 all other alloys. Then each search is asked for the numbers that this
program computes for the hidden material (`designer-app voltage`, `hull`, learned adsorption and
conductivity; the gap is published), with the default limits of its purpose; no family is named, and
no element but where a row says so. Numbers that follow from the formula are asked as narrowly as
they are known, and in one more row as loosely as the others. What counts is the place of the hidden
crystal itself (by `StructureMatcher`) among the candidates. Beside the default mix: random decodes
and ion substitution, ranked by the same judge, and substitution in the order of its own
probability. Substitution draws nothing by chance, so it has one seed.

The judge of all is that of a run: heads, then single points of the best by CHGNet, which has seen
Materials Project crystals when it was trained.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from designer_app import __version__
from designer_app.design.criteria import targets_of
from designer_app.design.heads import build as heads_build
from designer_app.design.heads.computed import FILE as LABELS
from designer_app.design.heads.ensemble import read_design_heads
from designer_app.design.representation.library import KNOWN, load_library
from designer_app.design.search.found import Found
from designer_app.design.search.generator import MaterialGenerator, Plan
from designer_app.design.search.judging import PointJudge
from designer_app.design.search.limits import limits_of
from designer_app.design.vae import build as vae_build
from designer_app.design.vae.dataset import kept
from designer_app.design.vae.reading import read_vae
from designer_app.device import Compute
from designer_app.io.atomic_write import atomic_write
from designer_app.io.formulas import amounts_in, formula, reduced
from designer_app.io.user_folders import references_folder
from designer_app.potentials import load_potential
from designer_app.provenance import sha256_of
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.screening.duplicates import same_crystal
from designer_app.screening.reference.phases import ReferencePhase
from designer_app.screening.reference.table import ReferenceTable, load_reference
from designer_app.specs.design import DesignSpec
from designer_app.specs.structure import Structure
from designer_app.specs.train import TrainSpec
from designer_app.weights.cards import CARD_FILE

TOP, LISTED = 20, 400
"""Places that count as found, and candidates that are looked at."""
SEEDS = 5
BUDGET = Plan(seeds=200, steps=100, n_points=400, n=LISTED)
QUICK = Plan(seeds=60, steps=40, n_points=60, n=LISTED)
PT3NI_EDGE = 3.84
"""A; the matcher scales volumes, so it does not matter."""


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """A material that is to be found again."""

    name: str
    spec: DesignSpec
    note: str = ""
    """What else is asked than in the first row."""
    source: str = ""
    """Id of its crystal in the shipped reference table; empty for the L1_2 alloy Pt3Ni."""
    without: str = ""
    """What the trainings do not see."""

    def crystal(self) -> Structure:
        """The hidden crystal."""
        if not self.source:
            faces = [(0.0, 0.0, 0.0), (0.5, 0.5, 0.0), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5)]
            return Structure(
                numbers=np.array([28, 78, 78, 78], dtype=np.int64),
                positions=PT3NI_EDGE * np.array(faces),
                cell=PT3NI_EDGE * np.eye(3),
                pbc=(True, True, True),
                name=self.name,
            )
        table = _table()
        place = table.index(self.source)
        assert place is not None
        return table.structure(place)


_OF_LIFEPO4 = (
    "voltage=3.42",
    "volume_change=4.8",
    "e_above_hull=..0.02",
    "formation_energy=-2.48",
)
_OF_PT3NI = ("adsorption_free_energy=0.96", "e_above_hull=..0.02", "formation_energy=-0.03")
_ALLOYS = DesignSpec(purpose="catalyst", reaction="ORR", charge="off", targets=_OF_PT3NI)
PT3NI = Hidden(name="Pt3Ni", without="Pt3Ni; PtNi; PtNi3", spec=_ALLOYS)
HIDDEN = (
    Hidden(
        name="LiFePO4",
        source="example-LiFePO4",
        without="olivine: P; LiFePO4",
        spec=DesignSpec(purpose="cathode", targets=(*_OF_LIFEPO4, "capacity=169..171")),
    ),
    Hidden(
        name="LiFePO4",
        note="capacity +- 10 mAh/g",
        source="example-LiFePO4",
        spec=DesignSpec(purpose="cathode", targets=(*_OF_LIFEPO4, "capacity=170")),
    ),
    Hidden(
        name="Li6PO5Cl",
        source="mp-1104386",
        without="argyrodite: Cl; Li6PO5Cl",
        spec=DesignSpec(
            purpose="electrolyte",
            targets=(
                "ionic_conductivity=2e-7",
                "band_gap=5.25",
                "e_above_hull=..0.02",
                "formation_energy=-2.5",
            ),
        ),
    ),
    PT3NI,
    replace(
        PT3NI,
        note="of Pt and Sc to Zn",
        without="",
        spec=replace(_ALLOYS, elements="Pt Sc Ti V Cr Mn Fe Co Ni Cu Zn"),
    ),
)
WITHOUT = "; ".join(each.without for each in HIDDEN if each.without)
FORMULAS = frozenset(
    formula(reduced(amounts_in(each))[0]) for each in WITHOUT.split("; ") if ":" not in each
)
"""Of which the hull holds no phase at all, known or hypothetical."""
WAYS = (
    ("mix", "mix", "points", SEEDS),
    ("random decodes", "best-of-n", "points", SEEDS),
    ("substitution, the same judge", "substitution", "points", 1),
    ("substitution by probability", "substitution", "prior", 1),
)
"""(name, strategy, judge, seeds)."""


def rows(
    quick: bool,
    say: Callable[[str], None],
    data: Path | None = None,
    keep: Path | None = None,
) -> Iterator[dict[str, object]]:
    """A row for each material and way: how often it is among the first, and its places."""
    folder = (keep or references_folder().parent / "bench-recovery") / learned_from()
    say(f"Trained weights and finished searches are kept in {folder}.")
    generator = trained(folder, data, say)
    for hidden in HIDDEN:
        for way in WAYS:
            name, _, _, n_seeds = way
            seeds = range(1 if quick else n_seeds)
            row = _row(
                hidden, name, [searched(generator, hidden, way, n, folder, quick) for n in seeds]
            )
            say(str(row))
            yield row


def searched(
    generator: MaterialGenerator,
    hidden: Hidden,
    way: tuple[str, str, str, int],
    seed: int,
    folder: Path,
    quick: bool,
) -> int | None:
    """The place of the hidden crystal in a search, which is kept in a file."""
    name, strategy, judge, _ = way
    plan = QUICK if quick else BUDGET
    asked = {
        "targets": hidden.spec.targets,
        "library": generator.library.hash,
        "hull": _table().name,
        "seeds": plan.seeds,
        "steps": plan.steps,
        "n_points": plan.n_points,
    }
    told = json.dumps(asked, sort_keys=True)
    words = f"{hidden.name} {hidden.note} {name} {seed}".replace("+-", "").split()
    path = folder / f"{'-'.join(each.replace('/', '').strip(',') for each in words)}.json"
    if path.is_file():
        kept_row = json.loads(path.read_text("utf-8"))
        if kept_row["asked"] == told:
            return kept_row["place"]
    found = generator.inverse_design(
        targets_of(hidden.spec),
        limits_of(hidden.spec),
        plan=plan,
        strategy=strategy,
        judge=judge,
        seed=seed,
        reaction=hidden.spec.reaction,
    )
    place = place_of(hidden.crystal(), found)
    atomic_write(path, json.dumps({"asked": told, "place": place}), backup=False)
    return place


def place_of(crystal: Structure, found: Found) -> int | None:
    """The first place, from 1, at which a crystal stands among candidates."""
    for place, each in enumerate(found.candidates, start=1):
        if same_crystal(each.structure, crystal):
            return place
    return None


def _row(hidden: Hidden, way: str, places: list[int | None]) -> dict[str, object]:
    among = sum(place is not None and place <= TOP for place in places)
    return {
        "hidden": hidden.name + (f" ({hidden.note})" if hidden.note else ""),
        "way": way,
        f"in the first {TOP}": f"{among} of {len(places)}",
        "places": ", ".join("-" if each is None else str(each) for each in places),
    }


def learned_from() -> str:
    """Start of the hash of what both models learn from, except for published tables."""
    files = [sha256_of(resource(each)) for each in (LABELS, KNOWN)]
    settings = [repr(each.SETTINGS) for each in (vae_build, heads_build)]
    told = "\n".join([*files, *settings, load_library().hash, WITHOUT, __version__])
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def trained(folder: Path, data: Path | None, say: Callable[[str], None]) -> MaterialGenerator:
    """Models that have not seen the hidden materials, from the folder where they are there."""
    library = load_library()
    table = vae_build.known_crystals(library)
    seen = kept(table, library, WITHOUT)
    for model, train in (("material-vae", vae_build.train), ("design-heads", heads_build.train)):
        if not (folder / model / CARD_FILE).is_file():
            say(f"Training {model} without {int((~seen).sum())} crystals: {WITHOUT}")
            published = data if model == "design-heads" else None
            out = folder / model
            spec = TrainSpec(model=model, out=out, data=published, without=WITHOUT, resume=True)
            train(spec, RunControl())
    vae, _ = read_vae(folder / "material-vae", library)
    heads = read_design_heads(folder / "design-heads", library)
    sources = np.array(table.sources)
    known = table.tokens.rows(np.flatnonzero(seen)), tuple(sources[seen].tolist())
    potential = load_potential("chgnet", "", Compute())
    hull = Lacking.of(_table(), frozenset(sources[~seen].tolist()), FORMULAS)
    points = PointJudge(potential, hull)
    return MaterialGenerator(vae, heads, library, known=known, points=points)


class Lacking(ReferenceTable):
    """A reference table without some crystals, and without any phase of some formulas."""

    hidden: frozenset[str] = frozenset()
    formulas: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, table: ReferenceTable, hidden: frozenset[str], formulas: frozenset[str] = frozenset()
    ) -> "Lacking":
        """Without the crystals of these ids, and without these formulas (reduced)."""
        found = cls(table.header, table.arrays, table.hash, table.hypothetical)
        found.hidden, found.formulas = hidden, formulas
        return found

    def in_system(self, elements: Collection[str]) -> list[ReferencePhase]:
        """All phases that hold only these elements, but the hidden ones."""
        return [
            each
            for each in super().in_system(elements)
            if each.source not in self.hidden and each.formula not in self.formulas
        ]


def _table() -> ReferenceTable:
    table = load_reference("chgnet", "")
    assert table is not None
    return table
