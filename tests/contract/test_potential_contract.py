"""What every potential of the registry promises; a new one needs one line in `MATTER`."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch
from ase.build import molecule

from designer_app.device import Compute
from designer_app.dynamics.integrators import NVE
from designer_app.dynamics.simulation import ForceField, begin, simulate, start_state
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import MissingPackageError
from designer_app.io.potential_cards import PotentialCard
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials import Potential, load_potential
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.potentials import POTENTIALS
from designer_app.specs.structure import Structure
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.trainable import TRAINABLE
from designer_app.state import state_from_structures
from designer_app.training.frames import SplitFrames
from designer_app.units import KB
from designer_app.weights.potential_cards import write_potential

EVERYTHING = frozenset({"energy", "forces", "stress"})
DIFFERENCE_A = 1e-4
"""Step of finite differences: errors of h^2 and of rounding / h are both below 1e-7."""
SLOPE = 1e-5
"""Relative error of a finite difference of the energy."""
INVARIANCE = 1e-9
"""Relative change of what a symmetry leaves as it is: rounding of double precision."""
SINGLE = 5e-4
"""Relative difference of forces between networks in single and in double precision."""
AT_CUTOFF = 1e-3
"""Energy (eV) and force (eV/A) that may be left 0.1 % before the cutoff."""
SECOND_ORDER = (2.5, 5.5)
"""By how much the energy error of velocity Verlet falls with half the step: about 4, less where
angles are nearly straight, which CHGNet sees with a steep slope."""


@dataclass(frozen=True)
class Matter:
    """Atoms a potential is asked about."""

    elements: tuple[str, str]
    """They alternate."""
    spacing: float
    """A."""
    temperature: float = 300.0
    """K, of what they are."""
    periodic: bool = True
    """Whether they fill a cell or stand alone, for methods that are slow in cells."""
    motif: tuple[tuple[str, float, float, float], ...] = ()
    """Where given, these stand at each point instead, at offsets in units of the spacing."""
    rattled: float = 0.04
    """Standard deviation of places, in units of the spacing."""
    settled: float = 0.0
    """Relative error of forces and stress of a method with thresholds of its own: electrons settle
    to an accuracy, lattice sums end somewhere."""


def molecules(name: str, elements: tuple[str, str], spacing: float) -> Matter:
    """A molecule of ASE's collection at each point."""
    atoms = molecule(name)
    offsets = atoms.positions / spacing
    motif = tuple(
        (symbol, *offset) for symbol, offset in zip(atoms.symbols, offsets.tolist(), strict=True)
    )
    return Matter(elements, spacing, motif=motif, rattled=0.004)


