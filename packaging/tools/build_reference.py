"""Relax the published crystals with a potential: the reference set behind every hull.

    DESIGNER_APP_DATA=DIR python packaging/tools/build_reference.py relax --work WORK

Takes hours on two cores and can be stopped at any moment: what is relaxed stays in WORK and is
not done again. Crystals on the tabulated hull come first, small cells before large ones.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

CHUNK = 24
"""Crystals that are relaxed together and then written."""


def main() -> None:
    """Run one stage."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    stages = parser.add_subparsers(dest="stage", required=True)
    relax = stages.add_parser("relax", help="relax what is not relaxed yet")
    relax.add_argument("--work", type=Path, required=True, help="folder of the unfinished work")
    relax.add_argument("--data", type=Path, help="folder of the published data")
    relax.add_argument("--workers", type=int, default=2, help="processes, one thread each")
    relax.add_argument("--potential", default="chgnet")
    relax.add_argument("--model", default="")
    relax.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    if given.worker is None:
        start_workers(given)
    else:
        relax_share(given)


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
    from designer_app.training.published.folder import data_folder

    compute = Compute("cpu", "float32", 1)
    set_threads(compute)
    crystals = in_order(data_folder(given.data))
    done = {
        phase.source for path in given.work.glob("phases-*.jsonl") for phase in Ledger(path).read()
    }
    left = [crystal for crystal in crystals if crystal.material_id not in done]
    chunks = [left[start : start + CHUNK] for start in range(0, len(left), CHUNK)]
    mine = chunks[given.worker :: given.workers]
    ledger = Ledger(given.work / f"phases-{given.worker}.jsonl")
    potential = load_potential(given.potential, given.model, compute)
    started, n_done = time.monotonic(), 0
    for chunk in mine:
        ledger.append(relax_phases([crystal.structure for crystal in chunk], potential))
        n_done += len(chunk)
        rate = n_done / (time.monotonic() - started)
        n_left = sum(len(each) for each in mine) - n_done
        print(f"worker {given.worker}: {n_done} done, {rate:.2f}/s, {n_left} left", flush=True)


def in_order(folder: Path) -> list:
    """Elements, then the phases of the tabulated hull, then the others; small cells first."""
    from designer_app.training.published.crystals import read_crystals, read_elements

    crystals = read_crystals(folder)
    hull = [crystal for crystal in crystals if crystal.e_above_hull == 0]
    above = [crystal for crystal in crystals if crystal.e_above_hull != 0]
    by_size = [
        sorted(group, key=lambda crystal: (len(crystal.structure), crystal.material_id))
        for group in (hull, above)
    ]
    return [*read_elements(folder), *by_size[0], *by_size[1]]


if __name__ == "__main__":
    main()
