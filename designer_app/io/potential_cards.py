"""What a trained potential says of itself: a card in JSON, beside its weights.

The card names the hash of the weights. Nothing in the folder is code: the family, its settings
and its arrays are all that is needed to build the potential again.
"""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from designer_app.errors import FileUnreadableError, ModelUnreadableError, UnsafeFileError
from designer_app.io.atomic_write import atomic_write
from designer_app.io.ensemble_files import members_named
from designer_app.io.model_files import POTENTIAL_CARD, no_potential_in
from designer_app.io.small_files import read_small_text
from designer_app.resources import resource
from designer_app.specs.potentials import (
    POTENTIALS,
    key_and_model,
    member_texts,
    sum_texts,
)

POTENTIAL_WEIGHTS = "weights.safetensors"
BASELINE_FOLDER = "baseline"
"""In the folder of a correction: copies of the files and folders that its baseline is made of."""
FORMAT = 1
_COMPOSITES = ("ensemble", "delta")
_NAMED = ("ase", "tight-binding")
"""Families whose models are names, never files."""


@dataclass(frozen=True, kw_only=True)
class LearnedFrom:
    """One file of labels that a potential learned from."""

    file: str
    sha256: str
    n_frames: int
    licence: str = ""
    settings: str = ""
    """Functional, cutoff and code of the reference calculations, as far as the file tells."""
    is_test: bool | None = None
    """Whether the file was given for tests alone; None where the card does not tell."""


@dataclass(frozen=True, kw_only=True)
class ErrorsOn:
    """Mean absolute errors on one set of frames; None where there were no labels."""

    name: str
    """train, validation, test, a tag, or an element."""
    n_frames: int
    energy_meV_atom: float | None = None  # noqa: N815 - units are spelt as the field spells them
    force_meV_A: float | None = None  # noqa: N815
    stress_GPa: float | None = None  # noqa: N815
    typical_force_meV_A: float | None = None  # noqa: N815
    """Mean absolute component of the reference forces: what an error of forces compares with."""


