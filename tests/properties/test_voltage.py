"""Voltages against closed forms: a made-up energy stands in for relaxations where it can."""

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.spacegroup import crystal
from hypothesis import given
from hypothesis import strategies as st

from designer_app.errors import (
    DisorderedStructureError,
    FrameworkMismatchError,
    InvalidSpecError,
    MissingCellError,
    NoFrameworkError,
    NoRoomError,
    NotConvergedError,
    NoWorkingIonError,
    RunawayRelaxationError,
)
from designer_app.io.documents import structure_from_atoms
from designer_app.properties.intercalation import ladder_of
from designer_app.properties.voltage import hull, measured
from designer_app.properties.working_ions import capacity, is_ion, metal_of, repeated
from designer_app.relaxation import Relaxed
from designer_app.running.control import RunControl
from designer_app.specs.voltage import ION_CHARGES, VoltageSpec

ROUNDING = 1e-9
"""Sums of a few double-precision energies."""
METAL, BINDING, REPULSION = -1.9, -5.0, 0.8
"""eV: an atom of the metal, an ion on its site, and a pair of ions on neighbouring sites."""
NEIGHBOUR_A = 3.0


def layered(n=1, ion="Li"):
    """A rock-salt-like LiCoO2 of `n` cells."""
    atoms = crystal(
        [ion, "Co", "O"],
        [(0, 0, 0), (0, 0, 0.5), (0, 0, 0.2397)],
        spacegroup=166,
        cellpar=[2.816, 2.816, 14.054, 90, 90, 120],
    )
    return repeated(structure_from_atoms(atoms, "layered"), n)


def made_up_energy(structure, repulsion=REPULSION):
    """eV: every host atom -3, every ion bound, and ions that repel near ones."""
    metals = {metal_of(ion).name: METAL for ion in ION_CHARGES}
    if structure.name in metals:
        return METAL * len(structure)
    ions = structure.positions[is_ion(structure, "Li")]
    apart = (ions[:, None] - ions[None]) @ np.linalg.inv(structure.cell)
    near = 0
    for shift in np.ndindex(3, 3, 3):
        lengths = np.linalg.norm((apart + np.array(shift) - 1) @ structure.cell, axis=-1)
        near += int(((lengths > 0.1) & (lengths < NEIGHBOUR_A)).sum())
    n_host = len(structure) - len(ions)
    return -3.0 * n_host + BINDING * len(ions) + repulsion * near / 2


def relaxer(energy=made_up_energy, error_of=lambda _structure: None):
    def relaxed(structures):
        return [
            Relaxed(each, True, 1, energy(each), 0.0, 0.0, error_of(each)) for each in structures
        ]

    return relaxed


def spec(structure, **settings):
    return VoltageSpec(structure=structure, **settings)


def found(structure, energy=made_up_energy, error_of=lambda _structure: None, **settings):
    ladder = ladder_of(
        spec(structure, **settings),
        lambda several: [energy(each) for each in several],
        RunControl(),
    )
    return measured(ladder, relaxer(energy, error_of))[0]


def test_the_voltage_is_the_energy_of_a_lithium_against_the_metal():
    # Six neighbours in the plane share three repulsions for each ion.
    expected = -(BINDING + 3 * REPULSION - METAL)
    assert found(layered()).voltage == pytest.approx(expected, abs=ROUNDING)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_the_voltage_is_the_same_in_supercells(n):
    one, many = found(layered()), found(layered(n))
    assert many.voltage == pytest.approx(one.voltage, abs=ROUNDING)
    assert many.capacity == pytest.approx(one.capacity, abs=ROUNDING)
    assert (many.charged, many.discharged) == (one.charged, one.discharged)


@given(shifts=st.lists(st.floats(-10, 10), min_size=3, max_size=3))
def test_a_constant_for_each_element_changes_no_voltage(shifts):
    by_number = dict(zip((3, 8, 27), shifts, strict=True))

    def shifted(structure):
        extra = sum(by_number[number] for number in structure.numbers.tolist())
        return made_up_energy(structure) + extra

    assert found(layered(), shifted).voltage == pytest.approx(found(layered()).voltage, abs=1e-6)


def test_an_ion_of_charge_two_gives_half_the_voltage_and_twice_the_charge():
    lithium, magnesium = found(layered()), found(layered(ion="Mg"), ion="Mg")
    by_mass = (24.305 + 58.933 + 2 * 15.999) / (6.94 + 58.933 + 2 * 15.999)
    assert magnesium.capacity * by_mass == pytest.approx(2 * lithium.capacity, rel=1e-4)
    assert magnesium.x_discharged == lithium.x_discharged


def test_lithium_iron_phosphate_holds_its_textbook_capacity():
    # n F / (3.6 M) = 96485 / (3.6 x 157.76) = 169.9 mAh/g
    assert capacity({"Fe": 1, "P": 1, "O": 4}, "Li", 0.0, 1.0) == pytest.approx(169.9, abs=0.05)


