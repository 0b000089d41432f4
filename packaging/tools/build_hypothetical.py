"""Make the hypothetical phases of the hull: crystals that stand in for known ones that are missing.

    python packaging/tools/build_hypothetical.py choose --work WORK
    python packaging/tools/build_hypothetical.py relax --work WORK
    DESIGNER_APP_DATA=DIR python packaging/tools/build_hypothetical.py pack --work WORK

The known crystals are a part of all that is known: a candidate beside a compound that is missing
would lie far below their hull. `choose` takes the crystals among the labels of the design heads
that lie on the hull of known and made ones together, and beside them, as the heads rank them:
pairs of metals in the structures of known alloys, and compounds with their working ion and their
metal exchanged. `relax` relaxes each with CHGNet and appends the ends to ledgers in WORK; it
goes on where it was stopped. `pack` keeps what is still on the hull, is no known crystal, and lets
all known crystals that are stable by the tables or textbooks stay on it, and writes
resources/data/hypothetical-chgnet-0.3.0.npz. `designer-app bench hull` prints what they do to
distances that are tabulated: where the hull was whole before, they should change nothing.
"""

import argparse
import math
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from designer_app.design.representation.tokens import MAX_SLOTS
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.specs.hull import HYPOTHETICAL_ID
from designer_app.specs.voltage import ION_CHARGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from designer_app.design.heads.rest_of_hull import RestOfHull
    from designer_app.design.representation.library import PrototypeLibrary
    from designer_app.design.representation.tokens import TokenTable
    from designer_app.screening.reference.ledger import RelaxedPhase
    from designer_app.screening.reference.table import ReferenceTable

    Floats = NDArray[np.float64]

CHUNK = 24
"""Crystals that are relaxed together and then written."""
MODEL = ("chgnet", "0.3.0")
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
LARGEST_EXPANSION = 0.6
"""|ln(V/V0)| of a relaxation beyond which the crystal became another one."""
TARGET = Path(__file__).resolve().parents[2] / "resources" / "data"
NEAR = 0.001
"""eV/atom above the hull of other known formulas: made crystals above it are not asked."""
HARM = 0.015
"""eV/atom by which no phase may raise a known crystal that is stable."""
SHARE = 0.01
"""Of the atoms, above which a phase is part of a mixture."""
SAME = 1e-6
"""eV/atom within which a phase lies on a hull."""


def main() -> None:
    """Run one stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("stage", choices=("choose", "relax", "pack"))
    parser.add_argument("--work", type=Path, required=True, help="folder of the ledgers")
    parser.add_argument("--data", type=Path, help="folder of the published data")
    parser.add_argument("--workers", type=int, default=2, help="processes, one thread each")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker is not None:
        relax_share(given)
    else:
        {"choose": choose, "relax": start_workers, "pack": pack_table}[given.stage](given)


def choose(given: argparse.Namespace) -> None:
    """Write what is to be relaxed."""
    from designer_app.screening.reference.ledger import Ledger

    given.work.mkdir(parents=True, exist_ok=True)
    starts = Ledger(given.work / STARTS)
    there = {each.source for each in starts.read()}
    for found in (labelled(), exchanged()):
        new = [each for each in found if each.source not in there]
        starts.append(new)
        print(f"{len(found)} crystals, {len(new)} of them not chosen before", flush=True)


def start_workers(given: argparse.Namespace) -> None:
    """One process a share, with one thread each."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, __file__, *sys.argv[1:]]
    running = [
        subprocess.Popen([*command, "--worker", str(number)], env=environment)
        for number in range(given.workers)
    ]
    sys.exit(max(process.wait() for process in running))


