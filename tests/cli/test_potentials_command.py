"""`designer-app potentials`: what is shipped, and for which elements."""

import json

import pytest

from designer_app.cli.main import main
from designer_app.cli.potentials import in_ranges
from designer_app.io.potential_cards import shipped_folder
from designer_app.specs.potentials import POTENTIALS


def told(capsys, *words):
    assert main(["potentials", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_every_shipped_model_is_listed_once(capsys):
    listed = [(row["potential"], row["model"]) for row in told(capsys)["potentials"]]
    known = [(row.key, model) for row in POTENTIALS.values() for model, _ in row.models]
    assert listed == known
    assert {folder.name for folder in shipped_folder().iterdir()} <= {name for _, name in listed}


def test_a_trained_one_is_made_for_what_it_learned(capsys):
    assert main(["potentials", "--elements", "Si"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert "what it learned" in next(row for row in rows if "silicon-nequip" in row)


def test_only_those_that_know_all_elements_asked_for_are_left(capsys):
    found = told(capsys, "--elements", "Li,Al", "O")
    assert found["asked"] == ["Li", "O", "Al"]
    left = {row["model"] for row in found["potentials"]}
    assert {"0.3.0", "bush"} <= left
    assert not left & {"mgo-gale", "cleri-rosato", "ethanol-schnet", "reduced"}


def test_a_trained_one_tells_its_error_and_what_it_learned_from(capsys):
    rows = {row["model"]: row for row in told(capsys, "--elements", "Si")["potentials"]}
    assert rows["silicon-nequip"]["force_mae_meV_A"] > 0
    assert "PBE" in rows["silicon-nequip"]["source"]


def test_elements_that_nothing_knows_together_are_told_with_a_way_on(capsys):
    assert main(["potentials", "--elements", "Og", "Li"]) == 0
    assert "No shipped potential knows Li Og together." in capsys.readouterr().out


def test_what_is_no_element_is_refused(capsys):
    assert main(["potentials", "--elements", "Xx"]) == 2
    assert "Xx: it is no element" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("symbols", "said"),
    [
        (("O", "Mg"), "O Mg"),
        (("Pu", "Ac", "Th", "Pa", "U", "Np", "H"), "H Ac-Pu"),
        (("Ni", "Cu", "Fe", "Co"), "Fe-Cu"),
    ],
)
def test_elements_in_a_row_are_told_as_one(symbols, said):
    assert in_ranges(symbols) == said


@pytest.mark.parametrize("command", ["md", "relax", "evaluate", "health"])
def test_the_help_of_what_computes_names_the_list(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert "“designer-app potentials” lists" in " ".join(capsys.readouterr().out.split())
