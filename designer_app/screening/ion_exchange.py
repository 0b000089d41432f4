"""Another working ion in the place of one, as soft chemistry does it, with the charge kept.

An ion of the same charge takes all places. One of twice the charge takes half of them, arranged
with the lowest electrostatic energy, and leaves the others empty. One of half the charge would
need places that the framework does not have: that is refused.
"""

import numpy as np

from designer_app.properties.arrangements import Sublattice, best_arrangements
from designer_app.properties.ordering import ewald_matrix
from designer_app.running.control import RunControl
from designer_app.screening.frames import Frame, filled
from designer_app.specs.structure import Structure
from designer_app.specs.voltage import ION_CHARGES

VACANT = ""


def exchanged(frame: Frame, new: str, seed: int, control: RunControl) -> Structure | str:
    """The frame with its working ion exchanged for another, or why that cannot be, in words."""
    refused = _refusal(frame, new)
    if refused:
        return refused
    old = working_ion(frame)
    ions = [
        (new, ION_CHARGES[new]) if symbol == old else (symbol, round(frame.charges[symbol]))
        for symbol in frame.elements
    ]
    full = filled(frame, ions, frame.structure.name)
    if full is None:
        return f"atoms too close: {new} does not fit the places of {old}"
    if ION_CHARGES[new] == ION_CHARGES[old]:
        return full
    return _half_filled(full, frame, old, new, seed, control)


def _refusal(frame: Frame, new: str) -> str:
    """Why an exchange cannot be; "" where it can."""
    old = working_ion(frame)
    if not old:
        return "no working ion: there is none to exchange"
    if old == new or new in frame.elements:
        return f"nothing to exchange: {new} is there already"
    if frame.charges.get(old) != ION_CHARGES[old]:
        return f"charge cannot balance: {old} is no ion in it"
    if ION_CHARGES[new] < ION_CHARGES[old]:
        places = int(frame.amounts[frame.elements.index(old)])
        return (
            f"charge cannot balance: {2 * places} {new} would be needed where the framework has "
            f"{places} places of {old}"
        )
    return ""


def working_ion(frame: Frame) -> str:
    """The ion of a frame that moves: the first of the known ones that it holds, "" for none."""
    return next((ion for ion in ION_CHARGES if ion in frame.elements), "")


def _half_filled(
    full: Structure, frame: Frame, old: str, new: str, seed: int, control: RunControl
) -> Structure:
    """Every second place of the ion filled, so that the electrostatic energy is lowest."""
    slots = frame.slots
    ion_slot = frame.elements.index(old)
    if np.count_nonzero(slots == ion_slot) % 2:
        full, slots = _doubled(full), np.tile(slots, 2)
    sites = np.flatnonzero(slots == ion_slot)
    half = len(sites) // 2
    charges = {each: float(charge) for each, charge in frame.charges.items()}
    charges |= {new: float(ION_CHARGES[new]), VACANT: 0.0}
    lattices = [Sublattice(sites, {new: half, VACANT: half}, charges)]
    lattices += [
        Sublattice(np.flatnonzero(slots == slot), {symbol: int((slots == slot).sum())}, charges)
        for slot, symbol in enumerate(frame.elements)
        if slot != ion_slot
    ]
    matrix = ewald_matrix(full.positions, full.cell)
    best = best_arrangements(lattices, matrix, 1, seed, control)[0]
    kept = np.array([species != VACANT for species in best.species])
    return Structure(
        numbers=full.numbers[kept],
        positions=full.positions[kept],
        cell=full.cell,
        pbc=full.pbc,
        name=full.name,
    )


def _doubled(full: Structure) -> Structure:
    """Two cells along the shortest lattice vector."""
    axis = int(np.argmin(np.linalg.norm(full.cell, axis=1)))
    times = np.ones(3)
    times[axis] = 2.0
    return Structure(
        numbers=np.tile(full.numbers, 2),
        positions=np.concatenate([full.positions, full.positions + full.cell[axis]]),
        cell=full.cell * times[:, None],
        pbc=full.pbc,
        name=full.name,
    )
