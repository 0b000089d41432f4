"""A fine-tuned CHGNet from its folder, run by the kernels of the pretrained one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.device import Compute
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import ModelUnreadableError
from designer_app.potentials.chgnet.potential import CHGNetPotential
from designer_app.potentials.chgnet.weights import read_weights
from designer_app.specs.fields import spec_from_settings
from designer_app.specs.networks import CHGNetTuning
from designer_app.weights.potential_cards import PotentialCard


def potential(
    card: PotentialCard, arrays: Mapping[str, NDArray[Any]], compute: Compute
) -> CHGNetPotential:
    """The pretrained network with all its parameters replaced by those of the folder.

    It knows the elements that it was tuned on: the energies of others are still those of the
    functional it came from. It gives no magnetic moments, which are not tuned.
    """
    start = read_weights(spec_from_settings(CHGNetTuning, card.settings).start)
    shapes = {name: tuple(each.shape) for name, each in start.tensors.items()}
    if {name: each.shape for name, each in arrays.items()} != shapes:
        raise ModelUnreadableError(card.title, "its weights are not those of a CHGNet")
    tensors = {name: torch.from_numpy(np.array(each)) for name, each in arrays.items()}
    found = CHGNetPotential(
        replace(start, tensors=tensors, sha256=card.weights_sha256),
        compute,
        model=card.title,
        elements=frozenset(ATOMIC_NUMBERS[symbol] for symbol in card.elements),
    )
    found.gives = found.gives - {"magmoms"}  # pyright: ignore[reportAttributeAccessIssue]
    return found
