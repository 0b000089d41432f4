"""Each layer of GemNet against a slow transcription of its equation, term by term."""

import math

import numpy as np
import pytest
import torch
from scipy.special import sph_harm_y, spherical_jn

from designer_app.neighbors.build import build_neighbors
from designer_app.nn.edges import edge_graph
from designer_app.potentials.gemnet import GemNet
from designer_app.potentials.gemnet.bases import bessel_zeros
from designer_app.potentials.gemnet.dihedrals import STRAIGHT, orders
from designer_app.potentials.gemnet.layers import ScalingFactor
from designer_app.specs.networks import GemNetSettings
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

SETTINGS = GemNetSettings(
    quadruplets=True,
    n_atom=5,
    n_edge=6,
    n_blocks=1,
    n_radial=3,
    n_spherical=4,
    n_triplet=4,
    n_quadruplet=3,
    n_rbf=3,
    n_cbf=4,
    n_sbf=5,
    cutoff=2.6,
    interaction_cutoff=3.4,
)
SAME = 1e-6
"""Learned frequencies begin as n pi in single precision; all else is double."""
CELL = np.array([[2.3, 0.2, 0.1], [0.3, 2.5, -0.2], [0.1, 0.4, 3.0]])
POSITIONS = np.array(
    [[0.0, 0.1, 0.0], [1.0, 0.2, 0.5], [1.7, 1.3, 0.1], [0.4, 2.0, 1.1], [2.6, 1.2, 1.2]]
)
MATTER = {
    "molecule": Structure(np.array([6, 8, 1, 6, 1]), POSITIONS, np.zeros((3, 3)), (False,) * 3),
    "crystal": Structure(np.array([14, 8]), POSITIONS[[0, 3]], CELL, (True,) * 3),
}


class Case:
    """A small GemNet-Q with random scaling factors, and random messages on a graph's edges."""

    def __init__(self, structure):
        torch.manual_seed(2)
        self.network = GemNet(SETTINGS).double()
        for each in self.network.modules():
            if isinstance(each, ScalingFactor):
                each.value.fill_(0.5 + float(torch.rand(())))
        state = state_from_structures([structure], torch.device("cpu"))
        cutoff = self.network.cutoff
        neighbors = build_neighbors(state, cutoff, half=False)
        self.graph = edge_graph(state, neighbors, cutoff, torch.float64)
        self.first, self.second = self.graph.first.numpy(), self.graph.second.numpy()
        self.vectors = self.graph.vectors.numpy()
        self.lengths = np.linalg.norm(self.vectors, axis=1)
        self.short = np.flatnonzero(self.lengths < SETTINGS.cutoff)
        with torch.no_grad():
            self.geometry = self.network.geometry(self.graph)
            self.m = torch.randn(len(self.short), SETTINGS.n_edge, dtype=torch.float64)
            self.h = torch.randn(self.graph.n_atoms, SETTINGS.n_atom, dtype=torch.float64)

    def place(self, edge):
        """Of one of all edges, among the short ones."""
        return int(np.flatnonzero(self.short == edge)[0])

    def reverse(self, edge):
        back = (self.first == self.second[edge]) & (self.second == self.first[edge])
        return int(
            np.flatnonzero(back & (np.abs(self.vectors + self.vectors[edge]).max(axis=1) < 1e-6))[0]
        )


@pytest.fixture(scope="module", params=sorted(MATTER))
def case(request):
    return Case(MATTER[request.param])


def numbers(tensor):
    return tensor.detach().numpy()


def active(x):
    return x / (1 + np.exp(-x)) / 0.6


def dense(layer, x):
    found = x @ numbers(layer.weight).T
    return active(found) if layer.active else found


def envelope(u):
    return 1 - 21 * u**5 + 35 * u**6 - 15 * u**7 if u < 1 else 0.0


def bessel(d, cutoff):
    n = np.arange(1, SETTINGS.n_radial + 1)
    frequencies = (np.pi * n).astype(np.float32)
    return math.sqrt(2 / cutoff) * np.sin(frequencies * d / cutoff) / d * envelope(d / cutoff)


