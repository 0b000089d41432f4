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

from designer_app.errors import FileUnreadableError
from designer_app.io.atomic_write import atomic_write
from designer_app.io.ensemble_files import members_named
from designer_app.resources import resource
from designer_app.specs.potentials import POTENTIALS

POTENTIAL_CARD = "potential.json"
POTENTIAL_WEIGHTS = "weights.safetensors"
BASELINE_FOLDER = "baseline"
"""In the folder of a correction: copies of the files and folders that its baseline is made of."""
FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class LearnedFrom:
    """One file of labels that a potential learned from."""

    file: str
    sha256: str
    n_frames: int
    licence: str = ""
    settings: str = ""
    """Functional, cutoff and code of the reference calculations, as far as the file tells."""


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
    """The card in a folder. Raises `FileUnreadableError`."""
    path = folder / POTENTIAL_CARD
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["format"] > FORMAT:
            raise FileUnreadableError(str(path), "a newer version of the program wrote it")
        said["data"] = tuple(_known(LearnedFrom, each) for each in said.get("data", ()))
        said["errors"] = tuple(_known(ErrorsOn, each) for each in said.get("errors", ()))
        for name in ("elements", "seeds", "baseline"):
            said[name] = tuple(said.get(name, ()))
        if said.get("fitted") is not None:
            said["fitted"] = tuple(said["fitted"])
        card: PotentialCard = _known(PotentialCard, said)
    except OSError as error:
        raise FileUnreadableError(str(path), error.strerror or "cannot be read") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileUnreadableError(str(path), "it is no potential of this program") from error
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

    What lies in the folder itself, on the card relative to it, is named by its path.
    """
    if len(card.baseline) != 2:
        return "", ""
    key, model = card.baseline
    inside = f"{folder / BASELINE_FOLDER}/"
    return key, re.sub(rf"(?:^|(?<=:)){BASELINE_FOLDER}/", lambda _: inside, model)


def shipped_folder() -> Path:
    """Where the trained potentials lie that come with the program."""
    return resource("weights/potentials")


def families(potential: str, model: str) -> tuple[str, ...]:
    """Registry keys of all that computes under a choice of potential.

    The potential, the parts that its model names, and the baselines of trained folders.
    """
    parts: list[tuple[str, str]] = []
    if potential in ("ensemble", "delta"):
        with suppress(FileUnreadableError):  # loading it says what is wrong
            parts = members_named(model)
    below = [each for key, its in parts if key in POTENTIALS for each in families(key, its)]
    if not below and model and (trained_folder(model) / POTENTIAL_CARD).is_file():
        with suppress(FileUnreadableError):  # loading it says what is wrong
            folder = trained_folder(model)
            key, its = baseline_of(folder, read_potential_card(folder))
            below = list(families(key, its)) if key in POTENTIALS else []
    return (potential, *below)


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
