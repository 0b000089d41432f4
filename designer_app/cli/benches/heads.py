"""The learned heads on rows they had not seen: errors of the shipped cards, and orders anew.

Errors stand in the cards that training wrote; the orders at the end are predicted by heads grown
now, without the compounds they rank.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from designer_app.errors import MissingDataError
from designer_app.properties.heads import HEADS, load_head
from designer_app.properties.heads.conductivity_training import growing, rows_of
from designer_app.training.published.conductivity import Measurement, read_conductivities
from designer_app.training.published.folder import data_folder
from designer_app.training.splits import formula_of, reduced_formula

ORDER = (
    ("LGPS", "Li10GeP2S12", 137),
    ("cubic LLZO", "Li7La3Zr2O12", 230),
    ("tetragonal LLZO", "Li7La3Zr2O12", 142),
    ("Li6PS5Cl", "Li6PS5Cl", 216),
    ("Li6PS5I", "Li6PS5I", 216),
)
"""(name, formula, space group) of conductors whose order is known."""


def rows(
    quick: bool, say: Callable[[str], None], data: Path | None = None
) -> Iterator[dict[str, Any]]:
    """Held-out errors of every head and of its parts, then the order of known conductors."""
    for key in HEADS:
        card = load_head(key).card
        for head in card.heads:
            yield _row(card.origin, head.key, head.unit, head.n_labels, head.held_out_error) | {
                "mean MAE": head.baseline_error,
                "coverage 90": head.coverage,
                "kept back by": head.grouped_by,
            }
            for part, (n, error) in head.by_group.items() if not quick else ():
                yield _row(card.origin, f"{head.key}: {part}", head.unit, n, error)
    try:
        measured = read_conductivities(data_folder(data))
    except MissingDataError:
        say("The order of known conductors needs the published table: set DESIGNER_APP_DATA.")
        return
    yield from known_order(measured)


def known_order(measured: list[Measurement]) -> Iterator[dict[str, Any]]:
    """Known conductors predicted without any measurement of their formula."""
    from designer_app.properties.features import element_table

    features = rows_of(measured, element_table())
    truth = np.array([each.log10_sigma for each in measured])
    formulas = np.array([formula_of(each.amounts) for each in measured])
    for name, formula, group in ORDER:
        same = formulas == reduced_formula(formula)
        asked = same & np.array([each.space_group == group for each in measured])
        forest = growing()(features[~same], truth[~same], 0)
        found = float(np.median(forest.predict(features[asked])[0]))
        yield _row("grown without it", name, "log10 S/cm", int(asked.sum()), None) | {
            "predicted": found,
            "measured": float(np.median(truth[asked])),
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
    }
