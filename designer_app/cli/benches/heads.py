"""The learned heads on rows they had not seen: errors of the shipped cards, and orders anew.

Errors stand in the cards that training wrote; the orders at the end are predicted by heads grown
now, without the compounds they rank.
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from designer_app.cli.benches.heads_plot import draw
from designer_app.errors import MissingDataError
from designer_app.properties.heads import HEADS, adsorption_training, load_head
from designer_app.properties.heads.adsorption import MOST_STABLE
from designer_app.properties.heads.conductivity import WITH_CELL
from designer_app.properties.heads.conductivity_training import intervals_of, tables_of
from designer_app.properties.heads.surface_features import sites_of, surface_features
from designer_app.running.control import RunControl
from designer_app.training.published.adsorption import read_adsorption
from designer_app.training.published.conductivity import Measurement, read_conductivities
from designer_app.training.published.folder import data_folder
from designer_app.training.published.hydrogen import read_hydrogen
from designer_app.training.splits import formula_of, reduced_formula
from designer_app.weights.cards import Judgement, ModelCard

ORDER = (
    ("LGPS", "Li10GeP2S12", 137),
    ("cubic LLZO", "Li7La3Zr2O12", 230),
    ("tetragonal LLZO", "Li7La3Zr2O12", 142),
    ("Li6PS5Cl", "Li6PS5Cl", 216),
    ("Li6PS5I", "Li6PS5I", 216),
)
"""(name, formula, space group) of conductors whose order is known."""
METALS = ("Pt", "Pd", "Rh", "Ir", "Ni", "Cu", "Au", "Ag", "Mo")
FEWEST_SHOWN = 5
"""Rows of a family, an ion or a site, below which a mean error says nothing."""
TO_FREE_ENERGY = 0.24
"""eV, of adsorbed hydrogen: zero point and entropy, the same on all metals."""


def rows(
    quick: bool,
    say: Callable[[str], None],
    data: Path | None = None,
    plot: Path | None = None,
) -> Iterator[dict[str, Any]]:
    """Held-out errors of every head and of its parts, then the order of known conductors."""
    for key in HEADS:
        yield from judged(load_head(key).card, quick)
    try:
        folder = data_folder(data)
        measured = read_conductivities(folder)
    except MissingDataError:
        say("The order of known conductors needs the published table: set DESIGNER_APP_DATA.")
        return
    if plot is not None:
        for file in draw(folder, plot):
            say(f"{file}")
    yield from known_order(measured)
    yield from hydrogen_order(folder)


def judged(card: ModelCard, quick: bool) -> Iterator[dict[str, Any]]:
    """Each head by every rule of keeping rows back, then its parts: families, ions, sites."""
    for head in card.heads:
        first = Judgement(
            grouped_by=head.grouped_by,
            n_groups=0,
            error=head.held_out_error,
            baseline_error=head.baseline_error or math.nan,
            coverage=head.coverage or math.nan,
        )
        for each in (first, *head.stricter):
            yield _row(card.origin, head.key, head.unit, head.n_labels, each.error) | {
                "mean MAE": each.baseline_error,
                "coverage 90": each.coverage,
                "kept back by": each.grouped_by,
            }
        for part, (n, error) in head.by_group.items() if not quick else ():
            if n >= FEWEST_SHOWN:
                yield _row(card.origin, f"{head.key}: {part}", head.unit, n, error)


def known_order(measured: list[Measurement]) -> Iterator[dict[str, Any]]:
    """Known conductors predicted without any measurement of their formula."""
    from designer_app.properties.features import element_table

    table = tables_of(measured, element_table())[WITH_CELL]
    limit = intervals_of(table, RunControl()).limit
    formulas = np.array([formula_of(each.amounts) for each in measured])
    groups = np.array([each.space_group for each in measured])
    for name, formula, group in ORDER:
        same = formulas == reduced_formula(formula)
        asked = groups[same] == group
        found = table.without(same, limit)[asked]
        yield _row("grown without it", name, "log10 S/cm", int(asked.sum()), None) | {
            "predicted": float(np.median(found)),
            "measured": float(np.median(table.truth[same][asked])),
        }


def hydrogen_order(folder: Path) -> Iterator[dict[str, Any]]:
    """Hydrogen on metals by heads that never saw the metal, the most active of HER first.

    Activity falls with |dE + 0.24 eV| (Norskov et al. 2005, doi:10.1149/1.1856988). Two metals
    that differ in it by less than the error of the head are not told apart.
    """
    from designer_app.properties.features import element_table

    found = [*read_adsorption(folder), *read_hydrogen(folder)]
    hydrogen = [each for each in found if each.adsorbate == "H"]
    table = element_table()
    features = adsorption_training.rows_of(hydrogen, table)
    energies = np.array([each.energy for each in hydrogen])
    lowest: dict[str, float] = {}
    for metal in METALS:
        known = np.array([metal not in each.amounts for each in hydrogen])
        forest = adsorption_training.growing()(features[known], energies[known], 0)
        sites = [surface_features({metal: 1.0}, *site, table) for site in sites_of({metal: 1.0})]
        lowest[metal] = float(forest.predict(np.array(sites))[0].min())
    error = load_head("adsorption").card.head("H").by_group[MOST_STABLE][1]
    for metal in sorted(lowest, key=lambda each: abs(lowest[each] + TO_FREE_ENERGY)):
        n = sum(metal in each.amounts for each in hydrogen)
        yield _row("grown without it", f"H on {metal}", "eV", n, error) | {
            "predicted": lowest[metal],
            "off the best": abs(lowest[metal] + TO_FREE_ENERGY),
        }


def _row(origin: str, head: str, unit: str, labels: int, error: float | None) -> dict[str, Any]:
    return {
        "origin": origin,
        "head": head,
        "unit": unit,
        "labels": labels,
        "held-out MAE": error,
        "mean MAE": None,
        "coverage 90": None,
        "kept back by": None,
        "predicted": None,
        "measured": None,
        "off the best": None,
    }
