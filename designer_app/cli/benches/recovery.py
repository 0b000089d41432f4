"""Known materials that models have never seen, asked for by their numbers.

An autoencoder and heads are trained without phosphate olivines, chloride argyrodites and the alloys
of platinum and nickel; the known crystals that searches begin at lack them too. Prototypes stay,
without what stood in them. Then each search is asked for the numbers that this program computes for
the hidden material (`designer-app voltage`, `hull`, learned adsorption and conductivity), with the
default limits of its purpose: no element and no family is named. What counts is the place of the
hidden crystal itself (by `StructureMatcher`) among the candidates. Ways beside the default mix:
descent alone, random decodes ranked by the same heads, and ion substitution, ranked by the heads
and by its own probability, which draws nothing by chance.

Heads rank alone: single points of the potential would know the hidden crystals.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from designer_app.design.criteria import targets_of
from designer_app.design.heads import build as heads_build
from designer_app.design.heads.ensemble import read_design_heads
from designer_app.design.representation.library import PrototypeLibrary, load_library
from designer_app.design.search.found import Found
from designer_app.design.search.generator import MaterialGenerator
from designer_app.design.search.limits import limits_of
from designer_app.design.vae import build as vae_build
from designer_app.design.vae.dataset import kept
from designer_app.design.vae.reading import LIBRARY, read_vae
from designer_app.io.user_folders import references_folder
from designer_app.running.control import RunControl
from designer_app.screening.duplicates import same_crystal
from designer_app.screening.reference.table import load_reference
from designer_app.specs.design import DesignSpec
from designer_app.specs.structure import Structure
from designer_app.specs.train import TrainSpec
from designer_app.weights.cards import CARD_FILE, read_card

TOP, LISTED = 20, 400
"""Places that count as found, and candidates that are looked at."""
SEEDS = 5
PT3NI_EDGE = 3.84
"""A; the matcher scales volumes, so it does not matter."""


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """A material that is to be found again."""

    name: str
    source: str
    """Id of its crystal in the shipped reference table; empty for the L1_2 alloy Pt3Ni."""
    without: str
    """What the trainings do not see."""
    spec: DesignSpec

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
        table = load_reference("chgnet", "")
        assert table is not None
        place = table.index(self.source)
        assert place is not None
        return table.structure(place)


HIDDEN = (
    Hidden(
        name="LiFePO4",
        source="example-LiFePO4",
        without="olivine: P; LiFePO4",
        spec=DesignSpec(
            purpose="cathode",
            targets=(
                "voltage=3.42",
                "capacity=170",
                "volume_change=4.8",
                "e_above_hull=..0.02",
                "formation_energy=-2.48",
            ),
        ),
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
    Hidden(
        name="Pt3Ni",
        source="",
        without="Pt3Ni; PtNi; PtNi3",
        spec=DesignSpec(
            purpose="catalyst",
            reaction="ORR",
            charge="off",
            targets=(
                "adsorption_free_energy=0.96",
                "e_above_hull=..0.02",
                "formation_energy=-0.03",
            ),
        ),
    ),
)
WITHOUT = "; ".join(each.without for each in HIDDEN)
WAYS = (
    ("mix", "heads", SEEDS),
    ("gradient", "heads", SEEDS),
    ("best-of-n", "heads", SEEDS),
    ("substitution", "heads", 1),
    ("substitution", "prior", 1),
)
"""(strategy, judge, seeds)."""
SHOWN = {
    ("best-of-n", "heads"): "random decodes, ranked by heads",
    ("substitution", "prior"): "substitution, by probability",
    ("substitution", "heads"): "substitution, ranked by heads",
}


def rows(
    quick: bool,
    say: Callable[[str], None],
    data: Path | None = None,
    keep: Path | None = None,
) -> Iterator[dict[str, object]]:
    """A row for each material and way: how often it is among the first, and its places."""
    folder = keep or references_folder().parent / "bench-recovery"
    say(f"Trained weights are kept in {folder}.")
    generator = trained(folder, data, say)
    for hidden in HIDDEN:
        crystal = hidden.crystal()
        for strategy, judge, n_seeds in WAYS:
            places: list[int | None] = []
            for seed in range(1 if quick else n_seeds):
                found = generator.inverse_design(
                    targets_of(hidden.spec),
                    limits_of(hidden.spec),
                    strategy=strategy,
                    judge=judge,
                    seeds=60 if quick else 200,
                    steps=40 if quick else 150,
                    n=LISTED,
                    seed=seed,
                    reaction=hidden.spec.reaction,
                )
                places.append(place_of(crystal, found))
            row = _row(hidden, SHOWN.get((strategy, judge), strategy), places)
            say(str(row))
            yield row


def place_of(crystal: Structure, found: Found) -> int | None:
    """The first place, from 1, at which a crystal stands among candidates."""
    for place, each in enumerate(found.candidates, start=1):
        if same_crystal(each.structure, crystal):
            return place
    return None


def _row(hidden: Hidden, way: str, places: list[int | None]) -> dict[str, object]:
    among = sum(place is not None and place <= TOP for place in places)
    return {
        "hidden": hidden.name,
        "way": way,
        f"in the first {TOP}": f"{among} of {len(places)}",
        "places": ", ".join("-" if each is None else str(each) for each in places),
    }


def trained(folder: Path, data: Path | None, say: Callable[[str], None]) -> MaterialGenerator:
    """Models that have not seen the hidden materials, from the folder where they are there."""
    library = load_library()
    table = vae_build.known_crystals(library)
    seen = kept(table, library, WITHOUT)
    for model, train in (("material-vae", vae_build.train), ("design-heads", heads_build.train)):
        if not _is_there(folder / model, library):
            say(f"Training {model} without {int((~seen).sum())} crystals: {WITHOUT}")
            published = data if model == "design-heads" else None
            out = folder / model
            spec = TrainSpec(model=model, out=out, data=published, without=WITHOUT, resume=True)
            train(spec, RunControl())
    vae, _ = read_vae(folder / "material-vae", library)
    heads = read_design_heads(folder / "design-heads", library)
    sources = tuple(np.array(table.sources)[seen].tolist())
    known = table.tokens.rows(np.flatnonzero(seen)), sources
    return MaterialGenerator(vae, heads, library, known=known)


def _is_there(folder: Path, library: PrototypeLibrary) -> bool:
    if not (folder / CARD_FILE).is_file():
        return False
    card = read_card(folder)
    hashes = card.settings.get("library"), card.versions.get(LIBRARY)
    return card.settings.get("without") == WITHOUT and library.hash in hashes