def relax_share(given: argparse.Namespace) -> None:
    """Relax every `workers`-th chunk of what no ledger holds yet."""
    from designer_app.device import Compute
    from designer_app.potentials import load_potential
    from designer_app.screening.reference.ledger import Ledger
    from designer_app.screening.reference.relaxing import relax_phases
    from designer_app.state import set_threads

    compute = Compute("cpu", "float32", 1)
    set_threads(compute)
    potential = load_potential(*MODEL, compute)
    done = {
        phase.source for path in given.work.glob("phases-*.jsonl") for phase in Ledger(path).read()
    }
    starts = [each.structure for each in Ledger(given.work / STARTS).read()]
    left = [each for each in starts if each is not None and each.name not in done]
    mine = [left[at : at + CHUNK] for at in range(0, len(left), CHUNK)][
        given.worker :: given.workers
    ]
    ledger, began, n_done = Ledger(given.work / f"phases-{given.worker}.jsonl"), time.monotonic(), 0
    for chunk in mine:
        ledger.append(relax_phases(chunk, potential))
        n_done += len(chunk)
        rate = n_done / (time.monotonic() - began)
        n_left = sum(map(len, mine)) - n_done
        print(f"worker {given.worker}: {n_done} done, {rate:.2f}/s, {n_left} left", flush=True)


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

    library = load_library()
    crystals, _ = read_computed(library)
    made = crystals.rows((crystals.origin != KNOWN) & (crystals.column("e_above_hull") < NEAR))
    rest = RestOfHull(_known())
    fractions = fractions_of(made.table, library, N_ELEMENTS)
    energies = made.column("formation_energy") + fractions @ np.nan_to_num(rest.elements)
    formulas = formulas_of(made.table, library)
    lowest: dict[str, int] = {}
    for row in np.argsort(energies, kind="stable").tolist():
        lowest.setdefault(formulas[row], row)
    rows = np.array(sorted(lowest.values()))
    rows = rows[on_the_hull(fractions[rows], energies[rows], rest)]
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


def on_the_hull(fractions: "Floats", energies: "Floats", rest: "RestOfHull") -> "NDArray[np.bool_]":
    """(n,) whether each phase is one of the hull of all these and the reference phases."""
    from scipy.optimize import linprog

    every = np.vstack([fractions, rest.fractions])
    energy = np.r_[energies, rest.energies]
    has = every > 0
    n_elements = has.sum(axis=1)
    found = np.zeros(len(fractions), dtype=bool)
    for row, x in enumerate(fractions):
        system = np.flatnonzero(x)
        inside = has[:, system].sum(axis=1) == n_elements
        lowest = linprog(
            energy[inside], A_eq=every[inside][:, system].T, b_eq=x[system], method="highs"
        )
        found[row] = lowest.x is not None and energies[row] - lowest.fun < SAME
    return found


def pack_table(given: argparse.Namespace) -> None:
    """Write those that the relaxation left on the hull as a table, and say what it took."""
    from designer_app.design.heads.rest_of_hull import RestOfHull
    from designer_app.potentials import load_potential
    from designer_app.screening.checks import ReferenceCrystals
    from designer_app.screening.reference.again import correction_of
    from designer_app.screening.reference.ledger import Ledger
    from designer_app.screening.reference.packing import pack
    from designer_app.screening.reference.table import (
        HYPOTHETICAL,
        TableHeader,
        load_reference,
        write_table,
    )
    from designer_app.training.published.folder import data_folder

    known, potential = _known(), load_potential(*MODEL)
    shipped = load_reference(*MODEL)
    ends = [each for path in given.work.glob("phases-*.jsonl") for each in Ledger(path).read()]
    relaxed = [each for each in ends if each.converged and each.structure is not None]
    volumes = {each.source: _volume(each) for each in Ledger(given.work / STARTS).read()}
    same = [
        each
        for each in relaxed
        if abs(math.log(_volume(each) / volumes[each.source])) <= LARGEST_EXPANSION
    ]
    lowest: dict[str, RelaxedPhase] = {}
    for each in sorted(same, key=lambda each: each.energy / _n_atoms(each)):
        assert each.structure is not None
        name = f"{HYPOTHETICAL_ID}{formula(reduced(amounts_of(each.structure.numbers))[0])}"
        lowest.setdefault(name, replace(each, source=name))
    kept = [lowest[name] for name in sorted(lowest)]
    fractions = np.array([_fractions(each) for each in kept])
    energies = np.array([each.energy / _n_atoms(each) for each in kept])
    rest = RestOfHull(known)
    on = on_the_hull(fractions, energies, rest)
    sane = ~contradicted(fractions, energies, on, rest, witnesses(known, data_folder(given.data)))
    crystals = ReferenceCrystals(known, lambda: None)
    chosen = [
        each
        for each, is_chosen in zip(kept, on & sane, strict=True)
        if is_chosen and each.structure is not None and crystals.same_as(each.structure) is None
    ]
    packed = pack(chosen, potential, None if shipped is None else shipped.hypothetical)
    header = TableHeader(
        name=f"hypothetical crystals relaxed with {' '.join(MODEL)}",
        potential=MODEL[0],
        model=MODEL[1],
        model_sha256=potential.model_sha256,
        correction=correction_of(potential),
        goal=known.header.goal,
        sources="our own: elements exchanged on prototypes, or decoded by our autoencoder",
        excluded={
            "not converged": len(ends) - len(relaxed),
            "became another crystal": len(relaxed) - len(same),
            "not on the hull": len(same) - int(on.sum()),
            "against compounds that exist": int((on & ~sane).sum()),
            "a known crystal": int((on & sane).sum()) - len(chosen),
            **packed.excluded,
        },
    )
    path = TARGET / Path(HYPOTHETICAL[MODEL]).name
    write_table(path, header, packed.arrays)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, {len(packed.deviations)} phases")
    print(f"left out: {header.excluded}; kept without symmetry: {packed.n_without_symmetry}")


