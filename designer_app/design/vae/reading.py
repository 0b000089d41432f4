"""The shipped autoencoder, or one of a folder, with its card."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from designer_app.design.representation.library import PrototypeLibrary, load_library
from designer_app.design.vae.network import MaterialVAE
from designer_app.design.vae.parts import VAESettings
from designer_app.errors import FileUnreadableError
from designer_app.resources import resource
from designer_app.weights.cards import WEIGHTS_FILE, ModelCard, read_model

SHIPPED = "weights/material-vae"
LIBRARY = "sha256 of the prototype library"
"""Key of a card's versions: weights fit one library only."""
NETWORK = "network"
"""Key of a card's settings."""


def read_vae(folder: Path, library: PrototypeLibrary) -> tuple[MaterialVAE, ModelCard]:
    """The autoencoder in a folder, frozen, and its card.

    Raises `FileUnreadableError`, also where it was trained on another library.
    """
    card, arrays = read_model(folder)
    if card.versions.get(LIBRARY) != library.hash:
        raise FileUnreadableError(
            str(folder / WEIGHTS_FILE), "it was trained on another prototype library"
        )
    found = {name: torch.from_numpy(each.astype(np.float32)) for name, each in arrays.items()}
    settings = VAESettings(**card.settings[NETWORK])
    vae = MaterialVAE(library, settings, found["element_properties"])
    try:
        vae.load_state_dict(found)
    except RuntimeError as error:
        raise FileUnreadableError(str(folder / WEIGHTS_FILE), "weights are missing") from error
    return vae.freeze(), card


@lru_cache(maxsize=1)
def load_vae() -> MaterialVAE:
    """The shipped autoencoder."""
    return read_vae(resource(SHIPPED), load_library())[0]
