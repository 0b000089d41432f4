"""Potentials side by side on labelled frames: errors, speed, and whether their spread tells."""

from collections.abc import Sequence

import numpy as np

from designer_app.device import Compute
from designer_app.elements import SYMBOLS
from designer_app.errors import DesignerAppError, TooFewFramesError
from designer_app.explanations import explain_exception
from designer_app.io.labels import read_labelled, refuse_what_is_missing
from designer_app.io.potential_cards import POTENTIAL_CARD, trained_folder
from designer_app.jobs.labels import evenly
from designer_app.jobs.trust import doubts_of_training, knowledge_of
from designer_app.potentials import Potential, load_potential
from designer_app.potentials.baseline_files import parts_of
from designer_app.running.control import RunControl
from designer_app.specs.evaluate import EvaluateSpec, Evaluation, Judged
from designer_app.specs.fields import check_spec, refusal
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.potentials import POTENTIALS, key_and_model
from designer_app.state import set_threads
from designer_app.training.frame_splits import is_free_atom, is_usable
from designer_app.training.metrics import (
    Labels,
    aligned_energies,
    error_rows,
    force_errors_of_frames,
    labels_of,
    rank_correlation,
)
from designer_app.training.predicting import predict_frames, sentence_of

Frames = Sequence[LabelledFrame]


def run(spec: EvaluateSpec, control: RunControl) -> Evaluation:
    """Errors of each potential; one that cannot be judged says why, and the others go on.

    Free atoms and frames whose labels are no finite numbers are left out. Raises
    `TooFewFramesError`, and `FileUnreadableError` where no file could be read.
    """
    check_spec(spec)
    if not spec.potentials:
        raise refusal(spec, "potentials", "name at least one")
    set_threads(Compute(spec.device, spec.dtype, spec.threads))
    frames = _frames(spec, control)
    reference = labels_of(frames)
    judged = tuple(
        _judged(text, frames, reference, spec, control) for text in dict.fromkeys(spec.potentials)
    )
    return Evaluation(
        n_frames=len(frames),
        elements=tuple(SYMBOLS[int(each)] for each in np.unique(reference.numbers)),
        frames=tuple((each.source, each.index, each.tag) for each in frames),
        n_atoms=reference.n_atoms,
        energies=reference.energies,
        forces=reference.forces.astype(np.float32).ravel(),
        force_numbers=np.repeat(reference.numbers, 3).astype(np.int16),
        stresses=reference.stresses.astype(np.float32),
        judged=judged,
    )


def _frames(spec: EvaluateSpec, control: RunControl) -> Frames:
    found = read_labelled(spec.data, spec.mapping, spec.tags, control.checkpoint)
    refuse_what_is_missing(found, spec.data, spec.mapping)
    for file in found.files:
        if file.error:
            control.log.warning("%s The others are used.", file.error)
    frames = [each for each in found.frames if is_usable(each) and not is_free_atom(each)]
    if not frames:
        raise TooFewFramesError(0, 1, len(found.frames))
    return evenly(frames, spec.most_frames)


def _judged(
    text: str, frames: Frames, reference: Labels, spec: EvaluateSpec, control: RunControl
) -> Judged:
    key, model = key_and_model(text)
    control.progress(0, len(frames), text)
    try:
        potential = load_potential(key, model, Compute(spec.device, spec.dtype, spec.threads))
    except DesignerAppError as error:
        return _not_judged(key, model, frames, reference, explain_exception(error).sentence)
    except (ImportError, RuntimeError, ValueError, OSError) as error:  # of another package
        return _not_judged(key, model, frames, reference, sentence_of(error))
    for each in doubts_of_training(key, model):
        control.log.warning("%s", each)
    known = knowledge_of(key, model)
    said = predict_frames(potential, frames, control, text, known)
    # A potential that learned from such labels has their zero of energy.
    is_known = bool(np.isfinite(said.labels.energies).any())
    align = spec.align and is_known and not is_trained(key, model)
    energies = aligned_energies(reference, said.labels) if align else said.labels.energies
    predicted = Labels(
        n_atoms=said.labels.n_atoms,
        numbers=said.labels.numbers,
        energies=energies,
        forces=said.labels.forces,
        stresses=said.labels.stresses,
    )
    ranked = None
    if said.spread is not None:
        ranked = rank_correlation(said.spread, force_errors_of_frames(reference, predicted))
    inside = None
    if known.intervals is not None and said.interval_scale is not None:
        errors = np.abs(predicted.forces - reference.forces)
        inside = known.intervals.covered(errors, said.interval_scale, reference.n_atoms)
    return Judged(
        potential=key,
        model=model,
        title=_title(key, potential),
        model_sha256=potential.model_sha256,
        rows=error_rows(frames, reference, predicted),
        aligned=align,
        seconds_per_atom=said.seconds_per_atom,
        energies=energies,
        forces=predicted.forces.astype(np.float32).ravel(),
        stresses=predicted.stresses.astype(np.float32),
        spread=None if said.spread is None else said.spread.astype(np.float32),
        problem=said.problem,
        interval_coverage=inside,
        spread_rank_correlation=ranked,
    )


def is_trained(key: str, model: str) -> bool:
    """Whether a training set its zero of energy: of an ensemble, that of every member.

    A correction gives the sum the zero of the data that it learned from.
    """
    model = POTENTIALS[key].chosen(model)
    parts = [] if _is_training(model) else parts_of(key, model)
    if len(parts) < 2:
        return _is_training(model)
    return all(is_trained(*part) for part in (parts[-1:] if key == "delta" else parts))


def _is_training(model: str) -> bool:
    return bool(model) and (trained_folder(model).expanduser() / POTENTIAL_CARD).is_file()


def _title(key: str, potential: Potential) -> str:
    """The family's title with the model; trained ones name their family themselves."""
    title, model = POTENTIALS[key].title, potential.model
    return model if model.casefold().startswith(title.casefold()) else f"{title} {model}".strip()


def _not_judged(key: str, model: str, frames: Frames, reference: Labels, problem: str) -> Judged:
    nothing = np.full(3 * len(reference.numbers), np.nan, dtype=np.float32)
    return Judged(
        potential=key,
        model=model,
        title=f"{POTENTIALS[key].title if key in POTENTIALS else key} {model}".strip(),
        model_sha256="",
        rows=(),
        aligned=False,
        seconds_per_atom=float("nan"),
        energies=np.full(len(frames), np.nan),
        forces=nothing,
        stresses=np.full((len(frames), 6), np.nan, dtype=np.float32),
        problem=problem,
    )
