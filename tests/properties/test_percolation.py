import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer_app.properties.bond_valence import SiteEnergies, barriers, grid_network
from designer_app.properties.percolation import Network, connecting_energy, percolation

EXACT = 1e-12
"""Nothing is computed but maxima of the energies given."""


def _network(*edges):
    """Edges as (first, second, cell, energy)."""
    first, second, shifts, energies = zip(*edges, strict=True)
    n_nodes = max(*first, *second) + 1
    return Network(
        n_nodes, np.array(first), np.array(second), np.array(shifts), np.array(energies, float)
    )


def _waves(heights, counts=(12, 10, 8), cell=None):
    """A landscape sum_k h_k (1 - cos 2 pi x_k) / 2: its passes are h_1, h_2 and h_3 high."""
    axes = [np.arange(count) / count for count in counts]
    grids = np.meshgrid(*axes, indexing="ij")
    energies = sum(
        0.5 * height * (1 - np.cos(2 * np.pi * grid))
        for height, grid in zip(heights, grids, strict=True)
    )
    return SiteEnergies("Li", np.diag([6.0, 5.0, 4.0]) if cell is None else cell, energies)


@given(st.permutations([0.3, 0.7, 1.9]))
def test_passes_of_a_separable_landscape_are_its_heights(heights):
    found = barriers(_waves(heights))
    assert found.barriers == pytest.approx((0.3, 0.7, 1.9), abs=EXACT)


@given(st.permutations([0.3, 0.7, 1.9]))
def test_the_easiest_way_leads_along_the_lowest_wave(heights):
    path = barriers(_waves(heights)).path
    easiest = [abs(value) for value in path.direction]
    assert easiest == [int(height == 0.3) for height in heights]


def test_a_way_begins_and_ends_in_valleys_a_lattice_vector_apart():
    energies = _waves((0.3, 0.7, 1.9))
    path = barriers(energies).path
    span = path.positions[-1] - path.positions[0]
    assert span == pytest.approx(np.array(path.direction) @ energies.cell, abs=1e-9)
    assert path.energies[[0, -1]] == pytest.approx([0.0, 0.0], abs=EXACT)
    assert path.energies.max() == pytest.approx(path.barrier, abs=EXACT)
    assert path.distances[-1] >= np.linalg.norm(span) - 1e-9


def test_a_way_in_three_directions_of_one_barrier_counts_all_three():
    assert barriers(_waves((0.5, 0.5, 0.5))).path.dimensions == 3
    assert barriers(_waves((0.5, 0.5, 2.0))).path.dimensions == 2
    assert barriers(_waves((0.5, 1.0, 2.0))).path.dimensions == 1


def test_places_without_a_way_out_do_not_percolate():
    ring = _network((0, 1, (0, 0, 0), 0.1), (1, 2, (0, 0, 0), 0.2), (2, 0, (0, 0, 0), 0.3))
    assert percolation(ring).energies == (math.inf,) * 3
    assert percolation(ring).direction == (0, 0, 0)


def test_two_hops_out_of_the_cell_and_back_lead_nowhere():
    there_and_back = _network((0, 1, (1, 0, 0), 0.1), (0, 1, (1, 0, 0), 0.4))
    assert percolation(there_and_back).energies[0] == math.inf


def test_a_way_through_the_neighbouring_cell_is_seen():
    zigzag = _network((0, 1, (0, 0, 0), 0.1), (1, 0, (0, 1, 0), 0.4), (0, 1, (2, 0, 0), 0.9))
    found = percolation(zigzag)
    assert found.energies == (0.4, 0.9, math.inf)
    assert found.direction in ((0, 1, 0), (0, -1, 0))


def test_directions_that_lie_in_a_plane_are_two():
    plane = _network(
        (0, 0, (1, 0, 0), 0.1), (0, 0, (1, 1, 0), 0.2), (0, 0, (0, 1, 0), 0.3), (0, 0, (2, 3, 1), 4)
    )
    assert percolation(plane).energies == (0.1, 0.2, 4.0)


def test_components_that_percolate_in_different_directions_join_to_both():
    rods = _network((0, 0, (1, 0, 0), 0.1), (1, 1, (0, 1, 0), 0.2), (0, 1, (0, 0, 0), 0.5))
    assert percolation(rods).energies == (0.1, 0.5, math.inf)


def test_two_places_connect_at_the_lowest_of_the_highest_points():
    energies = _waves((0.3, 0.7, 1.9))
    network, _ = grid_network(energies)
    ends = np.ravel_multi_index(([0, 6], [0, 5], [0, 0]), energies.energies.shape)
    assert connecting_energy(network, *map(int, ends)) == pytest.approx(1.0, abs=EXACT)


@given(st.integers(0, 11), st.integers(0, 9), st.integers(0, 7))
def test_a_shifted_origin_changes_nothing(a, b, c):
    energies = _waves((0.3, 0.7, 1.9))
    rolled = SiteEnergies("Li", energies.cell, np.roll(energies.energies, (a, b, c), (0, 1, 2)))
    assert barriers(rolled).barriers == pytest.approx(barriers(energies).barriers, abs=EXACT)


@given(st.sampled_from([(2, 1, 1), (1, 2, 1), (1, 1, 3), (2, 2, 1)]))
def test_a_supercell_changes_nothing(repeats):
    energies = _waves((0.3, 0.7, 1.9), (6, 6, 4))
    larger = SiteEnergies(
        "Li", energies.cell * np.array(repeats)[:, None], np.tile(energies.energies, repeats)
    )
    assert barriers(larger).barriers == pytest.approx(barriers(energies).barriers, abs=EXACT)
