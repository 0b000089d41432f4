import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer_app.specs.supercells import repeats_to_reach, thicknesses

ALL = (True, True, True)
SHEARED = np.array([[4.0, 0, 0], [3.0, 4.0, 0], [0, 0, 30.0]])


def test_a_sheared_cell_is_thinner_than_its_vectors_are_long():
    assert thicknesses(SHEARED, ALL) == pytest.approx((4.0 * 4.0 / 5.0, 4.0, 30.0))


def test_a_direction_that_does_not_repeat_is_as_thick_as_can_be():
    assert thicknesses(SHEARED, (True, True, False)) == pytest.approx((3.2, 4.0, math.inf))
    assert thicknesses(np.zeros((3, 3)), (False,) * 3) == (math.inf,) * 3


def test_a_cell_that_is_thick_enough_stays_as_it_is():
    assert repeats_to_reach(12.0 * np.eye(3), ALL, 12.0) == (1, 1, 1)


@given(
    st.lists(st.floats(-1.0, 1.0), min_size=9, max_size=9),
    st.floats(2.0, 9.0),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_the_supercell_is_thick_enough_and_no_smaller_one_is(entries, size, pbc):
    cell = size * (np.eye(3) + 0.3 * np.reshape(entries, (3, 3)))
    repeats = repeats_to_reach(cell, pbc, 12.0)
    grown = thicknesses(cell * np.array(repeats)[:, None], pbc)
    for one, n, thickness in zip(thicknesses(cell, pbc), repeats, grown, strict=True):
        assert thickness >= 12.0 - 1e-4
        assert n == 1 or one * (n - 1) < 12.0
