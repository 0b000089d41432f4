"""Trained potentials from their folders: whatever family the card names."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.device import Compute
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import FileUnreadableError, InvalidSpecError, ModelUnreadableError
from designer_app.io.potential_cards import (
    POTENTIAL_CARD,
    baseline_of,
    read_potential_card,
    trained_folder,
)
from designer_app.potentials.base import Potential
from designer_app.potentials.baseline_files import check_baseline_files, parts_of
from designer_app.potentials.network import N_NUMBERS, NetworkPotential, ScaledNetwork
from designer_app.potentials.nuclear_repulsion import ENDS, NUMBERS, repulsion_of
from designer_app.registry import Row
from designer_app.specs.fields import spec_from_settings
from designer_app.specs.trainable import TRAINABLE, TrainableRow
from designer_app.state import compute_device, network_dtype
from designer_app.weights.potential_cards import PotentialCard, read_potential

_MEMBER = re.compile(r"member-\d+/")
SCALE, SHIFT = "scale", "shift"
"""Names of the arrays with the unit of the network's energies, and the mean energy of an atom over
the free atoms, both in eV; all others are weights."""


def load(model: str, compute: Compute, *, named_baseline: str = "") -> Potential:
    """The potential in a folder. Raises `ModelUnreadableError` where it holds none.

    `named_baseline` is the "key:model" that the user named himself: if it is the baseline of the
    card, it may import code.
    """
    if not model:
        raise InvalidSpecError("model", model, "name the folder of a trained potential", "Model")
    card, arrays = read_potential(trained_folder(model))
    try:
        found = potential_of(card, arrays, compute)
    except (KeyError, ValueError, RuntimeError, TypeError, IndexError, AttributeError) as error:
        raise ModelUnreadableError(model, "its card and its weights do not fit together") from error
    folder = trained_folder(model)
    try:
        key, below = baseline_of(folder, card)
    except FileUnreadableError:
        if len(card.baseline) != 2 or named_baseline != ":".join(map(str, card.baseline)):
            raise
        key, below = card.baseline
    if not key:
        return found
    check_baseline_files(folder, card)
    below_it = [trained_folder(part) for _, part in parts_of(key, below) if part]
    cards = [read_potential_card(each) for each in below_it if (each / POTENTIAL_CARD).is_file()]
    if any(any(each.baseline) for each in cards):
        raise ModelUnreadableError(model, "its baseline stands on a baseline of its own")
    from designer_app.potentials.delta import on_baseline  # it loads by this module

    return on_baseline(found, (key, below), compute, named_baseline)


def potential_of(
    card: PotentialCard, arrays: Mapping[str, NDArray[Any]], compute: Compute
) -> Potential:
    """The potential that a card and its arrays describe, without what it corrects."""
    row = TRAINABLE[card.family]
    build = Row(key=row.key, title="", summary="", implementation=row.potential).load()
    members: list[Potential] = [build(card, each, compute) for each in by_member(arrays)]
    if len(members) == 1:
        return members[0]
    from designer_app.potentials.ensemble import EnsemblePotential  # it loads by this module

    return EnsemblePotential(members, card.title)


def by_member(arrays: Mapping[str, NDArray[Any]]) -> list[dict[str, NDArray[Any]]]:
    """The arrays of each member of an ensemble; those of a single potential have no member."""
    found: dict[str, dict[str, NDArray[Any]]] = {}
    for name, array in arrays.items():
        known = _MEMBER.match(name)
        member = known.group(0) if known else ""
        found.setdefault(member, {})[name.removeprefix(member)] = array
    return [found[member] for member in sorted(found, key=lambda name: (len(name), name))]


def member_arrays(members: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """The arrays of all members of an ensemble under names that tell them apart."""
    if len(members) == 1:
        return dict(members[0])
    return {
        f"member-{number}/{name}": array
        for number, arrays in enumerate(members)
        for name, array in arrays.items()
    }


def network_potential(
    card: PotentialCard, arrays: Mapping[str, NDArray[Any]], compute: Compute
) -> NetworkPotential:
    """A neural network of the registry with its weights."""
    device = compute_device(compute)
    weights, scale, shift = weights_of(arrays)
    network = network_of(TRAINABLE[card.family], card.settings)
    network.load_state_dict(weights)
    references = references_of(card.references_eV)
    scaled = ScaledNetwork(network, references, scale, shift)
    scaled.repulsion = repulsion_of(arrays)
    return NetworkPotential(
        card.family,
        scaled,
        name=card.title,
        model_sha256=card.weights_sha256,
        elements=frozenset(ATOMIC_NUMBERS[symbol] for symbol in card.elements),
        device=device,
        dtype=network_dtype(compute, device),
    )


def weights_of(
    arrays: Mapping[str, NDArray[Any]],
) -> tuple[dict[str, torch.Tensor], float, float]:
    """(weights of the network by name, unit in eV, mean energy of an atom in eV)."""
    weights = {
        name: torch.from_numpy(np.array(each))
        for name, each in arrays.items()
        if name not in (NUMBERS, ENDS)
    }
    return weights, float(weights.pop(SCALE)), float(weights.pop(SHIFT, torch.zeros(())))


def network_of(row: TrainableRow, settings: Mapping[str, Any]) -> Any:
    """A family's network without weights."""
    build = Row(key=row.key, title="", summary="", implementation=row.network).load()
    return build(spec_from_settings(row.settings_class(), settings))


def references_of(by_symbol: Mapping[str, float]) -> torch.Tensor:
    """(119,) energies of free atoms in eV by atomic number; 0 for elements that are not named."""
    table = torch.zeros(N_NUMBERS, dtype=torch.float64)
    for symbol, energy in by_symbol.items():
        table[ATOMIC_NUMBERS[symbol]] = energy
    return table
