"""Crystals that name families of prototypes, and hand-built frameworks for what is not mined."""

import tomllib
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase.geometry import cellpar_to_cell

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.io.space_groups import operations
from designer_app.resources import resource
from designer_app.screening.reference.table import load_reference
from designer_app.specs.structure import Structure

_SAME_SITE = 1e-3
"""Fractional: images of a site nearer than this are one atom."""


@dataclass(frozen=True, eq=False)
class Framework:
    """A published crystal."""

    name: str
    family: str
    source: str
    structure: Structure
    note: str = ""
    """How a disordered crystal was ordered."""


def frameworks() -> tuple[Framework, ...]:
    """All of `resources/data/frameworks.toml`."""
    return tuple(
        Framework(
            row["name"],
            row["family"],
            row["source"],
            built(row["name"], row["hall"], row["cell"], row["sites"]),
            row.get("note", ""),
        )
        for row in _tables()["framework"]
    )


def likenesses() -> tuple[tuple[str, Structure], ...]:
    """(family, crystal of the shipped reference table) of those that name families."""
    reference = load_reference()
    assert reference is not None
    found = [(row["family"], reference.index(row["crystal"])) for row in _tables()["likeness"]]
    return tuple((family, reference.structure(at)) for family, at in found if at is not None)


def _tables() -> dict[str, Any]:
    text = (resource("data") / "frameworks.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def built(
    name: str, hall_number: int, cell: list[float], sites: list[tuple[str, float, float, float]]
) -> Structure:
    """All atoms of the conventional cell."""
    group = operations(hall_number)
    numbers: list[int] = []
    found: list[np.ndarray] = []
    for element, *x in sites:
        images = group.rotations @ np.array(x, dtype=np.float64) + group.translations
        apart = images[:, None] - images[None]
        same = np.abs(apart - np.rint(apart)).max(axis=2) < _SAME_SITE
        images = images[same.argmax(axis=1) == np.arange(len(images))]
        found.append(images)
        numbers += [ATOMIC_NUMBERS[element]] * len(images)
    vectors = np.asarray(cellpar_to_cell(cell), dtype=np.float64)
    return Structure(
        numbers=np.array(numbers, dtype=np.int64),
        positions=(np.concatenate(found) % 1.0) @ vectors,
        cell=vectors,
        pbc=(True, True, True),
        name=name,
    )