ETHANOL = molecules("CH3CH2OH", ("O", "H"), 8.0)
MATTER = {
    ("chgnet", "0.3.0"): Matter(("Li", "O"), 2.1),
    ("chgnet", "r2scan"): Matter(("Na", "Cl"), 2.8),
    ("lennard-jones", "noble-gases"): Matter(("Ar", "Kr"), 3.9, 30.0),
    ("lennard-jones", "reduced"): Matter(("Ar", "Ne"), 1.12, 3000.0),
    ("morse", "girifalco-weizer"): Matter(("Cu", "Al"), 2.7),
    ("morse", "girifalco-weizer-soft"): Matter(("Na", "K"), 4.2),
    ("second-moment", "cleri-rosato"): Matter(("Cu", "Au"), 2.7),
    ("ensemble", "chgnet:0.3.0+chgnet:r2scan"): Matter(("Mg", "O"), 2.1),
    ("delta", "morse:girifalco-weizer+lennard-jones:reduced"): Matter(("Cu", "Al"), 2.4),
    ("core-shell", "mgo-gale"): Matter(("Mg", "O"), 2.1),
    ("core-shell", "srtio3-akhtar"): Matter(("Sr", "O"), 2.6),
    ("core-shell", "bush"): Matter(
        ("O", "Li"), 3.0, motif=(("O", 0, 0, 0), ("Li", 0.5, 0.5, 0), ("Li", 0, 0.5, 0.5))
    ),
    ("core-shell", "ceo2-sayle"): Matter(
        ("Ce", "O"), 3.5, motif=(("Ce", 0, 0, 0), ("O", 0.5, 0.5, 0), ("O", 0, 0.5, 0.5))
    ),
    ("tight-binding", "GFN1-xTB"): Matter(("H", "He"), 1.8, settled=1e-3),
    ("tight-binding", "GFN2-xTB"): Matter(("Li", "F"), 1.9, periodic=False, settled=1e-4),
    ("schnet", "ethanol-schnet"): ETHANOL,
    ("nequip", "silicon-nequip"): Matter(("Si", "Si"), 2.6),
    ("nequip", "ethanol-nequip"): ETHANOL,
    ("gemnet", "ethanol-gemnet"): ETHANOL,
    ("ase", "ase.calculators.emt:EMT"): Matter(("Cu", "Ni"), 2.5),
}
SIZES = {
    ("gap", "fitted"): ("n_max=4", "l_max=3", "n_sparse=24", "pair_points=6", "cutoff=4.0"),
    ("schnet", "fitted"): ("n_features=16", "n_filters=16", "n_interactions=2", "cutoff=4.0"),
    ("nequip", "fitted"): ("n_features=8", "l_max=1", "n_layers=2", "cutoff=4.0"),
    ("gemnet", "fitted"): ("n_atom=16", "n_edge=16", "n_blocks=1", "n_spherical=3", "cutoff=4.0"),
    ("gemnet", "fitted with quadruplets"): (
        "quadruplets=True",
        "interaction_cutoff=4.0",
        "n_atom=16",
        "n_edge=16",
        "n_quadruplet=8",
        "n_blocks=1",
        "n_spherical=3",
        "cutoff=3.5",
    ),
}
"""Potentials that are fitted here, to rattled crystals with the energies of a pair potential."""
MATTER |= {each: Matter(("Cu", "Al"), 2.7) for each in SIZES}
SHIPPED = {(key, model) for key, row in POTENTIALS.items() for model, _ in row.models}
MODELS = list(MATTER)
each_potential = pytest.mark.parametrize(
    ("key", "model"), MODELS, ids=[":".join(m) for m in MODELS]
)


@cache
def loaded(key: str, model: str, dtype: str = "float64") -> Potential:
    compute = Compute(device="cpu", dtype=dtype, threads=1)
    if (key, model) in SIZES:
        return fitted(key, model, compute)
    try:
        return load_potential(key, model, compute)
    except MissingPackageError as missing:
        pytest.skip(f"{missing.package} is not installed")


def fitted(family: str, model: str, compute: Compute) -> Potential:
    """A tiny potential of a family, through its folder."""
    frames = [labelled(crystal(MATTER[family, model], seed)) for seed in range(10, 22)]
    with TemporaryDirectory() as name:
        folder = Path(name)
        spec = TrainPotentialSpec(
            data=(),
            out=folder,
            model=family,
            preset="custom",
            epochs=3,
            batch_size=5,
            options=SIZES[family, model],
            threads=1,
        )
        found = TRAINABLE[family].load()(
            SplitFrames(tuple(frames[:10]), tuple(frames[10:])), spec, RunControl()
        )
        card = PotentialCard(
            family=family,
            title="fitted",
            settings=found.settings,
            elements=tuple(found.references),
            cutoff=found.cutoff,
            references_eV=found.references,
        )
        write_potential(folder, card, found.arrays)
        return load_potential(family, name, compute)


def labelled(structure: Structure) -> LabelledFrame:
    """What a pair potential says of a structure."""
    said = predict(loaded("morse", "girifalco-weizer"), state_of(structure))
    return LabelledFrame(
        structure, float(said.energy[0]), said.forces.numpy(), said.stress[0].numpy()
    )


