from dataclasses import replace

import numpy as np
import pytest

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.specs.md import MDSpec
from designer_app.specs.structure import Structure
from designer_app.ui.panels.md_outlook import MeasuredRates, estimate, warnings_for
from designer_app.ui.panels.md_presets import PRESETS, apply, preset_of
from designer_app.ui.wording import (
    clock,
    duration,
    simulated_time,
    size_text,
    unbroken,
    with_error,
    with_indices,
)


def test_a_cell_as_thin_as_a_bond_is_told():
    def cell(c):
        return Structure(
            numbers=np.array([29]),
            positions=np.zeros((1, 3)),
            cell=np.diag([9.0, 9.0, c]),
            pbc=(True, True, True),
        )

    assert any("2.9 Å thick" in each.text for each in warnings_for(MDSpec(), cell(2.9)))
    assert not any("thick" in each.text for each in warnings_for(MDSpec(), cell(9.0)))


def crystal(*symbols, disordered=0, pbc=(True, True, True)):
    numbers = np.array([ATOMIC_NUMBERS[symbol] for symbol in symbols])
    return Structure(
        numbers=numbers,
        positions=np.zeros((len(numbers), 3)),
        cell=np.eye(3) * 5.0,
        pbc=pbc,
        disordered_sites=disordered,
    )


def test_a_long_time_step_with_hydrogen_offers_half_a_femtosecond():
    spec = MDSpec(timestep=1.0, steps=1000)
    (caution,) = warnings_for(spec, crystal("H", "O"))
    mended = replace(spec, **dict(caution.changes))
    assert mended.timestep == 0.5
    assert mended.steps * mended.timestep == spec.steps * spec.timestep


def test_a_heavy_crystal_needs_no_warning():
    assert warnings_for(MDSpec(timestep=2.0), crystal("Cu")) == []


def test_a_disordered_structure_cannot_run():
    (caution,) = warnings_for(MDSpec(), crystal("Ni", disordered=1))
    assert caution.stops
    assert caution.orders


def test_a_pressure_without_a_cell_is_mended_by_keeping_the_cell():
    (caution,) = warnings_for(MDSpec(ensemble="npt"), crystal("Cu", pbc=(True, True, False)))
    assert caution.stops
    assert dict(caution.changes) == {"ensemble": "langevin"}


def test_the_estimate_uses_the_measured_rate_scaled_by_size():
    rates = MeasuredRates()
    rates.note(MDSpec(), 28, 10.0)
    assert rates.expect(MDSpec(), 56) == pytest.approx(5.0)
    assert "about" in estimate(MDSpec(steps=1000), 28, rates)


def test_the_estimate_says_which_frames_the_file_keeps():
    told = estimate(MDSpec(steps=400, frame_interval=2), 28, MeasuredRates())
    assert "The file keeps one of 2 steps: 201 frames" in told


def test_the_rate_of_one_engine_says_nothing_of_another():
    rates = MeasuredRates()
    rates.note(MDSpec(), 28, 10.0)
    assert rates.expect(MDSpec(engine="lammps"), 28) is None


def test_an_untimed_potential_promises_nothing():
    assert "its time is known once it runs" in estimate(MDSpec(), 28, MeasuredRates())


@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.key)
def test_a_preset_is_recognised_again(preset):
    assert preset_of(apply(preset, MDSpec(potential="morse"))) == preset.key


def test_changed_settings_are_no_preset():
    assert preset_of(replace(MDSpec(), temperature=777.0)) == "custom"


def test_errors_have_the_digits_they_deserve():
    assert with_error(601.23, 4.7) == "601(5)"
    assert with_error(0.01234, 0.0021) == "0.012(2)"
    assert with_error(9.87, 0.96) == "10(1)"


def test_spans_sizes_and_times_read_naturally():
    assert clock(130) == "2:10"
    assert duration(240).split() == ["4", "min"]
    assert size_text(586_000).split() == ["586", "kB"]
    assert simulated_time(2000.0).split() == ["2", "ps"]


def test_no_line_ends_within_a_unit_an_error_or_an_interval():
    told = unbroken("-80 (-121 to -32) meV/atom, 3.2 ± 0.3 V, bulk modulus 86 GPa")
    assert told.endswith("86\N{NO-BREAK SPACE}GPa")
    assert "/\N{WORD JOINER}" in told
    assert [part for part in told.split(" ") if "(" in part] == [
        "(-121\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}-32)"
    ]
    assert "±\N{NO-BREAK SPACE}0.3" in told


def test_indices_of_a_space_group_are_lowered():
    assert with_indices("P2_1/c (14)") == "P2₁/c (14)"
