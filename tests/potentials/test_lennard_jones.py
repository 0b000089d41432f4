import numpy as np
import pytest
import torch
from ase import Atoms
from ase.calculators.lj import LennardJones as AseLennardJones
from scipy.optimize import minimize_scalar

from designer_app.device import Compute
from designer_app.errors import InvalidSpecError, UnsupportedElementError
from designer_app.explanations import explain_exception
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.verlet import VerletList
from designer_app.potentials.lennard_jones import LennardJones, load
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

CPU = Compute(device="cpu")
EVERYTHING = frozenset({"energy", "forces", "stress", "energies"})
ROUNDING = 1e-11
"""Relative: sums of some thousand doubles in another order."""
FCC_SUM_12, FCC_SUM_6 = 12.13188, 14.45392
"""Lattice sums of fcc (Jones and Ingham 1925, doi:10.1098/rspa.1925.0047)."""
WAYS = [
    pytest.param(True, id="compiled"),
    pytest.param(False, id="torch"),
]


def state_of(*structures):
    return state_from_structures(structures, torch.device("cpu"))


def predicted(potential, *structures, want=EVERYTHING):
    state = state_of(*structures)
    return potential.predict(state, build_neighbors(state, potential.cutoff, half=True), want)


def dimer(distance, numbers=(18, 18)):
    positions = np.array([[0.0, 0, 0], [0, 0, distance]])
    return Structure(np.array(numbers), positions, np.zeros((3, 3)), (False, False, False))


def liquid(numbers, spacing, n_side=4, seed=0, shift=0.0):
    """A disordered cubic arrangement in a sheared periodic cell."""
    rng = np.random.default_rng(seed)
    steps = np.stack(np.meshgrid(*[np.arange(n_side)] * 3, indexing="ij"), -1).reshape(-1, 3)
    cell = spacing * n_side * np.array([[1.0, 0, 0], [0.2, 1.0, 0], [-0.1, 0.3, 1.0]])
    positions = steps / n_side @ cell + rng.normal(0, 0.06 * spacing, steps.shape)
    positions += shift * rng.integers(-3, 4, steps.shape) @ cell
    return Structure(rng.choice(numbers, len(steps)), positions, cell, (True, True, True))


def fcc(spacing, number=18, n_cells=0):
    """Fcc with the given distance between neighbours: one atom, or n_cells^3 cubes of four."""
    a = spacing * np.sqrt(2)
    primitive = 0.5 * a * np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0.0]])
    if not n_cells:
        return Structure(np.array([number]), np.zeros((1, 3)), primitive, (True, True, True))
    steps = np.stack(np.meshgrid(*[np.arange(n_cells)] * 3, indexing="ij"), -1).reshape(-1, 1, 3)
    corners = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    positions = a * (steps + corners).reshape(-1, 3)
    return Structure(
        np.full(len(positions), number), positions, a * n_cells * np.eye(3), (True, True, True)
    )


def parameter_file(folder, elements, cutoff='unit = "sigma"\nbegin = 2.5\nend = 3.0', pairs=""):
    path = folder / "own.toml"
    path.write_text(
        f'form = "lennard-jones"\n[cutoff]\n{cutoff}\n[elements]\n{elements}\n{pairs}',
        encoding="utf-8",
    )
    return str(path)


@pytest.mark.parametrize("model", ["reduced", "noble-gases"])
def test_a_dimer_is_deepest_at_two_to_the_sixth_of_sigma(model):
    potential = load(model, CPU)
    sigma, epsilon = (1.0, 1.0) if model == "reduced" else (3.40, 0.010423)
    bottom = predicted(potential, dimer(2 ** (1 / 6) * sigma))
    assert float(bottom.energy) == pytest.approx(-epsilon, rel=ROUNDING)
    assert bottom.forces.abs().max() < 1e-12 * epsilon / sigma


@pytest.mark.parametrize("use_compiled", WAYS)
def test_energy_forces_and_stress_are_those_of_ase(use_compiled):
    potential = LennardJones("reduced", CPU, use_compiled=use_compiled)
    structure = liquid([18], 1.12, n_side=6)
    ours = predicted(potential, structure)
    theirs = Atoms(structure.numbers, structure.positions, cell=structure.cell, pbc=True)
    theirs.calc = AseLennardJones(sigma=1.0, epsilon=1.0, ro=2.0, rc=2.5, smooth=True)
    forces = theirs.get_forces()
    assert float(ours.energy) == pytest.approx(theirs.get_potential_energy(), rel=ROUNDING)
    assert np.abs(ours.forces.numpy() - forces).max() < ROUNDING * np.abs(forces).max()
    stress = theirs.get_stress(voigt=False)
    assert np.abs(ours.stress[0].numpy() - stress).max() < ROUNDING * np.abs(stress).max()
    energies = theirs.get_potential_energies()
    assert np.abs(ours.energies.numpy() - energies).max() < ROUNDING * np.abs(energies).max()


