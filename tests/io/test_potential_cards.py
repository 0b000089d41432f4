import json
from dataclasses import replace
from pathlib import Path

import pytest

from designer_app.errors import FileUnreadableError, ModelUnreadableError, UnfinishedTrainingError
from designer_app.explanations import explain_exception
from designer_app.io.potential_cards import (
    POTENTIAL_CARD,
    ErrorsOn,
    LearnedFrom,
    PotentialCard,
    baseline_families,
    baseline_of,
    families,
    model_of,
    read_potential_card,
    trained_folder,
    trained_in,
    write_potential_card,
)
from designer_app.specs.training_progress import CHECKPOINT_FILE, PLAN_FILE

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


def on(*baseline):
    return replace(CARD, baseline=baseline)


def test_a_list_that_names_itself_is_read_no_further(tmp_path):
    listed = tmp_path / "self.toml"
    listed.write_text(f"members = ['ensemble:{listed}', 'chgnet:0.3.0']")
    assert set(families("ensemble", str(listed))) == {"ensemble", "chgnet"}


def test_a_folder_that_is_its_own_baseline_is_looked_at_once(tmp_path):
    (tmp_path / "baseline").mkdir()
    write_potential_card(tmp_path, on("schnet", "baseline/.."))
    assert families("schnet", str(tmp_path)) == ("schnet", "schnet")


def test_names_too_long_for_a_file_end_nothing():
    assert families("schnet", "x" * 5000) == ("schnet",)


def test_the_parts_of_a_baseline_are_known_without_its_files():
    card = on("ensemble", "tight-binding:GFN1-xTB+morse:baseline/none.toml")
    assert baseline_families(card) == ("ensemble", "tight-binding", "morse")
    assert baseline_families(CARD) == ()


def test_files_of_a_baseline_lie_in_the_folder(tmp_path):
    path = tmp_path / "baseline" / "base.toml"
    assert baseline_of(tmp_path, on("morse", "baseline/base.toml")) == ("morse", str(path))
    several = on("ensemble", "chgnet:0.3.0+morse:baseline/base.toml")
    assert baseline_of(tmp_path, several)[1] == f"chgnet:0.3.0+morse:{path}"


@pytest.mark.parametrize(
    "baseline",
    [
        ("ase", "ase.calculators.emt:EMT"),
        ("tight-binding", "GFN1-xTB(charge=-1)"),
        ("morse", ""),
        ("ensemble", "chgnet:0.3.0+chgnet:r2scan"),
    ],
)
def test_what_a_baseline_names_stays_as_it_is(baseline, tmp_path):
    assert baseline_of(tmp_path, on(*baseline)) == baseline


@pytest.mark.parametrize(
    "baseline",
    [
        ("morse", "/etc/passwd"),
        ("morse", r"\\host\share\base.toml"),
        ("morse", r"baseline/C:\base.toml"),
        ("morse", "base.toml"),
        ("schnet", "baseline/.."),
        ("schnet", "baseline/"),
        ("morse", "baseline/" + "x" * 5000),
        ("ensemble", "chgnet:0.3.0+morse:/base.toml"),
        ("ensemble", "baseline/list.toml"),
        ("delta", "ensemble:chgnet+morse+schnet:baseline/x"),
        ("nothing", "x"),
        ("morse", 7),
        ("morse",),
    ],
)
def test_a_baseline_elsewhere_is_refused(baseline, tmp_path):
    with pytest.raises(FileUnreadableError, match="not in its folder"):
        baseline_of(tmp_path, on(*baseline))


@pytest.mark.parametrize("place", ["", "member-0"])
def test_a_training_that_left_no_potential_yet_is_told_with_the_way_on(place, tmp_path):
    folder = tmp_path / "my gap"
    (folder / place).mkdir(parents=True)
    (folder / place / CHECKPOINT_FILE).touch()
    (folder / PLAN_FILE).touch()
    with pytest.raises(UnfinishedTrainingError) as told:
        read_potential_card(folder)
    sentence = explain_exception(told.value).sentence
    assert sentence.startswith("“my gap” holds an unfinished training")
    assert sentence.endswith(f'designer-app train --out "{folder}" --resume')


@pytest.mark.parametrize("place", ["", "of-another-program"])
def test_a_checkpoint_by_itself_is_no_training_of_this_program(place, tmp_path):
    (tmp_path / place).mkdir(exist_ok=True)
    (tmp_path / place / CHECKPOINT_FILE).touch()
    with pytest.raises(ModelUnreadableError, match="no trained potential"):
        read_potential_card(tmp_path)


@pytest.mark.parametrize(
    ("name", "said"),
    [("nowhere", "no such file"), ("empty", "no trained potential"), ("log.txt", "is a folder")],
)
def test_what_is_no_trained_potential_is_not_to_be_saved_as_cif(name, said, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "log.txt").write_text("a log")
    with pytest.raises(ModelUnreadableError, match=said) as told:
        read_potential_card(tmp_path / name)
    sentence = explain_exception(told.value).sentence
    assert sentence.startswith(f"“{name}” could not be read")
    assert "CIF" not in sentence


def test_a_baseline_that_is_a_link_is_refused(tmp_path, make_link):
    (tmp_path / "secret.toml").write_text("")
    (tmp_path / "baseline").mkdir()
    make_link(tmp_path / "baseline" / "base.toml", tmp_path / "secret.toml")
    with pytest.raises(FileUnreadableError, match="not in its folder"):
        baseline_of(tmp_path, on("morse", "baseline/base.toml"))
