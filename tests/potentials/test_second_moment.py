import numpy as np
import pytest
import torch
from scipy.optimize import minimize, minimize_scalar

from designer_app.device import Compute
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.second_moment import SecondMoment, load
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures
from designer_app.units import GPA

CPU = Compute(device="cpu")
SET = "cleri-rosato"
EVERYTHING = frozenset({"energy", "forces", "stress", "energies"})
ROUNDING = 1e-11
"""Relative: sums of some thousand doubles in another order."""
FACES = 0.5 * np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
# Lattice constant in A and cohesive energy in eV that the paper fitted to; then C11, C12 and C44
# in GPa near 0 K (Simmons and Wang, Single Crystal Elastic Constants, 1971), which it fitted to
# as well as four parameters allow; and how far off these are at most, relative.
FCC = [
    ("Ni", 3.523, 4.435, (261.2, 150.8, 131.7), 0.03),
    ("Cu", 3.615, 3.544, (176.2, 124.9, 81.8), 0.01),
    ("Rh", 3.803, 5.752, (422.0, 192.0, 194.0), 0.25),
    ("Pd", 3.887, 3.936, (234.1, 176.1, 71.2), 0.02),
    ("Ag", 4.085, 2.960, (131.5, 97.3, 51.1), 0.02),
    ("Ir", 3.839, 6.930, (600.0, 260.0, 270.0), 0.35),
    ("Pt", 3.924, 5.853, (358.0, 253.6, 77.4), 0.18),
    ("Au", 4.079, 3.779, (201.6, 169.7, 45.4), 0.10),
    ("Al", 4.050, 3.339, (114.3, 61.9, 31.6), 0.21),
    ("Pb", 4.951, 2.040, (55.5, 45.4, 19.4), 0.35),
]
LATTICE_CONSTANT, COHESIVE_ENERGY = 1e-4, 1e-3
"""Relative: the digits of the parameters; of Pb they do not return what they were fitted to."""
LATTICE_CONSTANT_OF_LEAD, COHESIVE_ENERGY_OF_LEAD = 8e-3, 4e-3
# a and c in A and cohesive energy in eV, measured.
HCP = [
    ("Ti", 2.951, 4.679, 4.853),
    ("Zr", 3.232, 5.147, 6.167),
    ("Co", 2.507, 4.069, 4.386),
    ("Mg", 3.209, 5.210, 1.519),
]
VOLUME, COHESIVE_ENERGY_HCP, IDEAL = 0.01, 0.006, 0.002


def predicted(potential, *structures, want=EVERYTHING):
    state = state_from_structures(structures, torch.device("cpu"))
    return potential.predict(state, build_neighbors(state, potential.cutoff, half=True), want)


def energy(potential, structure):
    return float(predicted(potential, structure, want=frozenset({"energy"})).energy)


def crystal(symbol, cell, scaled=((0.0, 0.0, 0.0),)):
    numbers = np.full(len(scaled), ATOMIC_NUMBERS[symbol])
    return Structure(numbers, np.array(scaled) @ cell, cell, (True, True, True))


def lattice_constant(potential, symbol, near):
    bounds = (0.97 * near, 1.03 * near)
    found = minimize_scalar(
        lambda a: energy(potential, crystal(symbol, a * FACES)),
        bounds=bounds,
        method="bounded",
        options={"xatol": 1e-7},
    )
    return found.x, -found.fun


@pytest.mark.parametrize(("symbol", "a", "cohesive"), [row[:3] for row in FCC])
def test_fcc_metals_return_the_lattice_and_the_energy_they_were_fitted_to(symbol, a, cohesive):
    found_a, found_energy = lattice_constant(load(SET, CPU), symbol, a)
    is_lead = symbol == "Pb"
    length = LATTICE_CONSTANT_OF_LEAD if is_lead else LATTICE_CONSTANT
    depth = COHESIVE_ENERGY_OF_LEAD if is_lead else COHESIVE_ENERGY
    assert found_a == pytest.approx(a, rel=length)
    assert found_energy == pytest.approx(cohesive, rel=depth)


@pytest.mark.parametrize(("symbol", "a", "measured", "off"), [(r[0], r[1], *r[3:]) for r in FCC])
def test_fcc_metals_are_as_stiff_as_four_parameters_allow(symbol, a, measured, off):
    potential = load(SET, CPU)
    a, _ = lattice_constant(potential, symbol, a)

    def stress(strain):
        deformed = crystal(symbol, a * FACES @ (np.eye(3) + strain))
        return predicted(potential, deformed).stress[0].numpy() / GPA

    stretch, shear = np.zeros((3, 3)), np.zeros((3, 3))
    stretch[0, 0] = 1e-4
    shear[1, 2] = shear[2, 1] = 0.5e-4
    along = (stress(stretch) - stress(-stretch)) / 2e-4
    across = (stress(shear) - stress(-shear)) / 2e-4
    found = along[0, 0], along[1, 1], across[1, 2]
    assert found == pytest.approx(measured, rel=off)


