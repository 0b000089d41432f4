"""The convex hull of a chemical system: which mixture of phases has the lowest energy.

At each composition x (atomic fractions) the hull is the lowest energy of a mixture,
E(x) = min sum c_i e_i with sum c_i x_i = x. Its lower facets each belong to one set of chemical
potentials mu with mu . x_i <= e_i for all phases, and E(x) = max over facets of mu . x: so a
system's facets are found once, and a composition is then placed by one product of matrices.
pymatgen's `PhaseDiagram` gives the same numbers (the tests compare) at some 10 ms a composition.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.spatial import ConvexHull, QhullError

from designer_app.errors import MissingReferenceError
from designer_app.io.formulas import formula, reduced
from designer_app.screening.reference.phases import ReferencePhase
from designer_app.specs.hull import ON_HULL, HullOrigin, HullPlacement

Floats = NDArray[np.float64]

SAME_COMPOSITION = 1e-6
"""Atomic fractions nearer than this are one composition."""
SAME_ENERGY = 1e-7
"""eV/atom: below the single precision of a network's energies."""
_FLAT = 1e-9
"""Determinant of compositions, or component of a facet's normal, that counts as zero."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """The phases of lowest energy at a composition."""

    energy: float
    """Formation energy, eV/atom."""
    members: tuple[int, ...]
    """Indices of the phases."""
    shares: tuple[float, ...]
    """Of the atoms."""


class Hull:
    """Phases of one chemical system, all relaxed with one potential."""

    def __init__(
        self, elements: Collection[str], phases: Iterable[ReferencePhase], origin: HullOrigin
    ) -> None:
        self.elements = tuple(sorted(elements))
        """In the order of all arrays."""
        chosen = set(self.elements)
        self.phases = tuple(phase for phase in phases if chosen.issuperset(phase.composition))
        self.origin = origin
        self.fractions = self._fractions_of(phase.composition for phase in self.phases)
        """(n_phases, n_elements)."""
        energies = np.array([phase.energy_per_atom for phase in self.phases], dtype=np.float64)
        self.element_energies = self._element_energies(energies)
        """eV/atom of the most stable phase of each element."""
        self.energies = energies - self.fractions @ self.element_energies
        """Formation energies of the phases, eV/atom."""
        self.facets, self.potentials = self._facets()
        """(n_facets, n_elements) indices of phases, and chemical potentials, eV against the
        elements."""

    # --- asking ---

    def place(self, composition: Mapping[str, float], energy_per_atom: float) -> HullPlacement:
        """Where a composition of this energy (eV/atom, same potential) lies."""
        x = self.fractions_of(composition)
        formation = float(energy_per_atom - x @ self.element_energies)
        mixture = self.mixture(x)
        distance = formation - mixture.energy
        reaction = None
        if distance < ON_HULL and np.count_nonzero(x) > 1:
            others = np.abs(self.fractions - x).max(axis=1) > SAME_COMPOSITION
            reaction = formation - self.mixture_of(x, np.flatnonzero(others)).energy
        unit, _ = reduced({element: n for element, n in composition.items() if n})
        return HullPlacement(
            formula=formula(unit),
            amounts=tuple(unit.items()),
            energy=float(energy_per_atom),
            formation_energy=formation,
            e_above_hull=max(0.0, distance),
            below_hull=max(0.0, -distance),
            decomposition=tuple(
                (self.phases[member].formula, share, self.phases[member].source)
                for member, share in zip(mixture.members, mixture.shares, strict=True)
            ),
            equilibrium_reaction_energy=reaction,
            potential=self.origin.potential,
            model_sha256=self.origin.model_sha256,
            reference_set=self.origin.reference_set,
            correction=self.origin.correction,
        )

    def mixture(self, x: Floats) -> Mixture:
        """The phases of lowest energy at atomic fractions x."""
        best = int(np.argmax(self.potentials @ x))
        facet = self.facets[best]
        shares: Floats = np.linalg.solve(self.fractions[facet].T, x).astype(np.float64)
        if shares.min() < -SAME_COMPOSITION:  # facets too flat to be told apart were dropped
            return self.mixture_of(x, np.arange(len(self.phases)))
        return _mixture(facet, shares, self.energies)

    def mixture_of(self, x: Floats, allowed: NDArray[np.int64]) -> Mixture:
        """The phases of lowest energy among some of them, by their indices (linear programming)."""
        found = linprog(
            self.energies[allowed], A_eq=self.fractions[allowed].T, b_eq=x, method="highs"
        )
        if found.x is None:
            raise self._missing(self.elements[int(np.argmax(x))])
        return _mixture(allowed, found.x, self.energies)

    def energies_at(self, x: Floats) -> Floats:
        """Hull energies at many compositions (n, n_elements), eV/atom against the elements."""
        return (x @ self.potentials.T).max(axis=1)

    def distances(self) -> Floats:
        """Energy above the hull of each phase, eV/atom."""
        return np.maximum(self.energies - self.energies_at(self.fractions), 0.0)

    def fractions_of(self, composition: Mapping[str, float]) -> Floats:
        """Atomic fractions; raises `MissingReferenceError` for an element that is not here."""
        for element, amount in composition.items():
            if amount and element not in self.elements:
                raise self._missing(element)
        return self._fractions_of([composition])[0]

    def with_phases(self, added: Sequence[ReferencePhase], said: str) -> "Hull":
        """The hull with more phases of the same potential; `said` joins the set's name."""
        named = replace(self.origin, reference_set=f"{self.origin.reference_set} {said}")
        return Hull(self.elements, (*self.phases, *added), named)

    def without_formula(self, composition: Mapping[str, float]) -> "Hull":
        """The hull of all phases of other formulas."""
        x = self.fractions_of(composition)
        kept = np.abs(self.fractions - x).max(axis=1) > SAME_COMPOSITION
        said = f"{self.origin.reference_set} without {formula(reduced(composition)[0])}"
        phases = [phase for phase, stays in zip(self.phases, kept, strict=True) if stays]
        return Hull(self.elements, phases, replace(self.origin, reference_set=said))

    # --- building ---

    def _fractions_of(self, compositions: Iterable[Mapping[str, float]]) -> Floats:
        rows = [[each.get(element, 0.0) for element in self.elements] for each in compositions]
        amounts = np.array(rows, dtype=np.float64).reshape(-1, len(self.elements))
        return amounts / amounts.sum(axis=1, keepdims=True)

    def _element_energies(self, energies: Floats) -> Floats:
        found = np.empty(len(self.elements))
        for column, element in enumerate(self.elements):
            pure = self.fractions[:, column] > 1.0 - SAME_COMPOSITION
            if not pure.any():
                raise self._missing(element)
            found[column] = energies[pure].min()
        return found

    def _missing(self, element: str) -> MissingReferenceError:
        return MissingReferenceError(element, self.origin.potential, self.origin.reference_set)

    def _facets(self) -> tuple[NDArray[np.int64], Floats]:
        """Lower facets: of phases that lie below the line between the elements, and of those."""
        corners = [
            int(np.argmin(np.where(column > 1.0 - SAME_COMPOSITION, self.energies, np.inf)))
            for column in self.fractions.T
        ]
        below = np.flatnonzero(self.energies < -SAME_ENERGY)
        chosen = np.array([*corners, *below], dtype=np.int64)
        elements_alone = np.arange(len(corners))[None]
        simplices = elements_alone
        if len(below):
            points = np.column_stack([self.fractions[chosen, 1:], self.energies[chosen]])
            roof = [1.0 / len(corners)] * (len(corners) - 1) + [1.0]
            simplices = _lower_facets(np.vstack([points, roof]), elements_alone)
        facets = chosen[simplices]
        potentials = []
        kept = []
        for facet in facets:
            corner_fractions = self.fractions[facet]
            if abs(np.linalg.det(corner_fractions)) < _FLAT:
                continue
            mu = np.linalg.solve(corner_fractions, self.energies[facet])
            if (self.energies - self.fractions @ mu).min() > -SAME_ENERGY:
                kept.append(facet)
                potentials.append(mu)
        return np.array(kept, dtype=np.int64), np.array(potentials)


