"""Alloys that bind hydrogen as catalysts should, looked for among alloys no model had learned from.

Asked is a free energy of adsorbed hydrogen of 0 +- 0.1 eV, dG = dE + 0.24 eV (Nørskov et al. 2005,
doi:10.1149/1.1856988). The systems of elements are dealt to three folds; each fold is withheld
once, all alloys of a system together, while trees (`properties/heads/adsorption_training.py`) and
the heads of the design learn from the rest. The judge are the tabulated energies of the withheld
alloys by OCx24 (`training/published/hydrogen.py`: DFT on what a potential relaxed, averaged over
the Wulff shape). Intervals draw the systems of each fold again. Ways to choose the first few
alloys of each fold:

    latent search          descent by the heads, decodes among the withheld alloys alone
    ranked by the trees    all withheld alloys, the nearest to the middle of the window first
    random                 what all withheld alloys together hold

The autoencoder has seen crystals of a few of these alloys, but energies of none; most of them have
no known crystal in the library, so the search has to make one up.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.design.heads.build import SETTINGS
from designer_app.design.heads.ensemble import DesignHeads, Group, load_design_heads
from designer_app.design.heads.labels import formulas_of
from designer_app.design.heads.network import NetworkSize
from designer_app.design.heads.rows import BY_KEY
from designer_app.design.heads.surfaces import surface_labels
from designer_app.design.heads.training import GroupTraining
from designer_app.design.representation.library import PrototypeLibrary, known_tokens, load_library
from designer_app.design.search.generator import MaterialGenerator, Plan
from designer_app.design.search.limits import Limits
from designer_app.design.vae.network import MaterialVAE
from designer_app.design.vae.reading import load_vae
from designer_app.elements import SYMBOLS
from designer_app.io.formulas import amounts_of
from designer_app.properties.features import element_table
from designer_app.properties.heads.adsorption_training import growing, rows_of
from designer_app.properties.volcano import HYDROGEN
from designer_app.running.control import RunControl
from designer_app.screening.masks import Masks
from designer_app.specs.design_targets import Target
from designer_app.training.published.adsorption import Adsorption, read_adsorption
from designer_app.training.published.folder import data_folder
from designer_app.training.published.hydrogen import on_one_scale, read_hydrogen
from designer_app.training.splits import amounts_in, formula_of, grouped_folds

KEY = "adsorption_free_energy"
TARGET = Target(key=KEY, low=-0.1, high=0.1)
"""eV."""
FOLDS = 3
FIRST = (3, 5, 10)
"""Alloys that are chosen in each fold."""
DRAWS = 4000
"""Of systems of elements, for intervals."""
_LEARNED = "adsorption H"


@dataclass(frozen=True, kw_only=True)
class Among(Limits):
    """Limits that leave the alloys of a list."""

    formulas: frozenset[str]

    def reason(self, amounts: Mapping[str, float]) -> str:
        """Why an alloy is no candidate."""
        return "" if formula_of(amounts) in self.formulas else "not in the list"


@dataclass(frozen=True, eq=False)
class Withheld:
    """Tabulated alloys, of which some are withheld."""

    known: Sequence[Adsorption]
    """Rows that may be learned from: the other alloys, and metals."""
    free_energies: Mapping[str, float]
    """EV of each withheld alloy, by formula."""

    def is_hit(self, formula: str) -> bool:
        """Whether a withheld alloy lies in the window."""
        return TARGET.low <= self.free_energies[formula] <= TARGET.high


def withheld(folder: Path) -> list[Withheld]:
    """Each third of the systems of elements withheld once."""
    sites = [each for each in read_adsorption(folder) if each.adsorbate == "H"]
    rows = on_one_scale([*read_hydrogen(folder), *sites])
    alloys = [each for each in rows if len(each.amounts) > 1]
    metals = [each for each in rows if len(each.amounts) == 1]
    systems = ["-".join(sorted(each.amounts)) for each in alloys]
    return [
        Withheld(
            [*(alloys[row] for row in learned), *metals],
            {formula_of(alloys[row].amounts): free_energy(alloys[row]) for row in held},
        )
        for learned, held in grouped_folds(systems, FOLDS)
    ]


def free_energy(row: Adsorption) -> float:
    """EV of adsorbed hydrogen against H2."""
    return row.energy + HYDROGEN.correction


def rows(
    quick: bool,
    say: Callable[[str], None],
    data: Path | None = None,
) -> Iterator[dict[str, object]]:
    """A row for each way and number of alloys chosen, over all folds, with 95 % intervals."""
    folder = data_folder(data)
    chosen: dict[str, list[tuple[Withheld, list[str]]]] = {}
    for fold, split in enumerate(withheld(folder)[: 1 if quick else FOLDS]):
        one = Searching(folder, split, load_vae(), fold, quick=quick)
        for way, formulas in one.ways().items():
            chosen.setdefault(way, []).append((split, formulas))
        hits = sum(map(split.is_hit, split.free_energies))
        say(
            f"fold {fold}: {len(split.free_energies)} alloys withheld, {hits} in the window; the "
            f"search found {len(one.by_search)} of them, {one.error(one.by_search):.3f} eV off; "
            f"the trees are {one.error(one.by_trees):.3f} eV off"
        )
    for first in FIRST:
        for way, found in chosen.items():
            yield _row(way, first, found)
    yield _row("random", None, [(s, list(s.free_energies)) for s, _ in next(iter(chosen.values()))])


Chosen = Sequence[tuple[Withheld, Sequence[str]]]
"""Alloys of each fold, the best first."""


def _row(way: str, first: int | None, found: Chosen) -> dict[str, object]:
    far = [abs(split.free_energies[each]) for split, names in found for each in names[:first]]
    share = np.mean([split.is_hit(each) for split, names in found for each in names[:first]])
    low, high = interval(found, first)
    return {
        "way": way,
        "first": "all" if first is None else first,
        "alloys": len(far),
        "in the window": f"{share:.2f} [{low:.2f}, {high:.2f}]",
        "mean distance from 0, eV": float(np.mean(far)),
    }


def interval(found: Chosen, first: int | None) -> tuple[float, float]:
    """95 % of the share in the window when the systems of each fold are drawn again, and the
    first of the alloys then in the list are chosen.
    """
    generator = np.random.default_rng(0)
    hits, chosen = np.zeros(DRAWS), np.zeros(DRAWS)
    for split, names in found:
        systems = sorted({_system(each) for each in split.free_energies})
        drawn = generator.multinomial(len(systems), np.full(len(systems), 1 / len(systems)), DRAWS)
        times = drawn[:, [systems.index(_system(each)) for each in names]]
        before = times.cumsum(axis=1) - times
        taken = times if first is None else np.clip(first - before, 0, times)
        hits += taken @ np.array([split.is_hit(each) for each in names], dtype=float)
        chosen += taken.sum(axis=1)
    low, high = np.quantile(hits[chosen > 0] / chosen[chosen > 0], [0.025, 0.975])
    return float(low), float(high)


def _system(formula: str) -> str:
    return "-".join(sorted(amounts_in(formula)))


class Searching:
    """One fold: what is learned, and the ways to choose."""

    def __init__(
        self, folder: Path, split: Withheld, vae: MaterialVAE, seed: int, *, quick: bool
    ) -> None:
        self.folder, self.split, self.vae, self.seed, self.quick = folder, split, vae, seed, quick
        self.library: PrototypeLibrary = load_library()
        known, sources = known_tokens(self.library)
        names = np.array(formulas_of(known, self.library))
        rows = np.flatnonzero(np.isin(names, list(split.free_energies)))
        self.crystals = known.rows(rows), tuple(sources[row] for row in rows)
        """Known ones of withheld alloys, with their ids."""

    def ways(self) -> dict[str, list[str]]:
        """Withheld formulas by way, the best first."""
        return {
            "latent search": list(self.by_search),
            "ranked by the trees": sorted(self.by_trees, key=lambda each: abs(self.by_trees[each])),
        }

    @cached_property
    def heads(self) -> DesignHeads:
        """The shipped heads, with those of surfaces learned without the withheld alloys."""
        shipped, row = load_design_heads(), BY_KEY[_LEARNED]
        data, _ = surface_labels(
            self.folder,
            self.library,
            RunControl(),
            left_out=frozenset(self.split.free_energies),
            seed=self.seed,
            adsorbates=("H",),
        )
        size = NetworkSize(
            n_elements=shipped.featurizer.n_elements,
            n_whole=shipped.featurizer.n_whole,
            n_extra=0,
            outputs=1,
        )
        settings = SETTINGS["surface"]
        training = GroupTraining(
            data, (row,), shipped.featurizer, shipped.slot_counts, settings, self.seed, size=size
        )
        network = training.run(RunControl(), "surface")
        group = Group((row,), network, training.scaling)
        return DesignHeads(shipped.card, {"surface": group}, shipped.featurizer, self.library)

    @cached_property
    def by_search(self) -> dict[str, float]:
        """Free energies of what a descent comes by, eV, the best first."""
        metals = {each for row in self.split.known for each in row.amounts}
        others = [each for each in SYMBOLS[1:] if each not in metals]
        limits = Among(
            masks=Masks(dict.fromkeys(others, "no metal of the table")),
            charge="off",
            metals_only=True,
            formulas=frozenset(self.split.free_energies),
        )
        generator = MaterialGenerator(self.vae, self.heads, self.library, known=self.crystals)
        plan = Plan(
            seeds=30 if self.quick else 100,
            steps=30 if self.quick else 100,
            strategy="gradient",
            judge="heads",
            only_new=False,
            diversity=0.0,
            seed=self.seed,
        )
        found = generator.inverse_design((TARGET,), limits, plan=plan)
        said: dict[str, float] = {}
        for each in found.candidates:
            estimate = each.estimate(KEY)
            if estimate is not None and estimate.value is not None:
                said.setdefault(formula_of(amounts_of(each.structure.numbers)), estimate.value)
        return said

    @cached_property
    def by_trees(self) -> dict[str, float]:
        """Free energies by the trees, eV."""
        table = element_table()
        energies = np.array([free_energy(each) for each in self.split.known])
        model = growing()(rows_of(self.split.known, table), energies, self.seed)
        asked = [
            each
            for each in read_hydrogen(self.folder)
            if formula_of(each.amounts) in self.split.free_energies
        ]
        mean: NDArray[np.float64] = model.predict(rows_of(asked, table))[0]
        return {formula_of(row.amounts): float(v) for row, v in zip(asked, mean, strict=True)}

    def error(self, said: Mapping[str, float]) -> float:
        """Mean absolute error, eV."""
        truth = self.split.free_energies
        return float(np.mean([abs(value - truth[each]) for each, value in said.items()]))