def test_energy_density_is_voltage_times_capacity():
    result = found(layered())
    assert result.energy_density == pytest.approx(result.voltage * result.capacity, rel=1e-12)


def test_the_curve_has_the_average_of_the_two_ends():
    result = found(layered(2), curve=True, levels=5)
    weighted = sum(step.voltage * (step.x_to - step.x_from) for step in result.steps)
    assert len(result.steps) > 1
    assert weighted / result.x_discharged == pytest.approx(result.voltage, abs=ROUNDING)


def test_voltages_fall_on_discharge():
    steps = found(layered(4), curve=True, levels=7).steps
    voltages = [step.voltage for step in steps]
    assert voltages == sorted(voltages, reverse=True)
    assert [step.x_to for step in steps[:-1]] == [step.x_from for step in steps[1:]]


def test_a_host_that_separates_has_one_plateau():
    def attracting(structure):
        return made_up_energy(structure, -REPULSION)

    result = found(layered(2), attracting, curve=True)
    assert len(result.steps) == 1
    # Whole layers fill one after the other; in half a layer an ion lacks two of three pairs.
    above = [point.above_hull for point in result.points]
    assert above == pytest.approx([0, REPULSION / 3] * 3 + [0], abs=ROUNDING)


@given(
    energies=st.lists(st.floats(-5, 5), min_size=2, max_size=12),
)
def test_no_point_lies_below_the_hull(energies):
    points = [(float(x), energy) for x, energy in enumerate(energies)]
    corners = hull(points)
    assert corners[0] == 0
    assert corners[-1] == len(points) - 1
    line = np.interp(range(len(points)), corners, [energies[each] for each in corners])
    assert (np.array(energies) >= line - 1e-5).all()
    slopes = np.diff([energies[each] for each in corners]) / np.diff(corners)
    assert (np.diff(slopes) > -1e-5).all()


def test_a_pair_of_files_gives_what_removal_gives():
    full = layered()
    kept = ~is_ion(full, "Li")
    empty = replace(full, numbers=full.numbers[kept], positions=full.positions[kept], masses=None)
    by_pair = found(empty, partner=layered(2))
    assert by_pair.voltage == pytest.approx(found(full).voltage, abs=ROUNDING)


def test_formulas_hold_whole_ions_where_the_electrode_is_full():
    full = layered(2)
    ions = np.flatnonzero(is_ion(full, "Li"))
    kept = np.setdiff1d(np.arange(len(full)), ions[::2])
    half = replace(full, numbers=full.numbers[kept], positions=full.positions[kept], masses=None)
    result = found(half)
    assert (result.charged, result.discharged) == ("Co2O4", "LiCo2O4")
    assert result.capacity == pytest.approx(capacity({"Co": 2, "O": 4}, "Li", 0, 1))


def test_a_failing_arrangement_between_the_ends_is_told_of_and_left_out():
    def error_of(structure):
        is_inner = int(is_ion(structure, "Li").sum()) == 2 and "metal" not in structure.name
        return NotConvergedError(1, 9.0) if is_inner else None

    result = found(layered(), error_of=error_of, curve=True)
    assert [point.x for point in result.points] == pytest.approx([0, 1 / 3, 1])
    assert len(result.failures) == 1
    assert result.failures[0].endswith(".")


def test_a_failing_end_stops_with_its_own_error():
    def error_of(structure):
        is_empty = not is_ion(structure, "Li").any()
        return RunawayRelaxationError(3, "the volume became 4 times as large") if is_empty else None

    with pytest.raises(RunawayRelaxationError):
        found(layered(), error_of=error_of)


def test_without_the_ion_there_is_nothing_to_remove():
    with pytest.raises(NoWorkingIonError) as caught:
        found(layered(), ion="Na")
    assert caught.value.others == ("Li",)


@pytest.mark.parametrize("formula", ["Li2S", "Li2"])
def test_a_compound_without_a_host_is_refused(formula):
    n = len(Atoms(formula))
    atoms = Atoms(formula, positions=3.0 * np.arange(n)[:, None] * np.ones(3), cell=[9] * 3)
    atoms.pbc = True
    with pytest.raises(NoFrameworkError):
        found(structure_from_atoms(atoms))


def test_two_files_of_different_hosts_are_refused():
    full = layered()
    numbers = np.where(full.numbers == 27, 28, full.numbers)
    with pytest.raises(FrameworkMismatchError):
        found(full, partner=replace(full, numbers=numbers))


def test_a_partner_without_more_ions_is_refused():
    with pytest.raises(InvalidSpecError):
        found(layered(), partner=layered())


def test_a_disordered_structure_is_refused():
    with pytest.raises(DisorderedStructureError):
        found(replace(layered(), disordered_sites=1, disorder_example="Li 0.5"))


def test_a_molecule_is_refused():
    with pytest.raises(MissingCellError):
        found(replace(layered(), pbc=(False, False, False)))


def test_more_ions_than_there_is_room_for_are_refused():
    with pytest.raises(NoRoomError):
        found(layered(), insert=40)
