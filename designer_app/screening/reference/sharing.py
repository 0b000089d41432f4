"""A long list of crystals relaxed by several processes into ledgers, and gone on with at any time.

Each process relaxes every n-th chunk of what no ledger in the folder holds yet, with one thread.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from designer_app.device import Compute
from designer_app.potentials import Potential, load_potential
from designer_app.screening.reference.ledger import Ledger, RelaxedPhase
from designer_app.screening.reference.relaxing import relax_phases
from designer_app.specs.structure import Structure
from designer_app.state import set_threads

CHUNK = 24
"""Crystals that are relaxed together and then written."""


def one_thread_potential(key: str, model: str) -> Potential:
    """The potential on one thread of the CPU."""
    compute = Compute("cpu", "float32", 1)
    set_threads(compute)
    return load_potential(key, model, compute)


def in_processes(script: str, arguments: Sequence[str], n: int) -> int:
    """Run a script n times, each with its `--worker` number; the worst exit code."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(
            [sys.executable, script, *arguments, "--worker", str(number)], env=environment
        )
        for number in range(n)
    ]
    return max(process.wait() for process in running)


def relaxed_in(folder: Path) -> Iterator[RelaxedPhase]:
    """What the ledgers of a folder hold, in the order of their names."""
    for path in sorted(folder.glob("phases-*.jsonl")):
        yield from Ledger(path).read()


def relax_share(
    crystals: Sequence[Structure],
    potential: Potential,
    folder: Path,
    share: tuple[int, int],
    done: Collection[str] = (),
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Relax one (number, of how many) share of what neither a ledger nor `done` names."""
    number, n_shares = share
    names = {*done, *(phase.source for phase in relaxed_in(folder))}
    left = [crystal for crystal in crystals if crystal.name not in names]
    mine = [left[at : at + CHUNK] for at in range(0, len(left), CHUNK)][number::n_shares]
    ledger, began, n_done = Ledger(folder / f"phases-{number}.jsonl"), time.monotonic(), 0
    for chunk in mine:
        ledger.append(relax_phases(chunk, potential))
        n_done += len(chunk)
        rate = n_done / (time.monotonic() - began)
        n_left = sum(map(len, mine)) - n_done
        say(f"worker {number}: {n_done} done, {rate:.2f}/s, {n_left} left")
