"""Why files of reference calculations give nothing to learn from, or not what was asked for."""

from collections.abc import Sequence
from pathlib import Path

from designer_app.errors import NO_LABELS, InvalidSpecError, LabelsUnreadableError
from designer_app.io.labels.keys import read_mapping
from designer_app.io.labels.reading import LabelledSet
from designer_app.specs.labels import LabelFile

_NAMED = 5
"""Files of a folder that a sentence names."""


def refuse_what_is_missing(
    data: LabelledSet, paths: Sequence[Path], mapping: Sequence[str] = ()
) -> None:
    """Raise `LabelsUnreadableError` without any label, `InvalidSpecError` for keys of no frame."""
    if not any(each.n_frames for each in data.keys):
        unread = next((each for each in data.files if each.error), None)
        if unread is not None and not mapping:
            raise LabelsUnreadableError(unread.path, _reason(unread))
        folder = next((each for each in paths if each.is_dir()), None)
        if folder is not None and not data.files:
            raise LabelsUnreadableError(str(folder), _nothing_in(folder))
    for quantity, key in read_mapping(mapping).keys.items():
        of_it = [each for each in data.keys if each.quantity == quantity]
        if of_it and not any(each.key == key for each in of_it):
            others = [name for each in of_it for name in each.choices if name != key]
            had = [each.key for each in data.keys if each.key]
            has = ", ".join(dict.fromkeys(others or had)) or "nothing of the kind"
            reason = f"no frame has “{key}”; there is {has}"
            raise InvalidSpecError("mapping", f"{quantity}={key}", reason, "Keys")


def _reason(file: LabelFile) -> str:
    """The reason in the sentence about a file that could not be read, or has no labels."""
    name = f"“{Path(file.path).name}”"
    told = file.error.rpartition("could not be read: ")[2].rstrip(".")
    return told.removeprefix(f"{name}: ").replace(name, "it", 1)


def _nothing_in(folder: Path) -> str:
    names = sorted(each.name for each in folder.rglob("*") if each.is_file())
    if not names:
        return f"{NO_LABELS}: it is empty"
    shown = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
    return f"{NO_LABELS}: it has {shown}"
