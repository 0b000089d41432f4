"""The command and the job behind it, with EMT."""

import json
from pathlib import Path

import pytest
from ase.build import bulk, fcc111, molecule
from ase.io import read, write

from designer_app.cli.main import main
from designer_app.errors import InvalidSpecError
from designer_app.io.documents import structure_from_atoms
from designer_app.jobs import adsorption
from designer_app.running.control import RunControl
from designer_app.running.encoding import decode, encode
from designer_app.specs.adsorption import AdsorptionSpec

FAST = ["--potential", "ase", "--spacing", "4.5", "--layers", "3"]


@pytest.fixture
def copper(tmp_path):
    path = tmp_path / "Cu.cif"
    write(path, bulk("Cu", a=3.6, cubic=True))
    return path


def test_json_holds_energies_and_sites(copper, capsys, tmp_path):
    out = tmp_path / "out"
    assert main(["adsorption", str(copper), *FAST, "--out", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["formula"] == "Cu"
    assert said["surface"]["miller"] == [1, 1, 1]
    assert said["energies"]["H"] == min(row["energy_eV"] for row in said["sites"])
    assert said["references"]["H"].startswith("1/2 H2")
    # Zero-point energy and entropy of hydrogen (Nørskov et al. 2005).
    assert said["free_energies"]["H"] == pytest.approx(said["energies"]["H"] + 0.24)
    assert {row["site"] for row in said["sites"]} == {
        "hollow fcc",
        "hollow hcp",
        "bridge",
        "ontop",
    }
    assert [row["key"] for row in said["activities"]] == ["activity her"]
    for row in said["sites"]:
        assert read(Path(row["path"])).get_chemical_symbols()[-1] == "H"
    assert (out / "clean.extxyz").is_file()


def test_the_terminal_shows_each_site_with_unit_and_reference(copper, capsys):
    assert main(["adsorption", str(copper), *FAST, "--adsorbate", "o"]) == 0
    said = capsys.readouterr().out
    assert "Cu(111)" in said
    assert "hollow fcc" in said
    assert "H2O - H2" in said
    assert "error not known" in said
    assert "of free energy at 298 K (+0.05 eV)" in said


@pytest.mark.parametrize(
    ("extra", "word"),
    [
        (["--adsorbate", "Xe"], "Xe"),
        (["--surface", "banana"], "banana"),
        (["--surface", "000"], "differ from 0"),
        (["--layers", "1"], "3"),
        (["--reference", "calibrated"], "compared"),
    ],
)
def test_bad_settings_are_refused_in_a_sentence(copper, capsys, extra, word):
    assert main(["adsorption", str(copper), *FAST, *extra]) == 2
    assert word in capsys.readouterr().err


@pytest.mark.parametrize("atoms", [molecule("H2O"), fcc111("Pt", (2, 2, 3), vacuum=8.0)])
def test_what_is_no_crystal_is_refused(tmp_path, capsys, atoms):
    atoms.info.clear()  # ASE keeps objects there that no file can hold
    path = tmp_path / "other.extxyz"
    write(path, atoms)
    assert main(["adsorption", str(path), *FAST]) == 2
    assert capsys.readouterr().err.strip().endswith(".")


def test_the_result_crosses_to_the_window():
    crystal = structure_from_atoms(bulk("Cu", a=3.6), "copper")
    spec = AdsorptionSpec(structure=crystal, potential="ase", spacing=4.5, layers=3, sites=1)
    found = adsorption.run(spec, RunControl())
    again = decode(*encode(found))["result"]
    assert again.best == found["result"].best
    assert again.slab.miller == (1, 1, 1)
    assert again.sites[0].structure is not None


def test_a_job_without_a_crystal_says_so():
    with pytest.raises(InvalidSpecError):
        adsorption.run(AdsorptionSpec(), RunControl())
