"""Make the hypothetical phases of the hull: crystals that stand in for known ones that are missing.

    python packaging/tools/choose_hypothetical.py --work WORK
    python packaging/tools/build_hypothetical.py relax --work WORK
    DESIGNER_APP_DATA=DIR python packaging/tools/build_hypothetical.py pack --work WORK

The known crystals are a part of all that is known: a candidate beside a compound that is missing
would lie far below their hull. `choose_hypothetical.py` says what may stand in. `relax` relaxes
each with CHGNet and appends the ends to ledgers in WORK; it goes on where it was stopped. `pack`
keeps what is still on the hull, is no known crystal, and lets all known crystals that are stable by
the tables or textbooks stay on it, and writes
resources/data/hypothetical-chgnet-0.3.0.npz. `designer-app bench hull` prints what they do to
distances that are tabulated: where the hull was whole before, they should change nothing.
"""

import argparse
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.specs.hull import HYPOTHETICAL_ID

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from designer_app.design.heads.rest_of_hull import RestOfHull
    from designer_app.screening.reference.ledger import RelaxedPhase
    from designer_app.screening.reference.table import ReferenceTable

    Floats = NDArray[np.float64]

MODEL = ("chgnet", "0.3.0")
STARTS = "starts.jsonl"
LARGEST_EXPANSION = 0.6
"""|ln(V/V0)| of a relaxation beyond which the crystal became another one."""
TARGET = Path(__file__).resolve().parents[2] / "resources" / "data"
HARM = 0.015
"""eV/atom by which no phase may raise a known crystal that is stable."""
SHARE = 0.01
"""Of the atoms, above which a phase is part of a mixture."""


def main() -> None:
    """Run one stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("stage", choices=("relax", "pack"))
    parser.add_argument("--work", type=Path, required=True, help="folder of the ledgers")
    parser.add_argument("--data", type=Path, help="folder of the published data")
    parser.add_argument("--workers", type=int, default=2, help="processes, one thread each")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker is not None:
        relax_one_share(given)
    else:
        {"relax": start_workers, "pack": pack_table}[given.stage](given)


def start_workers(given: argparse.Namespace) -> None:
    """One process a share, with one thread each."""
    from designer_app.screening.reference.sharing import in_processes

    sys.exit(in_processes(__file__, sys.argv[1:], given.workers))


def relax_one_share(given: argparse.Namespace) -> None:
    """What one process does."""
    from designer_app.screening.reference.ledger import Ledger
    from designer_app.screening.reference.sharing import one_thread_potential, relax_share

    starts = [each.structure for each in Ledger(given.work / STARTS).read()]
    relax_share(
        [each for each in starts if each is not None],
        one_thread_potential(*MODEL),
        given.work,
        (given.worker, given.workers),
        say=print,
    )


def pack_table(given: argparse.Namespace) -> None:
    """Write those that the relaxation left on the hull as a table, and say what it took."""
    from designer_app.design.heads.rest_of_hull import RestOfHull
    from designer_app.potentials import load_potential
    from designer_app.screening.checks import ReferenceCrystals
    from designer_app.screening.reference.again import correction_of
    from designer_app.screening.reference.ledger import Ledger
    from designer_app.screening.reference.packing import pack
    from designer_app.screening.reference.sharing import relaxed_in
    from designer_app.screening.reference.table import (
        HYPOTHETICAL,
        TableHeader,
        known_alone,
        load_reference,
        write_table,
    )
    from designer_app.training.published.folder import data_folder

    known, potential = known_alone(*MODEL), load_potential(*MODEL)
    shipped = load_reference(*MODEL)
    ends = list(relaxed_in(given.work))
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
    on = rest.keeps(fractions, energies)
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
