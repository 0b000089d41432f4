import json

import pytest

from designer_app.cli.main import main
from designer_app.io.examples import example


@pytest.fixture
def half_empty(tmp_path):
    ordered = example("NaCl").path.read_text(encoding="utf-8")
    path = tmp_path / "half.cif"
    path.write_text(ordered.replace("Na1 Na 0 0 0 1", "Na1 Na 0 0 0 0.5"), encoding="utf-8")
    return str(path)


def test_ordered_cells_can_be_computed(half_empty, tmp_path, capsys):
    out = tmp_path / "out"
    code = main(["order", half_empty, "--out", str(out), "--candidates", "2", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert code == 0
    energies = [cell["ewald_energy_eV_atom"] for cell in found["cells"]]
    assert energies == sorted(energies)
    assert all(cell["formula"] == "NaCl2" for cell in found["cells"])
    best = found["cells"][0]["path"]
    assert main(["info", best, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["disordered_sites"] == 0
    assert facts["n_atoms"] == found["cells"][0]["n_atoms"]


def test_the_cells_are_listed_for_people(half_empty, tmp_path, capsys):
    assert main(["order", half_empty, "--out", str(tmp_path / "out")]) == 0
    assert "half-ordered-1.cif" in capsys.readouterr().out


def test_an_energy_of_a_disordered_file_names_the_command_that_helps(half_empty, capsys):
    assert main(["energy", half_empty, "--potential", "morse"]) == 2
    told = capsys.readouterr().err
    assert "designer-app order" in told
    assert "in the window" in told


def test_a_file_without_disorder_is_refused_in_a_sentence(tmp_path, capsys):
    code = main(["order", str(example("NaCl").path), "--out", str(tmp_path / "out")])
    assert code == 2
    assert "every site is whole already" in capsys.readouterr().err
