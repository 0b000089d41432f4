"""Whether forces are the slopes of energies, asked of few frames of a molecule that moves much."""

from dataclasses import replace

import pytest

from designer_app.io.labels import read_labelled
from designer_app.training.preflight.neighbours import steps, surroundings
from designer_app.training.preflight.slopes import force_ratio
from designer_app.training.preflight.units import _agrees

BOHR, HARTREE = 0.529177, 27.2114
"""A, eV."""


@pytest.fixture(scope="module")
def ethanol(data_folder):
    return read_labelled((data_folder / "potentials" / "ethanol_rmd17" / "train.xyz",)).frames


def _ratio(frames):
    return force_ratio(frames, steps(frames, surroundings(frames)))


@pytest.mark.parametrize(
    ("first", "n"), [(0, 60), (148, 120), (185, 120), (222, 60), (222, 120), (259, 120), (600, 25)]
)
def test_few_sound_frames_are_let_through(ethanol, first, n):
    found = _ratio(ethanol[first : first + n])
    assert found is None or _agrees(found)


@pytest.mark.parametrize("factor", [BOHR, 1.0 / BOHR, HARTREE, BOHR / HARTREE, -1.0])
def test_forces_in_another_unit_or_of_another_sign_are_noticed(ethanol, factor):
    frames = [
        replace(each, forces=None if each.forces is None else factor * each.forces)
        for each in ethanol[:300]
    ]
    found = _ratio(frames)
    assert found is not None
    assert not _agrees(found)
    assert found.value * factor == pytest.approx(1.0, abs=0.2)
