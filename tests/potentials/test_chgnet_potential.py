"""What our CHGNet promises beyond the package's numbers."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from ase import Atoms
from ase.build import bulk, molecule

from designer_app.compiled import HAS_COMPILER
from designer_app.device import Compute
from designer_app.errors import (
    FileUnreadableError,
    InvalidSpecError,
    MissingCellError,
    UnsupportedElementError,
)
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.verlet import VerletList
from designer_app.potentials import load_potential
from designer_app.potentials.base import ENERGY_FORCES_STRESS, QUANTITIES
from designer_app.potentials.chgnet import CHGNetPotential, load
from designer_app.potentials.chgnet.convolution import Convolver
from designer_app.potentials.chgnet.torch_kernels import TorchKernels
from designer_app.specs.structure import Structure
from designer_app.state import AtomicState, state_from_structures

SAME = 1e-10
"""eV, eV/A, eV/A^3: double precision, another order of summation."""
SLOPE = 2e-6
"""eV/A or eV: a central difference over 2e-4 A in double precision."""

ALL = frozenset(QUANTITIES) - {"spread", "variances"}
KERNELS = ["torch", *(["numba"] if HAS_COMPILER else [])]


def structure(atoms: Atoms) -> Structure:
    pbc = tuple(bool(flag) for flag in atoms.pbc)
    return Structure(atoms.numbers, atoms.positions, atoms.cell[:], pbc)


def batch(*atoms: Atoms) -> AtomicState:
    return state_from_structures([structure(one) for one in atoms], torch.device("cpu"))


def rattled(atoms: Atoms, amount: float = 0.05) -> Atoms:
    atoms = atoms.copy()
    atoms.rattle(amount, seed=1)
    return atoms


def salt() -> Atoms:
    return rattled(bulk("NaCl", "rocksalt", a=5.3, cubic=True))


def diamond() -> Atoms:
    return rattled(bulk("Si", cubic=True))


@pytest.fixture(params=KERNELS)
def double(request: pytest.FixtureRequest) -> CHGNetPotential:
    potential = load("0.3.0", Compute("cpu", "float64", 1))
    potential.use_kernels({**potential.kernel_choice(), "kernels": request.param})
    return potential


@pytest.fixture(params=KERNELS)
def single(request: pytest.FixtureRequest) -> CHGNetPotential:
    potential = load("0.3.0", Compute("cpu", "float32", 1))
    potential.use_kernels({**potential.kernel_choice(), "kernels": request.param})
    return potential


def test_a_batch_gives_what_its_structures_give_alone(double: CHGNetPotential) -> None:
    alone = [salt(), bulk("W"), molecule("H2O", vacuum=8.0, pbc=True), diamond()]
    state = batch(*alone)
    together = double.predict(state, build_neighbors(state, 6.5, half=True), ALL)
    for number, atoms in enumerate(alone):
        mine = batch(atoms)
        found = double.predict(mine, build_neighbors(mine, 6.5, half=True), ALL)
        chosen = state.system_idx == number
        assert torch.allclose(together.energy[number], found.energy[0], rtol=0, atol=SAME)
        assert torch.allclose(together.forces[chosen], found.forces, rtol=0, atol=SAME)
        assert torch.allclose(together.stress[number], found.stress[0], rtol=0, atol=SAME)
        assert torch.allclose(together.magmoms[chosen], found.magmoms, rtol=0, atol=SAME)
        assert torch.allclose(together.energies[chosen], found.energies, rtol=0, atol=SAME)


def test_forces_are_the_slope_of_the_energy(double: CHGNetPotential) -> None:
    state = batch(salt())
    neighbors = build_neighbors(state, 7.0, half=True)
    forces = double.predict(state, neighbors).forces
    for atom, axis in ((0, 0), (3, 1), (7, 2)):
        energies = []
        for step in (1e-4, -1e-4):
            positions = state.positions.clone()
            positions[atom, axis] += step
            moved = double.predict(state.moved(positions), neighbors, frozenset({"energy"}))
            energies.append(float(moved.energy))
        assert abs((energies[1] - energies[0]) / 2e-4 - float(forces[atom, axis])) < SLOPE


def test_stress_is_the_slope_of_the_energy_with_strain(double: CHGNetPotential) -> None:
    state = batch(diamond())
    neighbors = build_neighbors(state, 7.0, half=True)
    stress = double.predict(state, neighbors, ENERGY_FORCES_STRESS).stress[0]
    for strain_of in ((0, 0), (1, 2)):
        energies = []
        for step in (1e-4, -1e-4):
            strain = torch.zeros(3, 3, dtype=torch.float64)
            strain[strain_of] += step / 2
            strain[strain_of[::-1]] += step / 2
            deform = torch.eye(3, dtype=torch.float64) + strain
            moved = state.moved(state.positions @ deform, state.cell @ deform)
            energies.append(float(double.predict(moved, neighbors).energy))
        slope = (energies[0] - energies[1]) / 2e-4
        assert abs(slope - float(stress[strain_of] * state.volume[0])) < SLOPE


def test_a_longer_skin_changes_nothing(double: CHGNetPotential) -> None:
    state = batch(salt(), diamond())
    short = double.predict(state, build_neighbors(state, 6.0, half=True))
    long = double.predict(state, build_neighbors(state, 8.0, half=True))
    assert torch.allclose(short.forces, long.forces, rtol=0, atol=SAME)


def test_only_what_is_asked_is_given(single: CHGNetPotential) -> None:
    state = batch(salt())
    neighbors = build_neighbors(state, 6.5, half=True)
    found = single.predict(state, neighbors, frozenset({"energy", "magmoms"}))
    assert found.magmoms is not None
    assert found.forces is None
    assert found.stress is None
    assert found.energies is None


def test_predictions_have_the_number_type_of_the_state(single: CHGNetPotential) -> None:
    state = batch(salt())
    found = single.predict(state, build_neighbors(state, 6.5, half=True), ALL)
    for quantity in (found.energy, found.forces, found.stress, found.magmoms, found.energies):
        assert quantity.dtype == torch.float64


def test_a_fresh_instance_continues_a_run_bitwise(single: CHGNetPotential) -> None:
    """Neither the kept angles nor the reused memory may leave a trace."""
    state = batch(diamond())
    verlet = VerletList(6.0, 0.5, half=True)
    generator = torch.Generator().manual_seed(5)
    for _ in range(6):
        shake = torch.randn(state.positions.shape, generator=generator, dtype=torch.float64)
        state = state.moved(state.positions + 0.05 * shake)
        neighbors = verlet.update(state)
        found = single.predict(state, neighbors, ALL)
    fresh = load("0.3.0", Compute("cpu", "float32", 1))
    fresh.use_kernels(single.kernel_choice())
    assert verlet.reference is not None
    again = VerletList.restored(6.0, 0.5, half=True, reference=verlet.reference)
    repeated = fresh.predict(state, again.update(state), ALL)
    assert torch.equal(repeated.energy, found.energy)
    assert torch.equal(repeated.forces, found.forces)
    assert torch.equal(repeated.stress, found.stress)


def test_angles_follow_atoms_within_one_pair_list(double: CHGNetPotential) -> None:
    """A bond that becomes shorter than 3 A without a rebuild brings its angles."""
    atoms = bulk("Al", cubic=True)
    atoms.set_cell(atoms.cell[:] * 1.06, scale_atoms=True)
    far = batch(atoms)
    neighbors = build_neighbors(far, 7.0, half=True)
    double.predict(far, neighbors)
    near = far.moved(batch(rattled(atoms, 0.15)).positions)
    kept = double.predict(near, neighbors)
    anew = load("0.3.0", Compute("cpu", "float64", 1))
    anew.use_kernels(double.kernel_choice())
    assert torch.equal(kept.forces, anew.predict(near, neighbors).forces)


def test_energy_falls_to_that_of_lone_atoms(double: CHGNetPotential) -> None:
    pair = batch(Atoms("H2", [(0, 0, 0), (5.999, 0, 0)]))
    lone = batch(Atoms("H", [(0, 0, 0)]))
    wanted = frozenset({"energy", "forces"})
    together = double.predict(pair, build_neighbors(pair, 6.5, half=True), wanted)
    apart = double.predict(lone, build_neighbors(lone, 6.5, half=True), wanted)
    assert abs(float(together.energy) - 2 * float(apart.energy)) < 1e-6
    assert float(apart.forces.abs().max()) == 0.0


def test_both_kernels_agree_in_single_precision() -> None:
    if not HAS_COMPILER:
        pytest.skip("no numba")
    state = batch(salt(), diamond())
    neighbors = build_neighbors(state, 6.5, half=True)
    forces = []
    for kernels in KERNELS:
        potential = load("0.3.0", Compute("cpu", "float32", 1))
        potential.use_kernels({**potential.kernel_choice(), "kernels": kernels})
        forces.append(potential.predict(state, neighbors).forces)
    assert float((forces[0] - forces[1]).abs().max()) < 1e-4


def test_the_path_of_gpus_gives_the_same_numbers(double: CHGNetPotential) -> None:
    """Other gathers and no chunks: what runs on a GPU, here on the CPU."""
    state = batch(salt(), diamond())
    neighbors = build_neighbors(state, 6.5, half=True)
    here = double.predict(state, neighbors, ALL)
    as_on_gpu = Convolver(TorchKernels(torch.device("cuda")), double._convolver.workspace)
    double._convolver = as_on_gpu
    there = double.predict(state, neighbors, ALL)
    assert torch.allclose(here.forces, there.forces, rtol=0, atol=SAME)
    assert torch.allclose(here.stress, there.stress, rtol=0, atol=SAME)


def test_small_chunks_give_the_same_numbers(double: CHGNetPotential) -> None:
    state = batch(salt(), diamond())
    neighbors = build_neighbors(state, 6.5, half=True)
    whole = double.predict(state, neighbors, ALL)
    double._convolver.kernels.chunk = 37
    pieces = double.predict(state, neighbors, ALL)
    assert torch.allclose(whole.forces, pieces.forces, rtol=0, atol=SAME)
    assert torch.allclose(whole.energies, pieces.energies, rtol=0, atol=SAME)


def test_an_element_outside_the_training_set_is_refused() -> None:
    potential = load("0.3.0", Compute("cpu", "float32", 1))
    state = batch(Atoms("Rn", cell=[4, 4, 4], pbc=True))
    with pytest.raises(UnsupportedElementError):
        potential.predict(state, build_neighbors(state, 6.5, half=True))


def test_a_molecule_without_a_cell_has_forces_and_no_stress(single: CHGNetPotential) -> None:
    state = batch(molecule("CH4"))
    neighbors = build_neighbors(state, 6.5, half=True)
    assert torch.isfinite(single.predict(state, neighbors).forces).all()
    with pytest.raises(MissingCellError):
        single.predict(state, neighbors, ENERGY_FORCES_STRESS)


def test_the_empty_model_name_means_the_first_shipped_one() -> None:
    assert load_potential("chgnet").model == "0.3.0"


def test_a_copy_of_the_weights_file_computes_the_same(tmp_path) -> None:
    from designer_app.weights.packaged import CHGNET_WEIGHTS

    copied = tmp_path / "mine.pth.tar"
    copied.write_bytes(CHGNET_WEIGHTS["0.3.0"].path().read_bytes())
    state = batch(salt())
    neighbors = build_neighbors(state, 6.5, half=True)
    mine = load(str(copied), Compute("cpu", "float64", 1))
    shipped = load("0.3.0", Compute("cpu", "float64", 1))
    assert torch.equal(
        mine.predict(state, neighbors).energy, shipped.predict(state, neighbors).energy
    )
    assert mine.model_sha256 == shipped.model_sha256


def test_another_architecture_is_refused() -> None:
    from designer_app.weights.packaged import CHGNET_WEIGHTS

    older = CHGNET_WEIGHTS["0.3.0"].path().parent.parent / "0.2.0"
    with pytest.raises(InvalidSpecError):
        load(str(next(older.glob("*.tar"))), Compute("cpu", "float32", 1))


def test_a_file_without_chgnet_weights_is_refused(tmp_path) -> None:
    path = tmp_path / "other.pt"
    torch.save({"model": torch.zeros(3)}, path)
    with pytest.raises(FileUnreadableError):
        load(str(path), Compute("cpu", "float32", 1))


def test_an_unknown_model_name_is_refused() -> None:
    with pytest.raises(InvalidSpecError):
        load("0.9.9", Compute("cpu", "float32", 1))


def test_kernels_of_another_machine_are_refused() -> None:
    potential = load("0.3.0", Compute("cpu", "float32", 1))
    with pytest.raises(InvalidSpecError):
        potential.use_kernels({**potential.kernel_choice(), "kernels": "cuda"})


def test_rotating_a_crystal_rotates_its_forces(double: CHGNetPotential) -> None:
    atoms = salt()
    turned = atoms.copy()
    turned.rotate(37, (1, 2, 3), rotate_cell=True)
    turn = np.linalg.solve(atoms.cell[:], turned.cell[:])
    state, moved = batch(atoms), batch(turned)
    forces = double.predict(state, build_neighbors(state, 6.5, half=True)).forces
    found = double.predict(moved, build_neighbors(moved, 6.5, half=True)).forces
    assert float((forces @ torch.from_numpy(turn) - found).abs().max()) < 1e-9


def test_positions_outside_the_cell_change_nothing(double: CHGNetPotential) -> None:
    state = batch(salt())
    away = state.positions.clone()
    away[2] += 3 * state.cell[0, 0] - state.cell[0, 2]
    moved = replace(state, positions=away)
    here = double.predict(state, build_neighbors(state, 6.5, half=True))
    there = double.predict(moved, build_neighbors(moved, 6.5, half=True))
    assert torch.allclose(here.forces, there.forces, rtol=0, atol=1e-9)
