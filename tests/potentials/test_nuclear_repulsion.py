"""Trained networks where atoms are nearer than any that they learned from."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from designer_app.device import Compute
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials import load_potential
from designer_app.potentials.network import NetworkPotential
from designer_app.potentials.nuclear_repulsion import (
    BEGIN,
    NuclearRepulsion,
    ended_repulsion,
    nuclear_repulsion,
    seen_length,
)
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

END = 2.6
"""A; longer than the bonds of silicon, so that many of its pairs are near ones."""
ALL = frozenset({"energy", "forces", "stress", "energies"})
STEP_A = 1e-4
GRADIENT_EV_A = 2e-5
"""Of differences of energies in double precision."""


@pytest.fixture(scope="module")
def network() -> NetworkPotential:
    """The shipped network of silicon in double precision, with a repulsion of its own."""
    found = load_potential("nequip", "silicon-nequip", Compute("cpu", "float64", 1))
    assert isinstance(found, NetworkPotential)
    found.scaled.repulsion = NuclearRepulsion([14], np.array([[END]]))
    return found


@pytest.fixture
def without(network):
    """The same without."""
    kept, network.scaled.repulsion = network.scaled.repulsion, None
    yield network
    network.scaled.repulsion = kept


def _silicon(spread: float = 0.1) -> Structure:
    """Eight atoms, moved by chance."""
    corners = np.array([[0, 0, 0], [0, 2, 2], [2, 0, 2], [2, 2, 0]]) / 4
    places = 5.43 * np.concatenate([corners, corners + 0.25])
    places += np.random.default_rng(2).normal(scale=spread, size=places.shape)
    return Structure(
        numbers=np.full(8, 14), positions=places, cell=5.43 * np.eye(3), pbc=(True, True, True)
    )


def _said(potential, structure: Structure):
    state = state_from_structures([structure], potential.device)
    return potential.predict(state, build_neighbors(state, potential.cutoff, half=False), ALL)


def test_forces_of_near_pairs_are_slopes_of_the_energy(network):
    structure = _silicon()
    forces = _said(network, structure).forces
    for atom, axis in ((0, 0), (3, 1), (6, 2)):
        energies = []
        for way in (-1.0, 1.0):
            moved = structure.positions.copy()
            moved[atom, axis] += way * STEP_A
            energies.append(float(_said(network, replace(structure, positions=moved)).energy[0]))
        slope = (energies[0] - energies[1]) / (2 * STEP_A)
        assert float(forces[atom, axis]) == pytest.approx(slope, abs=GRADIENT_EV_A)


def test_stress_of_near_pairs_is_the_slope_by_strain(network):
    structure = _silicon()
    stress = _said(network, structure).stress[0]
    energies = []
    for way in (-1.0, 1.0):
        strain = np.eye(3)
        strain[0, 0] += way * STEP_A
        strained = replace(
            structure, positions=structure.positions @ strain, cell=structure.cell @ strain
        )
        energies.append(float(_said(network, strained).energy[0]))
    slope = (energies[1] - energies[0]) / (2 * STEP_A) / structure.volume
    assert float(stress[0, 0]) == pytest.approx(slope, abs=GRADIENT_EV_A)


def test_the_whole_turns_with_the_structure(network):
    structure = _silicon()
    way, _ = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))
    turned = replace(structure, positions=structure.positions @ way, cell=structure.cell @ way)
    ours, theirs = _said(network, structure), _said(network, turned)
    assert float(theirs.energy[0]) == pytest.approx(float(ours.energy[0]), abs=1e-9)
    np.testing.assert_allclose(theirs.forces.numpy(), ours.forces.numpy() @ way, atol=1e-9)


def test_nothing_changes_where_all_pairs_are_far(network, without):
    network.scaled.repulsion = NuclearRepulsion([14], np.array([[1.5]]))
    with_it = _said(network, _silicon())
    network.scaled.repulsion = None
    plain = _said(without, _silicon())
    assert torch.equal(with_it.energy, plain.energy)
    assert torch.equal(with_it.forces, plain.forces)


def test_atoms_nearly_on_top_of_each_other_have_finite_forces(network):
    structure = _silicon(0.0)
    places = structure.positions.copy()
    places[1] = places[0] + [1e-3, 0.0, 0.0]
    said = _said(network, replace(structure, positions=places))
    assert torch.isfinite(said.energy).all()
    assert torch.isfinite(said.forces).all()


def test_two_nuclei_repel_as_their_law_says(network):
    r = BEGIN * END * 0.5
    pair = Structure(
        numbers=np.array([14, 14]),
        positions=np.array([[0.0, 0, 0], [r, 0, 0]]),
        cell=30 * np.eye(3),
        pbc=(True, True, True),
    )
    nearer = replace(pair, positions=0.5 * pair.positions)
    silicon = torch.tensor([14])
    laws = [
        nuclear_repulsion(torch.tensor([each], dtype=torch.float64), silicon, silicon)[0].item()
        for each in (r, 0.5 * r)
    ]
    # The network sees the same in both.
    energies = [float(_said(network, each).energy[0]) for each in (pair, nearer)]
    assert energies[1] - energies[0] == pytest.approx(laws[1] - laws[0], rel=1e-6)


def test_law_fading_and_seen_lengths_have_the_slopes_they_tell():
    r = torch.linspace(0.3, 3.0, 40, dtype=torch.float64).requires_grad_()
    kinds, ends = torch.full((40,), 14), torch.full((40,), 2.0, dtype=torch.float64)
    ends[20:] = 0.0
    for told in (
        nuclear_repulsion(r, kinds, kinds),
        ended_repulsion(r, kinds, kinds, ends),
        seen_length(r, ends),
    ):
        (slope,) = torch.autograd.grad(told[0].sum(), r)
        torch.testing.assert_close(told[1].detach(), slope, rtol=1e-9, atol=1e-9)
    assert gradcheck(lambda each: seen_length(each, ends)[0], (r,))


def test_repulsion_is_coulombs_law_very_near():
    near, silicon = torch.tensor([1e-6], dtype=torch.float64), torch.tensor([14])
    value = nuclear_repulsion(near, silicon, silicon)[0].item()
    assert value == pytest.approx(14 * 14 * 14.399645 / 1e-6, rel=1e-3)
