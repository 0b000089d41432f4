"""The frame that a first run begins with, out of real files."""

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from designer_app.errors import FileUnreadableError
from designer_app.jobs.calm_frame import run
from designer_app.running.control import RunControl
from designer_app.specs.labels import CalmFrameSpec


def labelled(atoms, tag):
    atoms = atoms.copy()
    atoms.calc = EMT()
    energy, forces = atoms.get_potential_energy(), atoms.get_forces()
    atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=forces)
    atoms.info["config_type"] = tag
    return atoms


@pytest.fixture
def copper(tmp_path):
    """Hot frames, one at rest, and one at rest whose symmetry a hair's breadth breaks."""
    crystal = bulk("Cu", "fcc", a=3.6, cubic=True)
    hot = [crystal.copy() for _ in range(3)]
    for seed, atoms in enumerate(hot):
        atoms.rattle(0.2, seed=seed)
    nearly = crystal.copy()
    nearly.rattle(0.02, seed=9)
    path = tmp_path / "copper.xyz"
    frames = [
        *(labelled(a, "hot") for a in hot),
        labelled(nearly, "cold"),
        labelled(crystal, "cold"),
    ]
    write(path, frames, format="extxyz")
    return path


def test_the_calmest_frame_is_named_by_its_place(copper):
    document = run(CalmFrameSpec(data=(copper,)), RunControl())
    assert document.name == "Cu (cold 4 of the training data)"
    assert np.allclose(document.structure().cell, 3.6 * np.eye(3))


def test_files_without_a_frame_are_refused(tmp_path):
    with pytest.raises(FileUnreadableError):
        run(CalmFrameSpec(data=(tmp_path / "gone.xyz",)), RunControl())
