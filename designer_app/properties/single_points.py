"""Energies of many structures as they are, in batches."""

import math
from collections.abc import Iterator, Sequence

from designer_app.errors import InputError
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.overlap import check_overlaps
from designer_app.potentials import Potential
from designer_app.running.control import RunControl
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

BATCH_ATOMS = {"cpu": 200, "cuda": 8192, "mps": 2048}
"""Atoms that are computed together, by device."""
_ENERGY = frozenset({"energy"})


def energies_of(
    structures: Sequence[Structure], potential: Potential, control: RunControl | None = None
) -> list[float]:
    """EV of each structure; infinite where it cannot be computed."""
    found = [math.inf] * len(structures)
    control = control or RunControl()
    usable = [index for index, each in enumerate(structures) if _is_usable(each, potential)]
    for batch in _batches(usable, structures, BATCH_ATOMS[potential.device.type]):
        control.checkpoint()
        state = state_from_structures([structures[index] for index in batch], potential.device)
        neighbors = build_neighbors(state, potential.cutoff, half=potential.half_list)
        energies = potential.predict(state, neighbors, _ENERGY).energy.tolist()
        for index, energy in zip(batch, energies, strict=True):
            found[index] = energy if math.isfinite(energy) else math.inf
    return found


def _is_usable(structure: Structure, potential: Potential) -> bool:
    try:
        state = state_from_structures([structure], potential.device)
        potential.check(state, _ENERGY)
        check_overlaps(state)
    except InputError:
        return False
    return True


def _batches(
    indices: Sequence[int], structures: Sequence[Structure], most: int
) -> Iterator[list[int]]:
    batch: list[int] = []
    atoms = 0
    for index in indices:
        if batch and atoms + len(structures[index]) > most:
            yield batch
            batch, atoms = [], 0
        batch.append(index)
        atoms += len(structures[index])
    if batch:
        yield batch
