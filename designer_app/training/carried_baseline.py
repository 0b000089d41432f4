"""A baseline that lies in files goes with the potential that corrects it.

A copy in the potential's own folder, named relative to it, is found again when that folder is
moved, copied or given away, and tells nobody where it once lay.
"""

import shutil
from pathlib import Path

from designer_app.errors import InvalidSpecError, WriteFailedError
from designer_app.io.potential_cards import (
    BASELINE_FOLDER,
    POTENTIAL_CARD,
    POTENTIAL_WEIGHTS,
    read_potential_card,
    shipped_folder,
    trained_folder,
)
from designer_app.potentials.ensemble import members_of
from designer_app.potentials.quip_files import read_gap
from designer_app.specs.potentials import POTENTIALS, key_and_model, member_texts


def carried_baseline(baseline: str, folder: Path) -> tuple[str, str]:
    """(potential, model) for the card in `folder`, into which files and folders are copied.

    Shipped models, and what is imported by name, stay as they were said. Raises `InvalidSpecError`
    where a trained baseline has a baseline of its own, `WriteFailedError`, `FileUnreadableError`.
    """
    key, model = key_and_model(baseline)
    taken: dict[str, Path] = {}
    try:
        if key == "ensemble":
            parts = members_of(model)
        elif key == "delta":
            parts = [key_and_model(text) for text in member_texts(model, most=2)]
        else:
            return key, _carried(key, model, folder, taken)
        names = [f"{each}:{_carried(each, its, folder, taken)}" for each, its in parts]
    except OSError as error:
        raise WriteFailedError(str(folder), error.strerror or str(error)) from error
    return key, "+".join(names)


def _carried(key: str, model: str, folder: Path, taken: dict[str, Path]) -> str:
    """What the card says of one model; its copy has a name that no other one took."""
    source = trained_folder(model).expanduser()
    shipped = key in POTENTIALS and model in dict(POTENTIALS[key].models)
    if key == "ase" or not model or shipped or not source.exists():
        return model
    if source.parent == shipped_folder():
        return model
    name, number = source.name, 1
    while taken.setdefault(name, source) != source:
        number += 1
        name = f"{source.stem}-{number}{source.suffix}"
    place = folder / BASELINE_FOLDER
    if source.resolve().parent != place.resolve():
        _copy(source, place / name)
    return f"{BASELINE_FOLDER}/{name}"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        if read_potential_card(source).baseline[:1] not in ((), ("",)):
            reason = "it has a baseline of its own: correct that one, or the whole of both"
            raise InvalidSpecError("baseline", source.name, reason, "Baseline")
        target.mkdir(exist_ok=True)
        for name in (POTENTIAL_CARD, POTENTIAL_WEIGHTS):
            shutil.copyfile(source / name, target / name)
        return
    shutil.copyfile(source, target)
    if source.suffix.lower() == ".xml":
        for name, points in read_gap(source).sparse_points.items():
            (target.parent / name).write_bytes(points)
