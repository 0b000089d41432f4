"""`designer-app train --model design-heads`: all ensembles, their errors and their card, anew."""

from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from designer_app.design.heads.computed import FILE, read_computed, voltage_line_of
from designer_app.design.heads.contacts import contacts_of, descriptors_of
from designer_app.design.heads.ensemble import DesignHeads, Group, group_settings, heads_arrays
from designer_app.design.heads.features import Featurizer, scaled_elements
from designer_app.design.heads.gathering import (
    conductivities,
    tabulated_values,
    with_network,
    with_tables,
)
from designer_app.design.heads.judging import Figure, figures
from designer_app.design.heads.labels import KNOWN, SPLITS, LabelledTokens, formulas_of
from designer_app.design.heads.network import NetworkSize, SlotNetwork
from designer_app.design.heads.rows import HeadRow, rows_of
from designer_app.design.heads.spreads import write_spreads
from designer_app.design.heads.surfaces import surface_labels
from designer_app.design.heads.training import GroupTraining, Scaling, TrainingSettings
from designer_app.design.left_out import all_of, named
from designer_app.design.representation.library import PrototypeLibrary, load_library
from designer_app.device import Compute
from designer_app.io.atomic_write import replacing
from designer_app.properties.features import element_table
from designer_app.provenance import versions
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.specs.train import TrainSpec
from designer_app.state import set_threads
from designer_app.training.published.adsorption import TABLE as ADSORPTION
from designer_app.training.published.conductivity import TABLE as CONDUCTIVITY
from designer_app.training.published.crystals import TABLES as CRYSTALS
from designer_app.training.published.folder import data_folder
from designer_app.training.published.hydrogen import TABLES as HYDROGEN
from designer_app.training.published.matbench import TABLES as MATBENCH
from designer_app.weights.cards import DataSet, HeadCard, ModelCard, data_set, write_model

VERSION = "1"
SETTINGS = {
    "crystal": TrainingSettings(epochs=16),
    "electrode": TrainingSettings(epochs=30),
    "surface": TrainingSettings(epochs=40, batch=256, made=0.3),
}
N_EXTRA = {"electrode": 6}
"""Columns of a group beside the elements: the working ion."""
TRAIN = SPLITS.index("train")
SPLIT = (
    "By the hash of the reduced formula, one rule for all tables: share < 0.10 judges, 0.10 to "
    "0.20 is left for choices, the rest is learned from."
)
DISTRIBUTIONS = "property-distributions.json"


def train(spec: TrainSpec, control: RunControl) -> ModelCard:
    """Train each group of heads and write weights, card and distributions to `spec.out`.

    Labels and finished groups are kept in the folder, so that `resume` goes on where it was
    stopped. With `spec.table`, a head of one's own column is added to the shipped ones.
    """
    set_threads(Compute(spec.device, "float32", spec.threads))
    if spec.table is not None:
        from designer_app.design.heads.own import train_own

        return train_own(spec, control)
    folder, library = data_folder(spec.data), load_library()
    spec.out.mkdir(parents=True, exist_ok=True)
    labels = gathered(folder, library, spec, control)
    contacts = contacts_of(library)
    featurizer = Featurizer(scaled_elements(element_table()), contacts, descriptors_of(library))
    groups = {
        name: _group(name, data, featurizer, library, spec, control)
        for name, data in labels.items()
        if name in SETTINGS
    }
    arrays = heads_arrays(groups, featurizer, contacts)
    groups = {name: _rounded(group) for name, group in groups.items()}
    blank = _card(folder, library, labels, groups, (), spec)
    heads = DesignHeads(blank, groups, featurizer, library)
    judged = [
        each
        for name, group in groups.items()
        for each in figures(heads, group, labels.get(f"{name} truth", labels[name]))
    ]
    cards = tuple(
        _head_card(row, labels[name], judged) for name, each in groups.items() for row in each.rows
    )
    card = write_model(spec.out, _card(folder, library, labels, groups, cards, spec), arrays)
    write_spreads(spec.out / DISTRIBUTIONS, labels, heads)
    return card


