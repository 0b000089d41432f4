"""The shipped crystal network on formulas it never saw, beside the mean and beside CHGNet.

Known crystals come with the tables' relaxed geometry; substituted ones as they were swapped, not
relaxed. CHGNet with a ridge over the composition is the stronger and slower judge of formation
energies; it has seen crystals of the Materials Project, so its row is no error on unseen ones.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.device import Compute
from designer_app.elements import SYMBOLS
from designer_app.io.formulas import amounts_of
from designer_app.potentials import load_potential
from designer_app.properties.single_points import energies_of
from designer_app.running.control import RunControl
from designer_app.screening.crystal_gnn.ensemble import (
    CrystalEnsemble,
    HeadPrediction,
    load_crystal_ensemble,
)
from designer_app.screening.crystal_gnn.graphs import CrystalGraphs, crystal_graphs
from designer_app.screening.crystal_gnn.heads import BAD, HEADS, KEYS, STABLE
from designer_app.screening.crystal_gnn.judging import auc
from designer_app.screening.crystal_gnn.labels import (
    KNOWN,
    SUBSTITUTED,
    labelled_structures,
)
from designer_app.screening.crystal_gnn.network import member_outputs
from designer_app.screening.reference.table import load_reference
from designer_app.specs.structure import Structure
from designer_app.training.published.crystals import read_crystals
from designer_app.training.published.folder import data_folder
from designer_app.training.splits import formula_of, split_of
from designer_app.trust.intervals import coverage

QUICK = 600
"""Crystals of a quick run."""
N_TIMED = 1000
"""Crystals that times are taken on."""
N_TIMED_CHGNET = 100
RIDGE = 0.01
"""Strength of the ridge over atomic fractions."""
_ORIGINS = {KNOWN: "known", SUBSTITUTED: "substituted"}
Floats = NDArray[np.float64]


def rows(
    quick: bool, say: Callable[[str], None], data: Path | None = None, plot: Path | None = None
) -> Iterator[dict[str, object]]:
    """One row a head and kind of crystal, then CHGNet, then the times."""
    torch.set_num_threads(1)
    ensemble = load_crystal_ensemble()
    folder = data_folder(data)
    say(f"{ensemble.origin}, {len(ensemble.members)} members. {ensemble.card.split}")
    held = labelled_structures(folder, RunControl(), ("test",))
    chosen = np.arange(len(held.structures))
    if quick:
        chosen = np.sort(np.random.default_rng(0).permutation(chosen)[:QUICK])
    structures = [held.structures[row] for row in chosen]
    labels = held.labels()[chosen].astype(np.float64)
    origin = np.array(held.origin)[chosen]
    found = ensemble.predict(structures)
    for column, row in enumerate(HEADS):
        if row.key in ensemble.heads:
            for number, name in _ORIGINS.items():
                mine = np.flatnonzero(np.isfinite(labels[:, column]) & (origin == number))
                if len(mine) > 1 and not (row.key == "expansion" and number == KNOWN):
                    yield _head_row(ensemble, row.key, name, found, labels[:, column], mine)
    yield _chgnet_row(folder, structures, labels[:, 0], say)
    yield from _times(ensemble, structures[:N_TIMED])
    if plot is not None:
        draw(found, labels, origin, plot)
        say(f"parity and calibration: {plot}")


def _head_row(
    ensemble: CrystalEnsemble,
    key: str,
    name: str,
    found: dict[str, HeadPrediction],
    labels: Floats,
    mine: NDArray[np.int64],
) -> dict[str, object]:
    card, each, truth = ensemble.heads[key], found[key], labels[mine]
    is_chance = key == "stability"
    made = {
        "learned from": card.n_labels,
        "MAE": float(np.abs(each.mean[mine] - truth).mean()),
        "always the mean": float(np.abs(truth - truth.mean()).mean()),
        "in 90 % interval": None if is_chance else coverage(truth, each.low[mine], each.high[mine]),
    }
    if is_chance:
        made["AUC 50 meV"] = auc(truth > 0.5, each.mean[mine])
    if key == "e_above_hull":
        made["AUC 50 meV"] = auc(truth <= STABLE, -each.mean[mine])
        made["AUC 100 meV"] = auc(truth <= BAD, -each.mean[mine])
    return _row(card.title, f"{len(mine)} {name}", card.unit or "-", **made)


def _row(number: str, crystals: str, unit: str, **found: object) -> dict[str, object]:
    names = (
        "learned from",
        "MAE",
        "always the mean",
        "in 90 % interval",
        "AUC 50 meV",
        "AUC 100 meV",
        "1/s",
    )
    said = {"number": number, "crystals": crystals, "unit": unit}
    return {**said, **{name: found.get(name) for name in names}}


# --- CHGNet ---


def _chgnet_row(
    folder: Path,
    structures: list[Structure],
    formation: Floats,
    say: Callable[[str], None],
) -> dict[str, object]:
    """CHGNet's relaxed energies plus a ridge over the composition, both from shipped tables."""
    table = load_reference("chgnet")
    assert table is not None
    learned, truth = [], []
    for crystal in read_crystals(folder):
        formula = formula_of(amounts_of(crystal.structure.numbers))
        phase = table.by_source(crystal.material_id)
        if phase is not None and split_of(formula) == "train":
            if crystal.formation_energy is None:
                continue
            learned.append((fractions_of(crystal.structure), phase.energy_per_atom))
            truth.append(crystal.formation_energy)
    weights = ridge(
        np.array([each[0] for each in learned]),
        np.array(truth) - np.array([each[1] for each in learned]),
    )
    errors = []
    for structure, tabulated in zip(structures, formation, strict=True):
        phase = table.by_source(structure.name)
        if phase is not None and np.isfinite(tabulated):
            made = phase.energy_per_atom + fractions_of(structure) @ weights
            errors.append(abs(made - tabulated))
    potential = load_potential("chgnet", "", Compute("cpu", "float32", 1))
    timed = structures[:N_TIMED_CHGNET]
    energies_of(timed[:4], potential)
    began = time.process_time()
    energies_of(timed, potential)
    rate = len(timed) / (time.process_time() - began)
    say("CHGNet has seen Materials Project crystals: its row is no error on unseen ones.")
    return _row(
        "Formation energy, CHGNet + ridge",
        f"{len(errors)} known",
        "eV/atom",
        **{"learned from": len(truth), "MAE": float(np.mean(errors)), "1/s": rate},
    )


