"""`designer-app train --out DIR --resume`: model, data and settings from the training's folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from designer_app.errors import InvalidSpecError, ResumeError, UnsafeFileError
from designer_app.io.toml import read_toml
from designer_app.specs.fields import spec_fields, spec_from_settings
from designer_app.specs.potentials import imports_code, key_and_model
from designer_app.specs.train_potential import BY_HAND, TrainPotentialSpec
from designer_app.specs.training_progress import CHECKPOINT_FILE, SETTINGS_FILE

_MAY_CHANGE = ("max_minutes", "patience", "averaging", "device", "threads", "resume", *BY_HAND)
"""Settings that do not change what is learned, or only how long."""
_OF_DATA = ("data", "test_data")
"""Files may have moved: the training itself sees whether their frames are those it began with."""


def holds_training(out: Path) -> bool:
    """Whether a training of a potential was begun in a folder."""
    return (out / SETTINGS_FILE).is_file()


def continued(out: Path, files: Sequence[Path], flags: dict[str, Any]) -> TrainPotentialSpec:
    """The training of a folder, with what the flags say.

    Raises `InvalidSpecError` for flags that contradict how it was begun, `ResumeError` for a
    damaged folder, `UnsafeFileError` where it would run code that was not named.
    """
    try:
        begun: TrainPotentialSpec = spec_from_settings(
            TrainPotentialSpec, read_toml(out / SETTINGS_FILE)
        )
    except (OSError, ValueError, InvalidSpecError) as error:
        raise ResumeError(str(out), f"its {SETTINGS_FILE} is damaged") from error
    labels = {each.name: said.label for each, said, _ in spec_fields(TrainPotentialSpec)}
    for name, value in flags.items():
        if name in (*_MAY_CHANGE, *_OF_DATA, "out") or _is_same(value, getattr(begun, name)):
            continue
        raise InvalidSpecError(name, value, _contradicts(out, getattr(begun, name)), labels[name])
    if imports_code(*key_and_model(begun.baseline)) and "baseline" not in flags:
        reason = "its baseline is code of its own; repeat --baseline to allow it"
        raise UnsafeFileError(str(out / SETTINGS_FILE), reason)
    given = {name: flags[name] for name in (*_MAY_CHANGE, "test_data") if name in flags}
    by_hand = tuple(name for name in BY_HAND if name in flags or name in begun.by_hand)
    settings = read_toml(out / SETTINGS_FILE)
    given |= {"out": out, "by_hand": by_hand} | ({"data": tuple(files)} if files else {})
    found: TrainPotentialSpec = spec_from_settings(TrainPotentialSpec, settings, **given)
    return found


def refuse_unknown(out: Path) -> InvalidSpecError:
    """The error that a folder does not tell which training it is."""
    old = any(out.glob(CHECKPOINT_FILE)) or any(out.glob(f"*/{CHECKPOINT_FILE}"))
    reason = "no training of a potential was begun there: name --model and the data to begin one"
    if old:
        reason = "its training tells no settings: name --model and the data, as when it was begun"
    return InvalidSpecError("out", out, reason, "Folder")


def _is_same(given: Any, begun: Any) -> bool:
    if isinstance(given, tuple):
        return sorted(map(str, given)) == sorted(map(str, begun))
    if isinstance(given, Path):
        return begun is not None and given.absolute() == begun.absolute()
    return bool(given == begun)


def _contradicts(out: Path, begun: Any) -> str:
    told = ", ".join(map(str, begun)) if isinstance(begun, tuple) else begun
    how = "without it" if told in ("", None) else f"with {told}"
    return (
        f"the training in “{out.name}” was begun {how}, and goes on so; leave it out, or train in "
        "another folder"
    )
