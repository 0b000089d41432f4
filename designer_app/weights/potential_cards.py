"""Trained potentials on disk: weights as safetensors, and a card that says what they are worth.

The card is JSON beside the weights and names their hash. Nothing in the folder is code: the
family, its settings and its arrays are all that is needed to build the potential again.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from designer_app.errors import FileUnreadableError
from designer_app.io.atomic_write import atomic_write
from designer_app.provenance import sha256_of

POTENTIAL_CARD = "potential.json"
POTENTIAL_WEIGHTS = "weights.safetensors"
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
    """Energy of the free atom of each element, eV."""
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
    """(potential, model) that it corrects; empty where it stands alone."""
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


def write_potential(
    folder: Path, card: PotentialCard, arrays: Mapping[str, NDArray[Any]]
) -> PotentialCard:
    """Put weights and card into a folder; the card with the hash of the weights."""
    path = folder / POTENTIAL_WEIGHTS
    atomic_write(path, save({name: np.ascontiguousarray(each) for name, each in arrays.items()}))
    sealed = replace(card, weights_sha256=sha256_of(path))
    write_potential_card(folder, sealed)
    return sealed


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
        card: PotentialCard = _known(PotentialCard, said)
    except OSError as error:
        raise FileUnreadableError(str(path), error.strerror or "cannot be read") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileUnreadableError(str(path), "it is no potential of this program") from error
    return card


def read_potential(folder: Path) -> tuple[PotentialCard, dict[str, NDArray[Any]]]:
    """(card, arrays) of a folder. Raises `FileUnreadableError`, also where the hash differs."""
    card = read_potential_card(folder)
    path = folder / POTENTIAL_WEIGHTS
    try:
        if sha256_of(path) != card.weights_sha256:
            raise FileUnreadableError(str(path), "it is not the file that its card names")
        return card, load(path.read_bytes())
    except OSError as error:
        raise FileUnreadableError(str(path), error.strerror or "cannot be read") from error
    except SafetensorError as error:
        raise FileUnreadableError(str(path), "not a complete safetensors file") from error


def _known(kind: type[Any], said: Mapping[str, Any]) -> Any:
    names = {each.name for each in fields(kind)}
    return kind(**{name: value for name, value in said.items() if name in names})
