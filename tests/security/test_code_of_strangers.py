"""Code that a file or a folder names, and that its reader did not: nothing of it is imported."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write
from hypothesis import given
from hypothesis import strategies as st

from designer_app.cli.main import main
from designer_app.errors import ModelUnreadableError, UnsafeFileError
from designer_app.io.ensemble_files import members_named
from designer_app.io.potential_cards import (
    POTENTIAL_CARD,
    PotentialCard,
    families,
    write_potential_card,
)
from designer_app.io.toml import write_toml
from designer_app.jobs import train_potential
from designer_app.potentials import load_potential
from designer_app.potentials.baseline_files import parts_of
from designer_app.running.control import RunControl
from designer_app.session.trainings import Trainings
from designer_app.specs.fields import settings_of
from designer_app.specs.potentials import imports_code, key_and_model
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.training_progress import CHECKPOINT_FILE, SETTINGS_FILE

CODE = "ase:strangers_module:Calculator"


@pytest.fixture(autouse=True)
def strangers_module(tmp_path, mark, monkeypatch):
    """Imported, it leaves the mark."""
    text = f"from pathlib import Path\nPath({str(mark)!r}).touch()\n"
    (tmp_path / "strangers_module.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "strangers_module", raising=False)


@pytest.fixture
def labels(tmp_path):
    frames = []
    for seed in range(12):
        atoms = bulk("Cu", cubic=True)
        atoms.rattle(0.1, rng=np.random.default_rng(seed))
        atoms.calc = EMT()
        energy, forces = atoms.get_potential_energy(), atoms.get_forces()
        atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=forces)
        frames.append(atoms)
    path = tmp_path / "copper.xyz"
    write(path, frames)
    return path


@pytest.fixture
def spec(labels, tmp_path):
    return TrainPotentialSpec(
        data=(labels,), model="schnet", out=tmp_path / "folder", preset="custom", epochs=1
    )


@pytest.fixture
def card():
    return PotentialCard(
        family="schnet", title="SchNet of Cu", settings={}, elements=("Cu",), cutoff=4.0,
        references_eV={"Cu": 0.0}, baseline=tuple(CODE.split(":", 1)),
    )  # fmt: skip


@pytest.fixture
def folder(spec, card):
    """A training that was begun, by somebody else, on what is no baseline: the card tells one."""

    def made(baseline):
        spec.out.mkdir()
        (spec.out / CHECKPOINT_FILE).write_bytes(b"not come to")
        told = {**settings_of(spec), "baseline": baseline}
        write_toml(spec.out / SETTINGS_FILE, told)
        write_potential_card(spec.out, card)
        return spec.out

    return made


def test_naming_it_oneself_imports_it(mark):
    with pytest.raises(Exception, match="Calculator"):
        load_potential(*key_and_model(CODE))
    assert mark.exists()


@pytest.mark.parametrize("baseline", ["schnet:{parent}", "ensemble:gone.toml", "morse:gone.toml"])
def test_the_card_of_a_training_that_goes_on_brings_no_code(baseline, folder, tmp_path, mark):
    out = folder(baseline.format(parent=tmp_path))
    assert main(["train", "--out", str(out), "--resume"]) == 2
    assert not mark.exists()


def test_a_list_that_is_gone_is_taken_from_the_card_where_it_names_no_code(folder, capsys):
    out = folder("ensemble:gone.toml")
    said = json.loads((out / POTENTIAL_CARD).read_text())
    said["baseline"] = ["ensemble", "morse+second-moment"]
    (out / POTENTIAL_CARD).write_text(json.dumps(said))
    assert main(["train", "--out", str(out), "--resume"]) == 2
    assert "checkpoint is damaged" in capsys.readouterr().err


@pytest.mark.parametrize(
    "baseline",
    [f" {CODE}", f" ensemble:{CODE}+morse", f"ensemble : {CODE}+morse", f"delta :morse+ {CODE}"],
)
def test_a_training_of_a_project_is_known_as_code_whatever_blanks_it_has(baseline, spec):
    assert Trainings.code_of(None, replace(spec, baseline=baseline))


@pytest.fixture
def listed(tmp_path):
    def made(*members):
        path = tmp_path / "members.toml"
        write_toml(path, {"members": list(members)})
        return path

    return made


@pytest.mark.parametrize(
    "member",
    [CODE, f" {CODE}", CODE.replace(":", " :", 1), f"delta:{CODE}+schnet:folder", "script:a.pth"],
)
def test_a_list_of_members_brings_no_code(member, listed, mark):
    path = listed("morse", member)
    with pytest.raises(UnsafeFileError, match="name the members in place of the file"):
        load_potential("ensemble", str(path))
    assert families("ensemble", str(path)) == ("ensemble",)
    assert not mark.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["energy", "{labels}", "--potential", "ensemble", "--model", "{path}"],
        ["evaluate", "{labels}", "--potential", "ensemble:{path}"],
        ["md", "{labels}", "--potential", "ensemble", "--model", "{path}"],
    ],
)
def test_no_command_imports_what_a_list_names(words, listed, labels, mark, capsys):
    path = listed("morse", CODE)
    assert main([word.format(labels=labels, path=path) for word in words]) != 0
    told = capsys.readouterr()
    assert "code of its own" in told.err + told.out
    assert not mark.exists()


def test_a_list_within_a_training_brings_no_code(spec, listed, mark):
    path = listed("morse", CODE)
    with pytest.raises(UnsafeFileError):
        train_potential.run(replace(spec, baseline=f"ensemble:{path}"), RunControl())
    assert not mark.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["md", "--resume"],
        ["screen", "--resume"],
        ["design", "own", "--resume"],
        ["design", "check"],
        ["screen", "--resume", "--potential", "ase", "--model", "ase.calculators.emt:EMT"],
    ],
)
@pytest.mark.parametrize("potential", ["ase", "ensemble"])
def test_a_run_that_goes_on_brings_no_code(words, potential, tmp_path, mark, capsys):
    model = CODE.split(":", 1)[1] if potential == "ase" else f"morse+ {CODE}"
    write_toml(tmp_path / "spec.toml", {"potential": potential, "model": model})
    assert main([*words, "--out", str(tmp_path)]) == 2
    assert "repeat --potential and --model to allow it" in capsys.readouterr().err
    assert not mark.exists()


blanks = st.sampled_from(["", " ", "  ", "\t"])


@st.composite
def choices(draw):
    """Text of potentials, members and sums, with blanks wherever they may stand."""
    keys = draw(st.lists(st.sampled_from(["ase", "script", "morse", "schnet"]), min_size=1))
    texts = [f"{draw(blanks)}{key}{draw(blanks)}:{draw(blanks)}m{draw(blanks)}" for key in keys]
    whole = "+".join(texts)
    for _ in range(draw(st.integers(0, 2))):
        outer = draw(st.sampled_from(["ensemble", "delta"]))
        whole = f"{draw(blanks)}{outer}{draw(blanks)}:{whole}"
        if draw(st.booleans()):
            whole += f"+{draw(blanks)}morse"
    return whole


def loaded(key, model):
    """Keys of all that the loaders come to."""
    found = {key}
    if key in ("ensemble", "delta"):
        for each, its in parts_of(key, model):
            if (each, its) != (key, model):
                found |= loaded(each, its)
    return found


@given(choices())
def test_what_the_loaders_come_to_is_known_as_code_before(text):
    key, model = key_and_model(text)
    if {"ase", "script"} & loaded(key, model):
        assert imports_code(key, model)


def test_a_file_that_is_no_list_is_refused(tmp_path):
    path = tmp_path / "members.toml"
    path.write_text("members = 3")
    with pytest.raises(ModelUnreadableError):
        members_named(str(path))
