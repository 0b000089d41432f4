"""Parity and calibration of the heads, on rows they had not seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.properties.features import element_table
from designer_app.properties.heads import adsorption_training, load_head, voltage_training
from designer_app.properties.heads.conductivity import WITH_CELL
from designer_app.properties.heads.conductivity_training import (
    BY_FAMILY,
    BY_MAIN,
    BY_SET,
    intervals_of,
    tables_of,
)
from designer_app.properties.heads.fitting import Held
from designer_app.running.control import RunControl
from designer_app.training.published.adsorption import read_adsorption
from designer_app.training.published.conductivity import read_conductivities
from designer_app.training.published.hydrogen import read_hydrogen
from designer_app.trust.intervals import N_QUANTILES, calibrate

Floats = NDArray[np.float64]
LEVELS = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES


@dataclass(frozen=True, eq=False)
class Shown:
    """One curve of a picture: rows kept back by one rule, or of one adsorbate."""

    name: str
    unit: str
    truth: Floats
    mean: Floats
    error: float
    """Mean absolute; none where a prediction lies below an upper bound."""
    below: Floats
    """(n_quantiles,) share of rows below each quantile of their distribution."""


def draw(folder: Path, path: Path) -> list[Path]:
    """Pictures of all heads: one for each in a folder, or all in one file with a suffix."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    found = dict(shown(folder))
    if not path.suffix:
        path.mkdir(parents=True, exist_ok=True)
    parts = (
        [(path, list(found.items()))]
        if path.suffix
        else [(path / f"{key}.png", [(key, curves)]) for key, curves in found.items()]
    )
    for file, heads in parts:
        size = 9.0, 4.2 * len(heads)
        picture, panels = plt.subplots(
            len(heads), 2, figsize=size, layout="constrained", squeeze=False
        )
        for (parity, calibration), (key, curves) in zip(panels, heads, strict=True):
            _parity(parity, key, curves)
            _calibration(calibration, curves)
        picture.savefig(file, dpi=150)
        plt.close(picture)
    return [file for file, _ in parts]


def shown(folder: Path) -> Iterator[tuple[str, list[Shown]]]:
    """What is drawn of each head."""
    yield "conductivity", conductivity_shown(folder)
    elements, control = element_table(), RunControl()
    table = voltage_training.table_of(voltage_training.pairs_of(folder), elements)
    held = table.held(control)
    ions = np.array(table.ions)
    labels = load_head("voltage").labels
    yield "voltage", [_of(f"{ion}, {n}", "V", held, ions == ion) for ion, n in labels.items()]
    everything = [*read_adsorption(folder), *read_hydrogen(folder)]
    curves: list[Shown] = []
    for adsorbate in load_head("adsorption").adsorbates:
        chosen = [each for each in everything if each.adsorbate == adsorbate]
        _, energies, held = adsorption_training.held_of(chosen, elements, control)
        curves.append(_of(f"{adsorbate}, {len(energies)}", "eV", held))
    yield "adsorption", curves


def conductivity_shown(folder: Path) -> list[Shown]:
    """Conductivities with three rules by which rows are kept back, the mildest first."""
    control = RunControl()
    table = tables_of(read_conductivities(folder), element_table())[WITH_CELL]
    intervals = intervals_of(table, control)
    found = {
        BY_SET: intervals.by_set,
        BY_MAIN: table.judged(BY_MAIN, control),
        BY_FAMILY: intervals.by_family,
    }
    curves: list[Shown] = []
    for rule, judged in found.items():
        below = intervals.shares_below(judged)
        held = judged.routed(intervals.limit)
        name = f"without its {rule}"
        curves.append(Shown(name, "log10 S/cm", held.truth, held.mean, held.error, below))
    return curves


def shares_below(held: Held, asked: NDArray[np.bool_] | None = None) -> Floats:
    """Share of rows below each quantile of their distribution, set by the other folds."""
    wanted = np.ones(len(held.truth), dtype=bool) if asked is None else asked
    below: list[NDArray[np.bool_]] = []
    for mark in np.unique(held.fold):
        others = held.fold != mark
        rows = wanted & ~others
        known = calibrate(held.truth[others], held.mean[others], held.spread[others])
        below.append(known.is_below(held.truth[rows], held.mean[rows], held.spread[rows]))
    return np.concatenate(below).mean(axis=0)


def _of(name: str, unit: str, held: Held, asked: NDArray[np.bool_] | None = None) -> Shown:
    rows = slice(None) if asked is None else asked
    error = float(held.errors[rows].mean())
    return Shown(name, unit, held.truth[rows], held.mean[rows], error, shares_below(held, asked))


def _parity(panel: Any, key: str, curves: list[Shown]) -> None:
    truth = np.concatenate([each.truth for each in curves])
    ends = [float(truth.min()), float(truth.max())]
    panel.plot(ends, ends, color="0.6", lw=1)
    for each in curves:
        label = f"{each.name}: {each.error:.2f}"
        panel.plot(each.truth, each.mean, ".", ms=3, alpha=0.5, label=label)
    panel.set_xlabel(f"known, {curves[0].unit}")
    panel.set_ylabel("predicted without it")
    panel.set_title(f"{key.capitalize()}, mean absolute errors")
    panel.legend(fontsize=6, markerscale=2)


def _calibration(panel: Any, curves: list[Shown]) -> None:
    panel.plot([0, 1], [0, 1], color="0.6", lw=1)
    for each in curves:
        panel.plot(LEVELS, each.below, lw=1)
    panel.set_xlabel("chance given")
    panel.set_ylabel("share of rows below")
    panel.set_title("Calibration")
