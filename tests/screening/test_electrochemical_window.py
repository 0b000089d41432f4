from itertools import pairwise

import numpy as np
import pytest

from designer_app.screening.convex_hull import hull_for
from designer_app.screening.electrochemical_window import electrochemical_window
from designer_app.screening.phase_diagrams import pymatgen_diagram

ROUNDING = 1e-5
"""V."""


def _phases(phase_with):
    return [
        phase_with({"Li": 1}, 0.0),
        phase_with({"Fe": 1}, 0.0),
        phase_with({"O": 2}, 0.0),
        phase_with({"Li": 2, "O": 1}, -2.0),
        phase_with({"Li": 2, "O": 2}, -1.65),
        phase_with({"Fe": 1, "O": 1}, -1.4),
        phase_with({"Fe": 2, "O": 3}, -1.7),
        phase_with({"Li": 1, "Fe": 1, "O": 2}, -1.95),
    ]


@pytest.fixture
def oxides(phase_with, made_up):
    return hull_for(("Li", "Fe", "O"), _phases(phase_with), made_up)


def test_the_window_of_a_salt_follows_from_its_energy(phase_with, made_up):
    phases = [
        phase_with({"Li": 1}, 0),
        phase_with({"Cl": 1}, 0),
        phase_with({"Li": 1, "Cl": 1}, -2.1),
    ]
    window = electrochemical_window(
        hull_for(("Li", "Cl"), phases, made_up), {"Li": 1, "Cl": 1}, "Li"
    )
    assert window.reduction is None
    assert window.oxidation == pytest.approx(4.2, abs=ROUNDING)
    assert window.oxidation_products == (("Cl", pytest.approx(1.0)),)


def test_a_magnesium_salt_gives_two_electrons_an_ion(phase_with, made_up):
    phases = [
        phase_with({"Mg": 1}, 0),
        phase_with({"Cl": 1}, 0),
        phase_with({"Mg": 1, "Cl": 2}, -2.0),
    ]
    hull = hull_for(("Mg", "Cl"), phases, made_up)
    window = electrochemical_window(hull, {"Mg": 1, "Cl": 2}, "Mg")
    assert window.oxidation == pytest.approx(3.0, abs=ROUNDING)  # 6 eV for 2 electrons


def test_limits_are_the_chemical_potentials_of_the_ion(oxides):
    from designer_app.screening.phase_diagrams import chemical_potentials

    compound = {"Li": 1, "Fe": 1, "O": 2}
    window = electrochemical_window(oxides, compound, "Li")
    (mu,) = (each for each in chemical_potentials(oxides, compound) if each.element == "Li")
    assert window.reduction == pytest.approx(-mu.high, abs=ROUNDING)
    assert window.oxidation == pytest.approx(-mu.low, abs=ROUNDING)
    assert window.assumption == ""


def test_voltages_are_those_of_pymatgen(phase_with, oxides):
    from pymatgen.core import Composition, Element

    diagram = pymatgen_diagram(_phases(phase_with))
    profile = diagram.get_element_profile(Element("Li"), Composition("Fe2O3"))
    theirs = {-step["chempot"] for step in profile}
    window = electrochemical_window(oxides, {"Fe": 2, "O": 3}, "Li")
    ours = {step.high for step in window.profile if np.isfinite(step.high)}
    for voltage in ours:
        assert min(abs(voltage - other) for other in theirs) < 1e-3


def test_products_hold_the_elements_of_the_host(oxides):
    window = electrochemical_window(oxides, {"Li": 1, "Fe": 1, "O": 2}, "Li")
    amounts = {"Fe": {"Fe": 1}, "Li2O": {"Li": 2, "O": 1}, "FeO": {"Fe": 1, "O": 1}}
    iron = sum(
        amounts.get(name, {}).get("Fe", 0) * amount for name, amount in window.reduction_products
    )
    assert iron == pytest.approx(1.0)


def test_steps_touch_and_ions_grow_towards_low_voltage(oxides):
    steps = electrochemical_window(oxides, {"Fe": 2, "O": 3}, "Li").profile
    assert steps[0].low == 0.0
    assert steps[-1].high == np.inf
    for lower, higher in pairwise(steps):
        assert lower.high == higher.low
        assert lower.ions > higher.ions


def test_a_host_without_the_ion_is_never_oxidised_by_giving_it_off(oxides):
    window = electrochemical_window(oxides, {"Fe": 2, "O": 3}, "Li")
    assert window.oxidation is None
    assert window.reduction is not None


def test_a_composition_off_the_hull_is_said_to_be_a_mixture(oxides):
    window = electrochemical_window(oxides, {"Li": 3, "Fe": 1, "O": 3}, "Li")
    assert "mixture" in window.assumption


def test_the_metal_of_the_electrode_dissolves_above_zero(phase_with, made_up):
    hull = hull_for(("Li",), [phase_with({"Li": 1}, -1.9)], made_up)
    window = electrochemical_window(hull, {"Li": 4}, "Li")
    assert (window.reduction, window.oxidation) == (None, 0.0)
    assert "electrode itself" in window.assumption


def test_the_firmest_salt_still_gives_up_its_ion(phase_with, made_up):
    # AlF3, -1510 kJ/mol (CRC Handbook), 15.7 eV for its aluminium
    salt = {"Al": 1, "F": 3}
    phases = [phase_with({"Al": 1}, 0), phase_with({"F": 1}, 0), phase_with(salt, -15.7 / 4)]
    window = electrochemical_window(hull_for(("Al", "F"), phases, made_up), salt, "Al")
    assert window.oxidation == pytest.approx(15.7 / 3, abs=ROUNDING)
