"""Whether a relaxed crystal holds: recomputed from a shaken supercell without symmetry.

Relaxation keeps the symmetry that a prototype gives, and with it may stay on a saddle. A cell of
twice the size whose atoms are moved at random can leave it: distortions that double the cell,
tilts, and jumps of ions to better places.
"""

import math
from dataclasses import replace

import numpy as np

from designer_app.errors import DesignerAppError
from designer_app.potentials.base import Potential
from designer_app.relaxation import relax
from designer_app.running.control import RunControl
from designer_app.screening.reference.relaxing import REFERENCE_GOAL, Inner
from designer_app.specs.design_rows import Check
from designer_app.specs.design_tasks import DesignAnswer, RelaxedCrystal
from designer_app.specs.structure import Structure

RATTLE = 0.05
"""A, standard deviation of each coordinate."""
MOST_CHANGE = 0.010
"""eV/atom by which a crystal that holds may end lower or higher."""
NAME = "shaken supercell"


def doubled(structure: Structure) -> Structure:
    """Two cells along the shortest lattice vector."""
    axis = int(np.argmin(np.linalg.norm(structure.cell, axis=1)))
    cell = structure.cell.copy()
    shift = cell[axis].copy()
    cell[axis] *= 2.0
    return Structure(
        numbers=np.tile(structure.numbers, 2),
        positions=np.concatenate([structure.positions, structure.positions + shift]),
        cell=cell,
        pbc=structure.pbc,
        name=structure.name,
    )


def shaken(structure: Structure, seed: int, size: float = RATTLE) -> Structure:
    """All atoms moved by independent normal displacements; `size` is their deviation in A."""
    moves = np.random.default_rng(seed).normal(0.0, size, structure.positions.shape)
    return replace(structure, positions=structure.positions + moves)


def checked(
    structure: Structure, energy: float, potential: Potential, seed: int, control: RunControl
) -> DesignAnswer:
    """The recomputation of a crystal of `energy` eV/atom; with the crystal that it fell to, where
    it gained more than `MOST_CHANGE`. One that ends as much higher does not hold either: its
    minimum is too shallow to find back to.
    """
    start = shaken(doubled(structure), seed)
    (end,) = relax([start], potential, REFERENCE_GOAL, control=Inner(control))
    if end.error is not None:
        return DesignAnswer(checks=(_failed(end.error),))
    fall = energy - end.energy / len(end.structure)
    check = Check(
        name=NAME,
        value=-fall,
        unit="eV/atom",
        holds=abs(fall) <= MOST_CHANGE,
        sentence=_told(fall),
    )
    if fall <= MOST_CHANGE:
        return DesignAnswer(checks=(check,))
    # What it fell to is relaxed again, undisturbed, as every candidate is.
    (again,) = relax([end.structure], potential, REFERENCE_GOAL, control=Inner(control))
    if again.error is not None:
        told = f"{check.sentence} That one could not be relaxed: the one before is shown."
        return DesignAnswer(checks=(replace(check, sentence=told),))
    fallen = RelaxedCrystal(
        structure=again.structure,
        energy=again.energy,
        n_steps=end.n_steps + again.n_steps,
        converged=again.converged,
    )
    told = f"{check.sentence} That one is shown."
    return DesignAnswer(checks=(replace(check, sentence=told),), relaxed=(fallen,))


def _told(fall: float) -> str:
    """The outcome in one sentence."""
    change = f"{1000 * abs(fall):.0f} meV/atom"
    if abs(fall) <= MOST_CHANGE:
        return f"From a shaken cell of twice the size it comes back, within {change}."
    if fall > MOST_CHANGE:
        return f"From a shaken cell of twice the size it falls by {change} to another structure."
    return f"From a shaken cell of twice the size it ends {change} higher and does not come back."


def _failed(error: DesignerAppError) -> Check:
    from designer_app.explanations import explain_exception

    sentence = f"It could not be recomputed: {explain_exception(error).sentence}"
    return Check(name=NAME, value=math.nan, unit="eV/atom", holds=False, sentence=sentence)
