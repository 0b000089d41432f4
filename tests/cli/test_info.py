"""`designer-app info`: one JSON object, or one sentence and exit code 2."""

import json

import pytest

from designer_app.cli.main import main
from designer_app.io.examples import example, examples
from designer_app.resources import resource


def told(capsys, *arguments):
    code = main(["info", *map(str, arguments)])
    return code, capsys.readouterr()


def test_json_has_the_keys_of_the_contract(capsys):
    code, said = told(capsys, resource("examples") / "LiFePO4.cif", "--json")
    found = json.loads(said.out)
    assert code == 0
    assert found["formula"] == "LiFePO4"
    assert found["n_atoms"] == 28
    assert found["space_group"] == "Pnma"
    assert found["volume_A3"] == pytest.approx(291.351, abs=1e-3)
    assert found["density_g_cm3"] == pytest.approx(3.596, abs=1e-3)
    assert said.err == ""


@pytest.mark.parametrize("shown", examples(), ids=lambda each: each.key)
def test_every_example_is_told(shown, capsys):
    code, said = told(capsys, shown.path, "--json")
    assert code == 0
    assert json.loads(said.out)["n_atoms"] > 0


def test_people_get_lines_with_units(capsys):
    code, said = told(capsys, resource("examples") / "NaCl.cif")
    assert code == 0
    assert "Fm-3m (225), cubic" in said.out
    assert "g/cm³" in said.out


def test_disorder_is_told(tmp_path, capsys):
    path = tmp_path / "half.cif"
    text = (resource("examples") / "NaCl.cif").read_text(encoding="utf-8")
    path.write_text(text.replace("Na1 Na 0 0 0 1", "Na1 Na 0 0 0 0.5"), encoding="utf-8")
    code, said = told(capsys, path, "--json")
    found = json.loads(said.out)
    assert code == 0
    assert found["disordered_sites"] == 4
    assert found["formula"] == "NaCl2"
    assert any("partly occupied" in warning for warning in found["warnings"])


@pytest.mark.parametrize("content", [None, b"", b"no structure", b"\x80\x04K\x01."])
def test_bad_input_is_one_sentence_and_exit_code_2(content, tmp_path, capsys):
    path = tmp_path / "bad.cif"
    if content is not None:
        path.write_bytes(content)
    code, said = told(capsys, path, "--json")
    assert code == 2
    assert said.out == ""
    assert len(said.err.strip().splitlines()) == 1
    assert "Traceback" not in said.err


def test_a_tolerance_of_zero_is_refused(capsys):
    code, said = told(capsys, resource("examples") / "NaCl.cif", "--symprec", "0")
    assert code == 2
    assert "above 0" in said.err


def test_flags_without_a_meaning_for_a_command_are_taken_and_not_listed(capsys):
    with pytest.raises(SystemExit):
        main(["info", "--help"])
    assert "--dtype" not in capsys.readouterr().out
    assert main(["info", str(example("Cu").path), "--dtype", "float64", "--seed", "1"]) == 0


def test_a_slab_says_why_it_has_no_space_group(capsys):
    assert main(["info", str(example("Pt111-CO").path)]) == 0
    assert "in 2 of 3 directions: no space group" in capsys.readouterr().out
