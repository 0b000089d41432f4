"""GAPs of QUIP: what their files may hold, and their fit where quippy is installed."""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from ase.build import bulk

from designer_app.device import Compute
from designer_app.errors import FileUnreadableError, MissingPackageError, UnsafeFileError
from designer_app.io.documents import structure_from_atoms
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials import load_potential, quip_gap
from designer_app.potentials.quip_files import read_gap
from designer_app.potentials.quip_gap import files_as_arrays, from_arrays
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.networks import GAPSettings
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.state import state_from_structures
from designer_app.training.frames import SplitFrames
from designer_app.training.gap_fit_program import arguments
from designer_app.training.gap_fitting import fit

HEAD = '<GAP_params label="GAP_1" gap_version="1"><GAP_data><e0 Z="29" value="-1.0"/></GAP_data>'
HAS_QUIPPY = find_spec("quippy") is not None
without_quippy = pytest.mark.skipif(HAS_QUIPPY, reason="quippy is installed")
with_quippy = pytest.mark.skipif(not HAS_QUIPPY, reason="quippy is not installed")


def xml(folder, text):
    path = folder / "gap.xml"
    path.write_text(text)
    return str(path)


@without_quippy
def test_without_quippy_a_file_of_quip_names_the_package(tmp_path):
    with pytest.raises(MissingPackageError) as raised:
        load_potential("gap", xml(tmp_path, f"<x>{HEAD}</GAP_params></x>"), Compute("cpu"))
    assert raised.value.package == "quippy-ase"


@without_quippy
def test_without_quippy_a_fit_by_gap_fit_names_the_package(tmp_path):
    spec = TrainPotentialSpec(data=(), out=tmp_path, model="gap", options=("engine=gap_fit",))
    with pytest.raises(MissingPackageError) as raised:
        fit(frames(), spec, RunControl())
    assert raised.value.package == "quippy-ase"


@pytest.mark.parametrize(
    "recipe",
    [
        "FilePot command=./payload",
        "Sum init_args_pot1={FilePot command=x} init_args_pot2={IP GAP label=GAP_1}",
        "IP GAP label=GAP_1; touch marker",
        "CallbackPot label=1",
    ],
)
def test_a_file_that_asks_for_more_than_a_gap_is_refused(recipe, tmp_path):
    text = f'<x><Potential label="x" init_args="{recipe}"/>{HEAD}</GAP_params></x>'
    with pytest.raises(UnsafeFileError):
        load_potential("gap", xml(tmp_path, text), Compute("cpu"))


def test_an_xml_file_of_something_else_is_refused(tmp_path):
    with pytest.raises(FileUnreadableError, match="no GAP"):
        load_potential("gap", xml(tmp_path, "<svg/>"), Compute("cpu"))


def test_sparse_points_that_are_missing_are_named(tmp_path):
    text = f'<x>{HEAD}<gpCoordinates sparseX_filename="gap.xml.sparseX.1"/></GAP_params></x>'
    with pytest.raises(FileUnreadableError, match=r"sparseX\.1"):
        load_potential("gap", xml(tmp_path, text), Compute("cpu"))


def test_sparse_points_in_other_folders_are_refused(tmp_path):
    text = f'<x>{HEAD}<gpCoordinates sparseX_filename="../secret"/></GAP_params></x>'
    with pytest.raises(FileUnreadableError):
        load_potential("gap", xml(tmp_path, text), Compute("cpu"))


def test_single_quotes_hide_nothing(tmp_path):
    recipe = f"<x><Potential init_args='FilePot command=x'/>{HEAD}</GAP_params></x>"
    with pytest.raises(UnsafeFileError):
        load_potential("gap", xml(tmp_path, recipe), Compute("cpu"))
    points = f"<x>{HEAD}<gpCoordinates sparseX_filename='../secret'/></GAP_params></x>"
    with pytest.raises(FileUnreadableError, match="sparse points"):
        load_potential("gap", xml(tmp_path, points), Compute("cpu"))


def test_a_file_that_declares_entities_is_refused(tmp_path):
    declared = f'<!DOCTYPE x [<!ENTITY e SYSTEM "/etc/passwd">]><x>{HEAD}&e;</GAP_params></x>'
    with pytest.raises(UnsafeFileError, match="entities"):
        load_potential("gap", xml(tmp_path, declared), Compute("cpu"))


def test_a_file_that_names_other_files_is_refused(tmp_path):
    text = f'<x>{HEAD}<gpCoordinates core_param_file="x"/></GAP_params></x>'
    with pytest.raises(UnsafeFileError, match="core_param_file"):
        load_potential("gap", xml(tmp_path, text), Compute("cpu"))


POINTS = f'<x>{HEAD}<c sparseX_filename="%s"/></GAP_params></x>'


def test_sparse_points_that_are_a_link_are_not_followed(tmp_path, make_link):
    (tmp_path / "secret").write_text("key")
    make_link(tmp_path / "points", tmp_path / "secret")
    with pytest.raises(FileUnreadableError, match="link"):
        read_gap(Path(xml(tmp_path, POINTS % "points")))


