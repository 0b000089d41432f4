"""The same question gets the same number from every command, and from a screen."""

import json

import pytest

from designer_app.cli.main import main
from designer_app.io.examples import example

LIFEPO4 = str(example("LiFePO4").path)
SAME = 1e-6
"""Relative: one code and one start; a batch of one rounds as a batch of one."""


def told(capsys, *words):
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def screened(tmp_path_factory):
    from contextlib import redirect_stdout
    from io import StringIO

    out = StringIO()
    run = str(tmp_path_factory.mktemp("screens") / "run")
    flags = ["--relax-best", "1", "--physics-best", "1", "--test-conductivity", "--out", run]
    with redirect_stdout(out):
        assert main(["screen", LIFEPO4, "--rules", "battery", *flags, "--json"]) == 0
    (row,) = json.loads(out.getvalue())["rows"]
    return {(each["key"], each["method"]): each for each in row["estimates"]}


def test_a_screen_and_the_hull_command_agree(screened, capsys):
    found = told(capsys, "hull", LIFEPO4)
    formation = screened["formation_energy", "relaxation"]["value"]
    assert formation == pytest.approx(found["formation_energy_eV_atom"], abs=1e-3)
    distance = screened["e_above_hull", "relaxation"]["value"]
    # converged to 0.05 eV/A each: 1 meV/atom
    assert max(distance, 0.0) == pytest.approx(found["e_above_hull_eV_atom"], abs=1e-3)


def test_a_screen_and_the_voltage_command_agree(screened, capsys):
    found = told(capsys, "voltage", LIFEPO4)
    voltage = screened["voltage", "relaxation"]["value"]
    assert voltage == pytest.approx(found["voltage_V"], abs=0.01)
    (capacity,) = {each["value"] for (key, _), each in screened.items() if key == "capacity"}
    assert capacity == pytest.approx(found["capacity_mAh_g"], rel=SAME)


def test_a_screen_and_the_conductivity_command_agree(screened, capsys):
    from math import log10

    found = told(capsys, "conductivity", LIFEPO4, "--quick")
    value = screened["ionic_conductivity", "learned head"]["value"]
    assert log10(value) == pytest.approx(found["log10_sigma_S_cm"], abs=1e-3)


def test_a_screen_and_the_adsorption_command_agree(tmp_path, capsys):
    copper = str(example("Cu").path)
    flags = ["--relax-best", "1", "--physics-best", "1", "--out", str(tmp_path / "run")]
    screened = told(capsys, "screen", copper, "--rules", "catalyst", "--reaction", "HER", *flags)
    found = told(capsys, "adsorption", copper, "--adsorbate", "H")
    (row,) = screened["rows"]
    energies = [
        each["value"]
        for each in row["estimates"]
        if each["key"] == "adsorption H" and each["method"] == "relaxation"
    ]
    # the screen cuts the relaxed crystal, the command relaxes it itself
    assert energies == [pytest.approx(found["energies"]["H"], abs=5e-3)]
