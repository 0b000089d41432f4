"""Energies of decided crystals as they stand, before anything is relaxed: the last cheap judge.

One energy of the crystal and one of its host without the working ion, by the potential of the
reference set, give the distance to the hull and the voltage

    V = (E_host + x mu_ion - E) / (z x)

as the crystal was made. Relaxation lowers both energies, so these are an upper bound of the
distance and a doubtful voltage, but they come from the same potential that will judge, and are
fooled by nothing that fools heads. A few steps of relaxation, of the crystal and of the host it
leaves, cost thirty times as much and tell nearly what a full one does.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from designer_app.design.heads.rest_of_hull import RestOfHull
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.errors import MissingReferenceError
from designer_app.io.formulas import amounts_of
from designer_app.potentials.base import Potential
from designer_app.properties.single_points import energies_of
from designer_app.relaxation import relax
from designer_app.running.control import RunControl
from designer_app.screening.convex_hull import Hull, hull_for
from designer_app.screening.reference.relaxing import REFERENCE_GOAL, Inner
from designer_app.screening.reference.table import ReferenceTable
from designer_app.specs.structure import Structure
from designer_app.specs.voltage import ION_CHARGES

Floats = NDArray[np.float64]
STEPS = 5
"""Of a brief relaxation. Against full ones, 60 proposals each (`bench single-points`): rank
correlation of distances to the hull .97 for sodium cathodes (.55 as made), .92 for magnesium
cathodes (.54), .92 for electrolytes (.67), 1.00 for alloys (.84 at their best volumes); of 115
voltages 0.03 V too high in the median (0.59)."""
_STRETCH, _FARTHEST = 0.06, 2.5
"""Of ln V between the volumes of a parabola, and how many of these its minimum may be away."""


@dataclass(frozen=True, eq=False)
class Points:
    """Single points of n crystals; NaN where there is none."""

    e_above_hull: Floats
    """eV/atom above the hull of all known phases, negative below."""
    voltage: Floats
    """V against the metal of the ion, all ions removed at once."""

    def rows(self, chosen: NDArray[np.int64]) -> "Points":
        """Some of them."""
        return Points(self.e_above_hull[chosen], self.voltage[chosen])


class PointJudge:
    """A potential with its reference set."""

    def __init__(self, potential: Potential, table: ReferenceTable) -> None:
        self.potential, self.table = potential, table
        self._hulls: dict[tuple[str, ...], Hull | None] = {}

    @property
    def origin(self) -> str:
        """Potential and reference set, as numbers show them."""
        model = f"{self.potential.key} {self.potential.model}".strip()
        return f"{model} ({self.potential.model_sha256[:12]}), {self.table.name}"

    def judged(self, structures: Sequence[Structure], ion: str, control: RunControl) -> Points:
        """Distances to the hull, and voltages where an ion is asked, at the geometry given."""
        inner = Inner(control)
        n = len(structures)
        energies = self._energies(structures, "Energies as decoded", inner, control)
        distances = np.array(
            [self.distance(*pair) for pair in zip(structures, energies, strict=True)]
        )
        voltages = np.full(n, np.nan)
        if ion:
            hosts = [without(each, ion) for each in structures]
            chosen = [
                place
                for place, host in enumerate(hosts)
                if host is not None and math.isfinite(distances[place])
            ]
            found = self._energies(
                [host for place in chosen if (host := hosts[place]) is not None],
                "Energies without the ion",
                inner,
                control,
            )
            for place, energy in zip(chosen, found, strict=True):
                voltages[place] = self.voltage(structures[place], ion, energies[place], energy)
        return Points(distances, voltages)

    def best_volumes(self, structures: Sequence[Structure], control: RunControl) -> list[float]:
        """A^3 of each cell at the minimum of the parabola through energies at three volumes."""
        control.progress(0, 3, "Volumes of alloys")
        lengths = np.exp(np.array([-_STRETCH, 0.0, _STRETCH]) / 3.0)
        several = [scaled(each, length) for length in lengths.tolist() for each in structures]
        found = self._energies(several, "Volumes of alloys", Inner(control), control)
        low, middle, high = np.array(found).reshape(3, len(structures))
        with np.errstate(invalid="ignore", divide="ignore"):
            bend, slope = low - 2.0 * middle + high, 0.5 * (high - low)
            away = np.where(bend > 0.0, -slope / bend, -np.sign(slope) * np.inf)
        shift = _STRETCH * np.nan_to_num(np.clip(away, -_FARTHEST, _FARTHEST))
        return [each.volume * float(np.exp(by)) for each, by in zip(structures, shift, strict=True)]

    def settled(
        self, structures: Sequence[Structure], ion: str, control: RunControl, steps: int = STEPS
    ) -> Points:
        """The same after a few steps of relaxation, cells included."""
        control.progress(0, 2, "A few steps of relaxation")
        ends = self._moved(structures, steps, control)
        distances = np.array([self.distance(*pair) for pair in ends])
        voltages = np.full(len(structures), np.nan)
        if not ion:
            return Points(distances, voltages)
        hosts = {
            place: host
            for place, (structure, _) in enumerate(ends)
            if math.isfinite(distances[place]) and (host := without(structure, ion)) is not None
        }
        control.progress(1, 2, "The same without the ion")
        found = self._moved(list(hosts.values()), steps, control)
        for place, (_, energy) in zip(hosts, found, strict=True):
            structure, whole = ends[place]
            voltages[place] = self.voltage(structure, ion, whole, energy)
        return Points(distances, voltages)

    def leads(self, fractions: Floats) -> Floats:
        """(n,) eV/atom of `RestOfHull.lead` for (n, N_ELEMENTS) atomic fractions."""
        return np.array([self._rest.lead(each) for each in fractions.astype(np.float64)])

    @cached_property
    def _rest(self) -> RestOfHull:
        return RestOfHull(self.table)

    def _moved(
        self, structures: Sequence[Structure], steps: int, control: RunControl
    ) -> list[tuple[Structure, float]]:
        """Structures after some steps with their energies in eV; infinite where one is lost."""
        goal = replace(REFERENCE_GOAL, steps=steps)
        ends = relax(structures, self.potential, goal, control=Inner(control))
        return [(end.structure, end.energy if end.error is None else math.inf) for end in ends]

    def _energies(
        self, structures: Sequence[Structure], told: str, inner: RunControl, control: RunControl
    ) -> list[float]:
        """EV of each, the sizes sorted so that batches are full."""
        order = sorted(range(len(structures)), key=lambda place: len(structures[place]))
        found = [math.inf] * len(structures)
        step = 256
        for start in range(0, len(order), step):
            control.checkpoint()
            control.progress(start, len(order), told)
            places = order[start : start + step]
            energies = energies_of([structures[place] for place in places], self.potential, inner)
            for place, energy in zip(places, energies, strict=True):
                found[place] = energy
        return found

    def distance(self, structure: Structure, energy: float) -> float:
        """EV/atom of a crystal above the hull, from its energy in eV; negative below."""
        if not math.isfinite(energy):
            return math.nan
        amounts = amounts_of(structure.numbers)
        hull = self._hull(amounts)
        if hull is None:
            return math.nan
        x = hull.fractions_of(amounts)
        formation = energy / len(structure) - float(x @ hull.element_energies)
        return formation - float(hull.energies_at(x[None])[0])

    def voltage(self, structure: Structure, ion: str, whole: float, host: float) -> float:
        """V by the energies (eV) of a crystal and of its host without any ion; NaN without one."""
        count = int((structure.numbers == ATOMIC_NUMBERS[ion]).sum())
        gained = host + count * self._metal(ion) - whole
        return gained / (count * ION_CHARGES[ion]) if math.isfinite(gained) else math.nan

    def _hull(self, amounts: Mapping[str, float]) -> Hull | None:
        elements = tuple(sorted(amounts))
        if elements not in self._hulls:
            try:
                found = hull_for(elements, self.table.in_system(elements), self.table.origin)
            except MissingReferenceError:
                found = None
            self._hulls[elements] = found
        return self._hulls[elements]

    def _metal(self, ion: str) -> float:
        """eV/atom of the ion's metal in the reference set."""
        hull = self._hull({ion: 1.0})
        return math.nan if hull is None else float(hull.element_energies[0])


def scaled(structure: Structure, length: float) -> Structure:
    """With all lengths multiplied."""
    return replace(structure, positions=length * structure.positions, cell=length * structure.cell)


def without(structure: Structure, ion: str) -> Structure | None:
    """The host; None where nothing is left of it, or nothing goes."""
    kept = structure.numbers != ATOMIC_NUMBERS[ion]
    if kept.all() or not kept.any():
        return None
    return Structure(
        structure.numbers[kept], structure.positions[kept], structure.cell, structure.pbc
    )


def elements_of(table: ReferenceTable) -> frozenset[str]:
    """Symbols of the elements that a reference set has a phase of."""
    return frozenset(SYMBOLS[number] for number in np.unique(table.arrays["elements"]).tolist())