@pytest.mark.parametrize(("symbol", "a", "c", "cohesive"), HCP)
def test_hcp_metals_have_their_volume_and_energy_and_an_ideal_shape(symbol, a, c, cohesive):
    potential = load(SET, CPU)

    def of(lengths):
        base = lengths[0] * np.array([[1, 0, 0], [-0.5, np.sqrt(0.75), 0], [0, 0, 0]])
        base[2, 2] = lengths[1]
        return energy(potential, crystal(symbol, base, ((0, 0, 0), (1 / 3, 2 / 3, 0.5)))) / 2

    found = minimize(of, (a, c), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-6})
    length, height = found.x
    assert length**2 * height == pytest.approx(a**2 * c, rel=VOLUME)
    assert -found.fun == pytest.approx(cohesive, rel=COHESIVE_ENERGY_HCP)
    assert height / length == pytest.approx(np.sqrt(8 / 3), rel=IDEAL)


def test_a_dimer_of_copper_is_the_formula():
    r, r0 = 2.4, 2.5562
    positions = np.array([[0.0, 0, 0], [0, 0, r]])
    pair = Structure(np.array([29, 29]), positions, np.zeros((3, 3)), (False,) * 3)
    found = energy(load(SET, CPU), pair)
    repulsion = 0.0855 * np.exp(-10.960 * (r / r0 - 1))
    band = 1.224 * np.exp(-2.278 * (r / r0 - 1))
    assert found == pytest.approx(2 * (repulsion - band), rel=ROUNDING)


@pytest.mark.parametrize("symbol", ["Ni", "Pt"])
def test_a_dimer_comes_apart_without_a_jump_of_its_force(symbol):
    potential = load(SET, CPU)
    kind = potential.parameters.symbols.index(symbol)
    end = potential.parameters.end[kind, kind]

    def forces(r):
        positions = np.array([[0.0, 0, 0], [0, 0, r]])
        numbers = np.full(2, ATOMIC_NUMBERS[symbol])
        pair = Structure(numbers, positions, np.zeros((3, 3)), (False,) * 3)
        return predicted(potential, pair, want=frozenset({"forces"})).forces

    assert forces(0.999 * end).abs().max() < 5e-3  # eV/A, where the band term is 0.2 eV uncut
    assert forces(0.9999 * end).abs().max() < 5e-5
    assert not forces(1.0001 * end).any()


def test_an_atom_alone_has_neither_energy_nor_force():
    alone = Structure(np.array([29]), np.zeros((1, 3)), np.zeros((3, 3)), (False,) * 3)
    for way in (True, False):
        found = predicted(
            SecondMoment(SET, CPU, use_compiled=way), alone, want=EVERYTHING - {"stress"}
        )
        assert float(found.energy) == 0.0
        assert not found.forces.any()


def test_both_ways_agree_on_a_batch_of_alloys():
    rng = np.random.default_rng(3)
    steps = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), -1).reshape(-1, 3)
    cell = 8.1 * np.array([[1.0, 0, 0], [0.2, 1.0, 0], [-0.1, 0.3, 1.0]])
    positions = steps / 3 @ cell + rng.normal(0, 0.15, (27, 3))
    alloy = Structure(rng.choice([29, 79, 13], 27), positions, cell, (True,) * 3)
    batch = [alloy, crystal("Pt", 3.9 * FACES)]
    compiled, plain = (
        predicted(SecondMoment(SET, CPU, use_compiled=way), *batch) for way in (True, False)
    )
    for name in sorted(EVERYTHING):
        one, other = getattr(compiled, name), getattr(plain, name)
        assert (one - other).abs().max() < ROUNDING * other.abs().max()


def test_an_ordered_alloy_of_copper_and_gold_is_bound_by_the_mixed_pairs():
    """Cu3Au: a = 3.75 A measured; the means give it within 2 %."""
    potential = load(SET, CPU)
    corners = ((0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0))

    def of(a):
        cube = crystal("Cu", a * np.eye(3), corners)
        numbers = cube.numbers.copy()
        numbers[0] = 79
        return energy(potential, Structure(numbers, cube.positions, cube.cell, cube.pbc))

    found = minimize_scalar(of, bounds=(3.5, 4.0), method="bounded")
    assert found.x == pytest.approx(3.75, rel=0.02)