def gathered(
    folder: Path, library: PrototypeLibrary, spec: TrainSpec, control: RunControl
) -> dict[str, LabelledTokens]:
    """Labels by group, without what is to be left out; kept in files."""
    names: tuple[str, ...] = ("crystal", "electrode", "surface", "surface truth")
    paths = {name: spec.out / f"labels-{name.replace(' ', '-')}.npz" for name in names}
    if not (spec.resume and all(path.is_file() for path in paths.values())):
        crystals, electrodes = read_computed(library)
        crystals = with_network(
            with_tables(crystals, tabulated_values(folder, library)), library, control
        )
        parts = [
            (crystals.table.rows(chosen), origin)
            for origin, chosen in (
                (each, crystals.origin == each) for each in np.unique(crystals.origin)
            )
            if chosen.any()
        ]
        electrodes = electrodes.and_more(conductivities(parts, library, control))
        surfaces = surface_labels(
            folder,
            library,
            control,
            left_out=frozenset(each.formula for each in all_of(spec.without) if each.formula),
            seed=spec.seed,
        )
        every = (crystals, electrodes, *surfaces)
        for path, each in zip(paths.values(), every, strict=True):
            each.save(path)
    found = {name: LabelledTokens.load(path) for name, path in paths.items()}
    if spec.without:
        for name in ("crystal", "electrode"):
            data = found[name]
            formulas = partial(formulas_of, data.table, library)
            found[name] = data.rows(~named(spec.without, data.table, formulas, library))
    return found


def _group(
    name: str,
    data: LabelledTokens,
    featurizer: Featurizer,
    library: PrototypeLibrary,
    spec: TrainSpec,
    control: RunControl,
) -> Group:
    rows = rows_of(name)
    size = NetworkSize(
        n_elements=featurizer.n_elements,
        n_whole=featurizer.n_whole,
        n_extra=N_EXTRA.get(name, 0),
        outputs=len(rows),
    )
    path = spec.out / f"group-{name}.pt"
    if spec.resume and path.is_file():
        kept = torch.load(path, weights_only=True)
        network = SlotNetwork(size)
        network.load_state_dict(kept["network"])
        network.eval().requires_grad_(False)
        return Group(rows, network, Scaling(kept["mean"], kept["spread"]))
    learned = data.rows((data.split == TRAIN) & data.known([row.key for row in rows]))
    training = GroupTraining(
        learned, rows, featurizer, torch.from_numpy(library.slot_counts), SETTINGS[name],
        spec.seed, size=size,
    )  # fmt: skip
    network = training.run(
        control, name, lambda loss: control.log.info("%s %d: %.4f", name, training.epoch, loss)
    )
    kept: dict[str, Any] = {"network": network.state_dict()}
    kept |= {"mean": training.scaling.mean, "spread": training.scaling.spread}
    with replacing(path, backup=False) as beside:
        torch.save(kept, beside)
    return Group(rows, network, training.scaling)


def _rounded(group: Group) -> Group:
    """The group as its weights are written."""
    network = SlotNetwork(group.network.size)
    network.load_state_dict(
        {name: value.half().float() for name, value in group.network.state_dict().items()}
    )
    return replace(group, network=network.eval().requires_grad_(False))


def _card(
    folder: Path,
    library: PrototypeLibrary,
    labels: dict[str, LabelledTokens],
    groups: dict[str, Group],
    cards: tuple[HeadCard, ...],
    spec: TrainSpec,
) -> ModelCard:
    crystals = labels["crystal"]
    n_made = int((crystals.origin != KNOWN).sum())
    return ModelCard(
        key="design-heads",
        title="Property heads on soft tokens",
        version=VERSION,
        made_by="designer-app train --model design-heads",
        data=_data(folder),
        split=SPLIT,
        heads=cards,
        settings={
            "library": library.hash,
            "groups": group_settings(groups),
            "training": {name: asdict(each) for name, each in SETTINGS.items()},
            "without": spec.without,
        },
        seeds=(spec.seed,),
        versions=versions(),
        notes=f"{len(crystals) - n_made} known crystals and {n_made} that nobody has made, all "
        "relaxed with CHGNet. Held-out errors hold those of the teachers; errors by group are "
        "against the labels.",
    )


