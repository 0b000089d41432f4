"""Published adsorption energies, by what the articles themselves say of them."""

import math

from designer_app.training.published.hydrogen_evolution import read_hydrogen, read_overpotentials
from designer_app.training.published.metal_surfaces import FCC_METALS, read_metal_surfaces


def test_platinum_has_the_smallest_overpotential_but_iridium(data_folder):
    found = read_overpotentials(data_folder)
    assert set(sorted(found, key=lambda metal: found[metal])[:2]) == {"Pt", "Ir"}


def test_hydrogen_binds_to_platinum_and_not_to_gold(data_folder):
    found = {row.metal: row.adsorption_energy for row in read_hydrogen(data_folder)}
    assert found["Pt"] < 0.0 < found["Au"]


def test_surfaces_are_finite_and_of_fcc_metals(data_folder):
    for column in read_metal_surfaces(data_folder).values():
        assert set(column) <= set(FCC_METALS)
        assert all(math.isfinite(value) for value in column.values())


def test_oxygen_binds_more_strongly_to_copper_than_to_silver_and_gold(data_folder):
    oxygen = read_metal_surfaces(data_folder)["O"]
    assert oxygen["Cu"] < oxygen["Ag"] < oxygen["Au"]
