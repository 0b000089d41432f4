from dataclasses import dataclass

import numpy as np
import pytest
import torch

from designer_app.design.representation.soft import certain
from designer_app.design.representation.tokens import (
    MAX_SLOTS,
    N_ELEMENTS,
    N_GEOMETRY,
    TokenTable,
)
from designer_app.design.vae import Allowed, MaterialVAE, VAESettings
from designer_app.design.vae.assigning import distinct_elements

SMALL = VAESettings(latent=8, hidden=32, class_size=16, choice_hidden=16, geometry_hidden=16)
ROUNDING = 1e-5
"""Sums of some tens of float32 numbers near 1."""


@dataclass(frozen=True)
class Kinds:
    slot_counts: np.ndarray
    n_geometry: np.ndarray
    space_groups: np.ndarray


@pytest.fixture
def kinds():
    """Three prototypes: AB, AB2C3 and A, with 0, 2 and 1 free numbers."""
    counts = np.zeros((3, MAX_SLOTS), dtype=np.float32)
    counts[0, :2] = 1
    counts[1, :3] = 1, 2, 3
    counts[2, 0] = 2
    free = np.zeros((3, N_GEOMETRY), dtype=bool)
    free[1, [1, 5]] = True
    free[2, 1] = True
    return Kinds(counts, free, np.array([225, 62, 194]))


@pytest.fixture
def vae(kinds):
    torch.manual_seed(0)
    return MaterialVAE(kinds, SMALL).freeze()


@pytest.fixture
def points():
    return torch.randn(6, SMALL.latent, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def table():
    elements = np.zeros((2, MAX_SLOTS), dtype=np.int64)
    elements[0, :2] = 11, 17
    elements[1, :3] = 3, 26, 8
    return TokenTable(
        np.array([0, 1]),
        elements,
        np.zeros(2, dtype=np.float32),
        np.zeros((2, N_GEOMETRY), dtype=np.float32),
    )


def test_shares_of_a_soft_decode_sum_to_one(vae, points):
    assert torch.allclose(vae.decode(points).shares.sum(dim=1), torch.ones(6), atol=ROUNDING)


def test_elements_of_every_slot_sum_to_one(vae, points):
    found = vae.decode(points).elements.sum(dim=2)
    assert torch.allclose(found, torch.ones_like(found), atol=ROUNDING)


def test_slots_and_elements_give_the_expected_atoms(vae, points):
    found = vae.decode(points)
    atoms = (found.shares[..., None] * vae.slot_counts[found.prototypes]).sum(dim=(1, 2))
    assert torch.allclose(found.amounts.sum(dim=1), atoms, rtol=ROUNDING)


def test_a_gradient_reaches_the_latent_vector_through_every_output(vae, points):
    z = points.clone().requires_grad_()
    found = vae.decode(z)
    for each in (found.shares[:, 0], found.composition[:, 26], found.log_volume, found.geometry):
        (gradient,) = torch.autograd.grad(each.sum(), z, retain_graph=True)
        assert gradient.abs().max() > 0


def test_a_cold_decode_is_the_best_decode(vae, points):
    cold, best = vae.decode(points, temperature=1e-4), vae.best_decode(points)
    assert np.array_equal(cold.prototypes[:, 0].numpy(), best.prototype)
    sure = certain(best, vae.slot_counts)
    assert torch.allclose(cold.counts, sure.counts, atol=ROUNDING)
    assert torch.allclose(cold.geometry, sure.geometry, atol=ROUNDING)


def test_nothing_that_is_not_allowed_gets_any_probability(vae, points):
    allowed = Allowed.of(vae.slot_counts, (3, 8))
    found = vae.decode(points, allowed=allowed)
    assert not allowed.prototypes[1]
    assert found.shares[found.prototypes == 1].sum() == 0
    chosen = vae.best_decode(points, allowed)
    assert set(chosen.elements.ravel().tolist()) <= {0, 3, 8}
    assert 1 not in chosen.prototype


def test_slots_can_be_fixed_one_by_one(vae, points):
    elements = torch.ones(vae.n_prototypes, MAX_SLOTS, N_ELEMENTS, dtype=torch.bool)
    elements[0, 1] = False
    elements[0, 1, 8] = True
    only = Allowed(torch.tensor([True, False, False]), elements)
    assert (vae.best_decode(points, only).elements[:, 1] == 8).all()
    assert torch.allclose(vae.decode(points, allowed=only).elements[:, 1, 8], torch.ones(6))


def test_geometry_is_zero_where_the_prototype_leaves_nothing_free(vae, points):
    found = vae.best_decode(points)
    assert not found.geometry[~np.asarray(vae.geometry_mask[found.prototype]).astype(bool)].any()


def test_slots_of_a_best_decode_hold_different_elements(vae, points):
    for row in vae.best_decode(points).elements:
        there = row[row > 0]
        assert len(set(there)) == len(there)


def test_colliding_slots_share_out_elements_by_the_largest_sum():
    chances = np.full((1, 2, 4), -9.0, dtype=np.float32)
    chances[0, 0, [1, 2]] = -0.1, -3.0
    chances[0, 1, [1, 3]] = -0.2, -0.5
    found = distinct_elements(chances, np.ones((1, 2), dtype=bool))
    assert found.tolist() == [[1, 3]]


def test_decided_crystals_and_soft_ones_are_encoded_alike(vae, table):
    mean, _ = vae.encode(certain(table, vae.slot_counts))
    assert torch.allclose(mean, vae.encode_table(table), atol=ROUNDING)


def test_an_allowance_without_elements_is_empty(vae):
    assert Allowed.of(vae.slot_counts, ()).is_empty


def test_a_decode_takes_the_geometry_of_an_earlier_one_where_it_is_given(vae, points):
    earlier = vae.decode(points)
    later = vae.decode(points + 0.1, geometry_of=earlier)
    assert torch.equal(later.log_volume, earlier.log_volume)
    assert torch.equal(later.geometry, earlier.geometry)
    assert torch.equal(later.elements, vae.decode(points + 0.1).elements)
