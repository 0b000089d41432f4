"""Contacts of prototypes in few bytes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.design.heads.contacts import N_RADII
from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.tokens import MAX_SLOTS

_STEPS = 60.0
"""Steps of ln(1 + contacts); 255 of them reach 69 neighbours."""


def packed_contacts(contacts: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """The pairs of slots that are there, in steps of one byte."""
    there = contacts.sum(axis=(2, 3)) > 0
    pairs = there[:, :, None] & there[:, None, :]
    steps = np.rint(np.log1p(contacts[pairs]) * _STEPS).clip(0, 255)
    return {"contacts": steps.astype(np.uint8), "slots": there.sum(axis=1).astype(np.uint8)}


def unpacked_contacts(
    arrays: Mapping[str, NDArray[Any]], library: PrototypeLibrary
) -> NDArray[np.float32]:
    """(C, MAX_SLOTS, MAX_SLOTS, N_RADII) contacts."""
    there = np.arange(MAX_SLOTS) < arrays["slots"][:, None]
    found = np.zeros((len(library), MAX_SLOTS, MAX_SLOTS, N_RADII), dtype=np.float32)
    pairs = there[:, :, None] & there[:, None, :]
    found[pairs] = np.expm1(arrays["contacts"].astype(np.float32) / _STEPS)
    return found
