"""GemNet by what must hold whatever its weights; its layers have tests of their own."""

import numpy as np
import pytest
import torch

from designer_app.neighbors.build import build_neighbors
from designer_app.nn.edges import edge_graph
from designer_app.potentials.gemnet import GemNet
from designer_app.potentials.gemnet.layers import ScalingFactor
from designer_app.potentials.network import ScaledNetwork
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
    "cutoff": 3.4,
}


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


def graph_of(*structures, cutoff=SMALL["cutoff"], dtype=torch.float64):
    state = state_from_structures(structures, torch.device("cpu"))
    return edge_graph(state, build_neighbors(state, cutoff, half=False), cutoff, dtype)


def turned(structure):
    turn, _ = np.linalg.qr(np.random.default_rng(7).normal(size=(3, 3)))
    positions = structure.positions @ turn + np.array([0.3, -4.0, 1.0])
    return Structure(structure.numbers, positions, structure.cell @ turn, structure.pbc), turn


matter = pytest.mark.parametrize("structure", [molecule(), crystal()], ids=["molecule", "crystal"])


@matter
def test_turning_or_mirroring_atoms_turns_forces_only(structure):
    model = scaled()
    other, turn = turned(structure)
    here, there = (model.predict(graph_of(each)) for each in (structure, other))
    torch.testing.assert_close(here.energy, there.energy, rtol=ROUNDING, atol=ROUNDING)
    expected = here.forces @ torch.from_numpy(turn)
    torch.testing.assert_close(there.forces, expected, rtol=ROUNDING, atol=ROUNDING)


def test_the_gradient_of_a_loss_on_forces_is_that_of_finite_differences():
    model, graph = scaled(), graph_of(molecule(), crystal())
    weight = model.network.blocks[0].triplets.down.weight

    def loss():
        return model.predict(graph, for_training=True).forces.square().sum()

    (slope,) = torch.autograd.grad(loss(), weight)
    way, step = torch.randn_like(weight), 1e-5
    with torch.no_grad():
        weight.add_(way, alpha=step)
        above = float(loss())
        weight.sub_(way, alpha=2 * step)
        below = float(loss())
    expected = (above - below) / (2 * step)
    assert float((slope * way).sum()) == pytest.approx(expected, rel=1e-5)


def test_an_atom_alone_has_no_energy():
    alone = Structure(np.array([6]), np.zeros((1, 3)), np.zeros((3, 3)), (False,) * 3)
    found = scaled().predict(graph_of(alone))
    assert float(found.energy) == 0.0
    assert not found.forces.any()


def test_weights_saved_and_loaded_say_the_same():
    one, graph = network(), graph_of(molecule())
    one.calibrate(graph)
    other = GemNet(GemNetSettings(**SMALL)).double()
    other.load_state_dict(one.state_dict())
    assert torch.equal(one(graph), other(graph))


def test_features_are_invariant_and_one_row_an_atom():
    model, structure = network(), molecule()
    features = model.features(graph_of(structure))
    assert features.shape == (len(structure), SMALL["n_atom"])
    torch.testing.assert_close(model.features(graph_of(turned(structure)[0])), features)


def test_the_published_size_has_the_published_number_of_weights():
    """1.89 M, in table 8 of the paper; its table of elements has 93 rows."""
    model = GemNet(GemNetSettings())
    n = sum(each.numel() for each in model.parameters())
    assert n - (119 - 93) * 128 == pytest.approx(1.89e6, abs=5e3)


def test_calibrated_layers_keep_the_variance():
    model, graph = network(), graph_of(molecule(1), molecule(2), crystal())
    seen = []
    model.calibrate(graph)
    for each in model.modules():
        if isinstance(each, ScalingFactor):
            each.register_forward_hook(lambda _, given, out: seen.append((given[1], out)))
    model(graph)
    assert len(seen) == 3 * SMALL["n_blocks"] + SMALL["n_blocks"] + 1
    for before, after in seen:
        ratio = after.detach().var(dim=0).mean() / before.detach().var(dim=0).mean()
        assert float(ratio) == pytest.approx(1.0)