def spherical_bessel(d, cutoff):
    """(l, n)."""
    zeros = bessel_zeros(SETTINGS.n_spherical, SETTINGS.n_radial)
    degree = np.arange(SETTINGS.n_spherical)[:, None]
    norm = math.sqrt(2 / cutoff**3) / np.abs(spherical_jn(degree + 1, zeros))
    return norm * spherical_jn(degree, zeros * d / cutoff) * envelope(d / cutoff)


def angle(u, v):
    return math.atan2(np.linalg.norm(np.cross(u, v)), u @ v)


def dihedral(c, axis, d):
    """About the axis, from c to d."""
    across_c, across_d = np.cross(axis, c), np.cross(axis, d)
    return math.atan2(
        np.cross(across_c, across_d) @ axis / np.linalg.norm(axis), across_c @ across_d
    )


def harmonic(degree, m, polar, azimuth):
    """Real and without the phase of Condon and Shortley."""
    factor = math.sqrt(2) * (-1) ** m if m else 1.0
    return factor * sph_harm_y(degree, m, polar, azimuth).real


def test_the_crystal_has_triangles_and_images_of_atoms_in_quadruplets():
    case = Case(MATTER["crystal"])
    assert (case.first == case.second).any()
    assert len(case.geometry.quadruplets.quads.ends) > 0


def test_edges_begin_with_both_atoms_and_their_length(case):
    *_, (h, m) = list(case.network._rounds(case.geometry))[:1]
    table = numbers(case.network.atoms.weight)[case.graph.numbers.numpy()]
    assert np.array_equal(numbers(h), table)
    for place, edge in enumerate(case.short):
        radial = bessel(case.lengths[edge], SETTINGS.cutoff)
        x = np.concatenate([table[case.second[edge]], table[case.first[edge]], radial])
        assert numbers(m)[place] == pytest.approx(dense(case.network.edges, x), abs=SAME)


def test_triplet_messages_are_sums_over_all_other_edges_of_the_atom(case):
    network, layer = case.network, case.network.blocks[0].triplets
    n_out = SETTINGS.n_triplet
    x = np.zeros((len(case.short), n_out))
    for place, edge in enumerate(case.short):
        basis = spherical_bessel(case.lengths[edge], SETTINGS.cutoff)
        for other_place, other in enumerate(case.short):
            if other == edge or case.first[other] != case.first[edge]:
                continue
            cab = angle(case.vectors[edge], case.vectors[other])
            circular = np.zeros(SETTINGS.n_cbf)
            for degree in range(SETTINGS.n_spherical):
                y = harmonic(degree, 0, cab, 0.0)
                weight = numbers(network.down_circular.weight)[degree]
                circular += y * basis[degree] @ weight
            radial = dense(network.down_triplets, bessel(case.lengths[other], SETTINGS.cutoff))
            message = dense(layer.dense, numbers(case.m)[other_place])
            message = float(layer.scale_radial.value) * message * dense(layer.radial, radial)
            message = dense(layer.down, message)
            x[place] += np.einsum("eio,i,e->o", numbers(layer.bilinear.weight), circular, message)
    expected = symmetric(case, layer, x)
    found = layer(case.m, case.geometry.edges, case.geometry.bases)
    assert numbers(found) == pytest.approx(expected, abs=SAME)


def symmetric(case, layer, x):
    """(dense(x_ca) + dense'(x_ac)) / sqrt 2."""
    x = float(layer.scale_sum.value) * x
    back = [case.place(case.reverse(edge)) for edge in case.short]
    return (dense(layer.up.own, x) + dense(layer.up.reversed, x)[back]) / math.sqrt(2)


