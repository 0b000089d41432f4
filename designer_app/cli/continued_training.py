"""`designer-app train --out DIR --resume`: model, data and settings from the training's folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from designer_app.errors import InvalidSpecError, ResumeError, UnsafeFileError
from designer_app.io.near_paths import found_from, told_from
from designer_app.io.potential_cards import BASELINE_FOLDER, trained_folder
from designer_app.io.toml import read_toml
from designer_app.potentials.baseline_files import is_same
from designer_app.specs.fields import spec_fields, spec_from_settings
from designer_app.specs.potentials import imports_code, key_and_model, member_texts, sum_texts
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
        settings = _here(out, read_toml(out / SETTINGS_FILE), files)
        begun: TrainPotentialSpec = spec_from_settings(TrainPotentialSpec, settings)
    except (OSError, ValueError, InvalidSpecError) as error:
        raise ResumeError(str(out), f"its {SETTINGS_FILE} is damaged") from error
    labels = {each.name: said.label for each, said, _ in spec_fields(TrainPotentialSpec)}
    for name, value in flags.items():
        before = getattr(begun, name)
        if name in (*_MAY_CHANGE, *_OF_DATA, "out") or _is_same(out, name, value, before):
            continue
        raise InvalidSpecError(name, value, _contradicts(out, before), labels[name])
    if imports_code(*key_and_model(begun.baseline)) and "baseline" not in flags:
        reason = "its baseline is code of its own; repeat --baseline to allow it"
        raise UnsafeFileError(str(out / SETTINGS_FILE), reason)
    given = {name: flags[name] for name in (*_MAY_CHANGE, "test_data") if name in flags}
    by_hand = tuple(name for name in BY_HAND if name in flags or name in begun.by_hand)
    given |= {"out": out, "by_hand": by_hand} | ({"data": tuple(files)} if files else {})
    if "start" in flags:
        given["start"] = flags["start"]
    _refuse_what_is_gone(out, begun, given)
    found: TrainPotentialSpec = spec_from_settings(TrainPotentialSpec, settings, **given)
    return found


def _here(out: Path, settings: dict[str, Any], files: Sequence[Path]) -> dict[str, Any]:
    """The settings with paths as they are on this machine; wrong values stay as they are."""
    found = dict(settings)
    for name in _OF_DATA:
        if isinstance(told := found.get(name), list):
            found[name] = [_path(out, each) for each in told]
    if isinstance(told := found.get("leave_out"), list):
        found["leave_out"] = [_frame(out, each, files) for each in told]
    if isinstance(told := found.get("start"), str):
        start = found_from(out, told)
        found["start"] = str(start if start.exists() else trained_folder(told))
    if isinstance(told := found.get("baseline"), str):
        found["baseline"] = _baseline(out, told)
    return found


def _path(out: Path, told: Any) -> Any:
    return str(found_from(out, told)) if isinstance(told, str) else told


def _frame(out: Path, told: Any, files: Sequence[Path]) -> Any:
    """A frame that is left out: its file, maybe named anew, and its place there."""
    if not isinstance(told, str):
        return told
    path, _, at = told.rpartition(":")
    return f"{found_from(out, path, files)}:{at}"


def _baseline(out: Path, told: str) -> str:
    """A baseline whose parts are copies in the folder."""
    key, model = key_and_model(told)
    texts = sum_texts(model) if key == "delta" else member_texts(model)
    if key in ("ensemble", "delta") and len(texts) > 1:
        return f"{key}:{'+'.join(_baseline(out, text) for text in texts)}"
    return f"{key}:{out / model}" if model.startswith(f"{BASELINE_FOLDER}/") else told


def _refuse_what_is_gone(out: Path, begun: TrainPotentialSpec, given: dict[str, Any]) -> None:
    """Files that the user does not name himself, and that are no longer where they were."""
    ways = (
        ("data", begun.data, "train {} --out {} --resume"),
        ("test_data", begun.test_data, "train --test {} --out {} --resume"),
        ("start", (begun.start,) if begun.start else (), "train --start {} --out {} --resume"),
    )
    for name, paths, way in ways:
        gone = next((path for path in paths if name not in given and not path.exists()), None)
        if gone is not None:
            again = way.format(Path("FOLDER") / gone.name, out)
            reason = f"“{gone.name}” is not where it was. Name it again: {again}"
            raise ResumeError(str(out), reason)


def refuse_unknown(out: Path) -> InvalidSpecError:
    """The error that a folder does not tell which training it is."""
    old = any(out.glob(CHECKPOINT_FILE)) or any(out.glob(f"*/{CHECKPOINT_FILE}"))
    reason = "no training of a potential was begun there: name --model and the data to begin one"
    if old:
        reason = "its training tells no settings: name --model and the data, as when it was begun"
    return InvalidSpecError("out", out, reason, "Folder")


def _is_same(out: Path, name: str, given: Any, begun: Any) -> bool:
    if isinstance(given, tuple):
        return sorted(map(str, given)) == sorted(map(str, begun))
    if isinstance(given, Path):
        return begun is not None and told_from(out, given) == told_from(out, begun)
    if name == "baseline":
        return is_same(key_and_model(given), key_and_model(begun))
    return bool(given == begun)


def _contradicts(out: Path, begun: Any) -> str:
    told = ", ".join(map(str, begun)) if isinstance(begun, tuple) else begun
    how = "without it" if told in ("", None) else f"with {told}"
    return (
        f"the training in “{out.name}” was begun {how}, and goes on so; leave it out, or train in "
        "another folder"
    )
