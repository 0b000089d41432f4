"""Relaxing some 200 mixed crystals: ours against the `chgnet` package's own optimizer.

Both start from the same strained and rattled crystals, use the same weights, and stop at the
same criterion, that of ASE's cell filters (`Goal.smax` None): the package's `StructOptimizer`
knows no other. The energies compared are the package's own, of both final structures.
"""

import contextlib
import io
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from ase import Atoms

from designer_app.cli.benches.crystals import crystals
from designer_app.device import Compute
from designer_app.io.documents import atoms_from_structure, structure_from_atoms
from designer_app.potentials import Potential, load_potential
from designer_app.relaxation import Goal, Relaxed, relax

FMAX, STEPS = 0.05, 500
SAME = 2e-3
"""eV/atom: results nearer than this are the same minimum."""
_HOUR = 3600.0


def rows(quick: bool, say: Callable[[str], None]) -> Iterator[dict[str, object]]:
    """One row a prototype, and one of all; times of ours and theirs alternate in one process."""
    torch.set_num_threads(1)
    potential = load_potential("chgnet", "0.3.0", Compute(device="cpu"))
    optimizer, calculator = _package()
    warm_up = next(crystals(quick=True))[1]
    _ours(warm_up, potential)
    _theirs(warm_up, optimizer)
    found = []
    for prototype, starts in crystals(quick):
        say(f"{prototype}: {len(starts)} crystals")
        ours, our_time = _ours(starts, potential)
        theirs, their_time = _theirs(starts, optimizer)
        above = np.array(
            [
                _energy_per_atom(atoms_from_structure(mine.structure), calculator) - other[1]
                for mine, other in zip(ours, theirs, strict=True)
            ]
        )
        measured = {
            "crystals": len(starts),
            "our_s": our_time,
            "their_s": their_time,
            "our_steps": sum(each.n_steps for each in ours),
            "their_steps": sum(steps for steps, _ in theirs),
            "our_converged": sum(each.converged for each in ours),
            "their_converged": sum(steps < STEPS for steps, _ in theirs),
            "same": int((np.abs(above) <= SAME).sum()),
            "lower": int((above < -SAME).sum()),
        }
        found.append(measured)
        yield _row(prototype, measured)
    yield _row("all", {name: sum(each[name] for each in found) for name in found[0]})


def _row(prototype: str, measured: dict[str, Any]) -> dict[str, object]:
    n, ours, theirs = measured["crystals"], measured["our_s"], measured["their_s"]
    return {
        "prototype": prototype,
        "crystals": n,
        "ours 1/h": _HOUR * n / ours,
        "chgnet 1/h": _HOUR * n / theirs,
        "ratio": theirs / ours,
        "our steps": measured["our_steps"] / n,
        "chgnet steps": measured["their_steps"] / n,
        "our converged %": 100.0 * measured["our_converged"] / n,
        "chgnet converged %": 100.0 * measured["their_converged"] / n,
        "within 2 meV/atom %": 100.0 * measured["same"] / n,
        "ours lower by more %": 100.0 * measured["lower"] / n,
    }


def _ours(starts: list[Atoms], potential: Potential) -> tuple[list[Relaxed], float]:
    """Relaxed structures, and the seconds that took."""
    began = time.perf_counter()
    goal = Goal(fmax=FMAX, smax=None, steps=STEPS)
    found = relax([structure_from_atoms(atoms) for atoms in starts], potential, goal)
    return found, time.perf_counter() - began


def _theirs(starts: list[Atoms], optimizer: Any) -> tuple[list[tuple[int, float]], float]:
    """(steps, energy in eV/atom) of each, and the seconds that took."""
    found, began = [], time.perf_counter()
    for atoms in starts:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = optimizer.relax(atoms.copy(), fmax=FMAX, steps=STEPS, verbose=False)
        energies = result["trajectory"].energies
        # The observer sees the start, every step, and the end once more.
        found.append((len(energies) - 2, float(energies[-1]) / len(atoms)))
    return found, time.perf_counter() - began


def _package() -> tuple[Any, Any]:
    """The package's optimizer and calculator on the CPU."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        from chgnet.model.dynamics import StructOptimizer

        optimizer = StructOptimizer(use_device="cpu", on_isolated_atoms="ignore")
    return optimizer, optimizer.calculator


def _energy_per_atom(atoms: Atoms, calculator: Any) -> float:
    atoms.calc = calculator
    with torch.enable_grad():
        return float(atoms.get_potential_energy()) / len(atoms)
