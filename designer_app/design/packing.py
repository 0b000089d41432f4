"""Candidates in groups that are relaxed together, and those that take each other's place."""

from collections.abc import Mapping, Sequence

from designer_app.specs.structure import Structure

GROUP_ATOMS = 48
"""Atoms of a group: enough for a batch to be fast, few enough that results come often."""


def groups_of(
    ids: Sequence[str], structures: Mapping[str, Structure], most: int = GROUP_ATOMS
) -> list[list[str]]:
    """Neighbours in the order given, with up to `most` atoms, or one larger crystal alone.

    They depend on nothing else, so that a run that goes on makes the same groups.
    """
    groups: list[list[str]] = []
    atoms = 0
    for key in ids:
        size = len(structures[key])
        if not groups or atoms + size > most:
            groups.append([])
            atoms = 0
        groups[-1].append(key)
        atoms += size
    return groups