def fractions_of(structure: Structure) -> Floats:
    """Share of each element among the atoms, by atomic number."""
    counts = np.bincount(structure.numbers, minlength=len(SYMBOLS)).astype(np.float64)
    return np.asarray(counts / len(structure), dtype=np.float64)


def ridge(table: Floats, wanted: Floats) -> Floats:
    """Weights that minimise |table w - wanted|^2 + RIDGE |w|^2."""
    square = table.T @ table + RIDGE * np.eye(table.shape[1])
    return np.asarray(np.linalg.solve(square, table.T @ wanted), dtype=np.float64)


# --- times ---


def _times(ensemble: CrystalEnsemble, structures: list[Structure]) -> Iterator[dict[str, object]]:
    """Processor time of one thread: graphs, and one member with graphs built."""
    crystal_graphs(structures[:8])
    began = time.process_time()
    graphs = crystal_graphs(structures)
    yield _row(
        "Building graphs",
        str(len(structures)),
        "-",
        **{"1/s": len(structures) / (time.process_time() - began)},
    )
    yield _row(
        "One member, graphs built",
        str(len(structures)),
        "-",
        **{"1/s": _rate(ensemble, graphs)},
    )


def _rate(ensemble: CrystalEnsemble, graphs: CrystalGraphs) -> float:
    member_outputs(ensemble.members[0], graphs)
    began = time.process_time()
    for member in ensemble.members:
        member_outputs(member, graphs)
    return len(graphs) * len(ensemble.members) / (time.process_time() - began)


# --- the picture ---


def draw(
    found: dict[str, HeadPrediction],
    labels: Floats,
    origin: NDArray[np.int64],
    path: Path,
) -> None:
    """Parity of the formation energy, of the bulk modulus, and calibration of the chances."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.0, 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    left, middle, right = figure.subplots(1, 3)
    colors = {KNOWN: "#2f6fb0", SUBSTITUTED: "#c1572e"}
    for axes, key, title in (
        (left, "formation_energy", "Formation energy, eV/atom"),
        (middle, "log_bulk_modulus", "log10 of the bulk modulus in GPa"),
    ):
        truth, made = labels[:, KEYS.index(key)], found[key].mean
        for number, name in _ORIGINS.items():
            mine = np.isfinite(truth) & (origin == number)
            if mine.any():
                axes.scatter(truth[mine], made[mine], s=4, alpha=0.4, c=colors[number], label=name)
        known = np.isfinite(truth)
        ends = [truth[known].min(), truth[known].max()]
        axes.plot(ends, ends, color="0.4", linewidth=0.8)
        axes.set(title=title, xlabel="table", ylabel="network")
        axes.legend()
    for number, name in _ORIGINS.items():
        truth, chance = labels[:, KEYS.index("stability")], found["stability"].mean
        mine = np.isfinite(truth) & (origin == number)
        right.plot(
            *calibration_curve(chance[mine], truth[mine]), "o-", c=colors[number], label=name
        )
    right.plot([0, 1], [0, 1], color="0.4", linewidth=0.8)
    right.set(title="Within 50 meV/atom of the hull", xlabel="said", ylabel="observed share")
    right.legend()
    figure.savefig(path, dpi=120)


def calibration_curve(chance: Floats, truth: Floats, n: int = 8) -> tuple[Floats, Floats]:
    """Mean chance and observed share in bins of equal numbers of crystals."""
    parts = [part for part in np.array_split(np.argsort(chance), n) if len(part)]
    return (
        np.array([chance[part].mean() for part in parts]),
        np.array([truth[part].mean() for part in parts]),
    )
