"""When a computed voltage is doubted."""

from dataclasses import replace

import numpy as np
import pytest
from ase.spacegroup import crystal

from designer_app.io.documents import structure_from_atoms
from designer_app.properties.electrode_checks import (
    framework_doubts,
    oxidation_doubts,
    voltage_doubt,
)


@pytest.mark.parametrize(
    ("host", "x"),
    [
        ({"Co": 1, "O": 2}, 1.0),
        ({"Fe": 1, "P": 1, "O": 4}, 1.0),
        ({"Mn": 2, "O": 4}, 1.0),
        ({"Ti": 1, "S": 2}, 1.0),
        ({"V": 2, "P": 3, "O": 12}, 3.0),
        ({"Fe": 1, "S": 1, "O": 4, "F": 1}, 1.0),
    ],
)
def test_common_cathodes_stay_within_the_usual_charges(host, x):
    assert oxidation_doubts(host, "Li", 0.0, x) == []


@pytest.mark.parametrize(
    ("host", "x"),
    [
        ({"Al": 1, "O": 2}, 1.0),  # nothing to oxidise but oxygen
        ({"Fe": 1, "O": 2}, 1.0),  # Fe(IV)
        ({"Fe": 1, "Si": 1, "O": 4}, 2.0),
        ({"Mn": 1, "O": 3}, 2.0),  # oxygen redox of Li2MnO3
    ],
)
def test_a_charge_beyond_the_usual_is_told(host, x):
    (sentence,) = oxidation_doubts(host, "Li", 0.0, x)
    assert "highest" in sentence


def test_too_many_ions_are_told():
    (sentence,) = oxidation_doubts({"Ti": 5, "O": 12}, "Li", 4.0, 12.0)
    assert "lowest" in sentence


def test_elements_without_usual_charges_are_not_judged():
    assert oxidation_doubts({"Pd": 1, "O": 2}, "Li", 0.0, 1.0) == []


@pytest.mark.parametrize(("volts", "n"), [(-0.1, 1), (3.4, 0), (6.5, 1)])
def test_a_voltage_outside_any_cell_is_told(volts, n):
    assert len(voltage_doubt(volts, "Li")) == n


def layered(scale=1.0):
    atoms = crystal(
        ["Li", "Co", "O"],
        [(0, 0, 0), (0, 0, 0.5), (0, 0, 0.2397)],
        spacegroup=166,
        cellpar=[2.816, 2.816, 14.054 * scale, 90, 90, 120],
    )
    return structure_from_atoms(atoms)


def test_a_host_that_only_breathes_is_the_same():
    for is_mapped in (True, False):
        assert framework_doubts(layered(1.05), layered(), "Li", is_mapped=is_mapped) == []


def test_a_host_that_drifts_as_a_whole_is_the_same():
    moved = replace(layered(), positions=layered().positions + np.array([3.0, 0.5, 0.2]))
    assert framework_doubts(moved, layered(), "Li", is_mapped=True) == []


def test_a_host_atom_elsewhere_is_told():
    positions = layered().positions.copy()
    positions[-1] += np.array([0.0, 0.0, 1.6])
    moved = replace(layered(), positions=positions)
    (sentence,) = framework_doubts(moved, layered(), "Li", is_mapped=True)
    assert "moved by" in sentence


def test_other_neighbours_in_another_file_are_told():
    stretched = layered(2.3)
    (sentence,) = framework_doubts(stretched, layered(), "Li", is_mapped=False)
    assert "Neighbours change" in sentence
