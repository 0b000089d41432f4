"""Whole relaxations: known minima, batches, guards."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import torch
from ase.build import bulk, fcc111
from ase.calculators.emt import EMT
from ase.optimize import BFGS

from designer_app.errors import (
    Cancelled,
    MissingCellError,
    NotFiniteError,
    OutOfMemoryError,
    OverlappingAtomsError,
    RunawayRelaxationError,
)
from designer_app.potentials.base import ENERGY_AND_FORCES, EnergyPotential
from designer_app.relaxation.batch import relax
from designer_app.relaxation.judging import Goal
from designer_app.running.control import RunControl
from designer_app.units import GPA

TIGHT = Goal(fmax=1e-3, smax=1e-3 * GPA)
ENERGY_TOLERANCE = 1e-5
"""eV: fmax^2 / k of what is left to gain at TIGHT."""


def _energies(results):
    return np.array([result.energy for result in results])


@pytest.mark.parametrize("optimizer", ["lbfgs", "fire"])
def test_copper_relaxes_to_the_lattice_constant_of_its_potential(optimizer, structure_of, emt):
    lattice = np.array([3.58, 3.59, 3.60])
    energies = []
    for a in lattice:
        atoms = bulk("Cu", a=a)
        atoms.calc = EMT()
        energies.append(atoms.get_potential_energy())
    curve = np.polyfit(lattice, energies, 2)
    (found,) = relax([structure_of(bulk("Cu", a=3.8))], emt, TIGHT, optimizer=optimizer)
    assert found.converged
    assert (4 * found.structure.volume) ** (1 / 3) == pytest.approx(
        -curve[1] / (2 * curve[0]), abs=2e-4
    )


def test_both_optimizers_end_in_the_same_minimum(rattled_metals, structure_of, emt):
    structures = [structure_of(atoms) for atoms in rattled_metals]
    by_lbfgs, by_fire = (relax(structures, emt, TIGHT, optimizer=o) for o in ("lbfgs", "fire"))
    assert all(result.converged for result in [*by_lbfgs, *by_fire])
    np.testing.assert_allclose(_energies(by_lbfgs), _energies(by_fire), atol=ENERGY_TOLERANCE)


def test_lbfgs_needs_less_than_half_the_steps_of_fire(rattled_metals, structure_of, emt):
    structures = [structure_of(atoms) for atoms in rattled_metals]
    goal = Goal(fmax=0.05)
    by_lbfgs, by_fire = (relax(structures, emt, goal, optimizer=o) for o in ("lbfgs", "fire"))
    assert sum(r.n_steps for r in by_lbfgs) < 0.5 * sum(r.n_steps for r in by_fire)


@pytest.mark.parametrize("optimizer", ["lbfgs", "fire"])
def test_a_batch_does_what_each_structure_does_alone(optimizer, rattled_metals, structure_of, emt):
    structures = [structure_of(atoms) for atoms in rattled_metals]
    # Room for two or three: structures enter and leave in the middle of others' runs.
    together = relax(structures, emt, optimizer=optimizer, batch_atoms=16)
    alone = [relax([structure], emt, optimizer=optimizer)[0] for structure in structures]
    assert [r.n_steps for r in together] == [r.n_steps for r in alone]
    np.testing.assert_allclose(_energies(together), _energies(alone), atol=1e-9)


def test_results_come_in_the_order_given(rattled_metals, structure_of, emt):
    structures = [structure_of(atoms) for atoms in rattled_metals]
    results = relax(structures, emt, batch_atoms=8)
    for given, result in zip(structures, results, strict=True):
        np.testing.assert_array_equal(given.numbers, result.structure.numbers)


def test_the_same_minimum_as_the_bfgs_of_ase_with_a_fixed_cell(structure_of, emt):
    atoms = bulk("Cu", cubic=True) * (2, 1, 1)
    atoms.rattle(0.1, seed=4)
    (found,) = relax([structure_of(atoms)], emt, Goal(fmax=1e-3, fix_cell=True))
    atoms.calc = EMT()
    BFGS(atoms, logfile=None).run(fmax=1e-3)
    assert found.energy == pytest.approx(atoms.get_potential_energy(), abs=ENERGY_TOLERANCE)
    np.testing.assert_array_equal(found.structure.cell, np.array(atoms.cell))


@pytest.mark.parametrize("pressure", [-2.0, 20.0])
def test_a_cell_under_pressure_ends_with_the_opposite_stress(pressure, structure_of, emt):
    goal = Goal(fmax=1e-3, smax=0.01 * GPA, pressure=pressure * GPA)
    (found,) = relax([structure_of(bulk("Cu", cubic=True))], emt, goal)
    atoms = bulk("Cu", cubic=True)
    atoms.set_cell(found.structure.cell)
    atoms.positions = found.structure.positions
    atoms.calc = EMT()
    stress = atoms.get_stress(voigt=False)
    np.testing.assert_allclose(stress, -pressure * GPA * np.eye(3), atol=0.01 * GPA)


def test_fixed_atoms_stay_where_they_are(structure_of, emt):
    atoms = fcc111("Cu", (2, 2, 3), vacuum=6.0, periodic=True)
    atoms.rattle(0.05, seed=5)
    fixed = atoms.positions[:, 2] < atoms.positions[:, 2].mean()
    structure = structure_of(atoms, fixed=fixed)
    (found,) = relax([structure], emt, Goal(fix_cell=True))
    assert found.converged
    np.testing.assert_array_equal(found.structure.positions[fixed], structure.positions[fixed])
    assert np.abs(found.structure.positions - structure.positions)[~fixed].max() > 0.01


def test_fixed_atoms_follow_a_moving_cell(structure_of, emt):
    atoms = bulk("Cu", a=3.8, cubic=True)
    structure = structure_of(atoms, fixed=np.array([True, True, True, False]))
    (found,) = relax([structure], emt)
    before = structure.positions @ np.linalg.inv(structure.cell)
    after = found.structure.positions @ np.linalg.inv(found.structure.cell)
    np.testing.assert_allclose(after[:3], before[:3], atol=1e-9)


def test_a_relaxed_structure_needs_no_steps(structure_of, emt):
    (once,) = relax([structure_of(bulk("Cu", a=3.7))], emt, TIGHT)
    (again,) = relax([once.structure], emt, TIGHT)
    assert (again.converged, again.n_steps) == (True, 0)


def test_a_structure_that_runs_out_of_steps_is_not_converged(rattled_metals, structure_of, emt):
    results = relax([structure_of(a) for a in rattled_metals], emt, Goal(fmax=1e-6, steps=3))
    assert {(r.converged, r.n_steps, r.error) for r in results} == {(False, 3, None)}


def test_without_a_stress_criterion_the_one_of_ases_cell_filters_is_used(structure_of, emt):
    (found,) = relax([structure_of(bulk("Cu", a=3.8))], emt, Goal(fmax=0.02, smax=None))
    per_atom = found.structure.volume * found.smax  # one atom, cubic: the row is its diagonal
    assert found.converged
    assert per_atom <= 0.02 + 1e-9


# --- guards ------------------------------------------------------------------------------------


class _Tether(EnergyPotential):
    """Atoms on springs to the origin; NaN for helium, a cell that wants to grow for neon."""

    key: ClassVar[str] = "tether"

    def __init__(self):
        super().__init__(
            model="", model_sha256="", cutoff=0.0, elements=None, device=torch.device("cpu")
        )

    def atom_energies(self, state, neighbors):
        del neighbors
        sense = torch.where(state.numbers == 2, torch.nan, 1.0)
        energy = sense * (state.positions**2).sum(dim=1)
        growth = torch.linalg.det(state.cell)[state.system_idx]
        return energy - torch.where(state.numbers == 10, 0.5 * growth, 0.0)


@pytest.fixture
def argon_helium_neon(structure_of):
    argon = structure_of(bulk("Ar", "sc", a=4.0))
    argon = replace(argon, positions=np.array([[0.3, 0.2, -0.1]]))
    return [replace(argon, numbers=np.array([number])) for number in (18, 2, 10)]


def test_a_potential_that_returns_nan_fails_one_structure_and_not_the_others(argon_helium_neon):
    fine, broken, _ = relax(argon_helium_neon, _Tether(), Goal(fix_cell=True))
    assert fine.converged
    assert isinstance(broken.error, NotFiniteError)
    np.testing.assert_array_equal(broken.structure.positions, argon_helium_neon[1].positions)


def test_a_cell_that_explodes_is_reported_and_the_others_go_on(argon_helium_neon):
    fine, _, exploded = relax(argon_helium_neon, _Tether(), Goal(smax=1.0))
    assert fine.converged
    assert isinstance(exploded.error, RunawayRelaxationError)


def test_overlapping_atoms_are_refused_before_the_first_step(structure_of, emt):
    atoms = bulk("Cu", cubic=True)
    atoms.positions[1] = atoms.positions[0] + [0.1, 0, 0]
    refused, fine = relax([structure_of(atoms), structure_of(bulk("Cu"))], emt)
    assert isinstance(refused.error, OverlappingAtomsError)
    assert fine.converged


def test_a_molecule_has_no_cell_to_relax(structure_of, emt):
    atoms = bulk("Cu", cubic=True)
    atoms.pbc = False
    (refused,) = relax([structure_of(atoms)], emt)
    assert isinstance(refused.error, MissingCellError)


class _SmallDevice(_Tether):
    """A device that holds three atoms."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def predict(self, state, neighbors, want=ENERGY_AND_FORCES):
        if state.n_atoms > 3:
            raise self.error
        return super().predict(state, neighbors, want)


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory"), OutOfMemoryError("cpu", 4)],
    ids=["of the device", "of a pair search"],
)
def test_a_batch_that_does_not_fit_is_halved(error, argon_helium_neon, structure_of):
    argon = argon_helium_neon[0]
    large = structure_of(bulk("Ar", "fcc", a=5.0, cubic=True))
    results = relax([argon, argon, argon, argon, large], _SmallDevice(error), Goal(fix_cell=True))
    assert [result.converged for result in results] == [True] * 4 + [False]
    assert isinstance(results[4].error, OutOfMemoryError)


