"""What is said of files that hold nothing to learn from, or not what was asked for."""

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from designer_app.errors import (
    NO_SUCH_FILE,
    FileUnreadableError,
    InvalidSpecError,
    LabelsUnreadableError,
)
from designer_app.explanations import explain_exception
from designer_app.io.labels import read_labelled, refuse_what_is_missing


@pytest.fixture
def copper(tmp_path):
    atoms = bulk("Cu", cubic=True)
    atoms.calc = SinglePointCalculator(atoms, energy=-1.0, forces=np.zeros((4, 3)))
    write(tmp_path / "copper.xyz", [atoms, atoms], format="extxyz")
    return tmp_path / "copper.xyz"


def refused(*paths, mapping=()):
    refuse_what_is_missing(read_labelled(paths, mapping), paths, mapping)


def test_a_file_that_is_not_there_is_told_once(tmp_path):
    with pytest.raises(FileUnreadableError) as caught:
        refused(tmp_path / "nothere.xyz")
    assert caught.value.reason == NO_SUCH_FILE
    said = explain_exception(caught.value).sentence
    assert (
        said == "“nothere.xyz” could not be read: there is no such file. Check its name and folder."
    )


def test_a_folder_without_data_is_named_with_what_lies_in_it(tmp_path):
    (tmp_path / "notes.txt").write_text("measured on Monday\n")
    with pytest.raises(FileUnreadableError) as caught:
        refused(tmp_path)
    said = explain_exception(caught.value).sentence
    assert f"“{tmp_path.name}”" in said
    assert "it has notes.txt" in said
    assert "VASP" in said


def test_structures_without_labels_are_told(tmp_path):
    write(tmp_path / "bare.xyz", bulk("Cu", cubic=True), format="extxyz")
    with pytest.raises(FileUnreadableError, match="it holds structures, but no energies"):
        refused(tmp_path / "bare.xyz")


def test_a_key_of_no_frame_is_told_with_those_that_are_there(copper):
    with pytest.raises(InvalidSpecError) as caught:
        refused(copper, mapping=("energy=REF_energie",))
    assert (caught.value.field, caught.value.value) == ("mapping", "energy=REF_energie")
    assert "there is energy" in caught.value.reason


def test_sound_data_is_not_refused(copper, tmp_path):
    refused(copper, mapping=("energy=energy",))
    refused(copper, tmp_path / "nothere.xyz")


def test_files_of_labels_are_not_to_be_saved_in_formats_that_hold_none(tmp_path):
    path = tmp_path / "vasprun.xml"
    path.write_text("<modeling><calculation>")
    with pytest.raises(LabelsUnreadableError) as caught:
        refused(path)
    said = explain_exception(caught.value).sentence
    assert "FHI-aims" in said
    assert "CIF" not in said
