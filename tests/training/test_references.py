"""Energies of free atoms from total energies, and the unit of a network's energies."""

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms

from designer_app.errors import InvalidSpecError
from designer_app.io.documents import structure_from_atoms
from designer_app.specs.labelled import LabelledFrame
from designer_app.training.frames import SplitFrames
from designer_app.training.references import (
    RIDGE,
    binding_energy,
    energy_scale,
    free_atom_energies,
    references_for,
)

TRUE = {"H": -13.6, "O": -430.0}
FITTED = 1e-3
"""eV: what the ridge of 1e-6 draws energies of hundreds of eV away."""


def frame(formula, energy=None, forces=None):
    return LabelledFrame(structure_from_atoms(Atoms(formula)), energy=energy, forces=forces)


def exact(formula):
    numbers = Atoms(formula).get_chemical_symbols()
    return frame(formula, sum(TRUE[symbol] for symbol in numbers))


def test_energies_of_free_atoms_are_found_from_compositions_that_differ():
    found = free_atom_energies([exact("H2"), exact("H2O"), exact("O2"), exact("HO")], {})
    assert found == pytest.approx(TRUE, abs=FITTED * 2)


def test_frames_of_one_formula_give_every_atom_the_mean_energy():
    found = free_atom_energies([exact("H2O"), exact("H4O2")], {})
    mean = (2 * TRUE["H"] + TRUE["O"]) / 3
    assert found == pytest.approx({"H": mean, "O": mean}, abs=FITTED)


def test_given_energies_are_kept_and_the_rest_is_fitted():
    found = free_atom_energies([exact("H2O"), exact("H2O2")], {"H": -13.0})
    assert found["H"] == -13.0
    assert found["O"] == pytest.approx(TRUE["O"], abs=2.0)  # it takes up what hydrogen lacks


def test_without_any_energy_free_atoms_have_none():
    assert free_atom_energies([frame("H2")], {}) == {"H": 0.0}


def test_the_ridge_is_small():
    assert RIDGE <= 1e-6


def test_the_binding_energy_is_that_of_an_atom_over_free_atoms():
    assert binding_energy([frame("H2", -31.7)], {"H": -13.6}) == pytest.approx(-2.25)


def test_the_scale_is_the_root_mean_square_of_the_forces():
    forces = np.array([[3.0, 0, 0], [-3.0, 0, 0]])
    assert energy_scale([frame("H2", 0.0, forces)], {"H": 0.0}) == pytest.approx(np.sqrt(3.0))


def test_forces_that_are_not_known_do_not_spoil_the_scale():
    forces = np.array([[2.0, 2.0, 2.0], [np.nan] * 3])
    assert energy_scale([frame("H2", 0.0, forces)], {"H": 0.0}) == pytest.approx(2.0)


def test_without_forces_the_scale_is_the_spread_of_energies():
    frames = [frame("H2", energy) for energy in (-2.0, 2.0)]
    assert energy_scale(frames, {"H": 0.0}) == pytest.approx(1.0)


def test_an_element_of_the_validation_frames_alone_is_refused(copper_frames, tiny_training):
    silver = replace(
        copper_frames.train[0],
        structure=replace(copper_frames.train[0].structure, numbers=np.full(4, 47)),
    )
    frames = SplitFrames(copper_frames.train, (silver,))
    with pytest.raises(InvalidSpecError, match="Ag"):
        references_for(frames, tiny_training())


@pytest.mark.parametrize(("wanted", "given"), [("auto", True), ("fit", False)])
def test_free_atoms_of_the_data_are_taken_where_they_are_wanted(
    copper_frames, tiny_training, wanted, given
):
    frames = replace(copper_frames, free_atoms={"Cu": 123.0})
    found = references_for(frames, tiny_training(references=wanted))
    assert (found["Cu"] == 123.0) == given
