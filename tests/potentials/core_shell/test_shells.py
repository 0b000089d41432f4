"""Newton's method for shells: second derivatives, and how soon it is at rest."""

import numpy as np
import pytest
import torch
from ase.build import bulk

from designer_app.device import Compute
from designer_app.dynamics.integrators import NVE
from designer_app.dynamics.simulation import ForceField, begin, simulate, start_state
from designer_app.errors import ShellsLostError
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.core_shell import load
from designer_app.potentials.core_shell.energies import Cores
from designer_app.potentials.core_shell.shells import settled
from designer_app.potentials.core_shell.stiffness import Stiffness
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures
from designer_app.units import FS

DIFFERENCE_A = 1e-4
NEARLY = 2e-3
"""Relative error of second derivatives whose sums of charges end early, by the largest."""
SOLVED = 1e-6
A_FEW = 4
"""Evaluations in a step of dynamics of 1 fs at room temperature."""


SOFT_SPRINGS = """\
form = "core-shell"
[cutoff]
begin = 9.0
end = 10.0
[ions]
Mg = { charge = 2.0 }
O = { core = 0.86902, shell = -2.86902, k2 = 5.0 }
[pairs]
Mg-O = { A = 1280.0, rho = 0.3 }
O-O = { A = 1280.0, rho = 0.3, C = 27.88 }
"""


def state_of(name, kind, a, rattle, repeats=(1, 1, 1)):
    atoms = bulk(name, kind, a=a, cubic=True) * repeats
    atoms.rattle(rattle, seed=0)
    structure = Structure(atoms.numbers, atoms.positions, atoms.cell.array, (True,) * 3)
    return state_from_structures([structure], torch.device("cpu"))


def at_rest(model, *crystal):
    potential = load(model, Compute(device="cpu"))
    state = state_of(*crystal)
    cores = potential.cores_of(state, build_neighbors(state, potential.cutoff, half=True), 0)
    return settled(cores, torch.zeros_like(cores.positions[cores.ions.movable]))


@pytest.mark.parametrize(
    ("model", "crystal"),
    [
        ("mgo-gale", ("MgO", "rocksalt", 4.24, 0.05)),
        ("ceo2-sayle", ("CeO2", "fluorite", 5.43, 0.03)),
    ],
)
def test_the_stiffness_is_the_slope_of_the_slopes(model, crystal):
    moved = at_rest(model, *crystal)
    generator = torch.Generator().manual_seed(1)
    way = torch.randn(moved.u.shape, generator=generator, dtype=moved.u.dtype)
    higher, lower = (
        moved.cores.with_shells(moved.u + sign * DIFFERENCE_A * way).on_shells
        for sign in (1.0, -1.0)
    )
    slope = (higher - lower) / (2.0 * DIFFERENCE_A)
    error = (Stiffness.of(moved).times(way) - slope).abs().max()
    assert float(error) < NEARLY * float(slope.abs().max())


def test_the_answer_to_a_pull_causes_that_pull():
    moved = at_rest("mgo-gale", "MgO", "rocksalt", 4.24, 0.05)
    stiffness = Stiffness.of(moved)
    pull = torch.randn(
        moved.u.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64
    )
    found = stiffness.times(stiffness.solve(pull, 1e-8))
    np.testing.assert_allclose(found, pull, rtol=SOLVED, atol=SOLVED)


def test_shells_that_the_least_displacement_lets_fall_are_not_at_rest(tmp_path):
    """An ideal lattice pulls at no shell, however soft its spring."""
    table = tmp_path / "soft.toml"
    table.write_text(SOFT_SPRINGS)
    with pytest.raises(ShellsLostError):
        at_rest(str(table), "MgO", "rocksalt", 4.212, 0.0)
    table.write_text(SOFT_SPRINGS.replace("k2 = 5.0", "k2 = 74.92"))
    assert float(at_rest(str(table), "MgO", "rocksalt", 4.212, 0.0).u.abs().max()) < DIFFERENCE_A


def test_the_softest_way_is_that_of_all_second_derivatives():
    moved = at_rest("mgo-gale", "MgO", "rocksalt", 4.24, 0.05)
    stiffness = Stiffness.of(moved)
    n = moved.u.numel()
    whole = torch.stack(
        [stiffness.times(each.reshape(-1, 3)).flatten() for each in torch.eye(n).double()]
    )
    values = torch.linalg.eigvalsh(0.5 * (whole + whole.T))
    lowest, way = stiffness.softest()
    assert lowest == pytest.approx(float(values[0] / values[-1]), rel=SOLVED)
    assert float((way * stiffness.times(way)).sum()) == pytest.approx(float(values[0]), rel=SOLVED)


def test_a_step_of_dynamics_takes_a_few_evaluations(monkeypatch):
    potential = load("mgo-gale", Compute(device="cpu"))
    integrator = NVE(dt=1.0 * FS)
    evaluate = ForceField(potential, integrator.wants)
    start = start_state(state_of("MgO", "rocksalt", 4.24, 0.0, (2, 1, 1)), 600.0, 1)
    run = simulate(begin(start, integrator, evaluate), potential, integrator, 16, evaluate=evaluate)
    for _ in range(6):
        next(run)
    counted = []
    with_shells = Cores.with_shells

    def counting(cores, u):
        counted.append(1)
        return with_shells(cores, u)

    monkeypatch.setattr(Cores, "with_shells", counting)
    assert len(list(run)) == 10
    assert len(counted) <= 10 * A_FEW
