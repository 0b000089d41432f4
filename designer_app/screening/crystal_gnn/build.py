"""`designer-app train --model crystal-gnn`: the ensemble, its calibration and its card, anew."""

import platform
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.device import Compute
from designer_app.elements import SYMBOLS
from designer_app.provenance import sha256_of
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.screening.crystal_gnn.ensemble import element_counts
from designer_app.screening.crystal_gnn.heads import FEWEST, HEADS, KEYS
from designer_app.screening.crystal_gnn.judging import (
    calibration_arrays,
    data_sets,
    head_cards,
)
from designer_app.screening.crystal_gnn.labels import SPLITS, LabelledGraphs, labelled_structures
from designer_app.screening.crystal_gnn.network import (
    CrystalGraphNetwork,
    NetworkSize,
    member_outputs,
)
from designer_app.screening.crystal_gnn.substituted_table import FILE
from designer_app.screening.crystal_gnn.training import MemberTraining, Scaling, TrainingSettings
from designer_app.screening.reference.table import SHIPPED
from designer_app.specs.train import TrainSpec
from designer_app.state import set_threads
from designer_app.training.published.folder import data_folder
from designer_app.weights.cards import ModelCard, write_model

MEMBERS = 4
VERSION = "1"
SETTINGS = TrainingSettings(size=NetworkSize(hidden=96, outputs=len(HEADS)))
DATA_FILE = "dataset.npz"
SPLIT = (
    "By the hash of the reduced formula, one rule for all tables: share < 0.10 judges, "
    "0.10 to 0.20 calibrates, the rest is learned from."
)


def train(spec: TrainSpec, control: RunControl) -> ModelCard:
    """Train the members one after the other and write weights and card to `spec.out`.

    Graphs and each epoch are kept in the folder, so that `resume` goes on where it was stopped.
    """
    set_threads(Compute(spec.device, "float32", spec.threads))
    folder = data_folder(spec.data)
    data = _data(folder, spec, control)
    seeds = tuple(spec.seed + number for number in range(MEMBERS))
    members, scaling = [], None
    for seed in seeds:
        checkpoint = checkpoint_of(spec.out, seed)
        if not spec.resume:
            checkpoint.unlink(missing_ok=True)
        training = MemberTraining(data, SETTINGS, seed, checkpoint)
        members.append(training.run(control, f"member {seed}"))
        scaling = training.scaling
    assert scaling is not None
    control.progress(0, 0, "Calibrating")
    return finished(spec.out, folder, data, members, scaling, seeds)


def checkpoint_of(out: Path, seed: int) -> Path:
    """Where a member keeps its epochs."""
    return out / f"member-{seed}.pt"


def finished(
    out: Path,
    folder: Path,
    data: LabelledGraphs,
    members: list[CrystalGraphNetwork],
    scaling: Scaling,
    seeds: tuple[int, ...],
) -> ModelCard:
    """Calibrate on validation formulas, judge on test formulas, write weights and card."""
    arrays = member_arrays(members)
    members = [_rounded(member, arrays, number) for number, member in enumerate(members)]
    known = [row.key for row in HEADS if _n_labels(data, row.key) >= FEWEST]
    arrays |= {
        "scaling.mean": scaling.mean,
        "scaling.spread": scaling.spread,
        "elements.seen": element_counts(data.graphs, _rows(data, "train")),
    }
    judged = {
        split: (rows, _all_outputs(members, data, rows, scaling))
        for split in ("validation", "test")
        for rows in (_rows(data, split),)
    }
    arrays |= calibration_arrays(data, judged["validation"], known)
    card = ModelCard(
        key="crystal-gnn",
        title="Crystal graph network",
        version=VERSION,
        made_by="designer-app train --model crystal-gnn --data DIR --out DIR",
        data=data_sets(folder),
        split=SPLIT,
        heads=(),
        settings=asdict(SETTINGS),
        seeds=seeds,
        versions=_versions(),
        elements=tuple(SYMBOLS[number] for number in np.flatnonzero(arrays["elements.seen"])),
        notes=(
            "Known crystals carry PBE/PBE+U energies and hulls of the Materials Project; "
            "substituted ones carry CHGNet energies and distances to CHGNet's own hull, "
            "with unrelaxed geometry as input. Both teach the same heads."
        ),
    )
    heads = head_cards(card, arrays, data, judged["test"], known)
    return write_model(out, replace(card, heads=heads), arrays)


def member_arrays(members: list[CrystalGraphNetwork]) -> dict[str, NDArray[Any]]:
    """Weights of all members in half precision, by name."""
    return {
        f"member{number}.{name}": each.numpy().astype(np.float16)
        for number, member in enumerate(members)
        for name, each in member.state_dict().items()
    }


def _rounded(
    member: CrystalGraphNetwork, arrays: dict[str, NDArray[Any]], number: int
) -> CrystalGraphNetwork:
    """The network that the rounded weights are: calibration is for what is shipped."""
    fresh = CrystalGraphNetwork(member.size)
    fresh.load_state_dict(
        {
            name: torch.from_numpy(arrays[f"member{number}.{name}"].astype(np.float32))
            for name in member.state_dict()
        }
    )
    return fresh.eval()


def _all_outputs(
    members: list[CrystalGraphNetwork],
    data: LabelledGraphs,
    rows: NDArray[np.int64],
    scaling: Scaling,
) -> NDArray[np.float64]:
    graphs = data.graphs.chosen(rows)
    raw = np.stack([member_outputs(member, graphs) for member in members])
    return raw * scaling.spread + scaling.mean


def _data(folder: Path, spec: TrainSpec, control: RunControl) -> LabelledGraphs:
    kept = spec.out / DATA_FILE
    if spec.resume and kept.is_file():
        return LabelledGraphs.load(kept)
    data = labelled_structures(folder, control).graphs(control)
    data.save(kept)
    return data


def _rows(data: LabelledGraphs, split: str) -> NDArray[np.int64]:
    return np.flatnonzero(data.split == SPLITS.index(split))


def _n_labels(data: LabelledGraphs, key: str) -> int:
    train = data.split == SPLITS.index("train")
    return int(np.isfinite(data.labels[train, KEYS.index(key)]).sum())


def _versions() -> dict[str, str]:
    names = ("torch", "numpy", "spglib")
    found = {"python": platform.python_version(), **{name: version(name) for name in names}}
    for file in (FILE, SHIPPED["chgnet", "0.3.0"]):
        if resource(file).is_file():
            found[f"sha256 of {file}"] = sha256_of(resource(file))
    return found