def crystal(matter, seed=0, repeats=(2, 2, 2)):
    """A rattled rocksalt-like arrangement in a sheared periodic cell."""
    rng = np.random.default_rng(seed)
    steps = np.stack(np.meshgrid(*[np.arange(n) for n in repeats], indexing="ij"), -1).reshape(
        -1, 3
    )
    numbers = np.array([ATOMIC_NUMBERS[matter.elements[kind]] for kind in steps.sum(axis=1) % 2])
    if matter.motif:
        numbers = np.tile([ATOMIC_NUMBERS[symbol] for symbol, *_ in matter.motif], len(steps))
        offsets = np.array([offset for _, *offset in matter.motif])
        steps = (steps[:, None] + offsets).reshape(-1, 3)
    shape = matter.spacing * np.array([[1.0, 0.05, 0], [0.1, 1.0, 0], [-0.05, 0.1, 1.03]])
    positions = steps @ shape + rng.normal(0, matter.rattled * matter.spacing, steps.shape)
    return Structure(numbers, positions, np.diag(repeats) @ shape, (matter.periodic,) * 3)


def state_of(*structures):
    return state_from_structures(structures, torch.device("cpu"))


def predict(potential, state, want=EVERYTHING):
    neighbors = build_neighbors(state, potential.cutoff, potential.half_list)
    askable = potential.gives if state.pbc.all() else potential.gives - {"stress"}
    return potential.predict(state, neighbors, want & askable)


def energy_of(potential, state):
    return predict(potential, state, frozenset({"energy"})).energy


def random_like(tensor, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype)


def close(found, known, relative=INVARIANCE):
    scale = max(float(known.abs().max()), 1e-3)
    assert float((found - known).abs().max()) < relative * scale


def settled(key, model, at_least=INVARIANCE):
    """Relative error that forces and stress may have."""
    return max(at_least, MATTER[key, model].settled)


def skip_unless_periodic(key, model):
    if not MATTER[key, model].periodic:
        pytest.skip("it is asked about atoms that stand alone")


def rotation():
    """A proper rotation about no particular axis."""
    orthogonal, _ = torch.linalg.qr(random_like(torch.zeros(3, 3, dtype=torch.float64), seed=8))
    return orthogonal * torch.linalg.det(orthogonal).sign()


def test_every_shipped_model_is_under_contract():
    assert set(MATTER) >= SHIPPED


@each_potential
def test_the_elements_of_the_row_are_those_of_the_potential(key, model):
    known = POTENTIALS[key].elements(model)
    told = loaded(key, model).elements
    if known is not None and told is not None:
        assert told == {ATOMIC_NUMBERS[symbol] for symbol in known}


@each_potential
def test_what_the_row_gives_is_what_the_potential_gives(key, model):
    assert set(POTENTIALS[key].gives) <= loaded(key, model).gives


@each_potential
def test_forces_are_the_slope_of_the_energy(key, model):
    potential, state = loaded(key, model), state_of(crystal(MATTER[key, model]))
    forces = predict(potential, state).forces
    for seed in (1, 2):
        way = random_like(state.positions, seed)
        higher = energy_of(potential, state.moved(state.positions + DIFFERENCE_A * way))
        lower = energy_of(potential, state.moved(state.positions - DIFFERENCE_A * way))
        slope = float(higher - lower) / (2 * DIFFERENCE_A)
        expected = -float((forces * way).sum())
        allowed = settled(key, model, SLOPE)
        assert slope == pytest.approx(expected, rel=SLOPE, abs=allowed * float(forces.abs().max()))


@each_potential
def test_stress_is_the_slope_of_the_energy_under_strain(key, model):
    skip_unless_periodic(key, model)
    potential, state = loaded(key, model), state_of(crystal(MATTER[key, model]))
    stress = predict(potential, state).stress[0]
    close(stress, stress.T)
    for seed in (1, 2):
        strain = random_like(state.cell[0], seed)
        strain = 0.5 * (strain + strain.T)

        def energy(amount, strain=strain):
            deformation = torch.eye(3, dtype=state.dtype) + amount * strain
            return energy_of(
                potential, state.moved(state.positions @ deformation, state.cell @ deformation)
            )

        slope = float(energy(DIFFERENCE_A) - energy(-DIFFERENCE_A)) / (2 * DIFFERENCE_A)
        expected = float((stress * strain).sum() * state.volume)
        scale = float(stress.abs().max() * state.volume)
        assert slope == pytest.approx(expected, rel=SLOPE, abs=settled(key, model, SLOPE) * scale)


