"""Whether two baselines are one, and whether a folder still holds the one that was corrected."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from designer_app.errors import DesignerAppError, ModelUnreadableError, UnsafeFileError
from designer_app.io.ensemble_files import members_named
from designer_app.io.potential_cards import (
    BASELINE_FOLDER,
    PotentialCard,
    baseline_parts,
    read_potential_card,
    trained_folder,
)
from designer_app.potentials.quip_files import read_gap
from designer_app.provenance import sha256_of
from designer_app.specs.potentials import POTENTIALS, imports_code, key_and_model, sum_texts

NO_SEPARATOR = re.compile(r"[+:\\]")
"""What parts one model from the next, or a drive from a folder, in the text on a card.

The name of a copy has "-" in its place.
"""


def parts_of(key: str, model: str) -> list[tuple[str, str]]:
    """(potential, model) of each part of a choice. Raises `ModelUnreadableError` of a list."""
    if key == "ensemble":
        return members_named(model)
    return [key_and_model(text) for text in sum_texts(model)] if key == "delta" else [(key, model)]


def fingerprint(path: Path) -> str:
    """SHA-256 of all that a baseline in a file or folder computes with.

    A check of health changes the card of a trained one, not this. Raises `ModelUnreadableError`.
    """
    if path.is_dir():
        card = read_potential_card(path)
        told = (card.family, card.settings, card.elements, card.cutoff, card.references_eV)
        text = json.dumps((*told, card.weights_sha256), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
    if path.suffix.lower() == ".xml":
        return read_gap(path).sha256
    try:
        return sha256_of(path)
    except OSError as error:
        raise ModelUnreadableError(str(path), error.strerror or "cannot be read") from error


def fingerprints(folder: Path, card: PotentialCard) -> Mapping[str, str]:
    """Fingerprints of the files and folders of a card's baseline, by their names in its folder."""
    found: dict[str, str] = {}
    for _, model in baseline_parts(card):
        place, _, name = model.partition("/")
        if place == BASELINE_FOLDER and name:
            found[name] = fingerprint(folder / BASELINE_FOLDER / name)
    return found


def check_baseline_files(folder: Path, card: PotentialCard) -> None:
    """Raise `FileUnreadableError` where a folder's baseline is not the one that was corrected."""
    if card.baseline_sha256 and fingerprints(folder, card) != dict(card.baseline_sha256):
        reason = "its baseline is not the one that it was trained to correct"
        raise ModelUnreadableError(str(folder), reason)


def is_same(first: tuple[str, str], second: tuple[str, str]) -> bool:
    """Whether two (potential, model) mean one, by name or by what lies in their files.

    A program that was copied into the folder of its correction is the same by its name: whether
    the file itself may run is asked where it is loaded.
    """
    if first == second or first[0] != second[0]:
        return first == second
    try:
        here, there = parts_of(*first), parts_of(*second)
    except DesignerAppError:
        return False
    return len(here) == len(there) and all(map(_is_same_part, here, there))


def refuse_unnamed_code(path: Path, baseline: tuple[str, str], named: str, how: str) -> None:
    """Raise `UnsafeFileError` where the baseline of a folder is code, unless the user named it.

    `baseline` is the (potential, model) that what lies at `path` tells: a stranger may have written
    it. `named` is the "key:model" of the user himself, `how` tells him how to name it.
    """
    if imports_code(*baseline) and not is_same(baseline, key_and_model(named)):
        reason = f"its baseline {':'.join(baseline)} is code of its own. {how}"
        raise UnsafeFileError(str(path), reason)


def _is_same_part(first: tuple[str, str], second: tuple[str, str]) -> bool:
    key, here, there = *first, second[1]
    if key != second[0] or key not in POTENTIALS:
        return False
    row = POTENTIALS[key]
    if row.chosen(here) == row.chosen(there):
        return True
    if key == "script":
        one, other = (NO_SEPARATOR.sub("-", Path(each).name) for each in (here, there))
        return one == other
    if key in ("ase", "tight-binding"):
        return False
    try:
        first_place, second_place = (trained_folder(each).expanduser() for each in (here, there))
        return fingerprint(first_place) == fingerprint(second_place)
    except DesignerAppError:
        return False
