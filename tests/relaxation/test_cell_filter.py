"""The generalised forces against the energy they belong to, and against ASE's filter."""

import numpy as np
import pytest
import torch
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.filters import FrechetCellFilter

from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.base import ENERGY_FORCES_STRESS
from designer_app.relaxation.cell_filter import coordinates
from designer_app.state import state_from_structures

FINITE_DIFFERENCE = 1e-5
"""A."""
FORCE_TOLERANCE = 1e-6
"""eV/A; central differences of EMT energies are good to about 1e-8."""
PRESSURE = 0.05
"""eV/A^3."""


@pytest.fixture
def strained(structure_of):
    """Two sheared metal cells, and a displacement away from them with a large strain."""
    atoms = bulk("Cu", a=3.7, cubic=True)
    atoms.rattle(0.05, seed=1)
    other = bulk("Al") * (2, 1, 1)
    state = state_from_structures([structure_of(atoms), structure_of(other)], torch.device("cpu"))
    place = coordinates(state, fix_cell=False, pressure=PRESSURE)
    generator = torch.Generator().manual_seed(0)
    displacement = 0.1 * torch.randn(12, 3, generator=generator, dtype=torch.float64)
    for start in (6, 9):  # the strain is symmetric
        block = displacement[start : start + 3]
        displacement[start : start + 3] = 0.5 * (block + block.T)
    return place, displacement


def _enthalpy(place, displacement, potential):
    state = place.state(displacement)
    found = potential.predict(state, build_neighbors(state, 0.0, half=True))
    return found.energy + PRESSURE * state.volume


def test_forces_on_rows_are_the_slope_of_the_enthalpy(strained, emt):
    place, displacement = strained
    state = place.state(displacement)
    none = build_neighbors(state, 0.0, half=True)
    forces = place.forces(displacement, emt.predict(state, none, ENERGY_FORCES_STRESS))
    for row, column in [(0, 0), (3, 2), (5, 1), (6, 0), (7, 2), (9, 1), (11, 2)]:
        step = torch.zeros_like(displacement)
        step[row, column] = FINITE_DIFFERENCE
        expected = forces[row, column]
        if row >= 6:  # off-diagonal strains come in pairs
            mirror = (6 if row < 9 else 9) + column
            partner = row - (6 if row < 9 else 9)
            step[mirror, partner] = FINITE_DIFFERENCE
            expected = expected + (forces[mirror, partner] if mirror != row else 0.0)
        up, down = (_enthalpy(place, displacement + sign * step, emt).sum() for sign in (1.0, -1.0))
        slope = -float(up - down) / (2 * FINITE_DIFFERENCE)
        assert slope == pytest.approx(float(expected), abs=FORCE_TOLERANCE)


def test_forces_without_strain_are_those_of_the_frechet_cell_filter(structure_of, emt):
    atoms = bulk("Cu", a=3.7, cubic=True)
    atoms.rattle(0.05, seed=1)
    atoms.calc = EMT()
    theirs = FrechetCellFilter(atoms, scalar_pressure=PRESSURE).get_forces()
    state = state_from_structures([structure_of(atoms)], torch.device("cpu"))
    place = coordinates(state, fix_cell=False, pressure=PRESSURE)
    none = build_neighbors(state, 0.0, half=True)
    prediction = emt.predict(state, none, ENERGY_FORCES_STRESS)
    ours = place.forces(torch.zeros(7, 3, dtype=torch.float64), prediction).numpy()
    np.testing.assert_allclose(ours[:4], theirs[:4], atol=1e-10)
    # Their strain is scaled by the number of atoms, ours by a length.
    np.testing.assert_allclose(ours[4:] * float(place.scale[0]), theirs[4:] * 4, atol=1e-10)


def test_cell_and_atoms_follow_the_same_deformation(strained):
    place, displacement = strained
    only_strain = displacement.clone()
    only_strain[:6] = 0.0
    state = place.state(only_strain)
    for system in (0, 1):
        mine = state.system_idx == system
        before = place.reference.positions[mine] @ torch.linalg.inv(place.reference.cell[system])
        after = state.positions[mine] @ torch.linalg.inv(state.cell[system])
        torch.testing.assert_close(before, after, atol=1e-12, rtol=0)


def test_without_a_moving_cell_the_rows_are_the_atoms(structure_of, emt):
    state = state_from_structures([structure_of(bulk("Cu"))], torch.device("cpu"))
    place = coordinates(state, fix_cell=True)
    assert len(place.rows.system) == 1
    assert place.state(torch.zeros(1, 3, dtype=torch.float64)).cell is state.cell
