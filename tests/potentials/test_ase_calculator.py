"""Calculators of ASE as potentials, and our potentials driven by ASE's own programs."""

from typing import ClassVar

import numpy as np
import pytest
import torch
from ase import Atoms, units
from ase.build import bulk, molecule
from ase.calculators.calculator import Calculator, PropertyNotImplementedError
from ase.calculators.emt import EMT
from ase.calculators.fd import calculate_numerical_forces, calculate_numerical_stress
from ase.md.verlet import VelocityVerlet
from ase.mep import NEB
from ase.optimize import BFGS
from ase.vibrations import Vibrations

from designer_app.device import Compute
from designer_app.errors import CannotProvideError, InvalidSpecError, MissingPackageError
from designer_app.io.documents import structure_from_atoms
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.pairs import pair_vectors
from designer_app.potentials import as_ase_calculator, load_potential
from designer_app.potentials.ase_calculator import AsePotential, calculator_from_text
from designer_app.potentials.base import EnergyPotential
from designer_app.state import state_from_structures

LJ = "ase.calculators.lj:LennardJones(sigma=3.4, epsilon=0.01)"
ROUNDING = 1e-10


# --- ASE's calculators as potentials -----------------------------------------------------------


def test_keywords_reach_the_calculator():
    calculator = calculator_from_text(LJ)
    assert (calculator.parameters["sigma"], calculator.parameters["epsilon"]) == (3.4, 0.01)


@pytest.mark.parametrize(
    "text",
    [
        "EMT",
        "ase.calculators.emt:",
        "ase.calculators.emt:Nothing",
        "ase.calculators.lj:LennardJones(3.4)",
        "ase.calculators.lj:LennardJones(sigma=__import__('os').getpid())",
        "ase.calculators.lj:LennardJones(**{'sigma': 3.4})",
        "ase.calculators.lj:LennardJones(sigma=3.4",
        "ase.calculators.lj:LennardJones(sigma=3.4)(epsilon=1)",
        "os:system(command='true')",
        "ase.build:bulk(name='Cu')",
    ],
)
def test_names_that_are_no_plain_calculator_are_refused(text):
    with pytest.raises(InvalidSpecError):
        calculator_from_text(text)


def test_a_calculator_whose_package_is_missing_is_named():
    with pytest.raises(MissingPackageError) as raised:
        calculator_from_text("a_package_that_is_not_there.calculators:Thing")
    assert raised.value.package == "a_package_that_is_not_there"


def test_a_batch_gets_what_the_calculator_says_of_each_structure():
    potential = load_potential("ase", "ase.calculators.emt:EMT", Compute())
    crystals = [bulk("Cu", cubic=True), bulk("Al") * (2, 1, 1)]
    for atoms in crystals:
        atoms.rattle(0.1, seed=2)
    state = state_from_structures(
        [structure_from_atoms(atoms) for atoms in crystals], torch.device("cpu")
    )
    want = frozenset({"energy", "forces", "stress", "energies"})
    said = potential.predict(state, build_neighbors(state, 0.0, half=True), want)
    start = 0
    for system, atoms in enumerate(crystals):
        atoms.calc = EMT()
        end = start + len(atoms)
        assert float(said.energy[system]) == pytest.approx(atoms.get_potential_energy())
        np.testing.assert_allclose(said.forces[start:end], atoms.get_forces(), atol=ROUNDING)
        np.testing.assert_allclose(said.energies[start:end], atoms.get_potential_energies())
        np.testing.assert_allclose(
            said.stress[system], atoms.get_stress(voigt=False), atol=ROUNDING
        )
        start = end


class _OnlyEnergy(Calculator):
    implemented_properties: ClassVar[list[str]] = ["energy"]

    def calculate(self, atoms=None, properties=("energy",), system_changes=()):
        super().calculate(atoms, properties, system_changes)
        self.results = {"energy": 1.0}


class _OneAtATime(Calculator):
    """Computes what it is asked for and no more, and remembers the order."""

    implemented_properties: ClassVar[list[str]] = ["energy", "forces", "stress"]

    def calculate(self, atoms=None, properties=("energy",), system_changes=()):
        super().calculate(atoms, properties, system_changes)
        values = {"energy": 1.0, "forces": np.zeros((len(atoms), 3)), "stress": np.zeros(6)}
        self.results |= {name: values[name] for name in properties}
        self.asked = [*getattr(self, "asked", []), *properties]


def test_a_calculator_is_asked_for_the_dearest_first():
    potential = AsePotential(_OneAtATime(), "one at a time")
    state = state_from_structures([structure_from_atoms(bulk("Cu"))], torch.device("cpu"))
    potential.predict(state, build_neighbors(state, 0.0, half=True), potential.gives)
    assert potential.calculator.asked == ["stress", "forces", "energy"]


def test_what_a_calculator_does_not_offer_is_not_promised():
    potential = AsePotential(_OnlyEnergy(), "energy only")
    state = state_from_structures([structure_from_atoms(bulk("Cu"))], torch.device("cpu"))
    with pytest.raises(CannotProvideError):
        potential.check(state, frozenset({"energy", "forces"}))


# --- our potentials as ASE's calculators -------------------------------------------------------


class _Springs(EnergyPotential):
    """Neighbours on springs of 2.55 A that fade out at 3.2 A: copper's first shell."""

    key: ClassVar[str] = "springs"

    def __init__(self):
        super().__init__(
            model="", model_sha256="", cutoff=3.2, elements=None, device=torch.device("cpu")
        )
        self.lists = set()

    def atom_energies(self, state, neighbors):
        self.lists.add(id(neighbors))
        distances = torch.linalg.vector_norm(pair_vectors(state, neighbors), dim=1)
        fade = (1 - (distances / self.cutoff).clamp(max=1.0) ** 2) ** 3
        energy = fade * (10.0 * (distances - 2.55) ** 2 - 2.0)
        none = torch.zeros(state.n_atoms, dtype=energy.dtype)
        return none.index_add(0, neighbors.first, energy)


