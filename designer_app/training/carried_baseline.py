"""A baseline that lies in files goes with the potential that corrects it.

A copy in the potential's own folder, named relative to it, is found again when that folder is
moved, copied or given away, and tells nobody where it once lay.
"""

import shutil
from dataclasses import replace
from pathlib import Path

from designer_app.errors import (
    FileUnreadableError,
    InvalidSpecError,
    ModelUnreadableError,
    ResumeError,
    UnknownKeyError,
    WriteFailedError,
)
from designer_app.io.potential_cards import (
    BASELINE_FOLDER,
    POTENTIAL_CARD,
    POTENTIAL_WEIGHTS,
    PotentialCard,
    baseline_of,
    read_potential_card,
    shipped_folder,
    trained_folder,
)
from designer_app.potentials.baseline_files import (
    NO_SEPARATOR,
    fingerprint,
    fingerprints,
    refuse_unnamed_code,
)
from designer_app.potentials.ensemble import members_of
from designer_app.potentials.quip_files import read_gap
from designer_app.specs.potentials import POTENTIALS, key_and_model, sum_texts

_ANOTHER = (
    "its baseline is another than the one it began with: put that one back, or train anew in "
    "another folder"
)


def on_carried_baseline(
    card: PotentialCard, baseline: str, folder: Path, *, begun: bool
) -> PotentialCard:
    """The card of a correction that is trained in `folder`, with its baseline and what that holds.

    Raises `ResumeError` where a training that `begun` there corrected another one, and
    `UnsafeFileError` where the folder tells of code that `baseline` does not name.
    """
    before = read_potential_card(folder) if (folder / POTENTIAL_CARD).is_file() else None
    try:
        named = carried_baseline(baseline, folder, begun=begun)
    except FileUnreadableError:
        if before is None or not _is_list_that_is_gone(baseline):
            raise
        named = before.baseline  # what the list named is here
    card = replace(card, baseline=named)
    how = "To allow it, train in another folder, and name it with --baseline"
    refuse_unnamed_code(folder, baseline_of(folder, card), baseline, how)
    card = replace(card, baseline_sha256=fingerprints(folder, card))
    if before and before.baseline_sha256 and before.baseline_sha256 != card.baseline_sha256:
        raise ResumeError(str(folder), _ANOTHER)
    return card


def _is_list_that_is_gone(baseline: str) -> bool:
    key, model = key_and_model(baseline)
    return key == "ensemble" and model.endswith(".toml") and not Path(model).exists()


def carried_baseline(baseline: str, folder: Path, *, begun: bool = False) -> tuple[str, str]:
    """(potential, model) for the card in `folder`, into which files and folders are copied.

    Shipped models, and what is imported by name, stay as they were said. Where a training `begun`,
    the copies that it has stay: they are taken where the originals are gone. Raises `ResumeError`
    where an original is another by now, `InvalidSpecError` of baselines that cannot be carried,
    `WriteFailedError`, `FileUnreadableError`.
    """
    key, model = key_and_model(baseline)
    carrying = _Carrying(folder / BASELINE_FOLDER, begun)
    try:
        if key not in ("ensemble", "delta"):
            return key, carrying.named(key, model)
        texts = sum_texts(model) if key == "delta" else ()
        parts = [key_and_model(text) for text in texts] or members_of(model)
        if len(parts) < 2 or any(each in ("ensemble", "delta") for each, _ in parts):
            reason = "a baseline may have parts, and those none of their own"
            raise InvalidSpecError("baseline", baseline, reason, "Baseline")
        names = [f"{each}:{carrying.named(each, its)}" for each, its in parts]
    except OSError as error:
        raise WriteFailedError(str(folder), error.strerror or str(error)) from error
    return key, "+".join(names)


class _Carrying:
    """Copies of one baseline in a folder."""

    def __init__(self, place: Path, begun: bool) -> None:
        self._place = place
        self._begun = begun
        self._taken: dict[str, Path] = {}
        """By the name of the copy, in small letters: some systems know no others."""
        self._points: dict[str, bytes] = {}
        """Sparse points of the GAPs of QUIP so far, which keep their names."""

    def named(self, key: str, model: str) -> str:
        """What the card says of one model; its copy has a name that no other one took."""
        if key not in POTENTIALS:
            raise UnknownKeyError("baseline", key, tuple(POTENTIALS))
        source = trained_folder(model).expanduser()
        shipped = model in dict(POTENTIALS[key].models)
        if key in ("ase", "tight-binding") or not model or source.parent == shipped_folder():
            return model
        if shipped and not (source / POTENTIAL_CARD).is_file():
            return model
        name = self._free_name(source)
        copy = self._place / name
        keeps = self._begun and copy.exists()
        if not source.exists():
            if not keeps:
                reason = "there is no such file or folder"
                raise InvalidSpecError("baseline", model, reason, "Baseline")
        elif source.resolve().parent != self._place.resolve():
            self._keep_points_apart(source)
            if not keeps:
                _copy(source, copy)
            elif fingerprint(source) != fingerprint(copy):
                raise ResumeError(str(self._place.parent), _ANOTHER)
        return f"{BASELINE_FOLDER}/{name}"

    def _keep_points_apart(self, source: Path) -> None:
        """Raise `InvalidSpecError` where they would overwrite those of another GAP, or its XML."""
        if source.suffix.lower() != ".xml" or source.is_dir():
            return
        for name, points in read_gap(source).sparse_points.items():
            is_file = self._taken.get(name.casefold(), source) != source
            if is_file or self._points.setdefault(name.casefold(), points) != points:
                reason = (
                    f"“{name}” is the name of two different files of its GAPs: give one of them "
                    "another name, in its XML too"
                )
                raise InvalidSpecError("baseline", str(source), reason, "Baseline")

    def _free_name(self, source: Path) -> str:
        whole = source if source.name not in ("", "..") else source.resolve()
        said = Path(NO_SEPARATOR.sub("-", whole.name))
        stem, suffix, number = said.stem, said.suffix, 1
        name = said.name
        while (
            name.casefold() in self._points
            or self._taken.setdefault(name.casefold(), source) != source
        ):
            number += 1
            name = f"{stem}-{number}{suffix}"
        return name


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        if any(read_potential_card(source).baseline):
            reason = "it has a baseline of its own: correct that one, or the whole of both"
            raise InvalidSpecError("baseline", source.name, reason, "Baseline")
        target.mkdir(exist_ok=True)
        for name in (POTENTIAL_CARD, POTENTIAL_WEIGHTS):
            if (source / name).is_symlink():
                raise ModelUnreadableError(str(source / name), "it is a link, which is not copied")
            shutil.copyfile(source / name, target / name)
        return
    shutil.copyfile(source, target)
    if source.suffix.lower() == ".xml":
        for name, points in read_gap(source).sparse_points.items():
            (target.parent / name).write_bytes(points)
