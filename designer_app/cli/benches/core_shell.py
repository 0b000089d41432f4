"""`bench core-shell`: oxides of polarisable ions, against what their sets are known for and nature.

Lattice constant at rest, bulk modulus and both dielectric constants there, the static one from
the Hessian and again from dipole moments in a field. `published` is what others found with the
same set, where that could be read: CeO2 by Grieshammer et al. with GULP (the paper is named in
the set), and Al2O3 in the output of example 1 of GULP 6.1.0, at whose geometry ours is. Speed and
the particle mesh are measured by `bench core-shell-speed`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms
from ase.build import bulk
from scipy.optimize import minimize_scalar

from designer_app.device import Compute
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.core_shell import CoreShell, load
from designer_app.properties.dielectric import dielectric_in_field, dielectric_tensors
from designer_app.specs.structure import Structure
from designer_app.state import set_threads, state_from_structures
from designer_app.units import GPA

_STRAIN = 1e-4


@dataclass(frozen=True, kw_only=True)
class Crystal:
    """A cubic crystal whose sites are fixed by symmetry, at room temperature."""

    name: str
    model: str
    kind: str
    measured: tuple[float | None, ...]
    """Lattice constant in A, bulk modulus in GPa, eps_inf, eps_0."""
    published: tuple[float | None, ...] | None = None
    """The same for the set."""


# Measured: MgO a and K Sinogeikin and Bass 1999, eps_0 Subramanian et al. 1989
# (doi:10.1007/BF00209695), eps_inf the square of its index 1.735; SrTiO3 eps_0 is about 300 at room
# temperature, and rises on cooling; CeO2 the paper that its set was read in.
CRYSTALS = (
    Crystal(name="MgO", model="mgo-gale", kind="rocksalt", measured=(4.212, 162.0, 3.01, 9.9)),
    Crystal(name="OLi2", model="bush", kind="fluorite", measured=(4.619, None, None, None)),
    Crystal(
        name="SrTiO3", model="srtio3-akhtar", kind="perovskite", measured=(3.905, None, None, 300.0)
    ),
    Crystal(
        name="CeO2",
        model="ceo2-sayle",
        kind="fluorite",
        measured=(5.411, 225.0, None, None),
        published=(5.429, 261.0, None, None),
    ),
)
ALUMINA = "bush"
BY_GULP = ((5.63011, 5.63011, 6.08934), (11.29306, 11.29306, 16.36466))
"""Diagonals of eps_inf and eps_0 of Al2O3."""


def rows(quick: bool, say: Callable[[str], None]) -> Iterator[dict[str, object]]:
    """Ours, published and measured of each crystal."""
    set_threads(Compute(device="cpu", threads=1))
    for crystal in CRYSTALS[:1] if quick else CRYSTALS:
        say(crystal.name)
        potential = load(crystal.model, Compute(device="cpu"))
        *told, apart = at_rest(potential, crystal)
        yield _row(crystal, "ours", tuple(told), apart)
        if crystal.published is not None:
            yield _row(crystal, "published", crystal.published)
        yield _row(crystal, "measured", crystal.measured)
    if not quick:
        yield from _alumina()


def _row(
    crystal: Crystal, by: str, told: tuple[float | None, ...], apart: float | None = None
) -> dict[str, object]:
    a, bulk_modulus, high, static = (None if value is None else round(value, 4) for value in told)
    return {
        "crystal": "Li2O" if crystal.name == "OLi2" else crystal.name,
        "set": crystal.model,
        "by": by,
        "a, A": None if a is None else f"{a:.4f}",
        "K, GPa": bulk_modulus,
        "eps_inf": high,
        "eps_0": static,
        "eps_0 apart in a field": None if apart is None else f"{apart:.0e}",
    }


def _alumina() -> Iterator[dict[str, object]]:
    """Tensors of a crystal that is not cubic: along a, and along c."""
    atoms = corundum()
    tensors = dielectric_tensors(load(ALUMINA, Compute(device="cpu")), structure_of(atoms))
    assert tensors.static is not None
    ours = (tensors.high_frequency.diagonal(), tensors.static.diagonal())
    for by, (high, static) in (("ours", ours), ("published", BY_GULP)):
        yield {
            "crystal": "Al2O3",
            "set": ALUMINA,
            "by": by,
            "a, A": "4.8201",
            "eps_inf": f"{high[0]:.4f}, {high[2]:.4f}",
            "eps_0": f"{static[0]:.3f}, {static[2]:.3f}",
        }


def corundum() -> Atoms:
    """The primitive cell of Al2O3 where GULP finds it at rest."""
    east, north, up = 2.410027, 1.391430, 4.337219
    cell = [(east, north, up), (-east, north, up), (0.0, -2.0 * north, up)]
    z, x = 0.356233, 0.295773
    metals = np.outer([z, 0.5 - z, 1.0 - z, 0.5 + z], np.ones(3))
    ring = np.stack([np.roll([0.25, 0.25 + x, 0.25 - x], turn) for turn in range(3)])
    sites = np.concatenate([metals, ring, 1.0 - ring])
    return Atoms("Al4O6", scaled_positions=sites, cell=cell, pbc=True)


def at_rest(potential: CoreShell, crystal: Crystal) -> tuple[float | None, ...]:
    """Lattice constant, bulk modulus and dielectric constants where the energy is least.

    And by which part of it the static one in a field is another.
    """
    near = crystal.measured[0]
    assert near is not None

    def energy(a: float) -> float:
        return float(_said(potential, atoms_of(crystal, a), "energy").energy)

    found: Any = minimize_scalar(
        energy, bounds=(0.95 * near, 1.05 * near), method="bounded", options={"xatol": 1e-6}
    )
    a = float(found["x"])
    structure = structure_of(atoms_of(crystal, a))
    tensors = dielectric_tensors(potential, structure)
    static = apart = None
    if tensors.static is not None:
        static = float(tensors.static[0, 0])
        apart = abs(float(dielectric_in_field(potential, structure)[0, 0]) / static - 1.0)
    bulk_modulus = _bulk_modulus(potential, crystal, a)
    return a, bulk_modulus, float(tensors.high_frequency[0, 0]), static, apart


def _bulk_modulus(potential: CoreShell, crystal: Crystal, a: float) -> float:
    """Slope of the mean stress in the volume, GPa."""

    def tension(strain: float) -> float:
        said = _said(potential, atoms_of(crystal, a * (1.0 + strain)), "stress")
        assert said.stress is not None
        return float(said.stress[0].trace()) / 3.0 / GPA

    return (tension(_STRAIN) - tension(-_STRAIN)) / (6.0 * _STRAIN)


def atoms_of(crystal: Crystal, a: float) -> Atoms:
    """The primitive cell with a lattice constant in A."""
    if crystal.kind != "perovskite":
        return bulk(crystal.name, crystal.kind, a=a)
    sites = [(0.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.5, 0.5, 0.0), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5)]
    return Atoms(crystal.name, scaled_positions=sites, cell=[a, a, a], pbc=True)


def structure_of(atoms: Atoms) -> Structure:
    """As the program has it."""
    return Structure(atoms.numbers, atoms.positions, atoms.cell.array, (True, True, True))


def _said(potential: CoreShell, atoms: Atoms, what: str) -> Any:
    state = state_from_structures([structure_of(atoms)], potential.device)
    neighbors = build_neighbors(state, potential.cutoff, potential.half_list)
    return potential.predict(state, neighbors, frozenset({what}))
