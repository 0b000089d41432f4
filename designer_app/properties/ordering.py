"""Make an ordered cell: whole atoms on shared and partly occupied sites, ranked by electrostatics.

The smallest compact supercell that makes the occupancies whole is filled so that the Ewald energy
of the formal charges is low. The Ewald matrix comes from pymatgen; the search over arrangements is
our own, because pymatgen's `OrderDisorderedStructureTransformation` can be neither paused nor
cancelled and needs hours for cells like that of Li10GeP2S12. Small cells are enumerated, larger
ones annealed by swaps (Kirkpatrick et al. 1983, doi:10.1126/science.220.4598.671).
"""

from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import InvalidSpecError, MissingCellError
from designer_app.io.disorder import Occupancy, disordered_sites
from designer_app.io.documents import Document
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.properties.arrangements import Arrangement, Sublattice, best_arrangements
from designer_app.properties.charges import oxidation_states
from designer_app.provenance import Provenance, now
from designer_app.running.control import RunControl
from designer_app.specs.order import OrderSpec
from designer_app.specs.structure import Structure

VACANCY = ""
"""Stands for "nothing" among the species of a site."""
_EXACT = 1e-6
LONGEST = 3.0
"""Elongation up to which a cell is compact: in a rod each atom would see rows of its own images."""


@dataclass(frozen=True)
class Filling:
    """How many times the cell is repeated, and what each kind of site then holds."""

    repeats: tuple[int, int, int]
    counts: tuple[dict[str, int], ...]
    """Whole atoms (and vacancies) of each kind of site, in the order of `kinds`."""
    error: float
    """Largest change of an occupancy."""


def ordered_cells(spec: OrderSpec, control: RunControl) -> dict[str, Any]:
    """`documents`, best first, with `ewald_energies_eV_atom`, `charges` and what was changed.

    Raises `InvalidSpecError` where nothing is disordered or no cell fits, `MissingCellError`.
    """
    structure = spec.structure
    if not all(structure.pbc) or structure.volume == 0:
        raise MissingCellError("making an ordered cell")
    if not disordered_sites(spec.occupancies):
        raise InvalidSpecError("structure", structure.name, "every site is whole already")
    shares = tuple(_filled_up(each) for each in spec.occupancies)
    kinds, kind_of = _kinds(shares)
    sizes = np.bincount(kind_of, minlength=len(kinds))
    filling = smallest_filling(structure, kinds, sizes, spec)
    repeats = prod(filling.repeats)
    control.progress(0, 1, "Electrostatics")
    positions, cell = _repeated(structure, filling.repeats)
    site_kind = np.tile(kind_of, repeats)
    charges, told = _charges(structure, spec.occupancies)
    interaction = ewald_matrix(positions, cell)
    control.checkpoint()
    sublattices = [
        Sublattice(np.flatnonzero(site_kind == kind), counts, charges)
        for kind, counts in enumerate(filling.counts)
    ]
    found = best_arrangements(sublattices, interaction, spec.candidates, spec.seed, control)
    changes = _changes(kinds, filling, sizes * repeats)
    documents = tuple(
        _document(each, positions, cell, structure, spec, rank, (*told, *changes))
        for rank, each in enumerate(found)
    )
    return {
        "documents": documents,
        "ewald_energies_eV_atom": [
            each.energy / max(len(document), 1)
            for each, document in zip(found, documents, strict=True)
        ],
        "charges": {species: charge for species, charge in charges.items() if species},
        "repeats": filling.repeats,
        "occupancy_error": filling.error,
        "changes": list(changes),
    }


def _filled_up(shares: Occupancy) -> Occupancy:
    """Shares with the vacancy named; more than 1 by rounding is scaled back."""
    total = sum(shares.values())
    scaled = {each: share / max(total, 1.0) for each, share in shares.items()}
    empty = 1.0 - sum(scaled.values())
    return {**scaled, VACANCY: empty} if empty > 1e-3 else scaled


def _kinds(shares: tuple[Occupancy, ...]) -> tuple[list[Occupancy], NDArray[np.int64]]:
    """The different kinds of sites, and the kind of each site."""
    known: dict[tuple[tuple[str, float], ...], int] = {}
    kinds: list[Occupancy] = []
    kind_of = np.empty(len(shares), dtype=np.int64)
    for site, each in enumerate(shares):
        key = tuple(sorted((species, round(share, 4)) for species, share in each.items()))
        if key not in known:
            known[key] = len(kinds)
            kinds.append(each)
        kind_of[site] = known[key]
    return kinds, kind_of


def smallest_filling(
    structure: Structure, kinds: list[Occupancy], sizes: NDArray[np.int64], spec: OrderSpec
) -> Filling:
    """The smallest compact supercell whose whole atoms keep every occupancy within the tolerance.

    Where all that fit are rods or plates, the most compact. Raises `InvalidSpecError` with the
    nearest miss.
    """
    atoms_per_cell = sum(
        size * (1.0 - kind.get(VACANCY, 0.0)) for kind, size in zip(kinds, sizes, strict=True)
    )
    best: Filling | None = None
    fitting: list[Filling] = []
    for times in range(1, max(int(spec.max_atoms / max(atoms_per_cell, 1e-9)), 0) + 1):
        counts = tuple(
            _whole(kind, int(size) * times) for kind, size in zip(kinds, sizes, strict=True)
        )
        error = max(
            abs(held[species] / (size * times) - share)
            for kind, held, size in zip(kinds, counts, sizes, strict=True)
            for species, share in kind.items()
        )
        filling = Filling(_shape(structure.cell, times), counts, float(error))
        if best is None or error < best.error - _EXACT:
            best = filling
        if error <= spec.tolerance + _EXACT:
            fitting.append(filling)
            if elongation(structure.cell, filling.repeats) <= LONGEST:
                return filling
    if fitting:
        return min(fitting, key=lambda each: elongation(structure.cell, each.repeats))
    if best is None:
        raise InvalidSpecError(
            "max_atoms", spec.max_atoms, f"one cell alone holds {atoms_per_cell:.0f} atoms"
        )
    raise InvalidSpecError(
        "tolerance",
        spec.tolerance,
        f"with at most {spec.max_atoms} atoms an occupancy must move by {best.error:.3f}; "
        "allow that, or allow more atoms",
    )


