"""A run with a trained potential tells whether the atoms leave what it learned from."""

from pathlib import Path

import pytest
from ase import Atoms
from ase.build import molecule

from designer_app.dynamics.learned_region import REGION
from designer_app.errors import BlowUpError
from designer_app.io.documents import structure_from_atoms
from designer_app.io.potential_cards import shipped_folder
from designer_app.io.series import read_series
from designer_app.jobs import md
from designer_app.running.control import RunControl
from designer_app.specs.md import MDSpec
from designer_app.trust.judging import TRUST_FILE

SCHNET = shipped_folder() / "ethanol-schnet"


def spec_of(folder: Path | None = None, stretch=1.0, model=SCHNET, **changes):
    atoms = molecule("CH3CH2OH")
    atoms.positions *= stretch
    usual = {
        "structure": structure_from_atoms(atoms),
        "potential": "schnet",
        "model": str(model),
        "timestep": 0.5,
        "temperature": 100.0,
        "steps": 20,
        "threads": 1,
        "device": "cpu",
        "out": folder,
    }
    return MDSpec(**usual | changes)


def test_a_molecule_as_it_was_learned_stays_within(tmp_path, caplog):
    control = RunControl()
    found = md.run(spec_of(tmp_path), control)
    assert found["trust"]["level"] == "good"
    assert control.progress_slot.take().trust.level == "good"
    assert read_series(tmp_path / REGION)["step"][[0, -1]].tolist() == [0.0, 20.0]
    assert not any("outside" in record.getMessage() for record in caplog.records)


def test_a_stretched_one_is_outside_from_the_first_step(caplog):
    found = md.run(spec_of(stretch=1.16, steps=2), RunControl())
    assert found["trust"]["level"] == "no"
    assert found["trust"]["first_step_outside"] == 0
    assert any("outside what the potential learned" in each.getMessage() for each in caplog.records)


def test_a_run_that_blows_up_says_that_it_had_left(caplog):
    with pytest.raises(BlowUpError):
        md.run(spec_of(stretch=1.12, timestep=20.0, temperature=3000.0, steps=50), RunControl())
    assert "Atoms were outside" in caplog.records[-1].getMessage()


def test_a_potential_whose_limits_are_lost_says_so(tmp_path):
    for path in SCHNET.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / TRUST_FILE).write_bytes(b"no longer what it was")
    found = md.run(spec_of(model=tmp_path, steps=2), RunControl())
    assert found["trust"] is None
    assert "is not known" in next(each for each in found["warnings"] if TRUST_FILE in each)


def test_potentials_that_learned_nothing_tell_nothing():
    argon = structure_from_atoms(Atoms("Ar2", [[0.0, 0.0, 0.0], [3.8, 0.0, 0.0]]))
    spec = spec_of(structure=argon, potential="lennard-jones", model="noble-gases", steps=2)
    assert md.run(spec, RunControl())["trust"] is None
