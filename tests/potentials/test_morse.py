import numpy as np
import pytest
import torch
from ase import Atoms
from ase.calculators.morse import MorsePotential
from scipy.optimize import minimize_scalar

from designer_app.device import Compute
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.morse import Morse, load
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures
from designer_app.units import GPA

CPU = Compute(device="cpu")
EVERYTHING = frozenset({"energy", "forces", "stress", "energies"})
ROUNDING = 1e-11
"""Relative: sums of some thousand doubles in another order."""
HARD, SOFT = "girifalco-weizer", "girifalco-weizer-soft"
FACES = 0.5 * np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
BODY = 0.5 * np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1]])
# Lattice constant in A and cohesive energy in eV, measured (Kittel, Introduction to Solid State
# Physics, chapters 1 and 3). The fits used what was known in 1959.
MEASURED = [
    ("Pb", HARD, FACES, 4.95, 2.03),
    ("Ag", HARD, FACES, 4.09, 2.95),
    ("Ni", HARD, FACES, 3.52, 4.44),
    ("Cu", HARD, FACES, 3.61, 3.49),
    ("Al", HARD, FACES, 4.05, 3.39),
    ("Mo", HARD, BODY, 3.15, 6.82),
    ("W", HARD, BODY, 3.16, 8.90),
    ("Cr", HARD, BODY, 2.88, 4.10),
    ("Fe", HARD, BODY, 2.87, 4.28),
    ("Ca", SOFT, FACES, 5.58, 1.84),
    ("Sr", SOFT, FACES, 6.08, 1.72),
    ("Ba", SOFT, BODY, 5.02, 1.90),
    ("Na", SOFT, BODY, 4.225, 1.113),
    ("K", SOFT, BODY, 5.225, 0.934),
    ("Rb", SOFT, BODY, 5.585, 0.852),
    ("Cs", SOFT, BODY, 6.045, 0.804),
]
LATTICE_CONSTANT, COHESIVE_ENERGY, BULK_MODULUS = 0.02, 0.15, 0.05
"""Relative differences between today's measurements and those that were fitted."""


def predicted(potential, *structures, want=EVERYTHING):
    state = state_from_structures(structures, torch.device("cpu"))
    return potential.predict(state, build_neighbors(state, potential.cutoff, half=True), want)


def crystal(symbol, lattice, a):
    number = np.array([ATOMIC_NUMBERS[symbol]])
    return Structure(number, np.zeros((1, 3)), lattice * a, (True, True, True))


def equilibrium(symbol, model, lattice, a):
    """Lattice constant in A and energy in eV at the minimum, and the energy as a function."""
    potential = load(model, CPU)

    def energy(length):
        found = predicted(potential, crystal(symbol, lattice, length), want=frozenset({"energy"}))
        return float(found.energy)

    bounds = (0.93 * a, 1.07 * a)
    bottom = minimize_scalar(energy, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    return bottom.x, bottom.fun, energy


def test_a_dimer_is_deepest_at_r0():
    positions = np.array([[0.0, 0, 0], [2.866, 0, 0]])
    copper = Structure(np.array([29, 29]), positions, np.zeros((3, 3)), (False,) * 3)
    bottom = predicted(load(HARD, CPU), copper, want=EVERYTHING - {"stress"})
    assert float(bottom.energy) == pytest.approx(-0.3429, rel=ROUNDING)
    assert bottom.forces.abs().max() < 1e-12


@pytest.mark.parametrize(
    ("symbol", "model", "lattice", "a", "cohesive"), MEASURED, ids=[row[0] for row in MEASURED]
)
def test_cubic_metals_have_their_lattice_constant_and_cohesive_energy(
    symbol, model, lattice, a, cohesive
):
    length, energy, _ = equilibrium(symbol, model, lattice, a)
    assert length == pytest.approx(a, rel=LATTICE_CONSTANT)
    assert -energy == pytest.approx(cohesive, rel=COHESIVE_ENERGY)


def test_copper_is_as_stiff_as_measured():
    length, lowest, energy = equilibrium("Cu", HARD, FACES, 3.61)
    strain = 2e-3
    curvature = (energy(length * (1 + strain)) + energy(length * (1 - strain)) - 2 * lowest) / (
        strain**2
    )
    bulk_modulus = curvature / 9 / (length**3 / 4) / GPA
    assert bulk_modulus == pytest.approx(142.0, rel=BULK_MODULUS)  # 4.2 K, Overton and Gaffney


@pytest.mark.parametrize("use_compiled", [True, False], ids=["compiled", "torch"])
def test_energy_and_forces_are_those_of_ase(use_compiled, tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        'form = "morse"\n[cutoff]\nunit = "A"\nbegin = 9.999\nend = 10.0\n[elements]\n'
        "Cu = { D = 0.35, a = 1.4, r0 = 2.8 }\n",
        encoding="utf-8",
    )
    rng = np.random.default_rng(0)
    positions = rng.normal(0, 0.1, (27, 3)) + 2.7 * np.stack(
        np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), -1
    ).reshape(-1, 3)  # a cluster that ends well inside the cutoff
    cluster = Structure(np.full(27, 29), positions, np.zeros((3, 3)), (False,) * 3)
    potential = Morse(str(path), CPU, use_compiled=use_compiled)
    ours = predicted(potential, cluster, want=EVERYTHING - {"stress"})
    theirs = Atoms(cluster.numbers, cluster.positions)
    theirs.calc = MorsePotential(epsilon=0.35, r0=2.8, rho0=1.4 * 2.8, rcut1=20.0, rcut2=30.0)
    assert float(ours.energy) == pytest.approx(theirs.get_potential_energy(), rel=ROUNDING)
    forces = theirs.get_forces()
    assert np.abs(ours.forces.numpy() - forces).max() < ROUNDING * np.abs(forces).max()


def test_both_ways_agree_on_a_batch_of_alloys():
    rng = np.random.default_rng(3)
    steps = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), -1).reshape(-1, 3)
    cell = 8.1 * np.array([[1.0, 0, 0], [0.2, 1.0, 0], [-0.1, 0.3, 1.0]])
    positions = steps / 3 @ cell + rng.normal(0, 0.15, (27, 3))
    alloy = Structure(rng.choice([29, 28, 13], 27), positions, cell, (True,) * 3)
    batch = [alloy, crystal("Fe", BODY, 2.8)]
    compiled, plain = (
        predicted(Morse(HARD, CPU, use_compiled=way), *batch) for way in (True, False)
    )
    for name in sorted(EVERYTHING):
        one, other = getattr(compiled, name), getattr(plain, name)
        assert (one - other).abs().max() < ROUNDING * other.abs().max()
