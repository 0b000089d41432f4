import json
from pathlib import Path

import pytest

from designer_app.errors import FileUnreadableError
from designer_app.io.potential_cards import (
    POTENTIAL_CARD,
    ErrorsOn,
    LearnedFrom,
    PotentialCard,
    model_of,
    read_potential_card,
    trained_folder,
    trained_in,
    write_potential_card,
)

CARD = PotentialCard(
    family="nequip",
    title="NequIP of Si",
    settings={"n_features": 32},
    elements=("Si",),
    cutoff=4.5,
    references_eV={"Si": -0.8},
    data=(LearnedFrom(file="training.json", sha256="ab" * 32, n_frames=214),),
    errors=(ErrorsOn(name="test", n_frames=25, energy_meV_atom=3.1, force_meV_A=62.0),),
    seeds=(0,),
)


def test_a_card_comes_back_as_it_was_written(tmp_path):
    write_potential_card(tmp_path, CARD)
    assert read_potential_card(tmp_path) == CARD


def test_what_a_newer_card_tells_beside_is_passed_over(tmp_path):
    write_potential_card(tmp_path, CARD)
    path = tmp_path / POTENTIAL_CARD
    path.write_text(json.dumps({**json.loads(path.read_text()), "colour": "blue"}))
    assert read_potential_card(tmp_path) == CARD


def test_a_file_that_is_no_card_is_refused(tmp_path):
    (tmp_path / POTENTIAL_CARD).write_text("[1, 2]")
    with pytest.raises(FileUnreadableError, match="no potential"):
        read_potential_card(tmp_path)


def test_potentials_are_found_in_several_places_without_the_broken_ones(tmp_path):
    for place, name in (("runs", "0001"), ("runs", "0002"), ("mine", "Si")):
        folder = tmp_path / place / name
        folder.mkdir(parents=True)
        write_potential_card(folder, CARD)
    (tmp_path / "runs" / "0002" / POTENTIAL_CARD).write_text("{")
    found = trained_in((tmp_path / "runs", tmp_path / "mine", tmp_path / "none"))
    assert {folder.name for folder, _ in found} == {"0001", "Si"}
    assert all(card == CARD for _, card in found)


def test_a_shipped_potential_goes_by_its_name():
    folder = trained_folder("ethanol-schnet")
    assert folder.is_dir()
    assert model_of(folder) == "ethanol-schnet"


def test_any_other_potential_goes_by_its_folder(tmp_path):
    assert trained_folder(str(tmp_path)) == tmp_path
    assert model_of(tmp_path) == str(tmp_path)


def test_a_folder_of_the_users_own_comes_before_a_shipped_potential(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ethanol-schnet").mkdir()
    (tmp_path / "ethanol-schnet" / "potential.json").write_text("{}")
    assert trained_folder("ethanol-schnet") == Path("ethanol-schnet")
