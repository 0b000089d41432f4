import ase.data
import numpy as np

from designer_app.elements import (
    ATOMIC_NUMBERS,
    COVALENT_RADII,
    JMOL_COLORS,
    STANDARD_MASSES,
    SYMBOLS,
    VESTA_COLORS,
)


def test_symbols_are_in_order_of_atomic_number():
    assert list(SYMBOLS) == ase.data.chemical_symbols[: len(SYMBOLS)]
    assert ATOMIC_NUMBERS["Fe"] == 26


def test_masses_are_those_of_ase():
    assert np.array_equal(STANDARD_MASSES[1:], ase.data.atomic_masses[1 : len(SYMBOLS)])


def test_covalent_radii_are_those_of_ase_to_the_printed_digit():
    assert np.allclose(COVALENT_RADII[1:97], ase.data.covalent_radii[1:97], atol=0.005)


def test_every_element_has_a_color_in_both_schemes():
    for colors in (JMOL_COLORS, VESTA_COLORS):
        assert colors.shape == (len(SYMBOLS), 3)
        assert colors.min() >= 0
        assert colors.max() <= 1
