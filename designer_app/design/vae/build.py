"""`designer-app train --model material-vae`: the autoencoder and its card, anew or corrected."""

import platform
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.design.representation.library import SHIPPED as LIBRARY_FILE
from designer_app.design.representation.library import (
    PrototypeLibrary,
    known_tokens,
    load_library,
)
from designer_app.design.vae.dataset import (
    CrystalTable,
    amounts_of_row,
    crystal_table,
    joined,
    kept,
)
from designer_app.design.vae.judging import head_cards
from designer_app.design.vae.network import MaterialVAE
from designer_app.design.vae.reading import LIBRARY, NETWORK, read_vae
from designer_app.design.vae.reading import SHIPPED as SHIPPED_WEIGHTS
from designer_app.design.vae.samples import normal_points, sample_figures
from designer_app.design.vae.training import TrainingSettings, VAETraining
from designer_app.device import Compute
from designer_app.elements import SYMBOLS
from designer_app.errors import DesignerAppError, InvalidSpecError
from designer_app.io.screen_files import structure_files
from designer_app.io.structures import read_document
from designer_app.provenance import sha256_of
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.screening.reference.table import SHIPPED as REFERENCES
from designer_app.specs.documents import ReadSpec
from designer_app.specs.structure import Structure
from designer_app.specs.train import TrainSpec
from designer_app.state import set_threads
from designer_app.training.published.crystals import TABLES, read_crystals
from designer_app.training.published.folder import data_folder
from designer_app.training.splits import formula_of
from designer_app.weights.cards import DataSet, ModelCard, data_set, write_model

VERSION = "1"
SETTINGS = TrainingSettings()
CORRECTION = replace(SETTINGS, epochs=20, learning_rate=5e-4)
"""When own structures are added to the shipped weights."""
OWN_AGAIN = 10
"""Times that each own structure is shown for one time of a known one."""
CHECKPOINT, DATA_FILE = "checkpoint.pt", "crystals.npz"
SAMPLES = 1000
SPLIT = (
    "By the hash of the reduced formula, one rule for all tables: share < 0.10 judges, "
    "0.10 to 0.20 is kept for choices, the rest is learned from."
)


def train(spec: TrainSpec, control: RunControl) -> ModelCard:
    """Train on the shipped reference crystals, or on published ones where `spec.data` names their
    folder, and write weights and card to `spec.out`.

    With `spec.structures`, the shipped weights are corrected with the user's own crystals among the
    known ones. Checkpoints in the folder let `resume` go on.
    """
    set_threads(Compute(spec.device, "float32", spec.threads))
    library = load_library()
    table, data = _crystals(spec, library, control)
    settings, start = SETTINGS, None
    own = np.zeros(len(table), dtype=bool)
    if spec.structures is not None:
        mine = crystal_table(own_structures(spec.structures, control), library, control)
        if not len(mine):
            reasons = "; ".join(f"{count} x {text}" for text, count in mine.without.items())
            why = f"no crystal in it fits: {reasons or 'there are no structure files'}"
            raise InvalidSpecError("structures", str(spec.structures), why, "Own structures")
        own = np.concatenate([own, np.ones(len(mine), dtype=bool)])
        table = joined(table, mine)
        shipped, _ = read_vae(resource(SHIPPED_WEIGHTS), library)
        settings, start = CORRECTION, shipped.state_dict()
    in_training = (table.split == "train") & kept(table, library, spec.without)
    again = np.concatenate([np.flatnonzero(in_training)] + OWN_AGAIN * [np.flatnonzero(own)])
    checkpoint = spec.out / CHECKPOINT
    if not spec.resume:
        checkpoint.unlink(missing_ok=True)
    training = VAETraining(
        library, table.tokens.rows(again), settings, spec.seed, checkpoint, start
    )
    vae = training.run(control)
    learned = in_training | own
    return finished(spec, library, table, learned, vae, settings, data)