@pytest.fixture
def springs():
    return _Springs()


@pytest.fixture
def copper(springs):
    atoms = bulk("Cu", cubic=True)
    atoms.rattle(0.05, seed=1)
    atoms.calc = as_ase_calculator(springs)
    return atoms


def test_forces_and_stress_are_the_slopes_of_the_energy(copper):
    np.testing.assert_allclose(
        copper.get_forces(), calculate_numerical_forces(copper, eps=1e-4), atol=1e-6
    )
    np.testing.assert_allclose(
        copper.get_stress(), calculate_numerical_stress(copper, eps=1e-5), atol=1e-6
    )
    assert copper.get_potential_energy(force_consistent=True) == copper.get_potential_energy()


def test_only_what_the_potential_gives_is_implemented(copper):
    assert set(copper.calc.implemented_properties) == {
        "energy",
        "free_energy",
        "forces",
        "stress",
        "energies",
    }
    with pytest.raises(PropertyNotImplementedError):
        copper.get_magnetic_moments()


def test_a_molecule_has_energy_and_forces_and_no_stress(springs):
    atoms = molecule("H2")
    atoms.set_distance(0, 1, 2.4)
    atoms.calc = as_ase_calculator(springs)
    assert np.abs(atoms.get_forces()).max() > 0.1
    with pytest.raises(PropertyNotImplementedError):
        atoms.get_stress()


def test_verlet_of_ase_conserves_energy_and_keeps_its_neighbours(copper, springs):
    copper.set_momenta(np.random.default_rng(1).normal(0, 1.0, (4, 3)))
    before = copper.get_total_energy()
    VelocityVerlet(copper, 1.0 * units.fs).run(100)
    assert copper.get_total_energy() == pytest.approx(before, abs=1e-3)
    assert len(springs.lists) < 10  # not one a step


def test_bfgs_of_ase_finds_the_perfect_crystal(copper, springs):
    BFGS(copper, logfile=None).run(fmax=0.001)
    perfect = bulk("Cu", cubic=True)
    perfect.calc = as_ase_calculator(springs)
    assert copper.get_potential_energy() == pytest.approx(perfect.get_potential_energy(), abs=1e-4)


def test_neb_of_ase_finds_the_barrier_of_a_vacancy(springs):
    start = bulk("Cu", cubic=True) * (2, 2, 2)
    end = start.copy()
    hop = start.positions[0].copy()
    neighbour = int(np.argsort(start.get_distances(0, range(len(start)), mic=True))[1])
    end.positions[neighbour] = hop
    del start[0], end[0]
    images = [start, *(start.copy() for _ in range(3)), end]
    for image in images:
        image.calc = as_ase_calculator(springs)
    for image in (start, end):
        BFGS(image, logfile=None).run(fmax=0.05)
    band = NEB(images, method="improvedtangent")
    band.interpolate(mic=True)
    assert BFGS(band, logfile=None).run(fmax=0.3, steps=60)
    energies = [image.get_potential_energy() for image in images]
    assert energies == pytest.approx(energies[::-1], abs=1e-3)  # the hop is its own mirror image
    assert energies[2] > energies[0] + 0.1


def test_one_calculator_may_serve_structures_of_different_sizes(springs):
    shared = as_ase_calculator(springs)
    small, large = bulk("Cu"), bulk("Cu", cubic=True)
    for atoms in (small, large, small):
        atoms.calc = shared
    assert 4 * small.get_potential_energy() == pytest.approx(large.get_potential_energy())


def test_vibrations_of_ase_match_the_two_atom_formula(springs, tmp_path):
    pair = Atoms("Cu2", [[0, 0, 0], [2.55, 0, 0]])
    pair.calc = as_ase_calculator(springs)
    BFGS(pair, logfile=None).run(fmax=1e-4)
    vibrations = Vibrations(pair, name=str(tmp_path / "vib"))
    vibrations.run()
    stretch = vibrations.get_energies().real.max()
    r, d = pair.get_distance(0, 1), 1e-3
    energies = []
    for distance in (r - d, r, r + d):
        pair.set_distance(0, 1, distance)
        energies.append(pair.get_potential_energy())
    curvature = (energies[0] - 2 * energies[1] + energies[2]) / d**2
    expected = units._hbar * np.sqrt(
        curvature * units._e / 1e-20 / (0.5 * pair.get_masses()[0] * units._amu)
    )
    assert stretch == pytest.approx(expected / units._e, rel=2e-3)


class WithoutItsProgram(Calculator):
    implemented_properties: ClassVar[list[str]] = ["energy"]

    def calculate(self, *_args, **_keywords):
        raise FileNotFoundError(2, "No such file or directory", "pw.x")


def test_a_calculator_without_its_program_is_told():
    potential = AsePotential(WithoutItsProgram(), "some:Calculator")
    state = state_from_structures([structure_from_atoms(bulk("Cu"))], torch.device("cpu"))
    with pytest.raises(InvalidSpecError, match=r"does not start.*pw\.x"):
        potential.predict(state, build_neighbors(state, 0.0, half=True), frozenset({"energy"}))


def test_a_missing_package_names_the_way_to_another_python():
    with pytest.raises(MissingPackageError) as told:
        load_potential("ase", "no_such_package.calculator:Calculator", Compute("cpu"))
    assert "Preferences" in told.value.install
