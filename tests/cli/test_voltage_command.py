import json
import re

import pytest

from designer_app.cli.benches.voltage import electrodes, rows, start_of
from designer_app.cli.main import main
from designer_app.io.documents import Document
from designer_app.io.examples import example
from designer_app.io.writing import write_document
from designer_app.properties.voltage_errors import SHIFTS, fitted, loo_errors


@pytest.fixture
def sulfide(tmp_path):
    structure = start_of(next(each for each in electrodes() if each.compound == "LiTiS2"))
    return write_document(Document.from_structure(structure, made_by="test"), tmp_path / "x.cif")


def test_the_command_prints_the_keys_of_its_contract(sulfide, capsys):
    assert main(["voltage", str(sulfide), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    for key in ("voltage_V", "capacity_mAh_g", "energy_density_Wh_kg", "volume_change"):
        assert isinstance(printed[key], float)
    assert printed["voltage_V"] == pytest.approx(1.85, abs=0.1)
    assert printed["per"] == "gram of the discharged electrode"


def test_the_command_says_what_it_found_in_words(sulfide, capsys):
    assert main(["voltage", str(sulfide), "--curve", "--repeats", "2"]) == 0
    said = capsys.readouterr().out
    assert "TiS2 -> LiTiS2" in said
    assert "known electrodes" in said
    assert "Li0.5TiS2" in said


def test_a_host_without_the_ion_is_bad_input(sulfide, capsys):
    assert main(["voltage", str(sulfide), "--ion", "Na"]) == 2
    assert "holds no Na" in capsys.readouterr().err


def test_every_classical_electrode_is_what_its_row_says():
    for each in electrodes():
        assert re.search(r"\b(19|20)\d\d\b", each.source)
        assert 1.0 < each.volts < 5.5
        assert start_of(each).volume > 0
    assert len(electrodes()) == 10


def test_the_bench_ends_with_its_mean_error_and_draws_it(monkeypatch, tmp_path):
    monkeypatch.setattr("designer_app.cli.benches.voltage.QUICK", ("LiTiS2",))
    first, raw, *shifts = rows(True, lambda _: None, tmp_path / "parity.png")
    assert (tmp_path / "parity.png").stat().st_size > 1000
    assert first["compound"] == "LiTiS2"
    assert raw["error V"] == pytest.approx(abs(first["error V"]), abs=0.01)
    assert len(shifts) == len(SHIFTS)


def test_equal_errors_are_removed_by_a_shift_that_never_saw_them():
    errors, metals = [-0.3, -0.3, -0.3], ["Fe", "Fe", "Co"]
    assert loo_errors(errors, metals, SHIFTS[0]) == pytest.approx([0, 0, 0])
    assert loo_errors(errors, metals, SHIFTS[1]) == pytest.approx([0, 0, -0.3])
    assert fitted(errors, metals, "x").shifts["all"] == pytest.approx(0.3)


def test_a_shift_that_does_not_help_is_not_offered():
    measured = fitted([0.2, -0.2, 0.1, -0.1], ["Fe", "Co", "Ni", "Mn"], "x")
    assert measured.shift == ""
    assert measured.shift_for(["Fe"]) is None


def test_two_files_of_different_hosts_are_bad_input(sulfide, capsys):
    other = example("LiCoO2").path
    assert main(["voltage", str(sulfide), "--discharged", str(other)]) == 2
    said = capsys.readouterr().err
    assert "TiS2" in said
    assert "CoO2" in said
