"""GemNet by what must hold whatever its weights; its layers have tests of their own."""

import numpy as np
import pytest
import torch

from designer_app.errors import CannotProvideError, InvalidSpecError
from designer_app.neighbors.build import build_neighbors
from designer_app.nn.edges import edge_graph
from designer_app.potentials.gemnet import GemNet
from designer_app.potentials.gemnet.layers import ScalingFactor
from designer_app.potentials.network import NetworkPotential, ScaledNetwork
from designer_app.specs.networks import GemNetSettings
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

ROUNDING = 1e-9
SMALL = {
    "n_atom": 12,
    "n_edge": 16,
    "n_blocks": 2,
    "n_radial": 4,
    "n_spherical": 4,
    "n_triplet": 8,
    "n_quadruplet": 6,
    "cutoff": 3.4,
    "interaction_cutoff": 4.0,
}
KINDS = {"T": {}, "Q": {"quadruplets": True}}
DIRECT = {"quadruplets": True, "direct_forces": True}


def network(**said):
    torch.manual_seed(3)
    return GemNet(GemNetSettings(**{**SMALL, **said})).double()


def scaled(**said):
    return ScaledNetwork(network(**said), torch.zeros(119), 1.0)


def molecule(seed=0, n=6):
    rng = np.random.default_rng(seed)
    numbers = rng.choice([1, 6, 8], n)
    return Structure(numbers, rng.normal(0, 1.3, (n, 3)), np.zeros((3, 3)), (False,) * 3)


def crystal(seed=0):
    """Thinner than the cutoff: atoms see images of themselves, and several of each other."""
    rng = np.random.default_rng(seed)
    cell = np.array([[3.0, 0.1, 0.0], [0.3, 3.1, 0.0], [-0.2, 0.2, 4.2]])
    return Structure(np.array([3, 8, 8]), rng.random((3, 3)) @ cell, cell, (True,) * 3)


def graph_for(model, *structures):
    cutoff = getattr(model, "network", model).cutoff
    state = state_from_structures(structures, torch.device("cpu"))
    return edge_graph(state, build_neighbors(state, cutoff, half=False), cutoff, torch.float64)


def turned(structure):
    turn, _ = np.linalg.qr(np.random.default_rng(7).normal(size=(3, 3)))
    turn *= -np.sign(np.linalg.det(turn))
    positions = structure.positions @ turn + np.array([0.3, -4.0, 1.0])
    return Structure(structure.numbers, positions, structure.cell @ turn, structure.pbc), turn


matter = pytest.mark.parametrize("structure", [molecule(), crystal()], ids=["molecule", "crystal"])
each_kind = pytest.mark.parametrize("kind", sorted(KINDS))


@each_kind
@matter
def test_turning_or_mirroring_atoms_turns_forces_only(kind, structure):
    model = scaled(**KINDS[kind])
    other, turn = turned(structure)
    assert np.linalg.det(turn) < 0  # a mirror too
    here, there = (model.predict(graph_for(model, each)) for each in (structure, other))
    torch.testing.assert_close(here.energy, there.energy, rtol=ROUNDING, atol=ROUNDING)
    expected = here.forces @ torch.from_numpy(turn)
    torch.testing.assert_close(there.forces, expected, rtol=ROUNDING, atol=ROUNDING)


@each_kind
def test_the_gradient_of_a_loss_on_forces_is_that_of_finite_differences(kind):
    model = scaled(**KINDS[kind])
    graph = graph_for(model, molecule(), crystal())
    weight = model.network.blocks[0].triplets.down.weight

    def loss():
        return model.predict(graph, for_training=True).forces.square().sum()

    (slope,) = torch.autograd.grad(loss(), weight)
    way, step = torch.randn_like(weight), 1e-5
    with torch.no_grad():
        weight.add_(way, alpha=step)
        above = float(loss().detach())
        weight.sub_(way, alpha=2 * step)
        below = float(loss().detach())
    expected = (above - below) / (2 * step)
    assert float((slope * way).sum()) == pytest.approx(expected, rel=1e-5)


@each_kind
def test_an_atom_alone_has_no_energy(kind):
    alone = Structure(np.array([6]), np.zeros((1, 3)), np.zeros((3, 3)), (False,) * 3)
    model = scaled(**KINDS[kind])
    found = model.predict(graph_for(model, alone))
    assert float(found.energy) == 0.0
    assert not found.forces.any()


@each_kind
def test_weights_saved_and_loaded_say_the_same(kind):
    one = network(**KINDS[kind])
    graph = graph_for(one, molecule())
    one.calibrate(graph)
    other = GemNet(GemNetSettings(**SMALL, **KINDS[kind])).double()
    other.load_state_dict(one.state_dict())
    assert torch.equal(one(graph), other(graph))


def test_without_its_quadruplets_gemnet_q_is_gemnet_t():
    with_them, without = network(quadruplets=True), network()
    without.load_state_dict(with_them.state_dict(), strict=False)
    assert with_them.quadruplets is not None
    for block in with_them.blocks:
        block.quadruplets = None
    graph, short = (graph_for(each, crystal()) for each in (with_them, without))
    torch.testing.assert_close(with_them(graph), without(short), rtol=ROUNDING, atol=ROUNDING)


