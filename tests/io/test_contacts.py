"""Pairs within a radius, against counting all images by hand."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designer_app.io.contacts import TooManyContactsError, contacts


def by_hand(positions, cell, pbc, radius):
    reach = 4
    ranges = [range(-reach, reach + 1) if flag else (0,) for flag in pbc]
    found = set()
    for i, j in product(range(len(positions)), repeat=2):
        for shift in product(*ranges):
            apart = positions[j] + np.array(shift) @ cell - positions[i]
            opposite = (j, i, *(-each for each in shift))
            if np.linalg.norm(apart) <= radius and (i != j or any(shift)) and opposite not in found:
                found.add((i, j, *shift))
    return found


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_atoms=st.integers(1, 6),
    pbc=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_contacts_are_all_pairs_of_images_within_the_radius(seed, n_atoms, pbc):
    rng = np.random.default_rng(seed)
    cell = np.eye(3) * rng.uniform(1.5, 4.0, 3) + rng.uniform(-0.4, 0.4, (3, 3))
    positions = rng.uniform(-6.0, 6.0, (n_atoms, 3))
    radius = 1.9
    # By hand, the images of wrapped atoms; the shifts are then told from the unwrapped ones.
    whole = np.linalg.inv(cell)
    wraps = -np.floor(positions @ whole) * np.array(pbc)
    first, second, shift, distance = contacts(positions, cell, pbc, radius)
    measured = np.linalg.norm(positions[second] + shift @ cell - positions[first], axis=1)
    np.testing.assert_allclose(measured, distance, atol=1e-9)
    assert len(first) == len(by_hand(positions + wraps @ cell, cell, pbc, radius))


def test_atoms_on_top_of_each_other_do_not_fill_the_memory():
    with pytest.raises(TooManyContactsError):
        contacts(np.zeros((5000, 3)), np.eye(3) * 10, (True, True, True), 1.0)


def test_no_atoms_have_no_contacts():
    assert len(contacts(np.empty((0, 3)), np.zeros((3, 3)), (False,) * 3, 3.0)[0]) == 0