def finished(
    spec: TrainSpec,
    library: PrototypeLibrary,
    table: CrystalTable,
    learned: NDArray[np.bool_],
    vae: MaterialVAE,
    settings: TrainingSettings,
    data: tuple[DataSet, ...],
) -> ModelCard:
    """Judge what the rounded weights do on held-out formulas; write weights and card."""
    arrays = {name: each.numpy().astype(np.float16) for name, each in vae.state_dict().items()}
    vae.load_state_dict(
        {name: torch.from_numpy(each.astype(np.float32)) for name, each in arrays.items()}
    )
    vae.freeze()
    held = table.split == "test"
    known = table.tokens.rows(learned)
    points = normal_points(SAMPLES, vae.settings.latent, spec.seed)
    samples = asdict(sample_figures(vae, library, points, table.tokens))
    card = ModelCard(
        key="material-vae",
        title="Autoencoder of crystals",
        version=VERSION,
        made_by=_command(spec),
        data=data,
        split=SPLIT,
        heads=head_cards(vae, table, learned, held & ~learned),
        settings={
            **asdict(settings),
            NETWORK: asdict(vae.settings),
            "without": spec.without,
            "crystals without tokens": dict(table.without),
            "points of the prior": samples,
        },
        seeds=(spec.seed,),
        versions={**_versions(), LIBRARY: library.hash},
        elements=tuple(SYMBOLS[number] for number in np.unique(known.elements) if number),
        notes=(
            f"{int(learned.sum())} crystals learned from. Errors are those of round trips from the "
            "mean of the code; points of the prior are drawn from N(0, 1) and decided."
        ),
    )
    return write_model(spec.out, card, arrays)


# --- what is learned from ---


def _crystals(
    spec: TrainSpec, library: PrototypeLibrary, control: RunControl
) -> tuple[CrystalTable, tuple[DataSet, ...]]:
    """The published crystals of a given folder; else the shipped reference crystals."""
    if spec.data is None:
        return known_crystals(library), (_reference_set(),)
    folder = data_folder(spec.data)
    kept_file = spec.out / DATA_FILE
    table = CrystalTable.load(kept_file, library.hash) if kept_file.is_file() else None
    if table is None:
        structures = [each.structure for each in read_crystals(folder)]
        table = crystal_table(structures, library, control)
        table.save(kept_file, library.hash)
    return table, _data_sets(folder)


def known_crystals(library: PrototypeLibrary) -> CrystalTable:
    """The crystals of the shipped reference table, relaxed by our own calculations."""
    tokens, sources = known_tokens(library)
    formulas = tuple(
        formula_of(amounts_of_row(tokens, row, library.slot_counts)) for row in range(len(tokens))
    )
    return CrystalTable(tokens, formulas, sources, {})


def own_structures(folder: Path, control: RunControl) -> list[Structure]:
    """The ordered crystals among the files of a folder."""
    found = []
    for path in structure_files(folder, control.checkpoint):
        try:
            document = read_document(ReadSpec(path=path), control.checkpoint)
        except DesignerAppError as error:
            control.log.warning("%s is left out: %s", path.name, error)
            continue
        if document.is_disordered or not all(document.structure().pbc):
            control.log.warning("%s is left out: disordered, or no crystal", path.name)
            continue
        found.append(document.structure())
    return found


def _data_sets(folder: Path) -> tuple[DataSet, ...]:
    return tuple(
        data_set(
            folder / "crystals" / name,
            folder,
            name="Materials Project crystals",
            licence="CC-BY-4.0",
            doi="10.1063/1.4812323",
            address="https://materialsproject.org",
            used="structures",
        )
        for name in TABLES
    )


def _reference_set() -> DataSet:
    file = REFERENCES["chgnet", "0.3.0"]
    return DataSet(
        name="Reference crystals shipped with the program",
        file=file,
        sha256=sha256_of(resource(file)),
        licence="own calculations from CC-BY-4.0 structures",
        used="structures",
    )


def _command(spec: TrainSpec) -> str:
    given = " --data DIR" if spec.data is not None else ""
    given += " --structures DIR" if spec.structures is not None else ""
    given += f' --without "{spec.without}"' if spec.without else ""
    return f"designer-app train --model material-vae{given} --out DIR"


def _versions() -> Mapping[str, str]:
    found: dict[str, Any] = {"python": platform.python_version()}
    found |= {name: version(name) for name in ("torch", "numpy", "spglib")}
    found[f"sha256 of {LIBRARY_FILE}"] = sha256_of(resource(LIBRARY_FILE))
    return found