# --- what is seen from outside ------------------------------------------------------------------


def test_a_single_relaxation_shows_every_step(structure_of, emt):
    control = RunControl()
    (found,) = relax([structure_of(bulk("Cu", a=3.8))], emt, control=control)
    rows = control.series.drain()
    assert [row["step"] for row in rows] == list(range(found.n_steps + 1))
    assert rows[-1]["energy_eV"] == pytest.approx(found.energy)
    assert set(rows[0]) == {"step", "energy_eV", "fmax_eV_A", "smax_GPa", "volume_A3"}
    assert control.frames.take().step == found.n_steps
    assert control.progress_slot.take().done == 1


def test_of_many_relaxations_the_end_of_each_is_told(rattled_metals, structure_of, emt):
    control = RunControl()
    structures = [structure_of(atoms) for atoms in rattled_metals]
    results = relax(structures, emt, Goal(fix_cell=True), control=control)
    rows = {row["structure"]: row for row in control.series.drain()}
    assert [rows[k]["step"] for k in range(len(results))] == [r.n_steps for r in results]
    assert "smax_GPa" not in rows[0]
    assert control.frames.take() is None


def test_a_cancelled_relaxation_ends_at_once(structure_of, emt):
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        relax([structure_of(bulk("Cu", a=3.8))], emt, control=control)


def test_every_structure_is_handed_out_as_soon_as_it_is_done(rattled_metals, structure_of, emt):
    seen = []
    results = relax(
        [structure_of(atoms) for atoms in rattled_metals],
        emt,
        on_finished=lambda index, result: seen.append((index, result)),
    )
    assert sorted(index for index, _ in seen) == list(range(len(results)))
    assert all(result is results[index] for index, result in seen)
