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
from designer_app.screening.hull_errors import STABLE, errors_of
from designer_app.screening.reference.again import reference_set
from designer_app.screening.reference.ledger import RelaxedPhase
from designer_app.screening.reference.relaxing import Inner, relax_phases
from designer_app.screening.reference.table import ReferenceTable
from designer_app.specs.estimates import Estimate
from designer_app.specs.hull import HullPlacement
from designer_app.specs.screen_rows import LOST, ScreenRow
from designer_app.specs.structure import Structure

_LARGE_CHANGE = 0.15
"""Change of the volume on relaxation above which the crystal is hardly the one that was made."""
_SYMPREC = 0.1
"""A. Relaxed to 0.05 eV/A, atoms lie so far from their symmetric places."""
TOO_GOOD = 0.05
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
            self.placed_phase(row, given, phase, control)
            for row, given, phase in zip(rows, structures, phases, strict=True)
        ]

    def placed_phase(
        self, row: ScreenRow, given: Structure, phase: RelaxedPhase, control: RunControl
    ) -> Placed:
        """The same for one row that was relaxed already."""
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
        if placement.below_hull > TOO_GOOD:
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
    """Formation energy, distance to the hull, and the chance of being stable by that distance."""
    correction = "" if placement.correction in ("", "none") else f", {placement.correction}"
    origin = (
        f"{placement.potential} ({placement.model_sha256[:12]}), {placement.reference_set}"
        f"{correction}"
    )
    light, reason = ("amber", doubts[0]) if doubts else ("green", "")
    formation = Estimate(
        key="formation_energy",
        value=placement.formation_energy,
        unit="eV/atom",
        method="relaxation",
        origin=origin,
        light=light,
        reason=reason,
    )
    # Below the hull of the other phases a new one makes the hull: its distance is negative.
    distance = replace(
        formation, key="e_above_hull", value=placement.e_above_hull - placement.below_hull
    )
    if not math.isfinite(distance.value):
        return (formation,)
    errors = errors_of(placement.model_sha256)
    if errors is None:
        return formation, distance, _decided(distance)
    told = f"errors of {errors.n_crystals} known crystals, their formulas left out"
    low, high = errors.interval(distance.value)
    distance = replace(
        distance,
        low=low,
        high=high,
        error=errors.error(distance.value),
        origin=f"{origin}; {told}",
    )
    stability = replace(
        distance,
        key="stability",
        value=errors.chance_within(distance.value),
        unit="",
        low=None,
        high=None,
        error=None,
        origin=f"chance of lying within {1000 * STABLE:.0f} meV/atom of the hull, by the distance "
        f"of the relaxed crystal and the {told}; {origin}",
    )
    return formation, distance, stability


def _decided(distance: Estimate) -> Estimate:
    """Stability by a potential whose errors were never measured: 0 or 1."""
    return replace(
        distance,
        key="stability",
        value=float(distance.value <= STABLE),
        unit="",
        light="amber",
        reason="The errors of this potential's distances to the hull were never measured.",
        origin=f"{1000 * distance.value:.0f} meV/atom from the hull; {distance.origin}",
    )
