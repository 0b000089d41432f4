"""Trained potentials on disk: a card, and the weights that it names as safetensors."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from designer_app.errors import ModelUnreadableError
from designer_app.io.atomic_write import atomic_write
from designer_app.io.potential_cards import (
    POTENTIAL_CARD,
    POTENTIAL_WEIGHTS,
    ErrorsOn,
    LearnedFrom,
    PotentialCard,
    read_potential_card,
    write_potential_card,
)
from designer_app.provenance import sha256_of

__all__ = [
    "POTENTIAL_CARD",
    "POTENTIAL_WEIGHTS",
    "ErrorsOn",
    "LearnedFrom",
    "PotentialCard",
    "read_potential",
    "read_potential_card",
    "write_potential",
    "write_potential_card",
]


def write_potential(
    folder: Path, card: PotentialCard, arrays: Mapping[str, NDArray[Any]]
) -> PotentialCard:
    """Put weights and card into a folder; the card with the hash of the weights."""
    path = folder / POTENTIAL_WEIGHTS
    atomic_write(path, save({name: np.ascontiguousarray(each) for name, each in arrays.items()}))
    sealed = replace(card, weights_sha256=sha256_of(path))
    write_potential_card(folder, sealed)
    return sealed


def read_potential(folder: Path) -> tuple[PotentialCard, dict[str, NDArray[Any]]]:
    """(card, arrays) of a folder. Raises `ModelUnreadableError`, also where the hash differs."""
    card = read_potential_card(folder)
    path = folder / POTENTIAL_WEIGHTS
    try:
        if sha256_of(path) != card.weights_sha256:
            raise ModelUnreadableError(str(path), "it is not the file that its card names")
        return card, load(path.read_bytes())
    except OSError as error:
        raise ModelUnreadableError(str(path), error.strerror or "cannot be read") from error
    except SafetensorError as error:
        raise ModelUnreadableError(str(path), "not a complete safetensors file") from error
