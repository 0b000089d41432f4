import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from designer_app.errors import FileUnreadableError
from designer_app.jobs.labelled_frame import run
from designer_app.running.control import RunControl
from designer_app.specs.labels import LabelledFrameSpec


@pytest.fixture
def path(tmp_path):
    """Three water-like molecules, the second the shortest."""
    frames = []
    for place, length in enumerate((1.0, 0.9, 1.1)):
        atoms = Atoms("OH2", positions=[[0, 0, 0], [length, 0, 0], [0, length, 0]])
        atoms.calc = SinglePointCalculator(atoms, energy=-10.0 - place, forces=np.zeros((3, 3)))
        frames.append(atoms)
    made = tmp_path / "water.extxyz"
    write(made, frames)
    return made


def test_a_frame_is_found_by_its_place(path):
    document = run(LabelledFrameSpec(path=path, index=1), RunControl())
    assert document.structure().positions[1, 0] == pytest.approx(0.9)
    assert document.name == "H2O (water 1)"
    assert document.source == str(path)


def test_a_place_that_is_not_there_is_refused(path):
    with pytest.raises(FileUnreadableError, match="no labelled frame 7"):
        run(LabelledFrameSpec(path=path, index=7), RunControl())


def test_a_file_without_labels_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("nothing")
    with pytest.raises(FileUnreadableError):
        run(LabelledFrameSpec(path=path, index=0), RunControl())