def _mixture(members: NDArray[np.int64], shares: Floats, energies: Floats) -> Mixture:
    counted = [
        (int(member), float(share))
        for member, share in zip(members, shares, strict=True)
        if share > SAME_COMPOSITION
    ]
    counted.sort(key=lambda pair: -pair[1])
    total = sum(share for _, share in counted)
    return Mixture(
        energy=float(sum(energies[member] * share for member, share in counted)) / total,
        members=tuple(member for member, _ in counted),
        shares=tuple(share / total for _, share in counted),
    )


def _lower_facets(points: Floats, otherwise: NDArray[np.int64]) -> NDArray[np.int64]:
    """Facets that look down; the last point, far above all, belongs to none of them."""
    try:
        hull = ConvexHull(points, qhull_options="Qt Qc" if points.shape[1] < 5 else "Qt Qx Qc")
    except QhullError:  # phases a rounding error below the elements' line
        return otherwise
    looks_down = hull.equations[:, -2] < -_FLAT
    has_roof = (hull.simplices == len(points) - 1).any(axis=1)
    return hull.simplices[looks_down & ~has_roof].astype(np.int64)


def hull_for(
    elements: Collection[str], phases: Iterable[ReferencePhase], origin: HullOrigin
) -> Hull:
    """The hull of the phases that hold only these elements.

    Raises `MissingReferenceError` where an element has no phase of its own.
    """
    return Hull(elements, phases, origin)
