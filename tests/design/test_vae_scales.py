import numpy as np
import pytest

from designer_app.design.representation.tokens import MAX_SLOTS, N_GEOMETRY, TokenTable
from designer_app.design.vae.scales import USUAL_GEOMETRY, USUAL_VOLUME, scales, shaken

N = 400
ROUNDING = 1e-6
"""float32 numbers near 1."""


@pytest.fixture
def table():
    """Of prototype 0 many crystals, of prototype 1 one, of prototype 2 none."""
    generator = np.random.default_rng(0)
    geometry = np.zeros((N + 1, N_GEOMETRY), dtype=np.float32)
    geometry[:N, 0] = generator.normal(0.0, 2.0, N)
    volume = np.append(generator.normal(0.3, 0.01, N), 0.0).astype(np.float32)
    elements = np.ones((N + 1, MAX_SLOTS), dtype=np.int64)
    return TokenTable(np.append(np.zeros(N, dtype=np.int64), 1), elements, volume, geometry)


def test_many_members_say_what_they_usually_deviate_by(table):
    centers, spreads = scales(table, 3)
    assert centers[0] == pytest.approx(0.3, abs=0.01)
    assert 1.5 < spreads[0, 1] < 2.0  # outliers count as 3
    assert spreads[0, 0] < 0.02


def test_a_prototype_without_members_has_the_usual_deviations(table):
    centers, spreads = scales(table, 3)
    assert centers[2] == 0.0
    assert spreads[2, 0] == pytest.approx(USUAL_VOLUME, abs=ROUNDING)
    assert np.allclose(spreads[2, 1:], USUAL_GEOMETRY, atol=ROUNDING)


def test_one_member_at_its_median_does_not_make_a_prototype_rigid(table):
    assert (scales(table, 3)[1][1, 1:] > 0.5 * USUAL_GEOMETRY).all()


def test_shaking_moves_the_volume_and_free_numbers_of_a_share_of_the_crystals(table):
    spreads = scales(table, 3)[1][table.prototype]
    free = np.zeros((N + 1, N_GEOMETRY), dtype=bool)
    free[:, :2] = True
    found = shaken(table, spreads, free, 0.25, np.random.default_rng(1))
    moved = (found.geometry != table.geometry).any(axis=1)
    assert 0.15 < moved.mean() < 0.35
    assert np.array_equal(moved, found.log_volume != table.log_volume)
    assert np.array_equal(found.geometry[:, 2:], table.geometry[:, 2:])
    assert np.array_equal(found.elements, table.elements)
