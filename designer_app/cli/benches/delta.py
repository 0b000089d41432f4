"""`bench delta`: how many calculations a baseline saves, on ethanol at the level of PBE.

The same network learns once all of the forces from 500 calculations, and once what GFN1-xTB leaves
of them from 100 of the same: equal sizes, equally many steps of equally many frames, a tenth of
either kept to choose the best epoch. Both are judged on the 1,000 frames of the test file, the sum
as it runs in dynamics, baseline included. Beside them the direct way with 100, and the baseline
alone. Three seeds draw the frames and the weights. One thread.

Finished trainings in the folder of --keep are told again, begun ones are gone on with.
"""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from ase import Atoms
from ase.io import read, write

from designer_app.device import Compute
from designer_app.io.labels import read_labelled
from designer_app.io.potential_cards import (
    POTENTIAL_CARD,
    ErrorsOn,
    PotentialCard,
    read_potential_card,
)
from designer_app.jobs import train_potential
from designer_app.potentials.delta import baseline_labels
from designer_app.potentials.tight_binding import load
from designer_app.running.control import RunControl
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.training_progress import CHECKPOINT_FILE
from designer_app.state import set_threads
from designer_app.training.published.folder import data_file, data_folder

METHOD = "GFN1-xTB"
TRAIN, TEST = "potentials/ethanol_rmd17/train.xyz", "potentials/ethanol_rmd17/test_MD.xyz"
MODEL, OPTIONS = "nequip", ("n_features=16", "l_max=1", "n_layers=3")
BATCH_SIZE, LEARNING_RATE = 5, 5e-3
KEPT_BACK = 0.1
STEPS, QUICK_STEPS = 6000, 40
SEEDS, QUICK_SEEDS = (0, 1, 2), (0,)
QUICK_TEST = 20


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way to learn."""

    name: str
    n_labels: int
    baseline: str = ""


ARMS = (
    Arm(name=f"on {METHOD}", n_labels=100, baseline=f"tight-binding:{METHOD}"),
    Arm(name="alone", n_labels=500),
    Arm(name="alone", n_labels=100),
)


def rows(
    quick: bool, say: Callable[[str], None], data: Path | None = None, keep: Path | None = None
) -> Iterator[dict[str, object]]:
    """One row a way to learn: mean errors over the seeds, and the range of the forces'."""
    set_threads(Compute(device="cpu", threads=1))
    folder = data_folder(data)
    with TemporaryDirectory() as temporary:
        place = keep or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        test = data_file(folder, TEST)
        if quick:
            test = _written(_frames(test)[:QUICK_TEST], place / "test.xyz")
        yield _alone(test)
        frames = _frames(data_file(folder, TRAIN))
        for arm in ARMS:
            cards = [
                _trained(arm, seed, frames, test, place, quick, say)
                for seed in (QUICK_SEEDS if quick else SEEDS)
            ]
            yield _row(arm, cards)


def _alone(test: Path) -> dict[str, object]:
    """The baseline itself; its energies have another zero, so theirs are not told."""
    frames = read_labelled((test,)).frames
    left = baseline_labels(frames, load(METHOD, Compute(device="cpu")), RunControl())
    off = np.concatenate([frame.forces for frame in left if frame.forces is not None])
    return {
        "learned": f"{METHOD} itself",
        "labels": 0,
        "forces, meV/A": 1e3 * float(np.abs(off).mean()),
        "range": "-",
        "energy, meV/atom": None,
        "training, min": None,
    }


def _row(arm: Arm, cards: Sequence[PotentialCard]) -> dict[str, object]:
    errors = [_on_test(card) for card in cards]
    forces = [each.force_meV_A or 0.0 for each in errors]
    minutes = [sum(fit["seconds"] for fit in card.training["fits"]) / 60 for card in cards]
    return {
        "learned": f"{MODEL} {arm.name}",
        "labels": arm.n_labels,
        "forces, meV/A": statistics.mean(forces),
        "range": f"{min(forces):.1f} to {max(forces):.1f}",
        "energy, meV/atom": statistics.mean(each.energy_meV_atom or 0.0 for each in errors),
        "training, min": statistics.mean(minutes),
    }


def _on_test(card: PotentialCard) -> ErrorsOn:
    return next(each for each in card.errors if each.name == "test")


def _trained(
    arm: Arm,
    seed: int,
    frames: Sequence[Atoms],
    test: Path,
    place: Path,
    quick: bool,
    say: Callable[[str], None],
) -> PotentialCard:
    """The card of a training, run now unless it is there."""
    name = f"{'delta' if arm.baseline else 'direct'}-{arm.n_labels}-{seed}"
    out = place / name
    if not (out / POTENTIAL_CARD).is_file():
        chosen = np.random.default_rng(seed).permutation(len(frames))[: arm.n_labels]
        labels = _written([frames[index] for index in chosen], place / f"{name}.xyz")
        n_train = arm.n_labels - round(KEPT_BACK * arm.n_labels)
        steps = QUICK_STEPS if quick else STEPS
        spec = TrainPotentialSpec(
            data=(labels,),
            test_data=(test,),
            model=MODEL,
            options=OPTIONS,
            out=out,
            preset="custom",
            epochs=max(round(steps * BATCH_SIZE / n_train), 1),
            batch_size=BATCH_SIZE,
            learning_rate=LEARNING_RATE,
            validation_share=KEPT_BACK,
            baseline=arm.baseline,
            seed=seed,
            threads=1,
            resume=(out / CHECKPOINT_FILE).is_file(),
        )
        train_potential.run(spec, RunControl())
    card = read_potential_card(out)
    say(f"{name}: {_on_test(card).force_meV_A:.1f} meV/A")
    return card


def _frames(path: Path) -> list[Atoms]:
    found = read(path, ":")
    return found if isinstance(found, list) else [found]


def _written(frames: Sequence[Atoms], path: Path) -> Path:
    write(path, list(frames), format="extxyz")
    return path
