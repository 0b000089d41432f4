"""Energies of crystals and of their hosts without working ions, by relaxation with a potential."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.potentials.base import Potential
from designer_app.properties.single_points import energies_of
from designer_app.relaxation import Goal, Relaxed, relax
from designer_app.running.control import RunControl
from designer_app.screening.reference.relaxing import REFERENCE_GOAL, Inner
from designer_app.specs.structure import Structure
from designer_app.specs.voltage import ION_CHARGES

LARGEST_EXPANSION = 0.6
"""|ln(V/V0)| of a relaxation beyond which the crystal became another one."""
COLUMNS = (
    "made_energy", "energy", "expansion",
    "ion", "host_made_energy", "host_energy", "host_expansion",
)  # fmt: skip
"""eV/atom as made, eV/atom and ln(V/V0) relaxed; atomic number of the ion that was removed from the
relaxed crystal (0: none), and the same of what was left, per atom of the host."""


@dataclass(frozen=True)
class Labelled:
    """What a relaxation said of a crystal; NaN where it failed."""

    made_energy: float = math.nan
    energy: float = math.nan
    expansion: float = math.nan
    ion: int = 0
    host_made_energy: float = math.nan
    host_energy: float = math.nan
    host_expansion: float = math.nan

    @property
    def values(self) -> tuple[float, ...]:
        """In the order of `COLUMNS`."""
        return tuple(float(getattr(self, name)) for name in COLUMNS)


def label(
    structures: Sequence[Structure],
    potential: Potential,
    generator: np.random.Generator,
    *,
    relaxed_already: Sequence[float] | None = None,
    relaxed_hosts: float = 1.0,
    goal: Goal = REFERENCE_GOAL,
    control: RunControl | None = None,
) -> list[Labelled]:
    """Each crystal relaxed, then one of its working ions removed and the host computed.

    `relaxed_already` are energies (eV/atom) of structures that need no relaxation any more;
    `relaxed_hosts` is the share of hosts that are relaxed, besides being computed as they are.
    """
    control = control or RunControl()
    made = energies_of(structures, potential, Inner(control))
    if relaxed_already is None:
        ends = relax(structures, potential, goal, control=Inner(control))
        found = [
            _of(given, end, energy)
            for given, end, energy in zip(structures, ends, made, strict=True)
        ]
        relaxed = [end.structure for end in ends]
    else:
        relaxed = list(structures)
        found = [
            Labelled(energy / len(each), known, 0.0)
            for each, energy, known in zip(structures, made, relaxed_already, strict=True)
        ]
    ions = [
        ion_of(each, generator) if math.isfinite(done.energy) else 0
        for each, done in zip(relaxed, found, strict=True)
    ]
    chosen = [place for place, ion in enumerate(ions) if ion]
    hosts = [without(relaxed[place], ions[place]) for place in chosen]
    host_made = energies_of(hosts, potential, Inner(control))
    drawn = np.flatnonzero(generator.random(len(hosts)) < relaxed_hosts)
    ends = relax([hosts[k] for k in drawn], potential, goal, control=Inner(control))
    said = {int(k): _of(hosts[k], end, host_made[k]) for k, end in zip(drawn, ends, strict=True)}
    for k, place in enumerate(chosen):
        host = said.get(k, Labelled())
        made_energy = host_made[k] / len(hosts[k]) if math.isfinite(host_made[k]) else math.nan
        found[place] = Labelled(
            found[place].made_energy, found[place].energy, found[place].expansion,
            ions[place], made_energy, host.energy, host.expansion,
        )  # fmt: skip
    return found


def ion_of(structure: Structure, generator: np.random.Generator) -> int:
    """One of the working ions that leave a host of two elements or more; 0 where there is none."""
    present = np.unique(structure.numbers)
    ions = [ATOMIC_NUMBERS[ion] for ion in ION_CHARGES if ATOMIC_NUMBERS[ion] in present]
    return int(generator.choice(ions)) if ions and len(present) > 2 else 0


def without(structure: Structure, number: int) -> Structure:
    """The structure without one of its elements."""
    kept = structure.numbers != number
    return Structure(
        structure.numbers[kept], structure.positions[kept], structure.cell, structure.pbc
    )


def _of(given: Structure, end: Relaxed, made: float) -> Labelled:
    if end.error is not None or not end.converged or not math.isfinite(made):
        return Labelled()
    expansion = math.log(end.structure.volume / given.volume)
    if abs(expansion) > LARGEST_EXPANSION:
        return Labelled()
    n = len(given)
    return Labelled(made / n, end.energy / n, expansion)
