"""Symmetry classes as plain arrays, for files, and back."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.screening.reference.symmetry import CrystalClass, Orbit, Template

Arrays = dict[str, NDArray[Any]]


def class_arrays(kinds: Iterable[CrystalClass]) -> Arrays:
    """The classes in their order; each different template once."""
    kinds = list(kinds)
    orbits = [orbit for kind in kinds for orbit in kind.orbits]
    templates: dict[Template, int] = {}
    for orbit in orbits:
        templates.setdefault(orbit.template, len(templates))
    return {
        "class_hall": np.array([kind.hall_number for kind in kinds], np.uint16),
        **ragged("class_slot", [[o.slot for o in kind.orbits] for kind in kinds], np.uint8),
        "class_letter": np.array([ord(orbit.letter) for orbit in orbits], np.uint8),
        "class_count": np.array([orbit.count for orbit in orbits], np.uint16),
        "class_template": np.array([templates[orbit.template] for orbit in orbits], np.uint16),
        "template_origin": np.array([t.origin for t in templates], np.uint8),
        **ragged("template_directions", [np.ravel(t.directions) for t in templates], np.int8),
    }


def classes_of(arrays: Arrays) -> list[CrystalClass]:
    """The classes that `class_arrays` was given."""
    origins, starts = arrays["template_origin"], arrays["template_directions_start"]
    templates = []
    for index, (a, b, c) in enumerate(origins.tolist()):
        flat = arrays["template_directions"][starts[index] : starts[index + 1]].tolist()
        rows = tuple((flat[k], flat[k + 1], flat[k + 2]) for k in range(0, len(flat), 3))
        templates.append(Template(rows, (a, b, c)))
    columns = ("class_slot", "class_letter", "class_template", "class_count")
    orbits = [
        Orbit(slot, chr(letter), templates[template], count)
        for slot, letter, template, count in zip(
            *(arrays[name].tolist() for name in columns), strict=True
        )
    ]
    starts = arrays["class_slot_start"].tolist()
    return [
        CrystalClass(hall, tuple(orbits[start:stop]))
        for hall, start, stop in zip(
            arrays["class_hall"].tolist(), starts[:-1], starts[1:], strict=True
        )
    ]


def slot_counts(kind: CrystalClass) -> tuple[int, ...]:
    """Atoms of each slot in the primitive cell."""
    counts = [0] * kind.n_slots
    for orbit in kind.orbits:
        counts[orbit.slot] += orbit.count
    return tuple(counts)


def ragged(name: str, rows: Sequence[Any], kind: type[np.generic]) -> Arrays:
    """Rows of different lengths joined, and under `name_start` where each begins."""
    lengths = [len(row) for row in rows]
    joined = [value for row in rows for value in row]
    return {
        name: np.array(joined, kind),
        f"{name}_start": np.concatenate([[0], np.cumsum(lengths)]).astype(np.uint32),
    }
