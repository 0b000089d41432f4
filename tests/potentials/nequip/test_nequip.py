from dataclasses import replace

import pytest
import torch
from e3nn import o3

from designer_app.cli.benches.train_nequip import E3nnNequIP, row_of
from designer_app.nn.edges import EdgeGraph, reverse_edges
from designer_app.potentials.nequip import NequIP, kernels
from designer_app.potentials.nequip.irreps import harmonic_coefficients, monomials
from designer_app.specs.networks import NequIPSettings

EXACT = 1e-10
"""Rounding of double precision through a few layers, relative."""
SINGLE = 1e-4
"""Rounding of single precision, relative to the largest force."""
SAME_LOOPS = 1e-9
"""Sums in another order, relative to the largest entry of each gradient."""
DIFFERENCE_A, SLOPE = 1e-5, 1e-7
"""Step, and relative error of a central difference in double precision."""

SIZES = [
    pytest.param(NequIPSettings(n_features=4, l_max=2, n_layers=3, cutoff=4.0), id="l2"),
    pytest.param(
        NequIPSettings(n_features=4, l_max=3, n_layers=3, cutoff=4.0, parity=False), id="l3-natural"
    ),
    pytest.param(NequIPSettings(n_features=4, l_max=0, n_layers=2, cutoff=4.0), id="l0"),
]


def ethanol(seed=0, moved=None, copies=1):
    """Nine atoms about 1.5 A apart, in no particular shape; `moved` is a matrix on positions."""
    generator = torch.Generator().manual_seed(seed)
    grid = torch.cartesian_prod(*[torch.arange(3.0, dtype=torch.float64)] * 3)[::3] * 1.4
    noise = torch.randn(copies * 9, 3, generator=generator, dtype=torch.float64)
    positions = grid.repeat(copies, 1) + 0.2 * noise
    if moved is not None:
        positions = positions @ moved.T
    system = torch.arange(copies).repeat_interleave(9)
    apart = positions[None] - positions[:, None]
    near = (apart.norm(dim=2) < 4.0) & (system[:, None] == system)
    near.fill_diagonal_(False)
    first, second = near.nonzero(as_tuple=True)
    return EdgeGraph(
        numbers=torch.tensor([6, 6, 8, 1, 1, 1, 1, 1, 1]).repeat(copies),
        first=first,
        second=second,
        reverse=reverse_edges(first, second, first.new_zeros(len(first), 3), 9 * copies),
        vectors=apart[first, second],
        system_idx=system,
        n_systems=copies,
    )


def network(settings, dtype=torch.float64):
    torch.manual_seed(0)
    return NequIP(settings).to(dtype)


def energies_and_slopes(net, graph, *, create_graph=False):
    vectors = graph.vectors.clone().requires_grad_()
    energies = net(replace(graph, vectors=vectors))
    (slopes,) = torch.autograd.grad(energies.sum(), vectors, create_graph=create_graph)
    return energies, slopes


def forces_of(graph, slopes):
    zero = torch.zeros(graph.n_atoms, 3, dtype=slopes.dtype)
    return zero.index_add(0, graph.first, slopes).index_add(0, graph.second, slopes, alpha=-1)


def turn(*, mirror):
    generator = torch.Generator().manual_seed(3)
    matrix, _ = torch.linalg.qr(torch.randn(3, 3, generator=generator, dtype=torch.float64))
    return matrix * torch.linalg.det(matrix).sign() * (-1 if mirror else 1)


def gradients(net, graph):
    """Of a loss of energies and forces by every weight."""
    energies, slopes = energies_and_slopes(net, graph, create_graph=True)
    loss = energies.square().sum() + slopes.square().sum() + slopes[:, 0].sum()
    return torch.autograd.grad(loss, list(net.parameters()))


@pytest.fixture
def matrix(request):
    return turn(mirror=request.param == "mirror")


both_ways = pytest.mark.parametrize("matrix", ["rotation", "mirror"], indirect=True)


