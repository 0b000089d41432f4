"""Put a trained potential among those that come with the program.

    python packaging/tools/ship_potential.py FOLDER NAME --title T --train FILE --test FILE \
        --calculated "PBE, VASP" --data-licence MIT --checked-on STRUCTURE

FOLDER is what `designer-app train` left. Card, weights and learning curve go to
resources/weights/potentials/NAME; labels (parity.npz) and checkpoints stay behind. Its errors and
its limits are computed anew by the present program, on the split that the card's settings name,
and its health is checked on a structure.
The row of its family in specs/potentials.py, NOTICE and resources/data/SOURCES.toml name it too.
"""

import argparse
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from designer_app.device import Compute
from designer_app.graphs.dataset import FrameGraphs
from designer_app.io.labels import read_labelled
from designer_app.io.potential_cards import read_potential_card, shipped_folder
from designer_app.io.structures import read_document
from designer_app.jobs import health
from designer_app.potentials.trained import load
from designer_app.running.control import RunControl
from designer_app.specs.documents import ReadSpec
from designer_app.specs.fields import spec_from_settings
from designer_app.specs.health import HealthSpec
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.training_progress import SERIES_FILE
from designer_app.state import set_threads
from designer_app.training.closest_pairs import repulsion_arrays
from designer_app.training.frame_splits import split_frames
from designer_app.training.knowing import with_knowledge
from designer_app.training.potential_folder import card_before, judged
from designer_app.weights.potential_cards import read_potential, write_potential

LICENCE = "BSD-3-Clause"


OF_THE_MACHINE = ("One epoch", "Epochs", "Time")
"""Lines of a plan that tell how busy the machine was."""


def ship(source: Path, target: Path, asked: argparse.Namespace) -> None:
    """Copy, judge, calibrate and check."""
    card, arrays = read_potential(source)
    train, test = asked.train, asked.test
    settings = {name: value for name, value in card.training.items() if name != "fits"}
    spec = spec_from_settings(
        TrainPotentialSpec, settings, data=(train,), test_data=(test,), out=target
    )
    learned, kept_back = (read_labelled((path,)) for path in (train, test))
    frames = split_frames(learned.frames, spec, kept_back.frames)
    before = card_before(spec, frames, (learned, kept_back))
    target.mkdir(parents=True, exist_ok=True)
    card = replace(
        card,
        title=asked.title,
        data=tuple(
            replace(each, licence=asked.data_licence, settings=asked.calculated)
            for each in before.data
        ),
        split=before.split,
        fitted=before.fitted,
        training={**before.training, "fits": [_lasting(each) for each in card.training["fits"]]},
        licence=LICENCE,
        calibration={},
        health={},
    )
    every = (FrameGraphs(part, card.cutoff) for part in (frames.train, frames.validation))
    write_potential(target, card, {**arrays, **repulsion_arrays(every)})
    shutil.copyfile(source / SERIES_FILE, target / SERIES_FILE)
    control = RunControl()
    potential = load(str(target), Compute("cpu", "float32", 1))
    card = judged(target, read_potential_card(target), potential, frames, control)
    card = with_knowledge(target, card, potential, frames, control)
    structure = read_document(ReadSpec(path=asked.checked_on)).structure()
    told = health.run(
        HealthSpec(potential=card.family, model=str(target), structure=structure, threads=1),
        control,
    )
    print(told.verdict)
    for backup in target.glob("*.bak"):
        backup.unlink()
    for errors in card.errors:
        print(f"{errors.name}: {errors.energy_meV_atom} meV/atom, {errors.force_meV_A} meV/A")


def _lasting(fit: dict[str, Any]) -> dict[str, Any]:
    plan = {name: text for name, text in fit["plan"].items() if name not in OF_THE_MACHINE}
    return {**fit, "plan": plan}


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Ship a trained potential.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("name")
    parser.add_argument("--title", required=True)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--calculated", required=True, help="functional and code of the labels")
    parser.add_argument("--data-licence", required=True)
    parser.add_argument("--checked-on", type=Path, required=True)
    asked = parser.parse_args()
    set_threads(Compute("cpu", "float32", 1))
    ship(asked.folder, shipped_folder() / asked.name, asked)


if __name__ == "__main__":
    main()
