"""A number from outside what a potential was made for comes with a sentence, in every command."""

import json

import pytest

from designer_app.cli.main import main
from designer_app.io.examples import example

_ARGON_GAS = "2\n\nAr 0 0 0\nAr 0 0 3.8\n"
_NICKEL_MOLECULE = "2\n\nNi 0 0 0\nNi 0 0 2.4\n"


@pytest.mark.parametrize(
    "words",
    [["energy"], ["relax", "--fix-cell", "--steps", "2"], ["md", "--steps", "2"]],
    ids=lambda words: words[0],
)
def test_a_molecule_under_a_potential_for_metals_is_told(words, tmp_path, capsys):
    path = tmp_path / "Ni2.xyz"
    path.write_text(_NICKEL_MOLECULE, encoding="utf-8")
    code = main([words[0], str(path), *words[1:], "--potential", "morse", "--json"])
    said = capsys.readouterr()
    assert code == 0
    assert "looks like a molecule" in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert "looks like a molecule" in json.loads(said.out)["warnings"][0]


def test_water_under_chgnet_is_told(capsys):
    code = main(["energy", str(example("water").path), "--json"])
    said = capsys.readouterr()
    assert code == 0
    assert "molecular liquid" in said.err
    assert json.loads(said.out)["trust"]["is_made_for_this"] is False


def test_a_noble_gas_under_lennard_jones_is_not_doubted(tmp_path, capsys):
    path = tmp_path / "Ar2.xyz"
    path.write_text(_ARGON_GAS, encoding="utf-8")
    assert main(["energy", str(path), "--potential", "lennard-jones", "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert json.loads(said.out)["warnings"] == []


def test_an_energy_names_its_file_and_tells_the_stress_in_gpa(capsys):
    path = str(example("Cu").path)
    assert main(["energy", path, "--potential", "morse"]) == 0
    assert " GPa (xx yy zz yz xz xy)" in capsys.readouterr().out
    assert main(["energy", path, "--potential", "morse", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["file"] == path
    assert found["formula"].startswith("Cu")