@pytest.mark.parametrize("settings", SIZES)
@both_ways
def test_energies_stay_and_forces_turn_with_the_atoms(settings, matrix):
    net, graph, turned = network(settings), ethanol(), ethanol(moved=matrix)
    energies, slopes = energies_and_slopes(net, graph)
    moved, moved_slopes = energies_and_slopes(net, turned)
    torch.testing.assert_close(moved, energies, rtol=EXACT, atol=EXACT)
    forces = forces_of(graph, slopes) @ matrix.T
    torch.testing.assert_close(forces_of(turned, moved_slopes), forces, rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("settings", SIZES)
@both_ways
def test_features_of_degree_l_turn_as_spherical_harmonics(settings, matrix):
    net = network(settings)
    states, turned = net.states(ethanol()), net.states(ethanol(moved=matrix))
    for layer, before, after in zip(net.layers, states[1:], turned[1:], strict=True):
        irreps = o3.Irreps([(1, tuple(each)) for each in layer.outgoing])
        # e3nn asks for rotations in the precision of its defaults.
        wigner = irreps.D_from_matrix(matrix.to(torch.get_default_dtype())).double()
        expected = torch.einsum("ij,jnc->inc", wigner, before)
        torch.testing.assert_close(after, expected, rtol=1e-5, atol=1e-5)


def test_harmonics_are_those_of_e3nn():
    units = torch.nn.functional.normalize(torch.randn(20, 3, dtype=torch.float64), dim=1)
    blocks = monomials(units, 3).split([1, 3, 9, 27], dim=1)
    for degree, (powers, matrix) in enumerate(zip(blocks, harmonic_coefficients(3), strict=True)):
        known = o3.spherical_harmonics(degree, units, normalize=True, normalization="component")
        torch.testing.assert_close(powers @ matrix, known, rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("settings", SIZES[:2])
def test_energies_and_forces_are_those_of_the_same_network_of_e3nn(settings):
    net, graph = network(settings), ethanol()
    torch.set_default_dtype(torch.float64)
    try:
        known = energies_and_slopes(E3nnNequIP(net, settings), graph)
    finally:
        torch.set_default_dtype(torch.float32)
    torch.testing.assert_close(energies_and_slopes(net, graph), known, rtol=EXACT, atol=EXACT)


@pytest.mark.skipif(not kernels.COMPILED, reason="numba is not there")
@pytest.mark.parametrize("settings", SIZES)
def test_compiled_loops_give_what_torch_gives_up_to_the_gradients_of_training(
    settings, monkeypatch
):
    net, graph = network(settings), ethanol(copies=2)
    compiled = energies_and_slopes(net, graph), gradients(net, graph)
    monkeypatch.setattr(kernels, "COMPILED", False)
    plain = energies_and_slopes(net, graph), gradients(net, graph)
    for ours, known in zip((*compiled[0], *compiled[1]), (*plain[0], *plain[1]), strict=True):
        off = (ours - known).detach().abs().max()
        assert float(off) <= SAME_LOOPS * float(known.detach().abs().max())


def test_the_gradient_by_a_weight_is_the_slope_of_the_loss():
    net, graph = network(SIZES[0].values[0]), ethanol()
    names = [name for name, _ in net.named_parameters()]
    weights, found = net.radial.last[1], gradients(net, graph)[names.index("radial.last.1")]

    def loss():
        energies, slopes = energies_and_slopes(net, graph)
        loss = energies.detach().square().sum() + slopes.square().sum() + slopes[:, 0].sum()
        return float(loss)

    way = torch.randn_like(weights)
    ends = []
    for side in (1, -1):
        with torch.no_grad():
            weights.add_(way, alpha=side * DIFFERENCE_A)
        ends.append(loss())
        with torch.no_grad():
            weights.sub_(way, alpha=side * DIFFERENCE_A)
    slope = (ends[0] - ends[1]) / (2 * DIFFERENCE_A)
    assert slope == pytest.approx(float((found * way).sum()), rel=SLOPE)


@pytest.mark.skipif(not kernels.COMPILED, reason="numba is not there")
def test_second_derivatives_by_positions_are_told_to_be_unknown():
    net, graph = network(SIZES[0].values[0]), ethanol()
    vectors = graph.vectors.clone().requires_grad_()
    energies = net(replace(graph, vectors=vectors))
    (slopes,) = torch.autograd.grad(energies.sum(), vectors, create_graph=True)
    (curvatures,) = torch.autograd.grad(slopes.square().sum(), vectors)
    assert curvatures.isnan().all()


def test_new_networks_say_energies_of_order_one():
    net, graph = network(NequIPSettings(n_features=16, n_layers=4)), ethanol(copies=4)
    net.calibrate(graph)
    energies, slopes = energies_and_slopes(net, graph)
    assert 0.05 < float(energies.detach().std()) < 5.0
    assert float(slopes.square().mean().sqrt()) < 5.0


def test_an_atom_without_neighbours_has_an_energy():
    net = network(SIZES[0].values[0])
    nobody = torch.zeros(0, dtype=torch.int64)
    alone = EdgeGraph(
        numbers=torch.tensor([8]),
        first=nobody,
        second=nobody,
        reverse=nobody,
        vectors=torch.zeros(0, 3, dtype=torch.float64),
        system_idx=torch.zeros(1, dtype=torch.int64),
        n_systems=1,
    )
    energies, _ = energies_and_slopes(net, alone)
    assert energies.isfinite().all()


def test_the_bench_compares_networks_that_agree():
    settings = NequIPSettings(n_features=4, l_max=1, n_layers=2, cutoff=4.0)
    graph = replace(ethanol(), vectors=ethanol().vectors.float())
    row = row_of("9 atoms", settings, network(settings, torch.float32), graph, repeats=1)
    assert row["ours_ms"] > 0
    assert row["forces_off"] < SINGLE


def test_weights_travel_through_their_arrays():
    first, second = network(SIZES[0].values[0]), NequIP(SIZES[0].values[0]).double()
    first.calibrate(ethanol())
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(ethanol()), second(ethanol()))