def test_sparse_points_on_another_drive_are_not_beside_it(tmp_path):
    with pytest.raises(FileUnreadableError, match="not beside it"):
        read_gap(Path(xml(tmp_path, POINTS % "C:points")))


def test_a_file_nested_without_end_is_refused(tmp_path):
    deep = f"<x>{HEAD}{'<a>' * 20_000}{'</a>' * 20_000}</GAP_params></x>"
    with pytest.raises(FileUnreadableError, match="deeply"):
        read_gap(Path(xml(tmp_path, deep)))


def test_half_a_file_is_refused(tmp_path):
    with pytest.raises(FileUnreadableError, match="whole"):
        load_potential("gap", xml(tmp_path, f"<x>{HEAD}"), Compute("cpu"))


def test_quippy_is_given_a_copy_with_its_sparse_points_and_without_the_training_data(tmp_path):
    (tmp_path / "gap.xml.sparseX.1").write_bytes(b"1 2 3")
    text = (
        f'<x>{HEAD}<c sparseX_filename="gap.xml.sparseX.1"/><XYZ_data>4</XYZ_data></GAP_params></x>'
    )
    files = read_gap(Path(xml(tmp_path, text)))
    (tmp_path / "copy").mkdir()
    copy = files.write(tmp_path / "copy")
    assert "XYZ_data" not in copy.read_text()
    assert (copy.parent / "gap.xml.sparseX.1").read_bytes() == b"1 2 3"
    assert read_gap(copy).recipe == files.recipe == "IP GAP label=GAP_1"


def test_a_core_potential_is_computed_too(tmp_path):
    recipe = "Sum init_args_pot1={IP Glue} init_args_pot2={IP GAP label=GAP_1}"
    text = f'<x><Potential init_args="{recipe}"/>{HEAD}</GAP_params></x>'
    assert read_gap(Path(xml(tmp_path, text))).recipe == recipe


def test_gap_fit_is_called_with_the_settings():
    settings = GAPSettings(n_sparse=300, cutoff=4.5, tag_sigmas="Liquid=3")
    said = " ".join(arguments(settings, {"Cu": -1.0}, {"Liquid": "0"}, 4))
    assert "e0={Cu:-1.0}" in said
    assert "cutoff=4.5" in said
    assert "n_sparse=300" in said
    assert "config_type_sigma={0:0.006:0.3:0.3:0.0}" in said


def frames():
    """Copper, with labels of ASE's effective medium theory."""
    from ase.calculators.emt import EMT

    found = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        atoms = bulk("Cu", cubic=True)
        atoms.set_cell(atoms.cell @ (np.eye(3) + rng.normal(0, 0.02, (3, 3))), scale_atoms=True)
        atoms.positions += rng.normal(0, 0.1, (4, 3))
        structure = structure_from_atoms(atoms)
        atoms.calc = EMT()
        stress = atoms.get_stress(voigt=False)
        found.append(
            LabelledFrame(
                structure, atoms.get_potential_energy(), atoms.get_forces(), stress, source="x"
            )
        )
    return SplitFrames(tuple(found[:6]), tuple(found[6:]))


@with_quippy
def test_gap_fit_makes_a_potential_that_knows_what_it_learned(tmp_path):
    options = ("engine=gap_fit", "n_sparse=12", "n_max=4", "l_max=3", "cutoff=4.0", "pair_points=6")
    spec = TrainPotentialSpec(data=(), out=tmp_path, model="gap", preset="custom", options=options)
    learned = frames()
    found = fit(learned, spec, RunControl())
    potential = from_arrays(found.arrays)
    assert potential.elements == {29}
    frame = learned.train[0]
    state = state_from_structures([frame.structure], torch.device("cpu"))
    neighbors = build_neighbors(state, 0.0, half=False)
    said = potential.predict(state, neighbors, frozenset({"energy", "forces", "stress"}))
    assert float(said.energy[0]) == pytest.approx(frame.energy, abs=0.2)
    assert np.abs(said.forces.numpy() - frame.forces).mean() < 0.3 * np.abs(frame.forces).mean()
    assert float(said.stress[0, 0, 0]) * frame.stress[0, 0] > 0


def test_files_of_a_fit_come_back_byte_for_byte(tmp_path):
    (tmp_path / "gap.xml").write_bytes(b"abc")
    (tmp_path / "gap.xml.sparseX.GAP_1").write_bytes(b"1 2 3")
    arrays = files_as_arrays(tmp_path / "gap.xml")
    assert {name: each.tobytes() for name, each in arrays.items()} == {
        "quip/gap.xml": b"abc",
        "quip/gap.xml.sparseX.GAP_1": b"1 2 3",
    }


def test_a_frozen_program_has_no_python_for_gap_fit(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(quip_gap, "find_spec", lambda _: object())
    with pytest.raises(MissingPackageError):
        quip_gap.need_quippy("fitting by gap_fit")
