"""A reference phase: a relaxed crystal with its energy, wherever it was stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.screening.reference.ledger import RelaxedPhase
from designer_app.specs.structure import Structure


@dataclass(frozen=True, eq=False)
class ReferencePhase:
    """One phase of a reference set. Its geometry is unpacked only when it is asked for."""

    source: str
    """Id of the crystal it was relaxed from, e.g. "mp-149" or "element-Li"."""
    composition: Mapping[str, float]
    """Atoms of each element in the cell."""
    energy: float
    """eV for the cell."""
    magmom: float
    """Sum of the absolute magnetic moments of the cell, Bohr magnetons; NaN where unknown."""
    unpack: Callable[[], Structure] = field(repr=False)

    @property
    def n_atoms(self) -> float:
        """Atoms in the cell."""
        return sum(self.composition.values())

    @property
    def energy_per_atom(self) -> float:
        """Energy in eV/atom."""
        return self.energy / self.n_atoms

    @property
    def formula(self) -> str:
        """Reduced, e.g. LiFePO4."""
        return formula(reduced(self.composition)[0])

    def structure(self) -> Structure:
        """The relaxed crystal, in a primitive cell."""
        return self.unpack()


def phase_of(relaxed: RelaxedPhase) -> ReferencePhase | None:
    """A relaxed crystal as a reference phase; None where the relaxation did not converge."""
    structure = relaxed.structure
    if structure is None or not relaxed.converged:
        return None
    return ReferencePhase(
        source=relaxed.source,
        composition=amounts_of(structure.numbers),
        energy=relaxed.energy,
        magmom=relaxed.magmom,
        unpack=lambda: structure,
    )
