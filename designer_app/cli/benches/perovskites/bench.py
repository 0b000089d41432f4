"""Latent search on perovskites, judged by energies of formulas that nothing had learned from.

40 % of the formulas train an autoencoder and energy heads; the others are only the judge. A run
walks 400 seeds down to a target; of what a seed comes by it proposes the formula outside of
training that the heads like best, and nothing where they do not say of it that it meets the target
(the lowest 5 % of the training energies, where the lowest is asked). What counts is the share of
distinct proposals whose tabulated energy lies within 0.2 of the target, or, for the lowest energy,
among the lowest 5, 10 and 15 % of the training energies (SR5, SR10, SR15). Beside it, with as many
formulas: random decodes of the same autoencoder, neighbours of the best training formulas (one
metal exchanged for the most similar one), and all unseen formulas ranked by the heads, which no
search can do where the space is not a list. "All seeds" proposes also where the heads say no.

All settings were chosen on the formulas for training alone, 60 % of which trained and 40 % judged.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.cli.benches.perovskites.cells import PerovskiteCells, perovskite_cells
from designer_app.cli.benches.perovskites.learning import KEY, EnergyHeads, both_orders, trained
from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.tokens import TokenTable
from designer_app.design.search.deciding import Decided, Decider
from designer_app.design.search.descent import Descent, Pace
from designer_app.design.search.limits import Limits
from designer_app.design.search.objective import Goal
from designer_app.design.search.restricting import Restricted
from designer_app.design.vae.network import MaterialVAE
from designer_app.elements import SYMBOLS
from designer_app.running.control import RunControl
from designer_app.screening.masks import Masks
from designer_app.screening.substitution import alike
from designer_app.specs.design_targets import Target
from designer_app.training.published.folder import data_folder
from designer_app.training.published.perovskites import UNIT, PerovskiteTable, read_perovskites

TARGETS = (0.2, 0.6, 1.5)
NEAR = 0.2
SHARES = (5, 10, 15)
"""Percentiles of the training energies."""
TRAINED = 0.4
SPLIT_SEED = 41
N_SEEDS, RUNS, STEPS = 400, 3, 100
LOWEST = "lowest"

Formula = tuple[int, int, str]
Rates = dict[str, float]


@dataclass(eq=False)
class Judge:
    """The table, of which only the part for training is told."""

    table: PerovskiteTable
    cells: PerovskiteCells
    train: NDArray[np.int64]
    energy: dict[Formula, float] = field(default_factory=dict[Formula, float])
    known: set[Formula] = field(default_factory=set[Formula])

    def __post_init__(self) -> None:
        rows = zip(self.table.metals.tolist(), self.table.anions, strict=True)
        formulas = [(a, b, anions) for (a, b), anions in rows]
        self.energy = dict(zip(formulas, self.table.energies.tolist(), strict=True))
        self.known = {formulas[row] for row in self.train}

    @property
    def unseen(self) -> list[Formula]:
        """Formulas that were not trained on."""
        return [each for each in self.energy if each not in self.known]

    def tokens(self, formulas: Sequence[Formula]) -> TokenTable:
        """Of formulas, the lighter metal on A."""
        metals = np.array([each[:2] for each in formulas], dtype=np.int64)
        return self.cells.table(metals, tuple(each[2] for each in formulas))

    def rates(self, found: Sequence[Formula], target: float | None) -> Rates:
        """Shares of the distinct unseen formulas that hit."""
        new = list(dict.fromkeys(each for each in found if each not in self.known))
        energies = np.array([self.energy[each] for each in new])
        if target is not None:
            return {"new": len(new), "hits": float((abs(energies - target) <= NEAR).mean())}
        bars = np.percentile(self.table.energies[self.train], SHARES)
        pairs = zip(SHARES, bars.tolist(), strict=True)
        rates = {f"SR{share}": float((energies <= bar).mean()) for share, bar in pairs}
        return {"new": len(new), **rates}


def rows(
    quick: bool,
    say: Callable[[str], None],
    data: Path | None = None,
) -> Iterator[dict[str, object]]:
    """A row for each target and way: mean over the runs."""
    table = read_perovskites(data_folder(data))
    order = np.random.default_rng(SPLIT_SEED).permutation(len(table))
    train = np.sort(order[: round(TRAINED * len(table))])
    judge = Judge(table, perovskite_cells(table), train)
    say(
        f"{len(table)} formulas ({table.n_written} as written, some in two orders), "
        f"{len(train)} for training; energies in {UNIT}"
    )
    n_seeds, n_runs = (100, 1) if quick else (N_SEEDS, RUNS)
    collected: dict[tuple[str, str], list[Rates]] = {}
    for seed in range(n_runs):
        started = time.process_time()
        anions = tuple(table.anions[row] for row in train)
        tokens, energies = both_orders(
            judge.cells, table.metals[train], anions, table.energies[train]
        )
        vae, heads = trained(judge.cells, tokens, energies, seed, quick=quick)
        error = head_error(judge, heads)
        for target in (*TARGETS, None):
            name = LOWEST if target is None else f"{target:g} +- {NEAR:g}"
            searching = Searching(judge, vae, heads, seed, n_seeds)
            for way, found in searching.ways(target).items():
                collected.setdefault((name, way), []).append(judge.rates(found, target))
        say(
            f"run {seed}: {time.process_time() - started:.0f} s of one processor, training and "
            "four searches; "
            f"error of the heads on unseen formulas {error:.3f} {UNIT}"
        )
    for (name, way), found in collected.items():
        keys = list(dict.fromkeys(key for each in found for key in each))
        means = {key: float(np.mean([each[key] for each in found])) for key in keys}
        spread = max(float(np.std([each[key] for each in found])) for key in keys if key != "new")
        shown = {key: means.get(key) for key in ("new", "hits", *(f"SR{n}" for n in SHARES))}
        yield {"target": name, "way": way, **shown, "largest spread": spread}


def head_error(judge: Judge, heads: EnergyHeads) -> float:
    """Mean absolute error on unseen formulas, the mean of both orders of the metals."""
    unseen = judge.unseen
    truth = np.array([judge.energy[each] for each in unseen])
    return float(abs(predicted(judge, heads, unseen) - truth).mean())


def predicted(judge: Judge, heads: EnergyHeads, formulas: Sequence[Formula]) -> NDArray[np.float32]:
    """(n,) energies by the heads."""
    turned = [(b, a, anions) for a, b, anions in formulas]
    both = [heads.of_table(judge.tokens(each)) for each in (formulas, turned)]
    return 0.5 * (both[0] + both[1])


class Recording(Decider):
    """Keeps every decision, for the search itself keeps no two seeds apart."""

    def __init__(self, vae: MaterialVAE, library: PrototypeLibrary, restricted: Restricted) -> None:
        super().__init__(vae, library, restricted)
        self.calls: list[Decided] = []

    def decided(self, z: torch.Tensor, n_prototypes: int = 1) -> Decided:
        """As every decider."""
        found = super().decided(z, n_prototypes)
        self.calls.append(found)
        return found


@dataclass(frozen=True, eq=False)
class Searching:
    """One run, and the ways beside it."""

    judge: Judge
    vae: MaterialVAE
    heads: EnergyHeads
    seed: int
    n_seeds: int

    def ways(self, target: float | None) -> dict[str, list[Formula]]:
        """Formulas by way; all give as many as the search, where they have so many."""
        every = self.descent(target)
        found = {"latent search": self.sure(every, target), "latent search, all seeds": every}
        n_new = len(found["latent search"])
        found["random decodes"] = self.random()
        found["neighbours of the best known"] = self.neighbours(target, n_new)
        found["all unseen, ranked by the heads"] = self.ranked(target, n_new)
        return found

    def descent(self, target: float | None) -> list[Formula]:
        """The best decided formula of each seed."""
        cells = self.judge.cells
        limits = Limits(masks=Masks({}), charge="off", max_atoms=5)
        decider = Recording(self.vae, cells.library, Restricted(limits, cells.allowed(), {}))
        aim = float(self.judge.table.energies[self.judge.train].min()) if target is None else target
        goal = Goal(target=Target(key=KEY, about=aim), low=aim, high=aim, wide=NEAR, is_log=False)
        torch.manual_seed(self.seed)
        start = torch.randn(self.n_seeds, self.vae.settings.latent)
        descent = Descent(
            decider,
            self.heads,
            (goal,),
            longest=float(torch.linalg.vector_norm(start, dim=1).max()),
            pace=Pace(
                steps=STEPS,
                considered=2,
                decide_every=5,
                rates=(0.1, 0.05),
                hop_every=10,
                hop=0.8,
            ),
        )
        descent.run(start, RunControl())
        return self._best_of_seeds(decider.calls, descent)

    def _best_of_seeds(self, calls: Sequence[Decided], descent: Descent) -> list[Formula]:
        """What each seed came by that the heads like best, outside of training; seeds that come
        to the same formula count once.
        """
        best: dict[int, tuple[float, Formula]] = {}
        for call in calls:
            losses = descent.loss_of_table(call.table).tolist()
            formulas = self.judge.cells.formulas(call.table)
            for seed, loss, formula in zip(call.origin.tolist(), losses, formulas, strict=True):
                if formula not in self.judge.known:
                    best[seed] = min(best.get(seed, (np.inf, formula)), (loss, formula))
        return list(dict.fromkeys(formula for _, formula in best.values()))

    def sure(self, found: Sequence[Formula], target: float | None) -> list[Formula]:
        """Those of which the heads say that they meet the target."""
        energies = predicted(self.judge, self.heads, found)
        if target is None:
            bar = np.percentile(self.judge.table.energies[self.judge.train], SHARES[0])
            return [each for each, energy in zip(found, energies, strict=True) if energy <= bar]
        near = abs(energies - target) <= NEAR
        return [each for each, is_near in zip(found, near, strict=True) if is_near]

    def random(self) -> list[Formula]:
        """Decodes of draws from the prior."""
        torch.manual_seed(self.seed)
        z = torch.randn(self.n_seeds, self.vae.settings.latent)
        return self.judge.cells.formulas(self.vae.best_decode(z, self.judge.cells.allowed()))

    def neighbours(self, target: float | None, n: int) -> list[Formula]:
        """Known formulas nearest the target, with one metal exchanged for the most similar one."""
        table, train = self.judge.table, self.judge.train
        energies = table.energies[train]
        order = np.argsort(energies if target is None else abs(energies - target), kind="stable")
        found: dict[Formula, None] = {}
        for row in train[order]:
            pair, anions = table.metals[row].tolist(), table.anions[row]
            for place in (0, 1):
                other = self._similar(pair[place])
                a, b = sorted((other, pair[1 - place]))
                if (a, b, anions) not in self.judge.known:
                    found[a, b, anions] = None
            if len(found) >= n:
                break
        return list(found)[:n]

    def ranked(self, target: float | None, n: int) -> list[Formula]:
        """The best of all unseen formulas."""
        unseen = self.judge.unseen
        energies = predicted(self.judge, self.heads, unseen)
        order = np.argsort(energies if target is None else abs(energies - target), kind="stable")
        return [unseen[row] for row in order[:n]]

    def _similar(self, metal: int) -> int:
        likeness = alike(SYMBOLS[metal])
        others = [each for each in self.judge.cells.metals if each != metal]
        return max(others, key=lambda each: likeness.get((SYMBOLS[each], 0), 0.0))
