"""`bench design-heads`: errors of the design heads, on known crystals and on made ones.

All rows belong to formulas of the test split. "decoded" crystals are what the shipped autoencoder
decodes of random and of moved latent vectors, relaxed with CHGNet, "decoded before" those of an
earlier one, of which heads learned others; "swapped" ones have their elements exchanged. Where a
teacher gave the labels, the error with its own added stands beside. Voltages are judged by
relaxed hosts alone. Energies and voltages need no data folder: they are our own calculations.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from designer_app.design.heads.computed import read_computed
from designer_app.design.heads.ensemble import load_design_heads
from designer_app.design.heads.judging import Figure, figures
from designer_app.design.representation.soft import SoftTokens
from designer_app.running.control import RunControl
from designer_app.training.published.folder import data_folder

SEEDS, CONSIDERED, REPEATS = 400, 16, 10
_ASKED = ("e_above_hull", "energy_density")


def rows(
    quick: bool, say: Callable[[str], None], data: Path | None = None
) -> Iterator[dict[str, Any]]:
    """A row for each head and sort of crystals, and the time of one step of a search."""
    heads = load_design_heads()
    crystals, electrodes = read_computed(heads.library)
    labels = {"crystal": crystals, "electrode": electrodes}
    if not quick:
        labels |= _with_tables(data, heads.library, labels, say)
    for name, group in heads.groups.items():
        if name in labels:
            learned = [row for row in group.rows if row.key in labels[name].keys]
            for figure in figures(heads, group, labels[name], only=[row.key for row in learned]):
                yield _row(figure)
    yield from _times(heads)


def _with_tables(data: Path | None, library: Any, labels: dict[str, Any], say: Any) -> Any:
    """Labels that need the published tables: gaps, moduli, adsorption energies."""
    from designer_app.design.heads.gathering import tabulated_values, with_tables
    from designer_app.design.heads.surfaces import surface_labels

    folder = data_folder(data)
    say("Joining tables and growing the trees of the alloys that are kept back ...")
    truth = surface_labels(folder, library, RunControl())[1]
    crystals = with_tables(labels["crystal"], tabulated_values(folder, library))
    return {"crystal": crystals, "surface": truth}


def _row(figure: Figure) -> dict[str, Any]:
    is_judged = np.isfinite(figure.auc)
    return {
        "head": figure.key,
        "crystals": figure.part,
        "n": figure.n,
        "error": round(figure.error, 3),
        "unit": figure.unit,
        "with the teacher's": round(figure.whole_error, 3) if figure.of_teacher else "",
        "error of the median": round(figure.baseline, 3),
        "AUC": round(figure.auc, 3) if is_judged else "",
        "AUC, 95 %": "{:.3f} to {:.3f}".format(*figure.interval) if is_judged else "",
        "share of good ones": round(figure.base_rate, 2) if is_judged else "",
    }


def _times(heads: Any) -> Iterator[dict[str, Any]]:
    """Milliseconds on one core of predictions and their gradients, for a search of 400 seeds."""
    generator = torch.Generator().manual_seed(0)
    for asked in (("e_above_hull",), _ASKED):
        soft = _soft(heads, generator)
        spent = []
        for _ in range(REPEATS):
            began = time.process_time()
            found = heads(soft, asked)
            torch.stack([each.mean.sum() for each in found.values()]).sum().backward()
            spent.append(time.process_time() - began)
        yield {
            "head": " and ".join(asked),
            "crystals": f"one step of {SEEDS} seeds, {CONSIDERED} prototypes mixed",
            "n": SEEDS,
            "error": round(1000 * float(np.median(spent)), 1),
            "unit": "ms (not an error)",
        }


def _soft(heads: Any, generator: torch.Generator) -> SoftTokens:
    """Materials in doubt about everything."""
    n = len(heads.library)
    prototypes = torch.randint(0, n, (SEEDS, CONSIDERED), generator=generator)
    shares = torch.softmax(
        3.0 * torch.randn(SEEDS, CONSIDERED, generator=generator), dim=1
    ).requires_grad_()
    counts = (shares[..., None] * heads.slot_counts[prototypes]).sum(dim=1)
    chances = torch.softmax(3.0 * torch.randn(SEEDS, 8, 95, generator=generator), dim=2)
    return SoftTokens(
        prototypes, shares, counts.detach(), chances.requires_grad_(),
        torch.zeros(SEEDS), torch.zeros(SEEDS, 41),
    )  # fmt: skip