@each_potential
def test_turning_everything_turns_forces_and_stress(key, model):
    potential, state = loaded(key, model), state_of(crystal(MATTER[key, model]))
    turn = rotation()
    before = predict(potential, state)
    after = predict(potential, state.moved(state.positions @ turn, state.cell @ turn))
    close(after.energy, before.energy)
    close(after.forces, before.forces @ turn, settled(key, model))
    if before.stress is not None:
        close(after.stress, turn.T @ before.stress @ turn, settled(key, model))


@each_potential
def test_moving_everything_changes_nothing(key, model):
    potential, state = loaded(key, model), state_of(crystal(MATTER[key, model]))
    before = predict(potential, state)
    moved = state.positions + torch.tensor([0.7, -11.3, 4.1], dtype=state.dtype)
    after = predict(potential, state.moved(moved))
    close(after.energy, before.energy)
    close(after.forces, before.forces, settled(key, model))


@each_potential
def test_moving_an_atom_by_lattice_vectors_changes_nothing(key, model):
    skip_unless_periodic(key, model)
    potential, state = loaded(key, model), state_of(crystal(MATTER[key, model]))
    before = predict(potential, state)
    moved = state.positions.clone()
    moved[0] += 2 * state.cell[0, 0] - 3 * state.cell[0, 2]
    moved[3] -= state.cell[0, 1]
    after = predict(potential, state.moved(moved))
    close(after.energy, before.energy)
    close(after.forces, before.forces, settled(key, model))
    close(after.stress, before.stress, settled(key, model))


@each_potential
def test_the_order_of_atoms_does_not_matter(key, model):
    potential, structure = loaded(key, model), crystal(MATTER[key, model])
    order = np.random.default_rng(4).permutation(len(structure))
    shuffled = Structure(
        structure.numbers[order], structure.positions[order], structure.cell, structure.pbc
    )
    before, after = (predict(potential, state_of(each)) for each in (structure, shuffled))
    close(after.energy, before.energy)
    close(after.forces, before.forces[torch.from_numpy(order)], settled(key, model))
    if before.stress is not None:
        close(after.stress, before.stress, settled(key, model))


@each_potential
def test_energy_is_extensive_in_supercells(key, model):
    skip_unless_periodic(key, model)
    if POTENTIALS[key].thinnest_cell > 0:
        pytest.skip("it computes electrons at one k-point")
    potential, structure = loaded(key, model), crystal(MATTER[key, model])
    doubled = Structure(
        np.tile(structure.numbers, 2),
        np.concatenate([structure.positions, structure.positions + structure.cell[1]]),
        structure.cell * np.array([[1], [2], [1]]),
        structure.pbc,
    )
    one, two = (predict(potential, state_of(each)) for each in (structure, doubled))
    close(two.energy, 2 * one.energy)
    close(two.forces, one.forces.repeat(2, 1))
    close(two.stress, one.stress)


@each_potential
def test_nothing_is_left_of_a_pair_at_the_cutoff(key, model):
    potential, matter = loaded(key, model), MATTER[key, model]
    if potential.cutoff == 0:
        pytest.skip("it finds its own neighbours")
    if potential.long_range:
        pytest.skip("charges act beyond it")
    box = 4.0 * potential.cutoff * np.eye(3)

    def pair(distance):
        numbers = np.array([ATOMIC_NUMBERS[symbol] for symbol in matter.elements])
        positions = np.array([[0.0, 0, 0], [0.6 * distance, 0.8 * distance, 0.0]])
        return predict(potential, state_of(Structure(numbers, positions, box, (True,) * 3)))

    before, beyond = pair(0.999 * potential.cutoff), pair(1.001 * potential.cutoff)
    assert abs(float(before.energy - beyond.energy)) < AT_CUTOFF
    assert float(before.forces.abs().max()) < AT_CUTOFF
    assert float(beyond.forces.abs().max()) == pytest.approx(0.0, abs=1e-12)


