"""Relaxed crystals made small: symmetrised where that keeps the energy, in P1 where it does not."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.potentials.base import Potential
from designer_app.properties.single_points import energies_of
from designer_app.running.control import RunControl
from designer_app.screening.reference.classes import Arrays
from designer_app.screening.reference.ledger import RelaxedPhase
from designer_app.screening.reference.symmetry import (
    SymmetricCrystal,
    described,
    described_without_symmetry,
)
from designer_app.screening.reference.table import (
    ReferenceTable,
    TableRow,
    table_arrays,
    unpacked,
)
from designer_app.specs.structure import Structure

SYMPRECS = (0.01, 0.001)
"""A: within which symmetry is looked for; relaxations keep it to about 1e-3."""
ALLOWED = 1e-3
"""eV/atom by which the energy of the unpacked crystal may differ from the relaxed one."""


@dataclass(frozen=True, eq=False)
class Packed:
    """A table's arrays, and what packing did to the crystals."""

    arrays: Arrays
    deviations: NDArray[np.float64]
    """eV/atom, energy of each unpacked crystal minus that of the relaxed one."""
    excluded: dict[str, int]
    """Crystals that were left out, by reason."""
    n_without_symmetry: int
    """Crystals kept in P1 although they may have more symmetry."""


def pack(
    phases: Iterable[RelaxedPhase],
    potential: Potential,
    known: ReferenceTable | None = None,
    control: RunControl | None = None,
) -> Packed:
    """The arrays of a table of all converged phases, with energies checked after unpacking.

    Looking for symmetry takes the longest: of phases that a `known` table of the same potential
    already holds with the same energy, it is taken from there.
    """
    control = control or RunControl()
    kept: dict[str, RelaxedPhase] = {}
    excluded: Counter[str] = Counter()
    for phase in phases:
        if phase.structure is None:
            excluded["failed"] += 1
        elif not phase.converged:
            excluded["not converged"] += 1
        else:
            kept[phase.source] = phase
    ordered = list(kept.values())
    crystals: dict[int, SymmetricCrystal] = {}
    deviations = np.full(len(ordered), np.inf)
    tries: list[Callable[[RelaxedPhase], SymmetricCrystal | None]] = [
        lambda phase: _known(phase, known),
        *(lambda phase, near=near: described(_structure(phase), near) for near in SYMPRECS),
        lambda phase: described_without_symmetry(_structure(phase)),
    ]
    left = np.arange(len(ordered))
    n_without_symmetry = 0
    for describe in tries:
        n_without_symmetry = len(left)  # those of the last try stay in P1
        control.progress(len(ordered) - len(left), len(ordered), "crystals packed")
        found = [(int(index), describe(ordered[index])) for index in left]
        clear = [(index, crystal) for index, crystal in found if crystal is not None]
        energies = energies_per_atom(
            [unpacked(crystal) for _, crystal in clear], potential, control
        )
        for (index, crystal), energy in zip(clear, energies, strict=True):
            crystals[index] = crystal
            deviations[index] = energy - _energy(ordered[index])
        left = np.flatnonzero(~(np.abs(deviations) <= ALLOWED))  # infinite where it failed
    excluded["changed by packing"] += len(left)
    is_kept = np.abs(deviations) <= ALLOWED
    rows = [
        TableRow(phase.source, crystals[index], _energy(phase), _moment(phase))
        for index, phase in enumerate(ordered)
        if is_kept[index]
    ]
    told = {reason: count for reason, count in excluded.items() if count}
    return Packed(table_arrays(rows), deviations[is_kept], told, n_without_symmetry)


def energies_per_atom(
    structures: Sequence[Structure], potential: Potential, control: RunControl | None = None
) -> NDArray[np.float64]:
    """Energies of many crystals as they are, eV/atom; infinite where that failed."""
    order = sorted(range(len(structures)), key=lambda each: len(structures[each]))
    found = np.full(len(structures), np.inf)
    found[order] = energies_of([structures[each] for each in order], potential, control)
    return found / np.array([len(each) for each in structures])


def _known(phase: RelaxedPhase, table: ReferenceTable | None) -> SymmetricCrystal | None:
    """The crystal of a table that was packed from the same relaxation."""
    index = None if table is None else table.index(phase.source)
    if (
        table is None
        or index is None
        or table.arrays["energy"][index] != np.float32(_energy(phase))
    ):
        return None
    return table.crystal(index)


def _structure(phase: RelaxedPhase) -> Structure:
    assert phase.structure is not None
    return phase.structure


def _energy(phase: RelaxedPhase) -> float:
    return phase.energy / len(_structure(phase))


def _moment(phase: RelaxedPhase) -> float:
    return phase.magmom / len(_structure(phase))
