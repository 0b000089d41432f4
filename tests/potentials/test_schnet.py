"""SchNet against its equations, edge by edge."""

from dataclasses import replace
from math import log, pi

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from designer_app.compiled import HAS_COMPILER
from designer_app.neighbors.build import build_neighbors
from designer_app.nn.edges import edge_graph
from designer_app.potentials.network import EnergyNetwork, ScaledNetwork
from designer_app.potentials.schnet import SchNet
from designer_app.specs.networks import SchNetSettings
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

SETTINGS = SchNetSettings(n_features=8, n_filters=6, n_interactions=2, n_gaussians=12, cutoff=3.5)
ROUNDING = 1e-11
"""Of sums in double precision, relative to the largest number."""


def network(seed=0, **settings):
    torch.manual_seed(seed)
    built = SchNet(replace(SETTINGS, **settings)).double()
    for name, each in built.named_parameters():
        if "bias" in name:
            torch.nn.init.normal_(each, std=0.3)
    return built


def small_crystal(seed=0):
    """Two atoms in a cell shorter than the cutoff: own images, and many images of the other."""
    rng = np.random.default_rng(seed)
    cell = np.array([[2.3, 0.1, 0.0], [0.4, 2.6, 0.0], [0.0, -0.3, 3.1]])
    positions = np.array([[0.0, 0.0, 0.0], [1.2, 1.1, 1.6]]) + rng.normal(0, 0.05, (2, 3))
    return Structure(np.array([14, 8]), positions, cell, (True, True, True))


def molecule():
    positions = np.array([[0.0, 0, 0], [1.1, 0, 0], [0.0, 1.3, 0.2], [5.0, 5.0, 5.0]])
    return Structure(np.array([6, 1, 1, 8]), positions, 20.0 * np.eye(3), (False, False, False))


def graph_of(*structures):
    state = state_from_structures(structures, torch.device("cpu"))
    neighbors = build_neighbors(state, SETTINGS.cutoff, half=False)
    return edge_graph(state, neighbors, SETTINGS.cutoff, torch.float64)


def by_the_equations(schnet, graph):
    """E_i with every directed edge on its own, by plain operations of torch."""

    def ssp(x):
        return softplus(x) - log(2.0)

    cutoff, filters = schnet.cutoff, schnet.filters
    r = graph.vectors.norm(dim=1)
    centers = torch.linspace(0.0, cutoff, SETTINGS.n_gaussians).double()
    width = cutoff / (SETTINGS.n_gaussians - 1)
    smeared = torch.exp(-0.5 * ((r[:, None] - centers) / width) ** 2)
    f_c = 0.5 * (torch.cos(pi * r / cutoff) + 1.0)
    x = schnet.embedding.weight[graph.numbers]
    for k, each in enumerate(schnet.interactions):
        hidden = ssp(smeared @ filters.weight_1[k] + filters.bias_1[k])
        w = (hidden @ filters.weight_2[k] + filters.bias_2[k]) * f_c[:, None]
        messages = (x @ each.inward.weight.T)[graph.second] * w
        v = torch.zeros(graph.n_atoms, w.shape[1], dtype=w.dtype).index_add(
            0, graph.first, messages
        )
        q1, _, q2 = each.outward
        x = x + q2(ssp(q1(v)))
    o1, _, o2 = schnet.readout
    return o2(ssp(o1(x))).squeeze(1)


def slopes(energies, vectors):
    return torch.autograd.grad(energies.sum(), vectors, create_graph=True)[0]


def forces_of(graph, by_edge):
    zero = torch.zeros(graph.n_atoms, 3, dtype=by_edge.dtype)
    return zero.index_add(0, graph.first, by_edge).index_add(0, graph.second, by_edge, alpha=-1)


def close(found, known):
    found, known = found.detach(), known.detach()
    scale = max(float(known.abs().max()), 1e-6)
    assert float((found - known).abs().max()) < ROUNDING * scale


GRAPHS = {
    "crystal": (small_crystal(),),
    "molecule": (molecule(),),
    "batch": (small_crystal(1), molecule(), small_crystal(2)),
}
each_graph = pytest.mark.parametrize("structures", GRAPHS.values(), ids=GRAPHS)


@each_graph
def test_energies_are_those_of_the_equations(structures):
    schnet, graph = network(), graph_of(*structures)
    close(schnet(graph), by_the_equations(schnet, graph))
    with torch.no_grad():
        close(schnet(graph), by_the_equations(schnet, graph))


@each_graph
def test_forces_and_what_weights_do_to_them_are_those_of_the_equations(structures):
    schnet, graph = network(), graph_of(*structures)
    found = []
    for energies_of in (schnet, lambda graph: by_the_equations(schnet, graph)):
        along = replace(graph, vectors=graph.vectors.clone().requires_grad_())
        energies = energies_of(along)
        forces = forces_of(graph, slopes(energies, along.vectors))
        loss = (forces - 0.3).square().sum() + energies.square().sum()
        found.append((forces, *torch.autograd.grad(loss, list(schnet.parameters()))))
    for ours, known in zip(*found, strict=True):
        close(ours, known)


@pytest.mark.parametrize("settled", [False, True], ids=["computed", "tabulated"])
def test_an_atom_without_neighbours_has_an_energy_and_no_force(settled):
    alone = Structure(np.array([18]), np.zeros((1, 3)), 9.0 * np.eye(3), (True, True, True))
    model = ScaledNetwork(network(), torch.zeros(119), 1.0)
    if settled:
        model.network.settle()
    said = model.predict(graph_of(alone))
    assert torch.isfinite(said.energy).all()
    assert torch.equal(said.forces, torch.zeros(1, 3, dtype=torch.float64))


AS_COMPUTED = 1e-6
"""Relative to the largest number: what a table may be off."""


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["double", "single"])
def test_a_table_of_the_filters_says_what_the_filters_say(dtype):
    computed = network(n_filters=32, n_gaussians=50).filters.to(dtype)
    tabulated = network(n_filters=32, n_gaussians=50).filters.to(dtype)
    tabulated.settle()
    assert (tabulated.table is None) is not HAS_COMPILER
    found = []
    for filters in (computed, tabulated):
        r = torch.linspace(0.0, 3.5, 2001, dtype=dtype)[1:-1].requires_grad_()
        values = torch.stack(filters(r))
        (slope,) = torch.autograd.grad(values.sum(), r)
        found.append((values.detach(), slope))
    for known, told in zip(*found, strict=True):
        scale = float(known.abs().max())
        assert float((told - known).abs().max()) < AS_COMPUTED * scale


def test_filters_too_many_for_a_table_are_computed():
    filters = SchNet(replace(SETTINGS, n_filters=512, n_gaussians=400)).filters
    filters.settle()
    assert filters.table is None


def test_a_table_is_no_part_of_the_weights():
    schnet = network()
    before = set(schnet.state_dict())
    schnet.settle()
    assert set(schnet.state_dict()) == before


@each_graph
@pytest.mark.parametrize("readout", ["ssp", "silu"])
def test_the_written_way_back_is_that_of_autograd(structures, readout):
    schnet, graph = network(readout=readout), graph_of(*structures)
    known = EnergyNetwork.with_slopes(schnet, graph)
    for found, expected in zip(schnet.with_slopes(graph), known, strict=True):
        close(found, expected)