@dataclass(frozen=True, kw_only=True)
class PotentialCard:
    """What a trained potential is, what it learned from, and how far off it is."""

    family: str
    """Row of the trainable families: schnet, gemnet, nequip, gap, chgnet ..."""
    title: str
    settings: Mapping[str, Any]
    """Of the network: all that is needed, with the arrays, to build it again."""
    elements: tuple[str, ...]
    cutoff: float
    """A."""
    references_eV: Mapping[str, float]  # noqa: N815
    """What the energy of each element counts from, eV: that of the free atom, or a fit."""
    fitted: tuple[str, ...] | None = None
    """Elements whose reference was fitted to the data: an offset that holds the mean binding
    energy, no energy of an atom. None where the card does not tell."""
    training: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the training."""
    data: tuple[LearnedFrom, ...] = ()
    split: str = ""
    """How frames were kept back; one sentence."""
    errors: tuple[ErrorsOn, ...] = ()
    """On train, validation, test, and by element and by tag on the kept-back frames."""
    seeds: tuple[int, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    baseline: tuple[str, str] = ("", "")
    """(potential, model) that it corrects; empty where it stands alone. `baseline_of` finds it."""
    baseline_sha256: Mapping[str, str] = field(default_factory=dict)
    """What the copies of its files computed with when they were corrected, by their names."""
    calibration: Mapping[str, Any] = field(default_factory=dict)
    """Split-conformal intervals and distances to the training set, by the trust module."""
    health: Mapping[str, Any] = field(default_factory=dict)
    """The newest health check."""
    licence: str = ""
    """Of the weights."""
    notes: str = ""
    units: str = "eV, A, eV/A, eV/A^3"
    weights_sha256: str = ""

    @property
    def origin(self) -> str:
        """What stands beside every number: title and the start of the hash."""
        return f"{self.title} ({self.weights_sha256[:8]})"


def write_potential_card(folder: Path, card: PotentialCard) -> None:
    """Put a card back, as after a health check; the weights stay."""
    text = json.dumps({"format": FORMAT, **asdict(card)}, indent=1, ensure_ascii=False) + "\n"
    atomic_write(folder / POTENTIAL_CARD, text)


def read_potential_card(folder: Path) -> PotentialCard:
    """The card in a folder. Raises `ModelUnreadableError`, `UnfinishedTrainingError`."""
    path = folder / POTENTIAL_CARD
    try:
        said = json.loads(read_small_text(path))
        if said["format"] > FORMAT:
            raise ModelUnreadableError(str(path), "a newer version of the program wrote it")
        said["data"] = tuple(_known(LearnedFrom, each) for each in said.get("data", ()))
        said["errors"] = tuple(_known(ErrorsOn, each) for each in said.get("errors", ()))
        for name in ("elements", "seeds", "baseline"):
            said[name] = tuple(said.get(name, ()))
        said["baseline_sha256"] = dict(said.get("baseline_sha256", {}))
        if said.get("fitted") is not None:
            said["fitted"] = tuple(said["fitted"])
        card: PotentialCard = _known(PotentialCard, said)
    except OSError as error:
        if not path.exists():
            raise no_potential_in(folder) from error
        raise ModelUnreadableError(str(path), error.strerror or "cannot be read") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelUnreadableError(str(path), "it is no potential of this program") from error
    return card


def trained_folder(model: str) -> Path:
    """The folder of a trained potential: the path itself, or of a shipped one by its name."""
    own, shipped = Path(model), shipped_folder() / model
    is_name = bool(model) and own.name == model and not (own / POTENTIAL_CARD).is_file()
    return shipped if is_name and shipped.is_dir() else own


def model_of(folder: Path) -> str:
    """What specs call the potential in a folder: the name of a shipped one, else the path."""
    return folder.name if folder.parent == shipped_folder() else str(folder)


def baseline_of(folder: Path, card: PotentialCard) -> tuple[str, str]:
    """(potential, model) that a card in a folder names as its baseline; empty where there is none.

    Its files are named by their paths. Raises `ModelUnreadableError` where they are not in the
    folder itself: a card may come from a stranger, and opens nothing else on this machine.
    """
    if not any(card.baseline):
        return "", ""
    parts = baseline_parts(card)
    found = [(key, _inside(folder, key, model)) for key, model in parts]
    if not found or any(place is None for _, place in found):
        said = ":".join(map(str, card.baseline))
        reason = (
            f"its baseline, {said}, is not in its folder. To use it all the same, name both: "
            f"delta:{said}+{card.family}:FOLDER"
        )
        raise ModelUnreadableError(str(folder / POTENTIAL_CARD), reason)
    if card.baseline[0] not in _COMPOSITES:
        return card.baseline[0], found[0][1] or ""
    return card.baseline[0], "+".join(f"{key}:{place}" for key, place in found)


def baseline_parts(card: PotentialCard) -> list[tuple[str, str]]:
    """(potential, model) of each part of a baseline as the card says it; none where it is wrong."""
    if len(card.baseline) != 2 or not all(isinstance(each, str) for each in card.baseline):
        return []
    key, model = card.baseline
    if key not in _COMPOSITES:
        parts = [(key, model)]
    else:
        texts = sum_texts(model) if key == "delta" else member_texts(model)
        parts = [key_and_model(text) for text in texts]
        if len(parts) < 2 or any(each in _COMPOSITES for each, _ in parts):
            return []
    return parts if all(each in POTENTIALS for each, _ in parts) else []


def _inside(folder: Path, key: str, model: str) -> str | None:
    """A shipped model, an import by name, or a path in a folder's own baselines; None: elsewhere.

    Links are not followed, wherever they lead.
    """
    row = POTENTIALS[key]
    if key in _NAMED or not model or model in dict(row.models):
        return str(shipped_folder() / model) if row.is_trained and model else model
    place, _, name = model.partition("/")
    path = folder / BASELINE_FOLDER / name
    if place != BASELINE_FOLDER or name == ".." or not re.fullmatch(r"[^/\\:]+", name):
        return None
    try:
        if path.parent.is_symlink() or path.is_symlink():
            return None
        is_inside = path.resolve() == folder.resolve() / BASELINE_FOLDER / name
    except (OSError, ValueError):  # no name of a file on this machine
        return None
    return str(path) if is_inside else None


def shipped_folder() -> Path:
    """Where the trained potentials lie that come with the program."""
    return resource("weights/potentials")


def families(potential: str, model: str) -> tuple[str, ...]:
    """Registry keys of all that computes under a choice of potential.

    The potential, the parts that its model names, and the baselines of trained folders.
    """
    found = [potential]
    for key, its in _members(potential, model):
        found += [key, *_under(key, its)]
    return (potential, *_under(potential, model)) if len(found) == 1 else tuple(found)


def _members(potential: str, model: str) -> list[tuple[str, str]]:
    if potential not in _COMPOSITES:
        return []
    try:
        return [(key, its) for key, its in members_named(model) if key in POTENTIALS]
    except (FileUnreadableError, UnsafeFileError, OSError, ValueError):  # loading it says so
        return []


def _under(key: str, model: str) -> tuple[str, ...]:
    """The members of a member, or the baseline of a trained folder, and nothing below these."""
    members = _members(key, model)
    if members or key in _NAMED or not model:
        return tuple(each for each, _ in members)
    try:
        if not (trained_folder(model) / POTENTIAL_CARD).is_file():
            return ()
        return baseline_families(read_potential_card(trained_folder(model)))
    except (FileUnreadableError, OSError, ValueError):  # loading it says what is wrong
        return ()


def baseline_families(card: PotentialCard) -> tuple[str, ...]:
    """Registry keys of what a card corrects; no file is looked at."""
    keys = [key for key, _ in baseline_parts(card)]
    return (card.baseline[0], *keys) if len(keys) > 1 else tuple(keys)


def trained_in(places: Iterable[Path]) -> list[tuple[Path, PotentialCard]]:
    """(folder, card) of every potential in a folder of these, the newest first.

    A card that cannot be read is left out: loading it by hand says what is wrong with it.
    """
    found: dict[Path, tuple[float, PotentialCard]] = {}
    for place in places:
        for path in place.glob(f"*/{POTENTIAL_CARD}"):
            with suppress(FileUnreadableError, OSError):
                found[path.parent] = (path.stat().st_mtime, read_potential_card(path.parent))
    newest = sorted(found, key=lambda folder: found[folder][0], reverse=True)
    return [(folder, found[folder][1]) for folder in newest]


def _known(kind: type[Any], said: Mapping[str, Any]) -> Any:
    names = {each.name for each in fields(kind)}
    return kind(**{name: value for name, value in said.items() if name in names})
