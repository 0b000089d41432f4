"""Parity and calibration of the conductivity head, on rows it had not seen."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.properties.features import element_table
from designer_app.properties.heads.conductivity_training import N_FOLDS, growing, rows_of
from designer_app.properties.heads.fitting import Held, hold_out
from designer_app.running.control import RunControl
from designer_app.training.intervals import N_QUANTILES, calibrate
from designer_app.training.published.conductivity import Measurement


def draw(measured: list[Measurement], path: Path) -> None:
    """A picture of two panels: predicted over measured; share of rows below each quantile."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    held = hold_out(
        rows_of(measured, element_table()),
        np.array([each.log10_sigma for each in measured]),
        [each.system for each in measured],
        growing(),
        RunControl(),
        bound=np.array([each.is_bound for each in measured]),
        n_folds=N_FOLDS,
    )
    picture, panels = plt.subplots(1, 2, figsize=(9.0, 4.2), layout="constrained")
    _parity(panels[0], held)
    _calibration(panels[1], held)
    picture.savefig(path, dpi=150)
    plt.close(picture)


def shares_below(held: Held) -> NDArray[np.float64]:
    """Share of rows below each quantile of their distribution, set by the other folds."""
    exact = ~held.bound
    below: list[NDArray[np.bool_]] = []
    for mark in np.unique(held.fold):
        asked, others = exact & (held.fold == mark), exact & (held.fold != mark)
        known = calibrate(held.truth[others], held.mean[others], held.spread[others])
        scale = known.scale(held.spread[asked])[:, None]
        values = held.mean[asked][:, None] + scale * known.quantiles
        below.append(held.truth[asked][:, None] <= values)
    return np.concatenate(below).mean(axis=0)


def _parity(panel: Any, held: Held) -> None:
    ends = [float(held.truth.min()), float(held.truth.max())]
    panel.plot(ends, ends, color="0.6", lw=1)
    panel.plot(held.truth, held.mean, ".", ms=4, alpha=0.6)
    panel.set_xlabel("measured log10 of S/cm")
    panel.set_ylabel("predicted, its elements kept back")
    panel.set_title(f"Mean absolute error {held.error:.2f} decades")


def _calibration(panel: Any, held: Held) -> None:
    levels = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    panel.plot([0, 1], [0, 1], color="0.6", lw=1)
    panel.plot(levels, shares_below(held))
    panel.set_xlabel("chance given")
    panel.set_ylabel("share of rows below")
    panel.set_title(f"90 % interval holds {100 * held.coverage:.0f} %")