def _whole(kind: Occupancy, sites: int) -> dict[str, int]:
    """Whole numbers nearest to the shares, together `sites` (largest remainders first)."""
    exact = {species: share * sites for species, share in kind.items()}
    counts = {species: int(np.floor(each + _EXACT)) for species, each in exact.items()}
    by_remainder = sorted(exact, key=lambda each: counts[each] - exact[each])
    for species in by_remainder[: sites - sum(counts.values())]:
        counts[species] += 1
    return counts


def elongation(cell: NDArray[np.float64], repeats: tuple[int, int, int]) -> float:
    """Longest edge of a supercell over the diameter of the sphere that fits between its faces."""
    edges = np.linalg.norm(cell, axis=1) * repeats
    heights = np.array(repeats) / np.linalg.norm(np.linalg.inv(cell), axis=0)
    return round(float(edges.max() / heights.min()), 6)


def _shape(cell: NDArray[np.float64], times: int) -> tuple[int, int, int]:
    """Repeats along a, b, c with that product, as near to a cube as can be."""
    shapes = [
        (a, b, times // (a * b))
        for a, b in product(range(1, times + 1), repeat=2)
        if times % (a * b) == 0
    ]
    return min(shapes, key=lambda shape: (elongation(cell, shape), shape[::-1]))


def _repeated(
    structure: Structure, repeats: tuple[int, int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    shifts = np.array(list(product(*(range(n) for n in repeats)))) @ structure.cell
    positions = (structure.positions[None, :, :] + shifts[:, None, :]).reshape(-1, 3)
    return positions, structure.cell * np.array(repeats)[:, None]


def _charges(
    structure: Structure, occupancies: tuple[Occupancy, ...]
) -> tuple[dict[str, float], tuple[str, ...]]:
    """(charge of each species, what the user should know about them)."""
    amounts = amounts_of(structure.numbers, occupancies)
    if "X" in amounts:
        raise InvalidSpecError("structure", structure.name, "a site holds an unknown species")
    states = oxidation_states(amounts)
    if states is not None:
        return {**states.charges, VACANCY: 0.0}, (states.sentence,)
    from pymatgen.core import Element

    pull = {each: float(Element(each).X) for each in amounts}
    mean = sum(pull[each] * amount for each, amount in amounts.items()) / sum(amounts.values())
    spread = {each: mean - value for each, value in pull.items()}
    if max(abs(value) for value in spread.values()) < _EXACT:
        spread = {each: float(rank) for rank, each in enumerate(sorted(amounts))}
    told = "No common oxidation states balance this composition; unlike species were alternated."
    return {**spread, VACANCY: 0.0}, (told,)


def ewald_matrix(positions: NDArray[np.float64], cell: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, n) M in eV/e^2 with which charges q have the Ewald energy q M q.

    A cell that is not neutral has a neutralising background, which shifts all arrangements alike.
    """
    from pymatgen.analysis.ewald import EwaldSummation
    from pymatgen.core import Lattice
    from pymatgen.core import Structure as PymatgenStructure

    unit = PymatgenStructure(
        Lattice(cell), ["H+"] * len(positions), positions, coords_are_cartesian=True
    )
    matrix = np.array(EwaldSummation(unit).total_energy_matrix, dtype=np.float64)
    return (matrix + matrix.T) / 2


def _changes(kinds: list[Occupancy], filling: Filling, sizes: NDArray[np.int64]) -> tuple[str, ...]:
    moved = []
    for kind, held, size in zip(kinds, filling.counts, sizes, strict=True):
        for species, share in kind.items():
            if species and abs(held[species] / size - share) > 5e-4:
                moved.append(f"{species} {share:.3f} to {held[species] / size:.3f}")
    return (f"Occupancies were moved: {', '.join(moved)}.",) if moved else ()


def _document(
    arrangement: Arrangement,
    positions: NDArray[np.float64],
    cell: NDArray[np.float64],
    structure: Structure,
    spec: OrderSpec,
    rank: int,
    warnings: tuple[str, ...],
) -> Document:
    held = [(site, species) for site, species in enumerate(arrangement.species) if species]
    sites = np.array([site for site, _ in held], dtype=np.int64)
    numbers = np.array([ATOMIC_NUMBERS[species] for _, species in held], dtype=np.int64)
    unit, _ = reduced(amounts_of(numbers))
    ordered = Structure(
        numbers=numbers,
        positions=positions[sites],
        cell=cell,
        pbc=(True, True, True),
        name=f"{structure.name or formula(unit)} ordered {rank + 1}",
    )
    document = Document.from_structure(ordered, made_by="order", warnings=warnings)
    provenance = Provenance(made_by="order", source=structure.name, seed=spec.seed, created=now())
    return replace(document, provenance=provenance)
