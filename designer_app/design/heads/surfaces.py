"""Metals and binary alloys with their adsorption energies: what the surface heads learn from.

The energy of an alloy is that of its lowest site on close-packed surfaces (Mamun et al. 2019,
BEEF-vdW). For hydrogen it is the mean over the facets of its Wulff shape (OCx24, RPBE), and for
metals that OCx24 lacks the lowest site, moved to that scale (`published/hydrogen.py`). The free
energy of a design's catalyst is this energy and a constant (`properties/volcano.py`).

The tables hold a few hundred alloys. Trees grown on those that are not kept back say what every
other close-packed alloy of the same metals would have. Rows of alloys that are kept back are
learned from by neither, as truth or as a guess.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.design.heads.labels import KNOWN, MADE, LabelledTokens, labelled
from designer_app.design.heads.rows import ADSORBATES
from designer_app.design.representation.library import PrototypeLibrary, known_tokens
from designer_app.design.representation.tokens import MAX_SLOTS, N_GEOMETRY, TokenTable
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.properties.features import ElementTable, element_table
from designer_app.properties.heads.adsorption_training import growing
from designer_app.properties.heads.surface_features import sites_of, surface_features
from designer_app.running.control import RunControl
from designer_app.training.published.adsorption import Adsorption, read_adsorption
from designer_app.training.published.hydrogen import WHOLE, on_one_scale, read_hydrogen
from designer_app.training.splits import formula_of, split_of

Amounts = dict[str, float]
CLOSE_PACKED = ((225, (1,)), (123, (1, 1)), (221, (1, 3)))
"""(space group, atoms of the slots) of A1, L1_0 and L1_2."""


def surface_labels(
    folder: Path,
    library: PrototypeLibrary,
    control: RunControl,
    *,
    left_out: frozenset[str] = frozenset(),
    seed: int = 0,
    adsorbates: Sequence[str] = ADSORBATES,
) -> tuple[LabelledTokens, LabelledTokens]:
    """(what is learned from, tabulated energies of the alloys kept back).

    What is learned from are tabulated rows, KNOWN, and what trees say of other alloys, MADE.
    `left_out` are more formulas to keep back, beside those of the test split.
    """
    table = element_table()
    sites = read_adsorption(folder)
    tabulated = on_one_scale(
        [*sites, *read_hydrogen(folder)], lambda row: not _is_kept_back(row.amounts, left_out)
    )
    metals = sorted({each for row in sites for each in row.amounts})
    energies = _energies(tabulated)
    crystals, every = _crystals(metals, {formula for _, formula in energies}, library)
    kept = np.array([_is_kept_back(each, left_out) for each in every])
    truth = np.array(
        [
            [energies.get((each, formula_of(amounts)), np.nan) for each in adsorbates]
            for amounts in every
        ]
    )
    guessed = np.full_like(truth, np.nan)
    for column, adsorbate in enumerate(adsorbates):
        control.checkpoint()
        control.progress(column, len(adsorbates), f"Growing trees for {adsorbate}")
        mine = [row for row in tabulated if row.adsorbate == adsorbate]
        seen = [row for row in mine if not _is_kept_back(row.amounts, left_out)]
        ask = _Teacher(seen, table, seed)
        for row in np.flatnonzero(~kept & ~np.isfinite(truth[:, column])):
            guessed[row, column] = ask(every[row])
    keys = [f"adsorption {each}" for each in adsorbates]
    told, by_trees = (
        labelled(crystals, dict(zip(keys, each.T, strict=True)), library, origin=origin)
        for each, origin in ((truth, KNOWN), (guessed, MADE))
    )
    learned = told.rows(~kept & told.known(keys)).and_more(by_trees.rows(by_trees.known(keys)))
    seen_by_all = replace(learned, split=np.zeros(len(learned), np.int8))
    return seen_by_all, told.rows(kept & told.known(keys))


def _is_kept_back(amounts: Amounts, left_out: frozenset[str]) -> bool:
    formula = formula_of(amounts)
    return split_of(formula) == "test" or formula in left_out


def _energies(rows: Sequence[Adsorption]) -> Mapping[tuple[str, str], float]:
    """Energy by (adsorbate, formula): of the whole crystal, or else of its lowest site."""
    sites: dict[tuple[str, str], float] = defaultdict(lambda: float("inf"))
    wholes: dict[tuple[str, str], float] = {}
    for row in rows:
        key = row.adsorbate, formula_of(row.amounts)
        if row.site == WHOLE:
            wholes[key] = row.energy
        else:
            sites[key] = min(sites[key], row.energy)
    return {**sites, **wholes}


class _Teacher:
    """Trees of one adsorbate, asked for the lowest site of an alloy or, where wholes are known, for
    the whole.
    """

    def __init__(self, rows: Sequence[Adsorption], table: ElementTable, seed: int) -> None:
        self.table = table
        features = np.array(
            [surface_features(r.amounts, r.site, r.atoms, r.below, table) for r in rows]
        )
        energies = np.array([row.energy for row in rows])
        self.model = growing()(features, energies, seed)
        alloys = {row.site for row in rows if len(row.amounts) > 1}
        self.knows_wholes = WHOLE in alloys

    def __call__(self, amounts: Amounts) -> float:
        sites = sites_of(amounts)
        if self.knows_wholes and len(amounts) > 1:
            sites = [(WHOLE, tuple(sorted(amounts)), "")]
        rows = [surface_features(amounts, *site, self.table) for site in sites]
        return float(self.model.predict(np.array(rows))[0].min())


def _crystals(
    metals: Sequence[str], tabulated: set[str], library: PrototypeLibrary
) -> tuple[TokenTable, list[Amounts]]:
    """Close-packed metals and alloys of all pairs, and known crystals of tabulated formulas."""
    prototypes: list[int] = []
    elements: list[NDArray[np.int64]] = []
    for space_group, counts in CLOSE_PACKED:
        row = _prototype(library, space_group, counts)
        for chosen in permutations(metals, len(counts)):
            if counts == (1, 1) and chosen[0] > chosen[1]:
                continue
            prototypes.append(row)
            elements.append(_slots([ATOMIC_NUMBERS[each] for each in chosen]))
    known, _ = known_tokens(library)
    allowed = np.zeros(len(SYMBOLS), dtype=bool)
    allowed[[0, *(ATOMIC_NUMBERS[each] for each in metals)]] = True
    for row in np.flatnonzero(allowed[known.elements].all(axis=1)):
        if formula_of(_amounts(library, known.prototype[row], known.elements[row])) in tabulated:
            prototypes.append(int(known.prototype[row]))
            elements.append(known.elements[row])
    prototype = np.array(prototypes)
    table = TokenTable(
        prototype,
        np.array(elements),
        library.log_volumes[prototype],
        np.zeros((len(prototype), N_GEOMETRY), dtype=np.float32),
    )
    return table, [_amounts(library, *pair) for pair in zip(prototype, elements, strict=True)]


def _prototype(library: PrototypeLibrary, space_group: int, counts: tuple[int, ...]) -> int:
    """The most common prototype of a space group with these slots."""
    wanted = np.sort(np.pad(np.array(counts, np.float32), (MAX_SLOTS - len(counts), 0)))
    fits = (np.sort(library.slot_counts, axis=1) == wanted).all(axis=1)
    rows = np.flatnonzero(fits & (library.space_groups == space_group))
    return int(rows[np.argmax(library.n_members[rows])])


def _slots(numbers: Sequence[int]) -> NDArray[np.int64]:
    return np.pad(np.array(numbers, dtype=np.int64), (0, MAX_SLOTS - len(numbers)))


def _amounts(library: PrototypeLibrary, prototype: int, elements: NDArray[np.int64]) -> Amounts:
    from designer_app.design.heads.proposals import amounts_of_slots

    return amounts_of_slots(elements, library.slot_counts[prototype])
