"""The folder that a training leaves: weights, and a card with all that made them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from designer_app.elements import SYMBOLS
from designer_app.io.labels import LabelledSet
from designer_app.io.potential_cards import (
    ErrorsOn,
    LearnedFrom,
    PotentialCard,
    write_potential_card,
)
from designer_app.potentials.base import Potential
from designer_app.potentials.trained import member_arrays
from designer_app.provenance import sha256_of, versions
from designer_app.running.control import RunControl
from designer_app.specs.fields import settings_of
from designer_app.specs.labels import LabelFile
from designer_app.specs.potentials import key_and_model
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.trainable import TRAINABLE
from designer_app.training.frames import Fitted, SplitFrames
from designer_app.training.metrics import details_on, errors_on
from designer_app.training.predicting import said_of
from designer_app.weights.potential_cards import write_potential

MOST_TRAINING_FRAMES = 500
"""Judged of those learned from, evenly spread: they tell about overfitting only."""

_OF_THIS_MACHINE = ("data", "test_data", "out", "start", "resume", "threads", "baseline")
"""Settings that mean nothing to who gets the potential; `data` and `baseline` of the card do."""


def card_before(
    spec: TrainPotentialSpec, frames: SplitFrames, sets: tuple[LabelledSet, LabelledSet]
) -> PotentialCard:
    """All that is known before the fit: data, split, elements, baseline, versions.

    `sets` are the files to learn from, and those given for tests.
    """
    everything = [frame.structure.numbers for frame in frames.train]
    elements = tuple(SYMBOLS[number] for number in np.unique(np.concatenate(everything)))
    potential, model = key_and_model(spec.baseline)
    given = frames.free_atoms if spec.references == "auto" else {}
    return PotentialCard(
        family=spec.model,
        title=f"{TRAINABLE[spec.model].title} for {' '.join(elements)}",
        settings={},
        elements=elements,
        cutoff=0.0,
        references_eV={},
        fitted=None if spec.start else tuple(each for each in elements if each not in given),
        training=_settings(spec),
        data=tuple(
            _learned_from(file, is_test)
            for labels, is_test in zip(sets, (False, True), strict=True)
            for file in labels.files
            if not file.error
        ),
        split=frames.how,
        seeds=tuple(spec.seed + member for member in range(spec.members)),
        versions=versions(),
        baseline=(potential, model),
    )


def write_fits(folder: Path, card: PotentialCard, fits: Sequence[Fitted]) -> PotentialCard:
    """Card and weights of one fit, or of the members of an ensemble together.

    The errors are those on the validation frames as the fits tell them, until all were judged.
    """
    first = fits[0]
    told = [fit.training.get("validation", {}) for fit in fits]
    n_frames = int(first.training.get("n_validation", 0))
    known = ErrorsOn(name="validation", n_frames=n_frames, **told[0]) if len(told) == 1 else None
    return write_potential(
        folder,
        replace(
            card,
            title=card.title + (f", {len(fits)} members" if len(fits) > 1 else ""),
            settings=first.settings,
            cutoff=first.cutoff,
            references_eV=first.references,
            training={**card.training, "fits": [dict(fit.training) for fit in fits]},
            errors=() if known is None else (known,),
            seeds=card.seeds[: len(fits)],
            notes=first.notes,
            split=_split_of(card.split, first.training),
        ),
        member_arrays([fit.arrays for fit in fits]),
    )


def _split_of(rule: str, told: Mapping[str, Any]) -> str:
    """The rule of the split, with the frames of the training set that there was time for."""
    n, n_all = told.get("n_train"), told.get("n_offered")
    if n_all is None or n == n_all:
        return rule
    fewer = f"Learned from {n} of {n_all} frames, chosen by chance as time sufficed for no more"
    return rule.replace(f"Learned from {n_all} frames", fewer, 1)


def judged(
    folder: Path,
    card: PotentialCard,
    potential: Potential,
    frames: SplitFrames,
    control: RunControl,
) -> PotentialCard:
    """The card with the errors on all sets, and of the frames kept back by element and by tag."""
    step = max(1, -(-len(frames.train) // MOST_TRAINING_FRAMES))
    sets = (
        ("train", frames.train[::step]),
        ("validation", frames.validation),
        ("test", frames.test),
    )
    errors: list[ErrorsOn] = []
    details: tuple[ErrorsOn, ...] = ()
    for name, rows in sets:
        if not rows:
            continue
        said = said_of(potential, rows, control, f"Judging on the {name} frames")
        errors.append(errors_on(name, rows, said))
        if name != "train":  # of the last set that was kept back: the test frames where there are
            details = details_on(rows, said)
    found = replace(card, errors=(*errors, *details))
    write_potential_card(folder, found)
    return found


def _settings(spec: TrainPotentialSpec) -> dict[str, Any]:
    """Without the folders of this machine: frames that were left out are named by their files."""
    found = {k: v for k, v in settings_of(spec).items() if k not in _OF_THIS_MACHINE}
    found["leave_out"] = [each.replace("\\", "/").rpartition("/")[2] for each in spec.leave_out]
    return found


def _learned_from(file: LabelFile, is_test: bool) -> LearnedFrom:
    path = Path(file.path)
    return LearnedFrom(
        file=path.name,
        sha256=sha256_of(path) if path.is_file() else "",
        n_frames=file.n_frames,
        settings=file.settings,
        is_test=is_test,
    )
