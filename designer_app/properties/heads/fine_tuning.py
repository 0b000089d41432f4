"""Correction of the adsorption heads with the user's own calculations.

A user's slabs differ from the table by functional, relaxation and coverage: mostly by a shift and
a stretch. The correction is energy = a + b x head, pulled towards a = mean difference, b = 1 by a
prior worth three rows, and its error is measured by leaving each own alloy out.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import FileUnreadableError, InvalidSpecError
from designer_app.nn.forest import Forest
from designer_app.properties.heads import load_head
from designer_app.properties.heads.adsorption import AdsorptionHead
from designer_app.properties.heads.learned import Learned
from designer_app.specs.train import TrainSpec
from designer_app.training.splits import reduced_formula
from designer_app.weights.cards import HeadCard, ModelCard, data_set, write_model

Floats = NDArray[np.float64]

COLUMNS = ("surface", "adsorbate", "energy_eV")
FEWEST_ROWS = 5
PRIOR_ROWS = 3.0


@dataclass(frozen=True)
class OwnRow:
    """One calculation of the user: the most stable site, or the named one."""

    surface: str
    adsorbate: str
    energy: float
    """eV."""
    site: str | None = None


@dataclass(frozen=True)
class Tuned:
    """Heads with corrections, and what they are worth."""

    head: AdsorptionHead
    errors: dict[str, tuple[int, float, float]]
    """Adsorbate -> (own rows, mean absolute error of the head before, after with the row's alloy
    left out), eV. Where it is not better after than before, nothing is corrected."""


def fine_tune(head: AdsorptionHead, rows: Sequence[OwnRow]) -> Tuned:
    """The heads corrected by own rows, where leaving alloys out shows that it helps.

    Raises `InvalidSpecError` where no adsorbate has five rows.
    """
    learned, errors = dict(head.learned), {}
    for adsorbate, before_it in head.learned.items():
        own = [row for row in rows if row.adsorbate == adsorbate]
        if len(own) < FEWEST_ROWS:
            continue
        guess = np.array([head.predict(adsorbate, row.surface, row.site).value for row in own])
        truth = np.array([row.energy for row in own])
        alloys = [reduced_formula(row.surface) for row in own]
        after = np.abs(_left_out(guess, truth, alloys) - truth)
        before = float(np.abs(guess - truth).mean())
        errors[adsorbate] = (len(own), before, float(after.mean()))
        if after.mean() < before:
            shift, stretch = correction(guess, truth)
            learned[adsorbate] = _corrected(before_it, shift, stretch, after)
    if not errors:
        said = f"give at least {FEWEST_ROWS} rows of one of {', '.join(head.adsorbates)}"
        raise InvalidSpecError("table", len(rows), said, "Own rows")
    return Tuned(replace(head, learned=learned), errors)


def correction(guess: Floats, truth: Floats) -> tuple[float, float]:
    """(a, b) of truth = a + b guess, b pulled towards 1 as by three rows of unit variance."""
    shifted = guess - guess.mean()
    pull = PRIOR_ROWS * max(float(guess.var()), 0.01)
    stretch = float((shifted @ (truth - truth.mean()) + pull) / (shifted @ shifted + pull))
    return float(truth.mean() - stretch * guess.mean()), stretch


def read_own_rows(path: Path) -> list[OwnRow]:
    """Rows of a CSV with the columns surface, adsorbate, energy_eV and, if known, site."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadableError(str(path), "it cannot be read as a CSV table") from error
    if not found or not set(COLUMNS) <= set(found[0]):
        raise FileUnreadableError(str(path), f"it needs the columns {', '.join(COLUMNS)}")
    return [_own_row(path, number, row) for number, row in enumerate(found, start=2)]


def fine_tune_from(spec: TrainSpec) -> ModelCard:
    """The corrected heads and their card in `spec.out`."""
    assert spec.table is not None
    head: AdsorptionHead = load_head("adsorption")
    tuned = fine_tune(head, read_own_rows(spec.table))
    own = data_set(spec.table, spec.table.parent, name="own rows", licence="the user's")
    heads = tuple(tuned.head.learned[each].head for each in tuned.head.learned)
    card = replace(
        head.card,
        version=f"{head.card.version}+own",
        made_by="designer-app train --model adsorption --table",
        data=(*head.card.data, own),
        heads=heads,
        split="Own rows: each alloy left out in turn. Others: " + head.card.split,
    )
    arrays = {"elements": head.table.values.astype(np.float32)}
    for each in tuned.head.learned.values():
        arrays |= each.arrays()
    return write_model(spec.out, card, arrays)


def _left_out(guess: Floats, truth: Floats, alloys: Sequence[str]) -> Floats:
    marks = np.array(alloys)
    found = np.array(guess)
    for alloy in np.unique(marks):
        held = marks == alloy
        if held.all():
            continue
        shift, stretch = correction(guess[~held], truth[~held])
        found[held] = shift + stretch * guess[held]
    return found


def _corrected(learned: Learned, shift: float, stretch: float, errors: Floats) -> Learned:
    """The same trees, stretched and shifted; the interval as wide as the left-out errors ask."""
    forest, known, domain = learned.model, learned.calibration, learned.domain
    assert isinstance(forest, Forest)
    is_leaf = forest.feature < 0
    values = np.where(is_leaf, stretch * forest.threshold, forest.threshold)
    # A few own rows can be met well by chance: the head's own error stands in for three of them.
    known_error = learned.head.held_out_error
    error = (float(errors.sum()) + PRIOR_ROWS * known_error) / (len(errors) + PRIOR_ROWS)
    grown = error / known_error
    head: HeadCard = replace(
        learned.head,
        held_out_error=float(errors.mean()),
        by_group={},  # what follows was measured without the correction
        stricter=(),
        baseline_error=None,
        coverage=None,
    )
    size = abs(stretch)
    return replace(
        learned,
        head=head,
        model=replace(
            forest,
            threshold=values.astype(np.float32),
            base=(shift + stretch * forest.base).astype(np.float32),
        ),
        calibration=replace(
            known,
            floor=known.floor * size,
            half_width=known.half_width * grown / max(size, 1e-6),
            quantiles=known.quantiles * grown / max(size, 1e-6),
        ),
        domain=replace(domain, spread=domain.spread * size),
    )


def _own_row(path: Path, number: int, row: dict[str, str]) -> OwnRow:
    try:
        energy = float(row["energy_eV"])
    except (TypeError, ValueError) as error:
        raise FileUnreadableError(str(path), f"line {number} has no number of eV") from error
    return OwnRow(row["surface"], row["adsorbate"], energy, row.get("site") or None)
