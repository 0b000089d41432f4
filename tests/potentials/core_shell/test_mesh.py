"""Ewald's second sum on a mesh, against the exact one and against finite differences."""

from dataclasses import replace

import pytest
import torch
from ase.build import bulk

from designer_app.device import Compute
from designer_app.dynamics.simulation import start_state
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.core_shell import MESH_POINTS, load
from designer_app.potentials.core_shell.ewald import Waves
from designer_app.potentials.core_shell.mesh import Mesh, mesh_points
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

ENERGY = 1e-6
"""Relative; the mesh is made to be right to 2e-7."""
FORCES = 1e-4
"""eV/A."""
STRESS = 1e-5
"""eV/A^3, relative to which stresses of rattled crystals are 1e-2."""
DIFFERENCE_A = 1e-4
SLOPE = 1e-6
"""Relative error of a finite difference."""
A = 0.625
EVERYTHING = frozenset({"energy", "forces", "stress"})
KINDS = [Waves, Mesh]


def charges_in_a_sheared_cell():
    generator = torch.Generator().manual_seed(0)
    cell = torch.tensor(
        [[11.0, 0.4, 0.0], [2.0, 12.3, -0.2], [-0.7, 0.9, 8.1]], dtype=torch.float64
    )
    positions = 3.0 * torch.rand(60, 3, generator=generator, dtype=torch.float64) @ cell
    charges = torch.randn(60, generator=generator, dtype=torch.float64)
    return positions, charges - charges.mean(), cell


def energy_of(kind, positions, charges, cell):
    sums = kind.of(cell, A)
    return float(sums.energy(sums.density(sums.at(positions), charges)))


@pytest.mark.parametrize("kind", KINDS)
def test_slopes_are_those_of_the_energy(kind):
    positions, charges, cell = charges_in_a_sheared_cell()
    sums = kind.of(cell, A)
    sites = sums.at(positions)
    slopes = charges[:, None] * sums.slopes(sites, sums.density(sites, charges))
    way = torch.randn(60, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    higher, lower = (
        energy_of(kind, positions + sign * DIFFERENCE_A * way, charges, cell)
        for sign in (1.0, -1.0)
    )
    known = (higher - lower) / (2.0 * DIFFERENCE_A)
    assert float((slopes * way).sum()) == pytest.approx(known, rel=SLOPE)


@pytest.mark.parametrize("kind", KINDS)
def test_the_virial_is_the_slope_of_the_energy_under_strain(kind):
    positions, charges, cell = charges_in_a_sheared_cell()
    sums = kind.of(cell, A)
    virial = sums.virial(sums.density(sums.at(positions), charges))
    way = torch.randn(3, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    way = way + way.T

    def strained(amount):
        change = torch.eye(3, dtype=torch.float64) + amount * way
        return energy_of(kind, positions @ change, charges, cell @ change)

    known = (strained(DIFFERENCE_A) - strained(-DIFFERENCE_A)) / (2.0 * DIFFERENCE_A)
    assert float((virial * way).sum()) == pytest.approx(known, rel=SLOPE)


def test_a_sheared_cell_has_the_energy_of_the_exact_sum():
    matter = charges_in_a_sheared_cell()
    assert energy_of(Mesh, *matter) == pytest.approx(energy_of(Waves, *matter), rel=ENERGY)


def state_of(name, kind, a, repeats):
    atoms = bulk(name, kind, a=a, cubic=True) * repeats
    atoms.rattle(0.05, seed=0)
    structure = Structure(atoms.numbers, atoms.positions, atoms.cell.array, (True,) * 3)
    return state_from_structures([structure], torch.device("cpu"))


def said(potential, state):
    neighbors = build_neighbors(state, potential.cutoff, half=True)
    return potential.predict(state, neighbors, EVERYTHING)


@pytest.mark.parametrize(
    ("model", "crystal"),
    [
        ("mgo-gale", ("MgO", "rocksalt", 4.24, (3, 2, 2))),
        ("ceo2-sayle", ("CeO2", "fluorite", 5.43, (2, 2, 1))),
    ],
)
def test_ions_feel_on_a_mesh_what_they_feel_of_the_exact_sum(model, crystal):
    potential, state = load(model, Compute(device="cpu")), state_of(*crystal)
    exact = said(potential, state)
    potential.mesh_from = 1
    meshed = said(potential, state)
    assert float(meshed.energy) == pytest.approx(float(exact.energy), rel=ENERGY)
    assert float((meshed.forces - exact.forces).abs().max()) < FORCES
    assert float((meshed.stress - exact.stress).abs().max()) < STRESS


def test_forces_on_a_mesh_add_up_to_nothing():
    potential = load("mgo-gale", Compute(device="cpu"))
    potential.mesh_from = 1
    forces = said(potential, state_of("MgO", "rocksalt", 4.24, (3, 2, 2))).forces
    rounding = 1e-9
    assert float(forces.sum(dim=0).abs().max()) < rounding


def test_a_mesh_keeps_its_points_while_the_cell_changes_little():
    cell = 20.0 * torch.eye(3, dtype=torch.float64)
    points = mesh_points(cell, A)
    on_edge = points[0] * 0.28 / A / 20.0  # from here on a new mesh has more points
    slightly = mesh_points(1.01 * on_edge * cell, A)
    assert slightly != points
    assert mesh_points(1.01 * on_edge * cell, A, points) == points
    assert mesh_points(1.2 * on_edge * cell, A, points) != points
    assert mesh_points(0.5 * cell, A, points) == mesh_points(0.5 * cell, A)


def test_dynamics_keep_the_points_of_the_mesh():
    potential = load("mgo-gale", Compute(device="cpu"))
    potential.mesh_from = 1
    state = start_state(state_of("MgO", "rocksalt", 4.24, (2, 2, 1)), 300.0, 1)
    told = said(potential, state).internal[MESH_POINTS]
    finer = told + 2
    kept = said(potential, replace(state, extended={MESH_POINTS: finer})).internal[MESH_POINTS]
    assert told.shape == (1, 3)
    assert torch.equal(kept, finer)


def test_large_cells_take_the_mesh_by_themselves():
    potential = load("mgo-gale", Compute(device="cpu"))
    small, large = (state_of("MgO", "rocksalt", 4.24, (n, 2, 2)) for n in (1, 5))
    kinds = [
        type(potential.cores_of(each, build_neighbors(each, potential.cutoff, half=True), 0).waves)
        for each in (small, large)
    ]
    assert kinds == [Waves, Mesh]