def _data(folder: Path) -> tuple[DataSet, ...]:
    project = {
        "licence": "CC-BY-4.0",
        "doi": "10.1063/1.4812323",
        "address": "https://next-gen.materialsproject.org",
    }
    path = resource(FILE)
    own = data_set(
        path, path.parents[1], name="Our own relaxations with CHGNet 0.3.0",
        licence="own calculations", used="Formation energies, distances to the hull, voltages.",
    )  # fmt: skip
    gaps = [
        data_set(
            folder / "crystals" / name, folder, name="Materials Project", used="Gaps.", **project
        )
        for name in CRYSTALS
    ]
    joined = [
        data_set(
            folder / "matbench" / MATBENCH[key].file, folder, name="matbench", used=used, **project
        )
        for key, used in (("band_gap", "Gaps."), ("log_bulk_modulus", "Bulk moduli."))
    ]
    sites = data_set(
        folder / ADSORPTION, folder, name="Mamun 2019, bimetallic alloy surfaces",
        licence="CC-BY-4.0 (article)", doi="10.1038/s41597-019-0080-z", used="Adsorption energies.",
    )  # fmt: skip
    surfaces = [
        data_set(
            folder / name, folder, name="OCx24, Open Catalyst Experiments 2024", licence="MIT",
            doi="10.48550/arXiv.2411.11783", address="https://github.com/facebookresearch/fairchem",
            used="Hydrogen on whole Wulff shapes.",
        )
        for name in HYDROGEN
    ]  # fmt: skip
    measured = data_set(
        folder / CONDUCTIVITY, folder, name="OBELiX, training part", licence="CC-BY-4.0",
        doi="10.48550/arXiv.2502.14234", address="https://github.com/NRC-Mila/OBELiX",
        used="By the conductivity head, which learned from it and labels crystals.",
    )  # fmt: skip
    return (own, *gaps, *joined, sites, *surfaces, measured)


def _head_card(row: HeadRow, data: LabelledTokens, judged: list[Figure]) -> HeadCard:
    """Its error is that on decoded crystals where it was measured: those are what is asked. By
    group they are against the labels.
    """
    mine = {each.part: each for each in judged if each.key == row.key}
    learned = np.isfinite(data.column(row.key)) & (data.split == TRAIN)
    if row.group == "surface":
        learned &= data.origin == KNOWN
    teacher = f"Teacher: {row.teacher}."
    chosen = mine.get("decoded") or mine.get("swapped") or mine.get("known")
    told = [
        f"{part}: AUC {each.auc:.3f} ({each.interval[0]:.3f} to {each.interval[1]:.3f}), "
        f"{each.base_rate:.0%} good."
        for part, each in mine.items()
        if np.isfinite(each.auc)
    ]
    return HeadCard(
        key=row.key,
        title=row.title,
        unit=row.unit if chosen is None else chosen.unit,
        n_labels=int(learned.sum()),
        held_out_error=float("nan") if chosen is None else chosen.whole_error,
        grouped_by="formula",
        baseline_error=None if chosen is None else chosen.whole_baseline,
        by_group={part: (each.n, round(each.error, 4)) for part, each in mine.items()},
        applicability=" ".join(filter(None, (teacher, _of_labels(row, data, chosen), *told))),
    )


def _of_labels(row: HeadRow, data: LabelledTokens, chosen: Figure | None) -> str:
    """What is to be known of the labels: errors of their own."""
    if chosen is not None and chosen.of_teacher:
        return (
            f"Off by {chosen.error:.2g} {chosen.unit} from its teacher, which is off by "
            f"{chosen.of_teacher:.2g}."
        )
    if row.group == "surface":
        guessed = int((np.isfinite(data.column(row.key)) & (data.origin != KNOWN)).sum())
        return f"Besides {guessed} other alloys, labelled by trees that were grown on these."
    if row.key != "voltage":
        return ""
    relaxed = np.isfinite(data.column("volume_change"))[np.isfinite(data.column("voltage"))].mean()
    error = voltage_line_of(resource(FILE))[2]
    return (
        f"Hosts are relaxed for {relaxed:.0%} of the labels, which alone judge; for the others a "
        f"line brings the voltage of the host as it stands to that, {error:.2f} V off."
    )
