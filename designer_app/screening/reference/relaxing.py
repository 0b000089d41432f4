"""Known crystals relaxed with a potential, batch by batch, with their magnetic moments."""

import math
from collections.abc import Sequence

import torch

from designer_app.errors import CannotProvideError
from designer_app.explanations import explain_exception
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.base import Potential
from designer_app.relaxation import Goal, Relaxed, relax
from designer_app.running.control import RunControl
from designer_app.screening.reference.ledger import RelaxedPhase
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures
from designer_app.units import GPA

REFERENCE_GOAL = Goal(fmax=0.05, smax=0.5 * GPA, fix_cell=False, pressure=0.0, steps=200)
"""How far reference phases and candidates are relaxed: energies within about 1 meV/atom."""


def relax_phases(
    structures: Sequence[Structure],
    potential: Potential,
    goal: Goal = REFERENCE_GOAL,
    control: RunControl | None = None,
) -> list[RelaxedPhase]:
    """Each structure where the potential takes it; `source` is the structure's name."""
    results = relax(structures, potential, goal, control=control)
    return [
        _phase(given, result, potential) for given, result in zip(structures, results, strict=True)
    ]


def _phase(given: Structure, result: Relaxed, potential: Potential) -> RelaxedPhase:
    if result.error is not None:
        sentence = explain_exception(result.error).sentence
        return RelaxedPhase(given.name, None, math.nan, math.nan, result.n_steps, False, sentence)
    return RelaxedPhase(
        source=given.name,
        structure=result.structure,
        energy=result.energy,
        magmom=total_moment(result.structure, potential),
        n_steps=result.n_steps,
        converged=result.converged,
    )


def total_moment(structure: Structure, potential: Potential) -> float:
    """Sum of the absolute magnetic moments, Bohr magnetons; NaN where the potential has none."""
    if "magmoms" not in potential.gives:
        return math.nan
    state = state_from_structures([structure], potential.device)
    neighbors = build_neighbors(state, potential.cutoff, half=potential.half_list)
    try:
        with torch.no_grad():
            moments = potential.predict(state, neighbors, frozenset({"energy", "magmoms"})).magmoms
    except CannotProvideError:  # calculators of ASE list what their class may offer
        return math.nan
    return math.nan if moments is None else float(moments.abs().sum())


class Inner(RunControl):
    """Stops with the run, but keeps progress and scalars of a step to itself."""

    def __init__(self, outer: RunControl) -> None:
        super().__init__(outer.log)
        self._outer = outer

    def checkpoint(self) -> None:
        """Stop where the run stops."""
        self.series.drain()
        self._outer.checkpoint()
