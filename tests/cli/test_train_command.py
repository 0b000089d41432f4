"""`designer-app train`: one command for potentials and for models of published tables."""

import json

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from designer_app.cli.main import main
from designer_app.resources import resource
from designer_app.specs.fields import spec_fields
from designer_app.specs.trainable import TRAINABLE
from designer_app.specs.training_progress import SETTINGS_FILE

SIZES = ("n_features=8", "n_filters=8", "n_interactions=1", "cutoff=4.0")


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    frames = []
    for seed in range(12):
        atoms = bulk("Cu", cubic=True)
        atoms.positions += np.random.default_rng(seed).normal(0, 0.1, (4, 3))
        atoms.calc = EMT()
        energy, forces = atoms.get_potential_energy(), atoms.get_forces()
        atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=forces)
        frames.append(atoms)
    path = tmp_path_factory.mktemp("labels") / "copper.xyz"
    write(path, frames)
    return path


def quick(labels, out):
    sizes = [word for size in SIZES for word in ("--set", size)]
    settings = ["--preset", "custom", "--epochs", "2", "--batch-size", "4", "--threads", "1"]
    return ["train", str(labels), "--model", "schnet", "--out", str(out), *sizes, *settings]


def test_a_potential_is_trained_and_computes(labels, tmp_path, capsys):
    out = tmp_path / "copper"
    assert main([*quick(labels, out), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["force_mae_meV_A"] > 0
    assert result["per_element"][0]["name"] == "Cu"
    asked = ["energy", str(labels), "--potential", "schnet", "--model", str(out), "--json"]
    assert main([*asked, "--threads", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["model_sha256"] == result["weights_sha256"]


def test_the_errors_are_told_as_a_table(labels, tmp_path, capsys):
    assert main(quick(labels, tmp_path / "copper")) == 0
    told = capsys.readouterr().out
    assert "SchNet for Cu" in told
    assert "| validation |" in told


def test_what_energies_count_from_is_not_called_a_free_atom(labels, tmp_path, capsys):
    assert main(quick(labels, tmp_path / "copper")) == 0
    assert "fitted offsets, which are no free atoms: Cu " in capsys.readouterr().out


def test_a_training_that_never_began_begins_when_it_is_to_go_on(labels, tmp_path, capsys):
    assert main([*quick(labels, tmp_path / "copper"), "--resume"]) == 0
    assert "it starts anew" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothere.xyz"], "“nothere.xyz” could not be read: there is no such file."),
        (["{labels}", "--key", "energy=E_ref"], "no frame has “E_ref”; there is energy."),
    ],
)
def test_what_was_named_in_vain_is_told_in_one_sentence(labels, tmp_path, capsys, words, said):
    named = [word.format(labels=labels) for word in words]
    assert main(["train", *named, "--model", "schnet", "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert len(told.strip().splitlines()) == 1


def test_a_training_goes_on_with_the_model_and_the_data_of_its_folder(
    labels, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(labels.parent)
    assert main(quick(labels.name, tmp_path / "copper")) == 0
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert main(["train", "--out", "copper", "--resume", "--epochs", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["model"], told["fits"][0]["epochs"]) == ("schnet", 3)


def test_the_folder_of_a_training_tells_no_folder_of_the_machine(labels, tmp_path):
    out = tmp_path / "copper"
    assert main([*quick(labels, out), "--test", str(labels), "--leave-out", f"{labels}:3"]) == 0
    here = str(tmp_path.parent)
    spelt = [here.encode(), here.encode("utf-32-le")]  # in arrays of text
    files = [path for path in out.rglob("*") if path.is_file()]
    assert labels.name in (out / SETTINGS_FILE).read_text(encoding="utf-8")
    assert not [path for path in files for each in spelt if each in path.read_bytes()]


def test_a_training_is_moved_together_with_its_data(labels, tmp_path, capsys):
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    copied = before / "cu.xyz"
    copied.write_bytes(labels.read_bytes())
    assert main([*quick(copied, before / "out"), "--leave-out", f"{copied}:3"]) == 0
    before.rename(after)
    assert main(["train", "--out", str(after / "out"), "--resume", "--epochs", "3"]) == 0


def test_data_that_were_moved_are_named_again(labels, tmp_path, capsys):
    data, out = tmp_path / "cu.xyz", tmp_path / "out"
    data.write_bytes(labels.read_bytes())
    assert main(quick(data, out)) == 0
    moved = data.rename(tmp_path / "moved.xyz")
    capsys.readouterr()
    assert main(["train", "--out", str(out), "--resume", "--epochs", "3"]) == 2
    told = capsys.readouterr().err
    assert "“cu.xyz” is not where it was. Name it again: train FOLDER" in told
    assert main(["train", str(moved), "--out", str(out), "--resume", "--epochs", "3"]) == 0


def test_a_training_on_files_of_a_baseline_goes_on_with_their_copies(labels, tmp_path):
    baseline = tmp_path / "far" / "mine.toml"
    baseline.parent.mkdir()
    baseline.write_bytes((resource("potentials/lennard-jones") / "reduced.toml").read_bytes())
    named = ["--baseline", f"lennard-jones:{baseline}"]
    out = tmp_path / "out"
    assert main([*quick(labels, out), *named]) == 0
    assert "far" not in (out / SETTINGS_FILE).read_text(encoding="utf-8")
    assert main(["train", "--out", str(out), "--resume", "--epochs", "3", *named]) == 0
    baseline.unlink()
    assert main(["train", "--out", str(out), "--resume", "--epochs", "4"]) == 0


@pytest.mark.parametrize("words", [["--epochs", "7"], ["--learning-rate", "0.1"]])
def test_a_gap_that_goes_on_has_no_epochs_either(labels, tmp_path, capsys, words):
    out = tmp_path / "out"
    settings = ["--set", "n_sparse=8", "--threads", "1", "--unchecked"]
    assert main(["train", str(labels), "--model", "gap", "--out", str(out), *settings]) == 0
    assert main(["train", "--out", str(out), "--resume", *words]) == 2
    assert "a GAP is solved for" in capsys.readouterr().err


@pytest.fixture(scope="module")
def trained(labels, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained") / "copper"
    assert main(quick(labels, out)) == 0
    return out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model", "gap"], "was begun with schnet"),
        (["--seed", "3"], "was begun with 0"),
        (["--set", "cutoff=5.0"], "was begun with n_features=8, "),
        (["--baseline", "morse"], "was begun without it"),
        (["--key", "energy=E"], "was begun without it"),
    ],
)
def test_what_contradicts_the_training_that_goes_on_is_refused(trained, words, said, capsys):
    assert main(["train", "--out", str(trained), "--resume", *words]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "leave it out" in told


def test_a_training_goes_on_with_no_code_that_the_user_did_not_name(trained, tmp_path, capsys):
    out = tmp_path / "of a stranger"
    out.mkdir()
    settings = (trained / SETTINGS_FILE).read_text(encoding="utf-8")
    code = settings.replace('baseline = ""', 'baseline = "ase:os:system"')
    (out / SETTINGS_FILE).write_text(code, encoding="utf-8")
    assert main(["train", "--out", str(out), "--resume"]) == 2
    assert "repeat --baseline to allow it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("data = [", "data = [3]\n#"),
        ("data = [", "#"),
        ("mapping = []", "mapping = [1]"),
        ("seed = 0", 'seed = "x"'),
        ('model = "schnet"', 'model = "x"'),
    ],
)
def test_settings_of_a_training_that_are_damaged_are_told_as_such(
    trained, tmp_path, capsys, line, wrong
):
    settings = (trained / SETTINGS_FILE).read_text(encoding="utf-8")
    assert line in settings
    (tmp_path / SETTINGS_FILE).write_text(settings.replace(line, wrong), encoding="utf-8")
    assert main(["train", "--out", str(tmp_path), "--resume"]) == 2
    assert f"its {SETTINGS_FILE} is damaged" in capsys.readouterr().err


def test_a_training_on_code_goes_on_when_the_user_names_it_again(labels, tmp_path, capsys):
    out, named = tmp_path / "copper", ["--baseline", "ase:ase.calculators.emt:EMT"]
    assert main([*quick(labels, out), *named]) == 0
    assert main(["train", "--out", str(out), "--resume"]) == 2
    assert "repeat --baseline to allow it" in capsys.readouterr().err
    assert main(["train", "--out", str(out), "--resume", "--epochs", "3", *named]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say what is trained with --model: nequip, schnet"),
        (["--resume"], "no training of a potential was begun there"),
        (["x.xyz", "--model", "gap", "--epochs", "3"], "a GAP is solved for"),
    ],
)
def test_a_training_that_cannot_begin_says_what_is_missing(words, said, tmp_path, capsys):
    assert main(["train", *words, "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err


def test_the_help_lists_the_settings_of_each_family(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    told = capsys.readouterr().out
    for row in TRAINABLE.values():
        part = told.split(f"--model {row.key}\n")[1]
        for each, _, _ in spec_fields(row.settings_class()):
            assert f"    {each.name}=" in part.split("\n\n")[0]
    assert "win over --preset" in " ".join(told.split())


def test_the_help_tells_potentials_from_models_of_tables(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    own, tables = (told.index(f"a {what}:") for what in
                   ("potential of your own calculations", "model of published tables"))  # fmt: skip
    assert own < told.index("--key NAME=VALUE", own) < tables < told.index("--table PATH", tables)
    assert "--test FILE" in told
    assert "Default: ()" not in told


def test_a_folder_that_is_taken_is_told(labels, tmp_path, capsys):
    out = tmp_path / "copper"
    assert main(quick(labels, out)) == 0
    capsys.readouterr()
    assert main(quick(labels, out)) == 2
    assert "--out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--model", "schnet", "--table", "x.csv"], "--table"),
        (["--model", "voltage", "--epochs", "3"], "--epochs"),
        (["--model", "schnet", "--set", "colour=red"], "--set"),
    ],
)
def test_a_flag_that_means_nothing_to_the_model_is_refused(labels, tmp_path, capsys, words, named):
    data = [str(labels)] if "schnet" in words else []
    assert main(["train", *data, *words, "--out", str(tmp_path / "out")]) == 2
    assert named in capsys.readouterr().err


def test_published_models_take_no_files_of_labels(labels, tmp_path, capsys):
    assert main(["train", str(labels), "--model", "voltage", "--out", str(tmp_path)]) == 2
    assert "--data" in capsys.readouterr().err


def test_a_potential_without_data_is_refused(tmp_path, capsys):
    assert main(["train", "--model", "schnet", "--out", str(tmp_path / "out")]) == 2
    assert "Add files" in capsys.readouterr().err
