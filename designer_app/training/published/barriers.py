"""Migration barriers by density-functional theory, with the hop that each belongs to.

Gathered from the literature by the authors of `predicting-migration-barriers` (MIT). Each row holds
a cell with the ion at five places on a straight way between its two sites, and the barrier of that
hop by the nudged elastic band.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.specs.structure import Structure
from designer_app.training.published.folder import data_file

NAME = "barriers/em_5images_train.json"
N_PLACES = 5
"""Of the hopping ion, which are the first atoms of a row."""


@dataclass(frozen=True, eq=False)
class PublishedBarrier:
    """A hop and its barrier."""

    name: str
    family: str
    barrier: float
    """eV."""
    places: tuple[Structure, ...]
    """The crystal with the ion at each place; the hopping ion is the last atom."""

    @property
    def ion(self) -> str:
        """The element that hops."""
        return SYMBOLS[int(self.places[0].numbers[-1])]


def read_barriers(folder: Path) -> Iterator[PublishedBarrier]:
    """Every hop of the table, in its order."""
    with data_file(folder, NAME).open(encoding="utf-8") as file:
        rows = json.load(file)
    for row in rows:
        atoms = row["atoms"]
        cell = np.array(atoms["lattice_mat"], dtype=np.float64)
        positions = np.array(atoms["coords"], dtype=np.float64) @ cell
        numbers = np.array([ATOMIC_NUMBERS[symbol] for symbol in atoms["elements"]], dtype=np.int64)
        places = tuple(
            Structure(
                numbers=np.append(numbers[N_PLACES:], numbers[place]),
                positions=np.vstack([positions[N_PLACES:], positions[place]]),
                cell=cell,
                pbc=(True, True, True),
                name=row["sys_name"],
            )
            for place in range(N_PLACES)
        )
        yield PublishedBarrier(row["sys_name"], row["class"], float(row["target"]), places)