def test_quadruplets_beyond_the_cutoff_of_edges_are_felt():
    """Two molecules of two atoms, farther apart than edges reach; one of them turns."""

    def pair(turn):
        ends = np.array([[0.0, 0.0, 0.0], [0.2, 1.0, 0.0]])
        others = ends @ np.array(
            [[1, 0, 0], [0, np.cos(turn), np.sin(turn)], [0, -np.sin(turn), np.cos(turn)]]
        )
        positions = np.concatenate([ends, others + np.array([3.6, 0.0, 0.0])])
        return Structure(np.array([6, 1, 6, 1]), positions, np.zeros((3, 3)), (False,) * 3)

    change = {}
    for kind, said in KINDS.items():
        model = network(**said, interaction_cutoff=6.0)
        one, other = (model(graph_for(model, pair(turn))).sum() for turn in (0.5, 1.5))
        change[kind] = abs(float((one - other).detach()))
    assert change["T"] == 0.0
    assert change["Q"] > 1e-6


def test_forces_stay_finite_and_smooth_where_a_chain_becomes_straight():
    model = scaled(quadruplets=True)

    def forces(bend):
        positions = np.array([[-0.4, 1.1, 0.0], [0.0, 0.0, 0.0], [1.5, 0.0, 0.0], [2.9, bend, 0.0]])
        chain = Structure(np.array([1, 6, 6, 7]), positions, np.zeros((3, 3)), (False,) * 3)
        return model.predict(graph_for(model, chain)).forces

    straight = forces(0.0)
    assert torch.isfinite(straight).all()
    torch.testing.assert_close(forces(1e-7), straight, rtol=0, atol=1e-5)


def test_a_quadruplet_cutoff_below_that_of_edges_is_refused():
    with pytest.raises(InvalidSpecError, match="cutoff"):
        network(quadruplets=True, interaction_cutoff=3.0)


def test_features_are_invariant_and_one_row_an_atom():
    model, structure = network(), molecule()
    features = model.features(graph_for(model, structure))
    assert features.shape == (len(structure), SMALL["n_atom"])
    torch.testing.assert_close(model.features(graph_for(model, turned(structure)[0])), features)


@pytest.mark.parametrize(("kind", "published"), [("T", 1.89e6), ("Q", 2.16e6)])
def test_the_published_size_has_the_published_number_of_weights(kind, published):
    """Table 8 of the paper, with 93 elements; Q has 21 harmonics less (sin of dihedrals)."""
    model = GemNet(GemNetSettings(**KINDS[kind]))
    n = sum(each.numel() for each in model.parameters()) - (119 - 93) * 128
    n += 21 * 6 * 32 if kind == "Q" else 0
    assert n == pytest.approx(published, abs=5e3)


@matter
def test_direct_forces_turn_with_the_atoms(structure):
    model = scaled(**DIRECT)
    other, turn = turned(structure)
    here, there = (model.predict(graph_for(model, each)) for each in (structure, other))
    expected = here.forces @ torch.from_numpy(turn)
    torch.testing.assert_close(there.forces, expected, rtol=ROUNDING, atol=ROUNDING)


def test_direct_forces_are_learned_without_differentiating_the_energy():
    model = scaled(**DIRECT)
    found = model.predict(graph_for(model, molecule()), for_training=True)
    found.forces.square().sum().backward()
    assert model.network.outputs[0].force.weight.grad.abs().sum() > 0
    assert model.network.outputs[0].energy.weight.grad is None


def test_a_potential_with_direct_forces_is_marked_and_gives_no_stress():
    potential = NetworkPotential(
        "gemnet",
        scaled(**DIRECT),
        name="direct",
        model_sha256="",
        elements=frozenset({3, 8}),
        device=torch.device("cpu"),
        dtype=torch.float64,
    )
    state = state_from_structures([crystal()], torch.device("cpu"))
    neighbors = build_neighbors(state, potential.cutoff, half=False)
    assert not potential.conservative
    assert potential.predict(state, neighbors).stress is None
    with pytest.raises(CannotProvideError):
        potential.predict(state, neighbors, frozenset({"stress"}))


def test_direct_layers_are_calibrated_too():
    model = network(**DIRECT)
    model.calibrate(graph_for(model, molecule(), crystal()))
    assert float(model.outputs[0].scale_force.value) != 1.0


@each_kind
def test_calibrated_layers_keep_the_variance(kind):
    model = network(**KINDS[kind])
    graph = graph_for(model, molecule(1), molecule(2), crystal())
    seen = []
    model.calibrate(graph)
    for each in model.modules():
        if isinstance(each, ScalingFactor):
            each.register_forward_hook(lambda _, given, out: seen.append((given[1], out)))
    model(graph)
    per_block = 6 if kind == "Q" else 3
    assert len(seen) == per_block * SMALL["n_blocks"] + SMALL["n_blocks"] + 1
    for given in seen:
        before, after = (each.detach().flatten(0, -2).var(dim=0).mean() for each in given)
        assert float(after / before) == pytest.approx(1.0)
