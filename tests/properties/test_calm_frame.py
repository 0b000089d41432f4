from dataclasses import replace

import numpy as np
import pytest

from designer_app.properties.health.calm_frame import AS_CALM, LARGEST, calm_frame
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.structure import Structure


def frame(symbols_numbers, energy, *, is_crystal=True):
    n = len(symbols_numbers)
    structure = Structure(
        numbers=np.array(symbols_numbers),
        positions=np.linspace(0.0, 9.0, 3 * n).reshape(n, 3),
        cell=10.0 * np.eye(3) if is_crystal else np.zeros((3, 3)),
        pbc=(is_crystal,) * 3,
    )
    return LabelledFrame(structure=structure, energy=energy)


ROCK_SALT, HOT = frame([11, 17], -8.0), frame([11, 17], -5.0)


@pytest.mark.parametrize(
    "other",
    [
        HOT,
        frame([11, 11], -8.0),
        frame([11, 17], -20.0, is_crystal=False),
        frame([11] * LARGEST + [17], -900.0),
        frame([17], -9.0),
        frame([11, 17], None),
    ],
    ids=["hot", "an element fewer", "molecule", "large", "one atom", "no energy"],
)
def test_the_calm_crystal_is_taken_before(other):
    assert calm_frame([other, ROCK_SALT], {}) is ROCK_SALT.structure


def test_bound_is_counted_from_free_atoms():
    salt, richer = frame([11, 17], -158.0), frame([11, 17, 17], -301.0)
    assert calm_frame([richer, salt], {"Cl": -150.0, "Na": 0.0}) is salt.structure


def test_no_frames_give_no_structure():
    assert calm_frame([], {}) is None


def test_of_frames_that_are_as_calm_the_most_symmetric_is_taken():
    sheared = replace(
        ROCK_SALT,
        structure=replace(ROCK_SALT.structure, cell=np.array([[10.0, 3, 1], [0, 9, 2], [0, 0, 8]])),
        energy=ROCK_SALT.energy - AS_CALM,
    )
    assert calm_frame([sheared, ROCK_SALT], {}) is ROCK_SALT.structure
    lower = replace(sheared, energy=ROCK_SALT.energy - 3 * AS_CALM)
    assert calm_frame([lower, ROCK_SALT], {}) is lower.structure
