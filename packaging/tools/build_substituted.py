"""Label substituted crystals with a potential: the bad examples of the crystal network.

    DESIGNER_APP_DATA=DIR python packaging/tools/build_substituted.py relax --work WORK
    DESIGNER_APP_DATA=DIR python packaging/tools/build_substituted.py pack --work WORK

`relax` swaps elements in known crystals (`screening/crystal_gnn/substituted.py`) and relaxes them
with CHGNet; the ends are appended to a ledger in WORK, and it goes on where it was stopped.
`pack` swaps the same elements again, places the ends on the hull of the shipped reference phases
and writes resources/data/substituted-chgnet-0.3.0.npz: how each crystal is made, not the crystal.
"""

import argparse
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from designer_app.screening.crystal_gnn.substituted import Substitution
    from designer_app.specs.structure import Structure

SEED = 20260701
LARGEST_EXPANSION = 0.6
"""|ln(V/V0)| of a relaxation beyond which the crystal became another one."""
TARGET = Path(__file__).resolve().parents[2] / "resources" / "data"


def main() -> None:
    """Run one stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("stage", choices=("relax", "pack"))
    parser.add_argument("--work", type=Path, required=True, help="folder of the ledgers")
    parser.add_argument("--data", type=Path, help="folder of the published data")
    parser.add_argument("--number", type=int, default=5000)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    {"relax": relax, "pack": pack}[given.stage](given)


def relax(given: argparse.Namespace) -> None:
    """Relax until there are as many as asked for."""
    from designer_app.screening.reference.ledger import Ledger
    from designer_app.screening.reference.relaxing import relax_phases
    from designer_app.screening.reference.sharing import CHUNK, one_thread_potential

    ends = Ledger(given.work / "ends.jsonl")
    done = {phase.source for phase in ends.read()}
    potential = one_thread_potential("chgnet", "")
    stream, began, number = made_crystals(given), time.monotonic(), 0
    while number < given.number:
        chunk = [next(stream)[1] for _ in range(CHUNK)]
        number += CHUNK
        if chunk[-1].name in done:
            continue
        ends.append(relax_phases(chunk, potential))
        print(f"{number} of {given.number}, {time.monotonic() - began:.0f} s", flush=True)


def made_crystals(given: argparse.Namespace) -> Iterator[tuple["Substitution", "Structure"]]:
    """The endless stream of swapped crystals, the same every time."""
    from designer_app.screening.crystal_gnn.substituted import (
        LARGEST,
        atomic_volumes,
        substitutions,
    )
    from designer_app.training.published.crystals import read_crystals
    from designer_app.training.published.folder import data_folder

    structures = [crystal.structure for crystal in read_crystals(data_folder(given.data))]
    elements, counts = np.unique(
        np.concatenate([np.unique(structure.numbers) for structure in structures]),
        return_counts=True,
    )
    common = elements[counts >= 30].tolist()
    small = [structure for structure in structures if 1 < len(structure) <= LARGEST]
    return substitutions(small, atomic_volumes(structures), common, np.random.default_rng(SEED))


def pack(given: argparse.Namespace) -> None:
    """Place the relaxed crystals on the hull and write the table."""
    from designer_app.elements import SYMBOLS
    from designer_app.errors import MissingReferenceError
    from designer_app.io.formulas import amounts_of
    from designer_app.screening.convex_hull import Hull
    from designer_app.screening.crystal_gnn.substituted_table import FILE, write_substituted
    from designer_app.screening.reference.ledger import Ledger
    from designer_app.screening.reference.table import load_reference

    table = load_reference("chgnet")
    if table is None:
        parser_error = "the reference table is not built yet: packaging/tools/build_reference.py"
        raise SystemExit(parser_error)
    ends = {end.source: end for end in Ledger(given.work / "ends.jsonl").read()}
    kept, values, lost = [], [], {"not converged": 0, "became another crystal": 0, "no hull": 0}
    for made, start in islice(made_crystals(given), len(ends)):
        end = ends[start.name]
        if end.structure is None or not end.converged:
            lost["not converged"] += 1
            continue
        expansion = float(np.log(end.structure.volume / start.volume))
        if abs(expansion) > LARGEST_EXPANSION:
            lost["became another crystal"] += 1
            continue
        system = sorted({SYMBOLS[number] for number in start.numbers})
        n_atoms = len(start)
        try:
            hull = Hull(system, table.in_system(system), table.origin)
            placed = hull.place(amounts_of(start.numbers), end.energy / n_atoms)
        except MissingReferenceError:
            lost["no hull"] += 1
            continue
        # Those below the hull compete with the phases known before: at 0.
        kept.append(made)
        values.append(
            (placed.formation_energy, placed.e_above_hull, expansion, end.magmom / n_atoms)
        )
    header = {
        "potential": "chgnet 0.3.0",
        "model_sha256": table.header.model_sha256,
        "reference_set": table.name,
        "made_from": "elements swapped in Materials Project crystals (CC-BY-4.0)",
        "left_out": lost,
    }
    path = TARGET.parent / FILE
    write_substituted(path, header, kept, np.array(values))
    below = float(np.mean(np.array(values)[:, 1] <= 0.1))
    print(f"{len(kept)} crystals, {below:.0%} within 100 meV of the hull, {path.stat().st_size} B")
    print(lost)


if __name__ == "__main__":
    main()