def witnesses(known: "ReferenceTable", data: Path) -> "NDArray[np.int64]":
    """Rows of known crystals that are stable: tabulated on the hull, or textbook compounds."""
    from designer_app.training.published.crystals import read_crystals

    stable = {each.material_id for each in read_crystals(data) if each.e_above_hull == 0}
    rows = [
        row
        for row, source in enumerate(known.sources)
        if source in stable or not source.startswith(("mp-", "mvc-"))
    ]
    return np.array(rows, dtype=np.int64)


def contradicted(
    fractions: "Floats",
    energies: "Floats",
    on: "NDArray[np.bool_]",
    rest: "RestOfHull",
    stable: "NDArray[np.int64]",
) -> "NDArray[np.bool_]":
    """(n,) True for phases beside which a compound that exists would fall apart.

    Where they raise a stable known crystal by more than `HARM`, the potential rather than the table
    is taken to be wrong; and so on, until none is raised.
    """
    from scipy.optimize import linprog

    dropped = np.zeros(len(fractions), dtype=bool)
    has, n = fractions > 0, (fractions > 0).sum(axis=1)
    left = stable
    while len(left):
        raised = []
        for row in left.tolist():
            x = rest.fractions[row]
            system = np.flatnonzero(x)
            mine = np.flatnonzero(on & ~dropped & (has[:, system].sum(axis=1) == n))
            if not len(mine):
                continue
            known = rest.rows(system.tolist())
            every = np.vstack([rest.fractions[known], fractions[mine]])[:, system]
            energy = np.r_[rest.energies[known], energies[mine]]
            lowest = linprog(energy, A_eq=every.T, b_eq=x[system], method="highs")
            before = linprog(
                rest.energies[known],
                A_eq=rest.fractions[known][:, system].T,
                b_eq=x[system],
                method="highs",
            )
            if before.fun - lowest.fun > HARM:
                dropped[mine[np.flatnonzero(lowest.x[len(known) :] > SHARE)]] = True
                raised.append(row)
        print(f"{len(raised)} of {len(left)} stable crystals were raised", flush=True)
        left = np.array(raised, dtype=np.int64)
    return dropped


def _known() -> "ReferenceTable":
    """The known crystals alone."""
    from designer_app.screening.reference.table import ReferenceTable, load_reference

    table = load_reference(*MODEL)
    if table is None:
        raise SystemExit("pack the reference set first: packaging/tools/build_reference.py")
    return ReferenceTable(table.header, table.arrays, table.hash)


def _volume(end: "RelaxedPhase") -> float:
    """A^3 for an atom."""
    assert end.structure is not None
    return end.structure.volume / len(end.structure)


def _n_atoms(end: "RelaxedPhase") -> int:
    assert end.structure is not None
    return len(end.structure)


def _fractions(end: "RelaxedPhase") -> "Floats":
    from designer_app.design.representation.tokens import N_ELEMENTS

    assert end.structure is not None
    return np.bincount(end.structure.numbers, minlength=N_ELEMENTS) / len(end.structure)


if __name__ == "__main__":
    main()
