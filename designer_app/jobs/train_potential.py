"""Training of a potential on reference calculations: frames in, a folder with a potential out."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from designer_app.device import Compute
from designer_app.errors import (
    FileUnreadableError,
    InputError,
    InvalidSpecError,
    ResumeError,
    WriteFailedError,
)
from designer_app.io.folders import refuse_link, writable_folder
from designer_app.io.labels import LabelledSet, read_labelled, refuse_what_is_missing
from designer_app.io.near_paths import told_from
from designer_app.io.potential_cards import (
    BASELINE_FOLDER,
    POTENTIAL_CARD,
    ErrorsOn,
    PotentialCard,
    baseline_of,
    read_potential_card,
)
from designer_app.io.toml import write_toml
from designer_app.io.unfinished import fits_of
from designer_app.potentials import load_potential
from designer_app.potentials.trained import load
from designer_app.running.control import RunControl
from designer_app.specs.fields import check_spec, settings_of
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.trainable import TRAINABLE
from designer_app.specs.training_progress import CHECKPOINT_FILE, SETTINGS_FILE
from designer_app.state import set_threads
from designer_app.training.all_done import is_all_done
from designer_app.training.baselines import less_baseline
from designer_app.training.carried_baseline import on_carried_baseline
from designer_app.training.frame_splits import split_frames
from designer_app.training.frames import Fitted, SplitFrames, StoppedFitError
from designer_app.training.knowing import with_knowledge
from designer_app.training.members import member_folder, member_spec
from designer_app.training.potential_folder import card_before, judged, write_fits
from designer_app.training.starting import check_start, with_baseline_of_start


def run(spec: TrainPotentialSpec, control: RunControl) -> dict[str, Any]:
    """Errors on the frames kept back, by set, element and tag, and the folder of the potential.

    Stopped or failed after an epoch was judged, the best potential so far is in the folder.
    """
    check_spec(spec)
    spec = with_baseline_of_start(spec)
    begun = _check_folder(spec, control)
    compute = Compute(spec.device, spec.dtype, spec.threads)
    set_threads(compute)
    control.progress(0, 1, "Reading")
    sets = _labels(spec, control)
    frames = split_frames(sets[0].frames, spec, sets[1].frames)
    card = card_before(spec, frames, sets)
    before = _card_there(spec.out)
    if before is not None and is_all_done(spec, card, before):
        return _result(spec, before) | {"was_finished": True}
    if spec.baseline:
        card = on_carried_baseline(card, spec.baseline, spec.out, begun=begun)
    baseline = baseline_of(spec.out, card)
    check_start(spec, card.elements, baseline)
    learned = frames
    if spec.baseline:
        learned = less_baseline(frames, load_potential(*baseline, compute), control)
    if not begun:
        _keep_settings(spec, card)
    fits: list[Fitted] = []
    try:
        for member in range(spec.members):
            fits.append(_fit(spec, member, fits, learned, control))
    except StoppedFitError as stopped:
        write_fits(spec.out, card, [*fits, stopped.fitted])
        raise stopped.cause from None
    except BaseException as error:
        if fits:
            write_fits(spec.out, card, fits)
        elif isinstance(error, InputError) and not begun:  # refused: there is nothing to go on with
            (spec.out / SETTINGS_FILE).unlink(missing_ok=True)
        raise
    frames = frames.learned_by(fits[0])
    card = _still_checked(write_fits(spec.out, card, fits), before)
    potential = load(str(spec.out), compute, named_baseline=":".join(baseline))
    card = judged(spec.out, card, potential, frames, control)
    card = with_knowledge(spec.out, card, potential, frames, control)
    return _result(spec, card)


def _check_folder(spec: TrainPotentialSpec, control: RunControl) -> bool:
    """Whether a training was begun there, which this one goes on with."""
    begun = (member_folder(spec, 0) / CHECKPOINT_FILE).is_file()
    if spec.resume and not begun:
        if (spec.out / POTENTIAL_CARD).is_file():
            raise ResumeError(str(spec.out), "its training has no checkpoint to go on from")
        far = "came to a checkpoint" if (spec.out / SETTINGS_FILE).is_file() else "was begun"
        control.log.warning("No training %s in “%s” yet: it starts anew.", far, spec.out)
    if not spec.resume and (begun or (spec.out / POTENTIAL_CARD).is_file()):
        reason = "a training is there already: go on with it, or choose another folder"
        raise InvalidSpecError("out", spec.out, reason, "Folder")
    writable_folder(spec.out)
    _refuse_links(spec)
    return begun


def _refuse_links(spec: TrainPotentialSpec) -> None:
    """Raise `WriteFailedError` where what the training writes into would lead elsewhere."""
    baselines = spec.out / BASELINE_FOLDER
    members = (member_folder(spec, member) for member in range(spec.members))
    for path in (baselines, *members, *baselines.rglob("*")):
        try:
            if path != spec.out:
                refuse_link(path)
        except OSError as error:
            raise WriteFailedError(str(path), error.strerror or str(error)) from error


def _keep_settings(spec: TrainPotentialSpec, card: PotentialCard) -> None:
    """What it takes to go on with the training; nothing of where this machine keeps it.

    What lies far away is told by its name, and its baseline by the copy that was made of it.
    """
    told = settings_of(replace(spec, resume=True))
    told |= {"out": ".", "baseline": ":".join(filter(None, card.baseline))}
    for name in ("data", "test_data"):
        told[name] = [told_from(spec.out, Path(each)) for each in told[name]]
    if spec.start is not None:
        told["start"] = told_from(spec.out, spec.start)
    frames = [each.rpartition(":") for each in spec.leave_out]
    told["leave_out"] = [f"{told_from(spec.out, Path(path))}:{at}" for path, _, at in frames]
    write_toml(spec.out / SETTINGS_FILE, told, backup=False)


def _labels(spec: TrainPotentialSpec, control: RunControl) -> tuple[LabelledSet, LabelledSet]:
    """Frames to learn from, and frames of test files. Raises where no file can be read."""
    learned = read_labelled(spec.data, spec.mapping, spec.tags, control.checkpoint)
    kept_back = LabelledSet((), (), ())
    if spec.test_data:
        kept_back = read_labelled(spec.test_data, spec.mapping, (), control.checkpoint)
    for labels, paths in ((learned, spec.data), (kept_back, spec.test_data)):
        refuse_what_is_missing(labels, paths, spec.mapping)
        for file in labels.files:
            if file.error:
                control.log.warning("%s What could be read is used.", file.error)
    return learned, kept_back


def _fit(
    spec: TrainPotentialSpec,
    member: int,
    before: Sequence[Fitted],
    frames: SplitFrames,
    control: RunControl,
) -> Fitted:
    mine = member_spec(spec, member, before[0].settings if before else None)
    writable_folder(mine.out)
    found: Fitted = TRAINABLE[spec.model].load()(frames, mine, control)
    return found


def _card_there(folder: Path) -> PotentialCard | None:
    try:
        return read_potential_card(folder)
    except FileUnreadableError:
        return None


def _still_checked(card: PotentialCard, before: PotentialCard | None) -> PotentialCard:
    """The card with the health check of the one before, where the weights are still the same."""
    if before is None or before.weights_sha256 != card.weights_sha256:
        return card
    return replace(card, health=before.health)


def _result(spec: TrainPotentialSpec, card: PotentialCard) -> dict[str, Any]:
    sets = ("train", "validation", "test")
    known = {each.name: each for each in card.errors if each.name in sets}
    on = next(name for name in reversed(sets) if name in known)
    details = [each for each in card.errors if each.name not in sets]
    return {
        "model": spec.model,
        "title": card.title,
        "folder": str(spec.out),
        "weights_sha256": card.weights_sha256,
        "judged_on": on,
        "n_frames": {name: each.n_frames for name, each in known.items()},
        "energy_mae_meV_atom": known[on].energy_meV_atom,
        "force_mae_meV_A": known[on].force_meV_A,
        "stress_mae_GPa": known[on].stress_GPa,
        "errors": [asdict(each) for each in known.values()],
        "per_element": [_row(each) for each in details if not each.name.startswith("tag ")],
        "per_tag": [_row(each) for each in details if each.name.startswith("tag ")],
        "split": card.split,
        "references_eV": dict(card.references_eV),
        "fitted": None if card.fitted is None else list(card.fitted),
        "fits": fits_of(card),
        "was_finished": False,
    }


def _row(errors: ErrorsOn) -> dict[str, Any]:
    return {name: value for name, value in asdict(errors).items() if value is not None}