@each_potential
def test_a_batch_says_what_its_structures_say_alone(key, model):
    potential, matter = loaded(key, model), MATTER[key, model]
    structures = [
        crystal(matter, seed=1),
        crystal(matter, seed=2, repeats=(1, 1, 2)),
        crystal(matter, seed=3, repeats=(3, 1, 2)),
    ]
    together = predict(potential, state_of(*structures))
    alone = [predict(potential, state_of(each)) for each in structures]
    close(together.energy, torch.cat([each.energy for each in alone]))
    close(together.forces, torch.cat([each.forces for each in alone]), settled(key, model))
    if together.stress is not None:
        known = torch.cat([each.stress for each in alone])
        close(together.stress, known, settled(key, model))


@each_potential
def test_the_atoms_shares_add_up_to_the_energy(key, model):
    potential = loaded(key, model)
    if "energies" not in potential.gives:
        pytest.skip("it gives no energies of atoms")
    found = predict(potential, state_of(crystal(MATTER[key, model])), frozenset({"energies"}))
    close(found.energies.sum(dim=0, keepdim=True), found.energy)


@each_potential
def test_only_what_is_asked_is_given(key, model):
    potential, state = loaded(key, model), state_of(crystal(MATTER[key, model]))
    found = predict(potential, state, frozenset({"energy", "forces"}))
    assert found.forces is not None
    assert found.stress is None
    assert found.energies is None
    assert found.magmoms is None


@each_potential
def test_the_prediction_has_the_dtype_of_the_state(key, model):
    potential, state = loaded(key, model), state_of(crystal(MATTER[key, model]))
    found = predict(potential, state)
    given = (found.energy, found.forces, found.stress)
    assert {each.dtype for each in given if each is not None} == {state.dtype}


@each_potential
def test_the_same_question_has_the_same_answer_to_the_last_bit(key, model):
    potential, state = loaded(key, model), state_of(crystal(MATTER[key, model]))
    if not potential.native:
        pytest.skip("it is not code of ours")
    one, other = predict(potential, state), predict(potential, state)
    assert torch.equal(one.energy, other.energy)
    assert torch.equal(one.forces, other.forces)
    assert torch.equal(one.stress, other.stress)


@each_potential
def test_single_precision_is_near_double_precision(key, model):
    state = state_of(crystal(MATTER[key, model]))
    double, single = (predict(loaded(key, model, dtype), state) for dtype in ("float64", "float32"))
    close(single.energy, double.energy, SINGLE)
    close(single.forces, double.forces, SINGLE)


@each_potential
def test_half_the_step_makes_a_quarter_of_the_energy_error(key, model):
    potential, matter = loaded(key, model), MATTER[key, model]
    few = (1, 1, 2)  # what has a motif has three times the atoms
    atoms = state_of(crystal(matter, repeats=few) if matter.motif else crystal(matter))
    thermal_speed = float(torch.sqrt(KB * matter.temperature / atoms.masses.min()))
    errors = []
    for n_steps in (20, 40):
        way = 2 * matter.rattled * matter.spacing  # of the lightest atom, in all
        integrator = NVE(dt=way / thermal_speed / n_steps)
        evaluate = ForceField(potential, integrator.wants)
        start = begin(start_state(atoms, matter.temperature, 1), integrator, evaluate)
        run = simulate(start, potential, integrator, n_steps, evaluate=evaluate)
        energies = [float(integrator.conserved(state)) for state in run]
        errors.append(np.std(energies[n_steps // 20 - 1 :: n_steps // 20]))
    assert SECOND_ORDER[0] < errors[0] / errors[1] < SECOND_ORDER[1]