def test_quadruplet_messages_are_sums_over_two_steps(case):
    basis, layer = case.network.quadruplets, case.network.blocks[0].quadruplets
    x = np.zeros((len(case.short), SETTINGS.n_quadruplet))
    n_quadruplets = 0
    for place, edge in enumerate(case.short):
        radial_ca = spherical_bessel(case.lengths[edge], SETTINGS.cutoff)
        for long in np.flatnonzero(case.first == case.first[edge]):
            if long == edge:
                continue  # b = c
            to_b = case.vectors[long]
            radial_ba = spherical_bessel(case.lengths[long], SETTINGS.interaction_cutoff)
            for end_place, end in enumerate(case.short):
                to_d = to_b + case.vectors[end]
                is_a = np.linalg.norm(to_d) < 1e-6
                is_c = np.linalg.norm(to_d - case.vectors[edge]) < 1e-6
                if case.first[end] != case.second[long] or is_a or is_c:
                    continue
                n_quadruplets += 1
                cab, abd = angle(case.vectors[edge], to_b), angle(-to_b, case.vectors[end])
                is_straight = math.sin(abd) < 1e-6  # on from one image to the next
                assert is_straight or math.sin(abd) > STRAIGHT
                cabd = dihedral(case.vectors[edge], to_b, case.vectors[end])
                circular = np.zeros(SETTINGS.n_cbf)
                for degree in range(SETTINGS.n_spherical):
                    weight = numbers(basis.down_circular.weight)[degree]
                    circular += harmonic(degree, 0, abd, 0.0) * radial_ba[degree] @ weight
                spherical = np.zeros(SETTINGS.n_sbf)
                for k, (degree, m) in enumerate(orders(SETTINGS.n_spherical)):
                    weight = numbers(basis.down_spherical.weight)[k]
                    if m == 0 or not is_straight:
                        spherical += harmonic(degree, m, cab, cabd) * radial_ca[degree] @ weight
                radial = dense(basis.down_radial, bessel(case.lengths[end], SETTINGS.cutoff))
                message = dense(layer.dense, numbers(case.m)[end_place])
                message = float(layer.scale_radial.value) * message * dense(layer.radial, radial)
                message = dense(layer.down, message)
                message = (
                    float(layer.scale_circular.value) * message * dense(layer.circular, circular)
                )
                x[place] += np.einsum(
                    "eio,i,e->o", numbers(layer.bilinear.weight), spherical, message
                )
    assert n_quadruplets > 40
    found = layer(case.m, case.geometry.edges, case.geometry.quadruplets)
    assert numbers(found) == pytest.approx(symmetric(case, layer, x), abs=SAME)


def update(case, layer, m):
    x = np.zeros((case.graph.n_atoms, SETTINGS.n_edge))
    basis = case.network.down_atoms if layer is case.network.blocks[0].atom_update else None
    basis = case.network.down_output if basis is None else basis
    for place, edge in enumerate(case.short):
        radial = dense(basis, bessel(case.lengths[edge], SETTINGS.cutoff))
        x[case.first[edge]] += m[place] * dense(layer.radial, radial)
    first, *residual = layer.layers
    x = dense(first, float(layer.scale_sum.value) * x)
    for each in residual:
        x = residual_of(each, x)
    return x


def residual_of(layer, x):
    one, other = layer.dense
    return (x + dense(other, dense(one, x))) / math.sqrt(2)


def test_a_block_updates_edges_then_atoms_then_edges(case):
    block, geometry = case.network.blocks[0], case.geometry
    m, h = numbers(case.m), numbers(case.h)
    x = dense(block.dense, m)
    x = x + numbers(block.triplets(case.m, geometry.edges, geometry.bases))
    x = x + numbers(block.quadruplets(case.m, geometry.edges, geometry.quadruplets))
    x = residual_of(block.before_skip[0], x / math.sqrt(3))
    m = residual_of(block.after_skip[0], (m + x) / math.sqrt(2))
    h = (h + update(case, block.atom_update, m)) / math.sqrt(2)
    ends = [h[case.second[case.short]], h[case.first[case.short]], m]
    x = residual_of(block.after_concat[0], dense(block.concat, np.concatenate(ends, axis=1)))
    m = (m + x) / math.sqrt(2)
    found_h, found_m = block(case.h, case.m, geometry.edges, geometry.bases, geometry.quadruplets)
    assert numbers(found_h) == pytest.approx(h, abs=SAME)
    assert numbers(found_m) == pytest.approx(m, abs=SAME)


def test_an_output_is_linear_in_the_updated_atoms(case):
    output = case.network.outputs[1]
    expected = dense(output.energy, update(case, output.update, numbers(case.m)))[:, 0]
    found = output(case.m, case.geometry.edges, case.geometry.bases.output)
    assert numbers(found) == pytest.approx(expected, abs=SAME)
