"""Training of the adsorption heads on the table of Mamun et al. 2019."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import ResumeError
from designer_app.properties.features import ElementTable, element_table
from designer_app.properties.heads.adsorption import MOST_STABLE, AdsorptionHead
from designer_app.properties.heads.fitting import (
    Held,
    errors_by,
    finished,
    hold_out,
    judgement,
)
from designer_app.properties.heads.learned import Learned
from designer_app.properties.heads.surface_features import surface_features
from designer_app.provenance import sha256_of, versions
from designer_app.running.control import RunControl
from designer_app.specs.train import TrainSpec
from designer_app.training.published.adsorption import METALS, TABLE, Adsorption, read_adsorption
from designer_app.training.published.folder import data_folder
from designer_app.training.published.hydrogen import TABLES, read_hydrogen
from designer_app.training.trees import Grow, boosted_trees
from designer_app.weights.cards import (
    CARD_FILE,
    DataSet,
    HeadCard,
    Judgement,
    ModelCard,
    data_set,
    write_model,
)

Floats = NDArray[np.float64]

SETTINGS = {"n_members": 2, "n_trees": 180, "depth": 5, "rate": 0.09, "share": 0.2, "min_leaf": 2}
LEAST_LABELS = 300
FOR_ALLOYS = "Close-packed surfaces of metals and binary alloys A, AB and A3B."
FOR_HYDROGEN = (
    "Close-packed surfaces; its sites are those of pure metals, alloys it knows as whole crystals."
)
SPLIT = "Rows are kept back by alloy (composition), all sites together, in five folds."
BY_ELEMENTS = "elements of the alloy"
WHOLE_CRYSTAL = "whole crystal"
"""Among the errors by site: energies that stand for no single one."""
CATALYSIS = ("H", "O", "OH", "C", "CH", "CH2", "CH3", "CO", "N", "NH")
"""Adsorbates that reactions are made of; sulphur is in the table too."""


def growing() -> Grow:
    """How a head is grown."""
    return boosted_trees(**SETTINGS)


def rows_of(found: Sequence[Adsorption], table: ElementTable) -> Floats:
    """Features of sites."""
    return np.array(
        [surface_features(each.amounts, each.site, each.atoms, each.below, table) for each in found]
    )


def held_of(
    chosen: Sequence[Adsorption], table: ElementTable, control: RunControl
) -> tuple[Floats, Floats, Held]:
    """(features, energies, energies on alloys kept back) of one adsorbate."""
    rows = rows_of(chosen, table)
    energies = np.array([each.energy for each in chosen])
    alloys = [each.alloy for each in chosen]
    return rows, energies, hold_out(rows, energies, alloys, growing(), control)


def train(spec: TrainSpec, control: RunControl) -> ModelCard:
    """Weights and card in `spec.out`; with `spec.table`, the shipped heads corrected by it."""
    if spec.table is not None:
        from designer_app.properties.heads.fine_tuning import fine_tune_from

        return fine_tune_from(spec)
    folder = data_folder(spec.data)
    everything = [*read_adsorption(folder), *read_hydrogen(folder)]
    counts = Counter(each.adsorbate for each in everything)
    wanted = [each for each in CATALYSIS if counts[each] >= LEAST_LABELS]
    table = element_table()
    done_before = _finished_before(spec, set(wanted))
    heads: list[HeadCard] = []
    fitted: dict[str, tuple[Floats, Floats, Held]] = {}
    for done, adsorbate in enumerate(wanted):
        if adsorbate in done_before:
            heads.append(done_before[adsorbate].head)
            continue
        control.progress(done, 2 * len(wanted), f"{adsorbate}, kept back by alloy")
        chosen = [each for each in everything if each.adsorbate == adsorbate]
        rows, energies, held = held_of(chosen, table, control)
        systems = ["-".join(sorted(each.amounts)) for each in chosen]
        stricter = hold_out(rows, energies, systems, growing(), control)
        heads.append(_head(adsorbate, held, judgement(stricter, systems, BY_ELEMENTS), chosen))
        fitted[adsorbate] = rows, energies, held
    card = ModelCard(
        key="adsorption",
        title="Adsorption energies on close-packed surfaces of metals and binary alloys",
        version="2",
        made_by="designer-app train --model adsorption",
        data=_data(folder, wanted),
        split=SPLIT,
        heads=tuple(heads),
        settings=SETTINGS,
        seeds=(spec.seed,),
        versions=versions(),
        elements=_elements([each for each in everything if each.adsorbate != "H"]),
        notes="BEEF-vdW energies on (111)-like surfaces of A1, L1_0 and L1_2 crystals, by site.",
    )
    arrays: dict[str, NDArray[Any]] = {"elements": table.values.astype(np.float32)}
    for done, head in enumerate(heads):
        control.checkpoint()
        control.progress(len(wanted) + done, 2 * len(wanted), f"{head.key}, on all rows")
        if head.key in done_before:
            arrays |= done_before[head.key].arrays()
            continue
        rows, energies, held = fitted[head.key]
        arrays |= finished(head, card, rows, energies, held, growing(), spec.seed).arrays()
    return write_model(spec.out, card, arrays)


def _finished_before(spec: TrainSpec, wanted: set[str]) -> dict[str, Learned]:
    """Heads that an earlier training of the same settings and tables left in the folder."""
    if not spec.resume or not (spec.out / CARD_FILE).is_file():
        return {}
    head = AdsorptionHead.read(spec.out)
    hashes = {each.file: each.sha256 for each in head.card.data}
    folder = data_folder(spec.data)
    if head.card.settings != SETTINGS or hashes[TABLE] != sha256_of(folder / TABLE):
        raise ResumeError(str(spec.out), "it was trained with other settings or another table")
    return {key: each for key, each in head.learned.items() if key in wanted}


def _data(folder: Path, wanted: Sequence[str]) -> tuple[DataSet, ...]:
    mamun = {
        "name": "Mamun 2019, bimetallic alloy surfaces",
        "licence": "CC-BY-4.0 (article)",
        "doi": "10.1038/s41597-019-0080-z",
        "address": "https://www.catalysis-hub.org/publications/MamunHighT2019",
    }
    others = ", ".join(each for each in wanted if each != "H")
    found = [data_set(folder / TABLE, folder, **mamun, used=f"{others}; all sites.")]
    if "H" in wanted:
        found.append(data_set(folder / METALS, folder, **mamun, used="Hydrogen on pure metals."))
        found += [
            data_set(
                folder / name,
                folder,
                name="OCx24, Open Catalyst Experiments 2024",
                licence="MIT",
                doi="10.48550/arXiv.2411.11783",
                address="https://github.com/facebookresearch/fairchem",
                used="Hydrogen on whole Wulff shapes, once for each composition.",
            )
            for name in TABLES
        ]
    return tuple(found)


def _elements(rows: Sequence[Adsorption]) -> tuple[str, ...]:
    return tuple(sorted({element for each in rows for element in each.amounts}))


def _head(
    adsorbate: str, held: Held, stricter: Judgement, chosen: Sequence[Adsorption]
) -> HeadCard:
    groups = errors_by(held, [each.site or WHOLE_CRYSTAL for each in chosen])
    groups[MOST_STABLE] = _most_stable(held, chosen)
    return HeadCard(
        key=adsorbate,
        title=f"Adsorption energy of {adsorbate}",
        unit="eV",
        n_labels=len(held.truth),
        held_out_error=held.error,
        grouped_by="alloy",
        baseline_error=held.baseline_error,
        coverage=held.coverage,
        stricter=(stricter,),
        by_group=groups,
        applicability=FOR_HYDROGEN if adsorbate == "H" else FOR_ALLOYS,
        elements=_elements(chosen) if adsorbate == "H" else (),
    )


def _most_stable(held: Held, chosen: Sequence[Adsorption]) -> tuple[int, float]:
    """(surfaces, error of the lowest of the predicted sites against the lowest true one)."""
    lowest: dict[str, tuple[float, float]] = {}
    for each, truth, mean in zip(chosen, held.truth, held.mean, strict=True):
        known = lowest.get(each.alloy, (np.inf, np.inf))
        lowest[each.alloy] = (min(known[0], truth), min(known[1], mean))
    errors = [abs(truth - mean) for truth, mean in lowest.values()]
    return len(errors), round(float(np.mean(errors)), 4)
