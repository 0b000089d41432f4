"""What an electrode gives of the ions that can leave, with CHGNet on small cells."""

import pytest
from ase.spacegroup import crystal

from designer_app.cli.voltage import told
from designer_app.design.physics import electrode_physics
from designer_app.io.documents import structure_from_atoms
from designer_app.jobs import voltage
from designer_app.potentials import load_potential
from designer_app.properties.intercalation import cells_for, n_leaving
from designer_app.running.control import RunControl
from designer_app.screening.usable_electrode import release_of
from designer_app.specs.voltage import VoltageSpec

SAME_V = 1e-3
"""Both relax the same structures, in batches of other sizes."""


def iron_oxide():
    """NaFeO2: iron reaches 3.5+ in plain oxides, so half of the sodium leaves."""
    atoms = crystal(
        ["Na", "Fe", "O"],
        [(0, 0, 0), (0, 0, 0.5), (0, 0, 0.2338)],
        spacegroup=166,
        cellpar=[3.025, 3.025, 16.094, 90, 90, 120],
        primitive_cell=True,
    )
    return structure_from_atoms(atoms, "NaFeO2")


@pytest.fixture(scope="module")
def result():
    return voltage.run(VoltageSpec(structure=iron_oxide(), ion="Na", threads=1), RunControl())


@pytest.mark.parametrize(
    ("share", "n_ions", "cells"),
    [(1.0, 1, 1), (0.5, 2, 1), (0.5, 1, 2), (0.2, 1, 5), (0.333, 3, 1)],
)
def test_the_cell_is_repeated_until_whole_ions_leave(share, n_ions, cells):
    assert cells_for(share, n_ions) == cells


@pytest.mark.parametrize(("share", "n_ions", "leave"), [(0.5, 4, 2), (0.49, 4, 1), (0.01, 4, 1)])
def test_no_more_ions_leave_than_can_but_one(share, n_ions, leave):
    assert n_leaving(share, n_ions) == leave


def test_only_the_ions_leave_that_the_metal_makes_up_for(result):
    assert (result.charged, result.discharged) == ("Na0.5FeO2", "NaFeO2")
    assert result.release.value == 0.5


def test_capacity_is_that_of_the_ions_that_leave(result):
    # Half of the 241.8 mAh/g of all sodium of NaFeO2.
    assert result.capacity == pytest.approx(120.9, abs=0.1)
    assert result.energy_density == pytest.approx(result.voltage * result.capacity)


def test_what_stays_behind_is_told(result):
    assert result.estimate.light == "amber"
    assert "50 % of the Na" in result.warnings[0]
    assert not any("beyond the highest" in each for each in result.warnings)
    assert told(result)["released_share"] == 0.5


def test_a_design_says_of_an_electrode_what_the_command_prints(result):
    answer = electrode_physics(iron_oxide(), "Na", load_potential("chgnet"), RunControl())
    said = {each.key: each.value for each in answer.estimates}
    assert said["voltage"] == pytest.approx(result.voltage, abs=SAME_V)
    assert said["capacity"] == pytest.approx(result.capacity)
    assert said["energy_density"] == pytest.approx(result.energy_density, rel=SAME_V)
    assert said["volume_change"] == pytest.approx(100 * abs(result.volume_change), abs=0.1)
    assert said["charged_above_hull"] == pytest.approx(result.charged_hull.e_above_hull, abs=SAME_V)
    (framework,) = answer.checks
    assert framework.holds


def test_all_ions_leave_where_that_is_asked():
    asked = VoltageSpec(structure=iron_oxide(), ion="Na", remove="all", threads=1)
    found = voltage.run(asked, RunControl())
    assert found.charged == "FeO2"
    assert found.warnings[0].startswith("Of the Na not all can leave, but all is removed")


def test_no_share_is_counted_where_both_ends_are_given():
    given = iron_oxide()
    assert release_of(VoltageSpec(structure=given, partner=given, ion="Na")) is None
    assert release_of(VoltageSpec(structure=given, insert=1, ion="Na")) is None