@pytest.mark.parametrize("shift", [0.0, 1.0], ids=["home", "cells-away"])
def test_both_ways_agree_on_a_batch_of_mixtures(shift):
    batch = [
        liquid([10, 18, 54], 3.9, seed=1, shift=shift),
        fcc(3.7),
        liquid([36, 18], 4.0, n_side=2, seed=2, shift=shift),
        dimer(3.9, (10, 54)),
    ]
    without_stress = EVERYTHING - {"stress"}
    compiled, plain = (
        predicted(LennardJones("noble-gases", CPU, use_compiled=way), *batch, want=without_stress)
        for way in (True, False)
    )
    for name in sorted(without_stress):
        one, other = getattr(compiled, name), getattr(plain, name)
        assert (one - other).abs().max() < ROUNDING * other.abs().max()
    compiled, plain = (
        predicted(LennardJones("noble-gases", CPU, use_compiled=way), *batch[:3]).stress
        for way in (True, False)
    )
    assert (compiled - plain).abs().max() < ROUNDING * plain.abs().max()


@pytest.mark.parametrize("use_compiled", WAYS)
def test_shares_of_the_atoms_add_up_to_the_energy(use_compiled):
    potential = LennardJones("noble-gases", CPU, use_compiled=use_compiled)
    found = predicted(potential, liquid([10, 18], 3.6), fcc(3.7))
    assert float(found.energies.sum()) == pytest.approx(float(found.energy.sum()), rel=ROUNDING)


def test_the_fcc_crystal_has_the_energy_of_the_lattice_sums(tmp_path):
    reach = 'unit = "A"\nbegin = 11.99\nend = 12.0'
    model = parameter_file(tmp_path, "any = { sigma = 1.0, epsilon = 1.0 }", reach)
    potential = load(model, CPU)

    def energy(spacing):
        beyond = -8 * np.pi / 3 * np.sqrt(2) / spacing**3 / 12.0**3  # integral over all farther
        return float(predicted(potential, fcc(spacing), want=frozenset({"energy"})).energy) + beyond

    shells_at_the_edge = 1e-4
    for spacing in (1.0, 1.05, 1.15):
        known = 2 * (FCC_SUM_12 / spacing**12 - FCC_SUM_6 / spacing**6)
        assert energy(spacing) == pytest.approx(known, abs=shells_at_the_edge)
    bottom = minimize_scalar(energy, bounds=(1.05, 1.15), method="bounded")
    assert bottom.x == pytest.approx((2 * FCC_SUM_12 / FCC_SUM_6) ** (1 / 6), rel=1e-3)
    assert bottom.fun == pytest.approx(-(FCC_SUM_6**2) / (2 * FCC_SUM_12), rel=1e-4)


def test_a_hundred_thousand_atoms_have_a_hundred_thousand_times_the_energy_of_one():
    potential = load("noble-gases", CPU)
    crystal = fcc(3.75, n_cells=29)
    many = predicted(potential, crystal, want=frozenset({"energy", "forces"}))
    one = predicted(potential, fcc(3.75), want=frozenset({"energy"}))
    assert float(many.energy) == pytest.approx(len(crystal) * float(one.energy), rel=1e-9)
    assert many.forces.abs().max() < 1e-12


def test_nothing_is_left_at_the_cutoff():
    potential = load("reduced", CPU)
    just_before = predicted(potential, dimer(2.5 * (1 - 1e-7)))
    assert abs(float(just_before.energy)) < 1e-12
    assert just_before.forces.abs().max() < 1e-6
    assert float(predicted(potential, dimer(2.5)).energy) == 0.0


def test_unlike_atoms_are_mixed_by_lorentz_and_berthelot():
    potential = load("noble-gases", CPU)
    sigma, epsilon = (2.74 + 3.98) / 2, np.sqrt(0.003121 * 0.019973)
    bottom = predicted(potential, dimer(2 ** (1 / 6) * sigma, (10, 54)))
    assert float(bottom.energy) == pytest.approx(-epsilon, rel=ROUNDING)
    assert bottom.forces.abs().max() < 1e-13


