"""Candidates relaxed with the potential of the reference set and placed on its hull."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from designer_app.elements import SYMBOLS
from designer_app.errors import DesignerAppError
from designer_app.explanations import explain_exception
from designer_app.io.formulas import amounts_of
from designer_app.io.space_groups import symmetry_dataset
from designer_app.potentials.base import Potential
from designer_app.running.control import RunControl
from designer_app.screening.convex_hull import Hull, hull_for
from designer_app.screening.crystal_gnn.heads import STABLE
from designer_app.screening.reference.again import reference_set
from designer_app.screening.reference.ledger import RelaxedPhase
from designer_app.screening.reference.relaxing import Inner, relax_phases
from designer_app.screening.reference.table import ReferenceTable
from designer_app.specs.estimates import Estimate
from designer_app.specs.hull import HullPlacement
from designer_app.specs.screen import LOST, ScreenRow
from designer_app.specs.structure import Structure

_LARGE_CHANGE = 0.15
"""Change of the volume on relaxation above which the crystal is hardly the one that was made."""
_SYMPREC = 0.1
"""A. Relaxed to 0.05 eV/A, atoms lie so far from their symmetric places."""
_TOO_GOOD = 0.05
"""eV/atom. Known chemistries are searched so well that a new phase gains less."""
_NOTED = 5e-4
"""eV/atom below the known hull from which a new phase is told of."""

Placed = tuple[ScreenRow, Structure | None]
"""A row, and its relaxed structure where there is one."""


class Placing:
    """A potential and the hulls of its reference phases, each chemical system once."""

    def __init__(
        self, potential: Potential, table: ReferenceTable | None, *, may_relax: bool = False
    ) -> None:
        self.potential = potential
        self.table = table if table is not None and table.belongs_to(potential) else None
        self.warnings: list[str] = []
        """Why there are no hulls, or what they cost."""
        self._relaxes = may_relax and self.table is None
        if self.table is None:
            self.warnings.append(self._told(table))
        self._hulls: dict[tuple[str, ...], Hull] = {}
        self._origin = f"{potential.key} {potential.model} ({potential.model_sha256[:12]})"

    def _told(self, table: ReferenceTable | None) -> str:
        named = f"{self.potential.key} {self.potential.model}".strip()
        if self._relaxes:
            return (
                f"No reference set belongs to {named}: the known phases of each chemical system "
                "are relaxed with it, once, and kept."
            )
        if table is None:
            return "There is no reference set: energies above the hull are unknown."
        return (
            f"The reference set was made with {table.origin.potential}, not with {named}: energies "
            "above the hull are unknown."
        )

    def placed(
        self, rows: Sequence[ScreenRow], structures: Sequence[Structure], control: RunControl
    ) -> list[Placed]:
        """Each row in the stage `hull` with its relaxed structure, or lost in `relaxed`."""
        phases = relax_phases(structures, self.potential, control=Inner(control))
        return [
            self._placed(row, given, phase, control)
            for row, given, phase in zip(rows, structures, phases, strict=True)
        ]

    def _placed(
        self, row: ScreenRow, given: Structure, phase: RelaxedPhase, control: RunControl
    ) -> Placed:
        if phase.structure is None:
            why = f"relaxation failed: {phase.error}"
            return replace(row, stage="relaxed", verdict=LOST, reason=why), None
        doubts = self._doubts(given, phase)
        energy = Estimate(
            key="energy",
            value=phase.energy / len(phase.structure),
            unit="eV/atom",
            method="relaxation",
            origin=self._origin,
        )
        row = replace(
            row,
            stage="hull",
            space_group=space_group(phase.structure),
            estimates=(*row.estimates, energy),
            warnings=(*row.warnings, *doubts),
        )
        if self.table is None and not self._relaxes:
            return row, phase.structure
        try:
            placement = self._placement(phase.structure, energy.value, control)
        except DesignerAppError as error:
            why = f"no hull: {explain_exception(error).sentence}"
            return replace(row, verdict=LOST, reason=why), phase.structure
        if placement.below_hull > _TOO_GOOD:
            told = "Far below the known hull: a phase is probably missing from the reference set."
            doubts = (told, *doubts)
            row = replace(row, warnings=(*row.warnings, told))
        found = _estimates(placement, doubts)
        decomposition = " + ".join(
            f"{share:.2f} {name} ({source})" for name, share, source in placement.decomposition
        )
        if placement.below_hull > _NOTED:
            decomposition = f"{1000 * placement.below_hull:.0f} meV/atom below {decomposition}"
        row = replace(row, estimates=(*row.estimates, *found), decomposition=decomposition)
        return row, phase.structure

    def _placement(self, structure: Structure, energy: float, control: RunControl) -> HullPlacement:
        elements = tuple(sorted({SYMBOLS[number] for number in structure.numbers}))
        if elements not in self._hulls:
            if self.table is not None:
                phases, origin = self.table.in_system(elements), self.table.origin
            else:
                found = reference_set(elements, self.potential, control=control)
                phases, origin = found.phases, found.origin
            self._hulls[elements] = hull_for(elements, phases, origin)
        return self._hulls[elements].place(amounts_of(structure.numbers), energy)

    def _doubts(self, given: Structure, phase: RelaxedPhase) -> tuple[str, ...]:
        assert phase.structure is not None
        told = []
        if not phase.converged:
            told.append(f"Not converged after {phase.n_steps} steps of relaxation.")
        change = phase.structure.volume / given.volume - 1.0
        if abs(change) > _LARGE_CHANGE:
            told.append(f"The volume changed by {100 * change:+.0f} % on relaxation.")
        return tuple(told)


def space_group(structure: Structure) -> str:
    """Symbol and number, e.g. "Pnma (62)"; "" where spglib finds none."""
    fractional = np.asarray(structure.positions @ np.linalg.inv(structure.cell), np.float64)
    found = symmetry_dataset(structure.cell, fractional, structure.numbers, _SYMPREC)
    return "" if found is None else f"{found.international} ({found.number})"


def _estimates(placement: HullPlacement, doubts: tuple[str, ...]) -> tuple[Estimate, ...]:
    """What the hull says; the chance of stability that the network gave is then decided, 0 or 1."""
    correction = "" if placement.correction in ("", "none") else f", {placement.correction}"
    origin = (
        f"{placement.potential} ({placement.model_sha256[:12]}), {placement.reference_set}"
        f"{correction}"
    )
    light, reason = ("amber", doubts[0]) if doubts else ("green", "")

    def told(key: str, value: float, unit: str, before: str = "") -> Estimate:
        return Estimate(
            key=key,
            value=value,
            unit=unit,
            method="relaxation",
            origin=before + origin,
            light=light,
            reason=reason,
        )

    found = []
    if math.isfinite(placement.formation_energy):
        found.append(told("formation_energy", placement.formation_energy, "eV/atom"))
    if math.isfinite(placement.e_above_hull):
        distance = placement.e_above_hull
        said = f"{1000 * distance:.0f} meV/atom above the hull; "
        found.append(told("e_above_hull", distance, "eV/atom"))
        found.append(told("stability", float(distance <= STABLE), "", said))
    return tuple(found)
