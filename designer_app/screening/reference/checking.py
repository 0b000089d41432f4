"""A reference table recomputed: stored energies against those of the unpacked crystals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from designer_app.errors import MissingReferenceError
from designer_app.potentials.base import Potential
from designer_app.running.control import RunControl
from designer_app.screening.reference.packing import energies_per_atom
from designer_app.screening.reference.relaxing import relax_phases
from designer_app.screening.reference.table import ReferenceTable

AGREES = 2e-3
"""eV/atom: packing may change 1 meV/atom, and a relaxation that goes on gains about another."""


@dataclass(frozen=True)
class CheckedPhase:
    """One crystal recomputed; energies in eV/atom."""

    source: str
    formula: str
    stored: float
    as_it_is: float
    """Energy of the crystal as the table gives it."""
    relaxed: float
    """Energy after relaxing it once more."""

    @property
    def agrees(self) -> bool:
        """Whether both energies are the stored one."""
        return max(abs(self.as_it_is - self.stored), abs(self.relaxed - self.stored)) <= AGREES


def recomputed(
    table: ReferenceTable,
    potential: Potential,
    indices: Sequence[int],
    control: RunControl | None = None,
) -> list[CheckedPhase]:
    """Each of the phases computed anew. Raises `MissingReferenceError` with another potential."""
    if not table.belongs_to(potential):
        named = f"{potential.key} {potential.model}"
        raise MissingReferenceError("", named, f"{table.name} belongs to other weights")
    structures = [table.structure(index) for index in indices]
    single = energies_per_atom(structures, potential, control)
    again = relax_phases(structures, potential, control=control)
    return [
        CheckedPhase(
            source=table.sources[index],
            formula=table.phase(index).formula,
            stored=table.phase(index).energy_per_atom,
            as_it_is=float(energy),
            relaxed=phase.energy / len(structure),
        )
        for index, structure, energy, phase in zip(indices, structures, single, again, strict=True)
    ]


def sample(table: ReferenceTable, n: int, seed: int) -> list[int]:
    """Phases by chance, the same for the same seed."""
    chosen = np.random.default_rng(seed).choice(len(table), min(n, len(table)), replace=False)
    return sorted(int(index) for index in chosen)
