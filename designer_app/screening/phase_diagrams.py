"""Chemical systems as the window draws them, and what pymatgen makes of the same phases."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from designer_app.screening.convex_hull import SAME_COMPOSITION, Hull
from designer_app.screening.reference.phases import ReferencePhase
from designer_app.specs.hull import DiagramPhase, HullPlacement, PhaseDiagram, PotentialRange

if TYPE_CHECKING:
    from pymatgen.analysis.phase_diagram import PhaseDiagram as PymatgenDiagram


def phase_diagram(hull: Hull, candidates: Sequence[HullPlacement] = ()) -> PhaseDiagram:
    """Points, tie lines and regions of a system: of one formula only the lowest phase.

    Candidates are drawn where they lie, also below the hull; the lines are those of the set.
    """
    distances = hull.distances()
    lowest: dict[str, int] = {}
    for index in np.argsort(hull.energies, kind="stable"):
        lowest.setdefault(hull.phases[index].formula, int(index))
    on_hull = set(hull.facets.ravel().tolist())
    order = sorted(lowest.values(), key=lambda index: (index not in on_hull, distances[index]))
    points = [
        DiagramPhase(
            formula=hull.phases[index].formula,
            source=hull.phases[index].source,
            shares=tuple(hull.fractions[index].tolist()),
            formation_energy=float(hull.energies[index]),
            e_above_hull=float(distances[index]),
        )
        for index in order
    ]
    place = {index: number for number, index in enumerate(order)}
    by_formula = {hull.phases[index].formula: place[index] for index in order}
    regions = {
        tuple(sorted(by_formula[hull.phases[int(index)].formula] for index in facet))
        for facet in hull.facets
    }
    lines = {pair for region in regions for pair in combinations(region, 2)}
    points += [
        DiagramPhase(
            formula=each.formula,
            source="",
            shares=tuple(hull.fractions_of(dict(each.amounts)).tolist()),
            formation_energy=each.formation_energy,
            e_above_hull=each.e_above_hull - each.below_hull,
            is_candidate=True,
        )
        for each in candidates
    ]
    return PhaseDiagram(
        elements=hull.elements,
        phases=tuple(points),
        tie_lines=tuple(sorted(lines)),
        regions=tuple(sorted(regions)),
        origin=hull.origin,
    )


def chemical_potentials(hull: Hull, composition: Mapping[str, float]) -> tuple[PotentialRange, ...]:
    """Between which chemical potentials of each element the phase of a composition is stable.

    It is in equilibrium wherever mu . x = e for itself and mu . x_i <= e_i for the others: a
    polytope whose corners are the facets that it belongs to. Empty where no phase of this
    composition lies on the hull.
    """
    x = hull.fractions_of(composition)
    is_it = np.abs(hull.fractions[hull.facets] - x).max(axis=2) < SAME_COMPOSITION
    corners = hull.potentials[is_it.any(axis=1)]
    if not len(corners):
        return ()
    return tuple(
        PotentialRange(
            element=element,
            low=float(corners[:, column].min()) if x[column] > 0 else -np.inf,
            high=float(corners[:, column].max()),
        )
        for column, element in enumerate(hull.elements)
    )


def pymatgen_diagram(phases: Sequence[ReferencePhase]) -> "PymatgenDiagram":
    """The same phases as a phase diagram of pymatgen, for whatever else it can do with them."""
    from pymatgen.analysis.phase_diagram import PDEntry
    from pymatgen.analysis.phase_diagram import PhaseDiagram as PymatgenDiagram
    from pymatgen.core import Composition

    entries = [
        PDEntry(Composition(dict(phase.composition)), phase.energy, name=phase.source)
        for phase in phases
    ]
    return PymatgenDiagram(entries)