def test_a_pair_given_in_the_file_replaces_the_mixing_rule(tmp_path):
    elements = "Ar = { sigma = 3.4, epsilon = 0.01 }\nKr = { sigma = 3.6, epsilon = 0.02 }"
    pairs = "[pairs]\nKr-Ar = { sigma = 3.0, epsilon = 0.05 }"
    potential = load(parameter_file(tmp_path, elements, pairs=pairs), CPU)
    for numbers in ((18, 36), (36, 18)):
        bottom = predicted(potential, dimer(2 ** (1 / 6) * 3.0, numbers))
        assert float(bottom.energy) == pytest.approx(-0.05, rel=ROUNDING)
    assert float(predicted(potential, dimer(2 ** (1 / 6) * 3.4)).energy) == pytest.approx(-0.01)


def test_each_pair_has_its_own_cutoff_in_units_of_its_sigma():
    potential = load("noble-gases", CPU)
    assert potential.cutoff == pytest.approx(3.0 * 3.98)
    assert float(predicted(potential, dimer(3.01 * 3.40)).energy) == 0.0
    assert float(predicted(potential, dimer(2.9 * 3.40)).energy) < 0.0


def test_an_element_without_parameters_is_refused():
    with pytest.raises(UnsupportedElementError) as raised:
        predicted(load("noble-gases", CPU), dimer(3.0, (18, 6)))
    assert raised.value.element == "C"


def test_other_elements_on_the_same_list_get_their_own_parameters():
    potential = load("noble-gases", CPU)
    light, heavy = state_of(dimer(4.0, (18, 18))), state_of(dimer(4.0, (54, 54)))
    neighbors = build_neighbors(light, potential.cutoff, half=True)
    first = float(potential.predict(light, neighbors).energy)
    second = float(potential.predict(heavy, neighbors).energy)
    assert second == pytest.approx(float(predicted(potential, dimer(4.0, (54, 54))).energy))
    assert first != second


def test_a_restart_from_the_reference_predicts_the_same_to_the_last_bit():
    potential = load("noble-gases", CPU)
    start = state_of(liquid([18, 36], 3.9, shift=1.0))
    verlet = VerletList(potential.cutoff, 1.0, half=True)
    verlet.update(start)
    now = start.moved(start.positions + 0.2 * torch.sin(start.positions))
    before = potential.predict(now, verlet.update(now), EVERYTHING)
    assert verlet.n_builds == 1
    restored = VerletList.restored(
        potential.cutoff, 1.0, half=True, reference=verlet.reference
    ).update(now)
    after = load("noble-gases", CPU).predict(now, restored, EVERYTHING)
    for name in sorted(EVERYTHING):
        assert torch.equal(getattr(after, name), getattr(before, name))


def test_a_full_list_is_refused():
    potential = load("noble-gases", CPU)
    state = state_of(dimer(4.0))
    with pytest.raises(ValueError, match="half lists"):
        potential.predict(state, build_neighbors(state, potential.cutoff, half=False))


ARGON = "Ar = { sigma = 3.4, epsilon = 0.01 }"
WRONG = {
    "is not the symbol of an element": {"elements": "Qq = { sigma = 3.4, epsilon = 0.01 }"},
    "sigma of Ar is -3.4 and must be above 0": {"elements": ARGON.replace("3.4", "-3.4")},
    "epsilon of Ar is missing or not a number": {"elements": "Ar = { sigma = 3.4 }"},
    "Ar has no parameter 'depth'": {"elements": ARGON.replace("}", ", depth = 1.0 }")},
    "Ar needs sigma and epsilon": {"elements": "Ar = 3.4"},
    "it names no elements": {"elements": ""},
    "is no pair of its elements": {
        "elements": ARGON,
        "pairs": "[pairs]\nAr-Kr = { sigma = 3.0, epsilon = 0.05 }",
    },
    "ends at 2 before it begins at 3": {
        "elements": ARGON,
        "cutoff": 'unit = "sigma"\nbegin = 3.0\nend = 2.0',
    },
    "the unit of its cutoff": {"elements": ARGON, "cutoff": 'unit = "nm"\nbegin = 1\nend = 2'},
    "it is not readable as TOML": {"elements": "Ar = {"},
}


@pytest.mark.parametrize("reason", WRONG)
def test_a_wrong_file_is_refused_in_words(tmp_path, reason):
    with pytest.raises(InvalidSpecError) as raised:
        load(parameter_file(tmp_path, **WRONG[reason]), CPU)
    assert reason in explain_exception(raised.value).what


def test_a_missing_file_is_refused_with_the_names_of_the_shipped_sets():
    with pytest.raises(InvalidSpecError) as raised:
        load("no-such-set", CPU)
    assert "noble-gases, reduced" in explain_exception(raised.value).what


def test_a_file_of_another_potential_is_refused(tmp_path):
    path = tmp_path / "morse.toml"
    path.write_text('form = "morse"\n', encoding="utf-8")
    with pytest.raises(InvalidSpecError, match='must say form = "lennard-jones"'):
        load(str(path), CPU)
