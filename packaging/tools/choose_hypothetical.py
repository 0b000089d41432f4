"""Choose what may become a hypothetical phase of the hull; `build_hypothetical.py` goes on.

    python packaging/tools/choose_hypothetical.py --work WORK

Taken are the crystals among the labels of the design heads that lie on the hull of known and made
ones together, and beside them, as the heads rank them: pairs of metals in the structures of known
alloys, and compounds with their working ion and their metal exchanged.
"""

import argparse
import math
from collections import Counter
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from designer_app.design.representation.tokens import MAX_SLOTS
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.specs.hull import HYPOTHETICAL_ID
from designer_app.specs.voltage import ION_CHARGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from designer_app.design.representation.library import PrototypeLibrary
    from designer_app.design.representation.tokens import TokenTable
    from designer_app.screening.reference.ledger import RelaxedPhase

STARTS = "starts.jsonl"
METALS = (
    *("Mg", "Al", "Si", "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga"),
    *("Ge", "Sr", "Y", "Zr", "Nb", "Mo", "Ru", "Rh", "Pd", "Ag", "In", "Sn", "Sb", "La", "Ce"),
    *("Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Bi"),
)
"""What alloys of two elements are made of."""
ION_LIKE = ("Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Zn", "Ag")
"""Elements whose place in a compound a working ion takes."""
EXCHANGED = (
    *("Al", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Ga", "Ge", "Y", "Zr", "Nb"),
    *("Mo", "Ru", "Rh", "In", "Sn", "Sb", "La", "Ta", "W", "Bi"),
)
"""Metals that take each other's place in compounds."""
ANIONS = ("O", "F", "S", "Cl", "Br", "I", "Se", "N")
CENTRES = ("P", "Si", "B", "C", "As", "Te", "H")
"""What else a compound may hold: the elements of its complex anions."""
MEMBERS = 3
"""Known crystals that a structure of an alloy must have."""
MOST_ATOMS = 20
"""In the primitive cell of what is exchanged."""
PROMISING = 0.02
"""eV/atom above the hull of other formulas, by the heads."""
A_SYSTEM = 5
"""Formulas of one chemical system that are asked."""
NEAR = 0.001
"""eV/atom above the hull of other known formulas: made crystals above it are not asked."""


def main() -> None:
    """Write what is to be relaxed."""
    from designer_app.screening.reference.ledger import Ledger

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--work", type=Path, required=True, help="folder of the ledgers")
    work: Path = parser.parse_args().work
    work.mkdir(parents=True, exist_ok=True)
    starts = Ledger(work / STARTS)
    there = {each.source for each in starts.read()}
    for found in (labelled(), exchanged()):
        new = [each for each in found if each.source not in there]
        starts.append(new)
        print(f"{len(found)} crystals, {len(new)} of them not chosen before", flush=True)


def labelled() -> "list[RelaxedPhase]":
    """Made crystals as the library makes them, one of a formula, with the energies of their labels:
    those on the hull that they have together with the known ones, small cells first.
    """
    from designer_app.design.heads.computed import read_computed
    from designer_app.design.heads.labels import KNOWN, formulas_of, fractions_of
    from designer_app.design.heads.rest_of_hull import RestOfHull
    from designer_app.design.representation.library import load_library
    from designer_app.design.representation.tokens import N_ELEMENTS
    from designer_app.screening.reference.ledger import RelaxedPhase
    from designer_app.screening.reference.table import known_alone

    library = load_library()
    crystals, _ = read_computed(library)
    made = crystals.rows((crystals.origin != KNOWN) & (crystals.column("e_above_hull") < NEAR))
    rest = RestOfHull(known_alone())
    fractions = fractions_of(made.table, library, N_ELEMENTS)
    energies = made.column("formation_energy") + fractions @ np.nan_to_num(rest.elements)
    formulas = formulas_of(made.table, library)
    lowest: dict[str, int] = {}
    for row in np.argsort(energies, kind="stable").tolist():
        lowest.setdefault(formulas[row], row)
    rows = np.array(sorted(lowest.values()))
    rows = rows[rest.keeps(fractions[rows], energies[rows])]
    n_atoms = library.n_atoms[made.table.prototype[rows]]
    found = []
    for row in rows[np.argsort(n_atoms, kind="stable")].tolist():
        structure = library.structure_of(library.tokens(made.table, row))
        named = replace(structure, name=f"{HYPOTHETICAL_ID}{formulas[row]}")
        energy = float(energies[row]) * len(structure)
        found.append(RelaxedPhase(named.name, named, energy, math.nan, 0, converged=False))
    return found


def exchanged() -> "list[RelaxedPhase]":
    """Metals in the structures of alloys, ions and metals in those of their compounds.

    Of each chemical system those formulas that the heads place lowest, in their best structure.
    """
    from designer_app.design.heads.ensemble import load_design_heads
    from designer_app.design.heads.labels import formulas_of
    from designer_app.design.heads.proposals import amounts_of_slots
    from designer_app.design.representation.library import known_tokens, load_library
    from designer_app.design.representation.tokens import TokenTable
    from designer_app.design.search.ranking import by_heads
    from designer_app.screening.charge_balance import balanced
    from designer_app.screening.reference.ledger import RelaxedPhase

    library = load_library()
    known, _ = known_tokens(library)
    table = TokenTable.joined([_alloys(library), _compounds(library, known)])
    print(f"{len(table)} exchanged", flush=True)
    said = by_heads(load_design_heads().bound(("e_above_hull",)), table).numbers["e_above_hull"][0]
    formulas = formulas_of(table, library)
    slots = library.slot_counts[table.prototype]
    taken: set[str] = set()
    of_system: Counter[tuple[int, ...]] = Counter()
    found = []
    for row in np.argsort(said, kind="stable").tolist():
        system = tuple(sorted(set(table.elements[row].tolist())))
        if said[row] > PROMISING:
            break
        if formulas[row] in taken or of_system[system] == A_SYSTEM:
            continue
        if balanced(amounts_of_slots(table.elements[row], slots[row]), "strict") is None:
            continue
        taken.add(formulas[row])
        of_system[system] += 1
        structure = library.structure_of(library.tokens(table, row))
        named = replace(structure, name=f"{HYPOTHETICAL_ID}{formulas[row]}-exchanged")
        found.append(RelaxedPhase(named.name, named, math.nan, math.nan, 0, converged=False))
    return sorted(found, key=lambda each: len(each.structure or ()))


def _alloys(library: "PrototypeLibrary") -> "TokenTable":
    """Each ordered pair of metals in each structure of two elements that is known often enough."""
    structures = [
        row
        for row, each in enumerate(library.prototypes)
        if each.n_members >= MEMBERS
        and np.count_nonzero(library.slot_counts[row]) == 2
        and library.n_atoms[row] <= MOST_ATOMS
    ]
    pairs = np.array(list(permutations((ATOMIC_NUMBERS[each] for each in METALS), 2)))
    elements = np.zeros((len(structures) * len(pairs), MAX_SLOTS), dtype=np.int64)
    for place, row in enumerate(structures):
        slots = np.flatnonzero(library.slot_counts[row])
        elements[place * len(pairs) : (place + 1) * len(pairs), slots] = pairs
    return _typical(library, np.repeat(structures, len(pairs)), elements)


def _compounds(library: "PrototypeLibrary", known: "TokenTable") -> "TokenTable":
    """Known compounds with other ions and metals in their place."""
    ions, metals, anions = (
        np.array([ATOMIC_NUMBERS[each] for each in symbols])
        for symbols in (ION_LIKE, EXCHANGED, ANIONS)
    )
    held = [set(row.tolist()) - {0} for row in known.elements]
    usual = {ATOMIC_NUMBERS[each] for each in (*ION_LIKE, *EXCHANGED, *ANIONS, *CENTRES)}
    rows = [
        row
        for row, elements in enumerate(held)
        if 2 <= len(elements) <= 4
        and elements <= usual
        and library.n_atoms[known.prototype[row]] <= MOST_ATOMS
        and len(elements.intersection(ions.tolist())) <= 1
        and len(elements.intersection(metals.tolist())) == 1
        and elements.intersection(anions.tolist())
    ]
    prototypes, found = [], []
    for row in rows:
        elements = known.elements[row]
        others = ION_CHARGES if np.isin(elements, ions).any() else ("",)
        for ion, metal in product(others, metals):
            new = np.where(np.isin(elements, ions), ATOMIC_NUMBERS.get(ion, 0), elements)
            new = np.where(np.isin(elements, metals), metal, new)
            if len(set(new.tolist())) == len(set(elements.tolist())):
                found.append(new)
                prototypes.append(known.prototype[row])
    return _typical(library, np.array(prototypes), np.array(found))


def _typical(
    library: "PrototypeLibrary", prototypes: "NDArray[np.int64]", elements: "NDArray[np.int64]"
) -> "TokenTable":
    """Each once, in the typical geometry and volume of its structure."""
    from designer_app.design.representation.tokens import N_GEOMETRY, TokenTable

    rows = np.unique(np.column_stack([prototypes, elements]), axis=0)
    return TokenTable(
        rows[:, 0],
        rows[:, 1:],
        library.log_volumes[rows[:, 0]].astype(np.float32),
        np.zeros((len(rows), N_GEOMETRY), dtype=np.float32),
    )


if __name__ == "__main__":
    main()
