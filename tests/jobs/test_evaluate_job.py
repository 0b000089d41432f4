"""Potentials judged on reference calculations."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from designer_app.cli.main import main
from designer_app.errors import FileUnreadableError, TooFewFramesError
from designer_app.explanations import explain_exception
from designer_app.io.potential_cards import POTENTIAL_CARD
from designer_app.jobs import evaluate
from designer_app.running.control import RunControl
from designer_app.running.encoding import decode, encode
from designer_app.specs.evaluate import ErrorRow, EvaluateSpec, Evaluation
from designer_app.specs.potentials import key_and_model
from designer_app.specs.training_progress import CHECKPOINT_FILE, SERIES_FILE

OF_ITSELF = 1e-4
"""meV/atom and meV/A: what is left when EMT is judged by EMT, through a text file."""
EMT_AGAIN = "ase:ase.calculators.emt:EMT"


def labelled(symbol: str, seed: int, **changed: object) -> Atoms:
    """A rattled crystal with what EMT says of it, some of it changed."""
    atoms = bulk(symbol, cubic=True)
    atoms.rattle(0.08, seed=seed)
    atoms.calc = EMT()
    said = {
        "energy": atoms.get_potential_energy(),
        "forces": atoms.get_forces(),
        "stress": atoms.get_stress(),
    }
    atoms.calc = SinglePointCalculator(atoms, **{**said, **changed})
    atoms.info["config_type"] = f"rattled {symbol}"
    return atoms


@pytest.fixture
def metals(tmp_path: Path) -> Path:
    """Copper and gold."""
    frames = [labelled(symbol, seed) for symbol in ("Cu", "Au") for seed in range(4)]
    write(tmp_path / "metals.xyz", frames, format="extxyz")
    return tmp_path / "metals.xyz"


def judged(path: Path, *potentials: str, **said: object) -> Evaluation:
    spec = EvaluateSpec(data=(path,), potentials=potentials)
    return evaluate.run(replace(spec, **said), RunControl())  # type: ignore[arg-type]


def row(found: Evaluation, group: str, place: int = 0) -> ErrorRow:
    return next(each for each in found.judged[place].rows if each.group == group)


def test_a_potential_judged_by_its_own_labels_has_no_error(metals: Path) -> None:
    whole = row(judged(metals, EMT_AGAIN, align=False), "all")
    assert whole.energy_mae_meV_atom == pytest.approx(0.0, abs=OF_ITSELF)
    assert whole.force_mae_meV_A == pytest.approx(0.0, abs=OF_ITSELF)
    assert whole.stress_mae_GPa == pytest.approx(0.0, abs=OF_ITSELF)


def test_a_file_that_cannot_be_read_is_told_beside_the_others(metals, capsys) -> None:
    missing = str(metals.with_name("nothere.xyz"))
    assert main(["evaluate", str(metals), missing, "--potential", EMT_AGAIN]) == 0
    told = capsys.readouterr()
    assert "“nothere.xyz” could not be read: there is no such file." in told.err
    assert "It is no energy of a free atom" in told.out


def test_errors_are_told_by_tag_and_by_element(metals: Path) -> None:
    found = judged(metals, EMT_AGAIN)
    groups = [each.group for each in found.judged[0].rows]
    assert groups == ["all", "tag rattled Cu", "tag rattled Au", "element Cu", "element Au"]
    assert row(found, "element Au").n_frames == 4


def test_a_known_error_is_measured(tmp_path: Path) -> None:
    frames = []
    for seed in range(4):
        atoms = labelled("Cu", seed)
        forces = atoms.get_forces() + np.array([0.003, 0.0, 0.0])
        frames.append(labelled("Cu", seed, forces=forces))
    write(tmp_path / "a.xyz", frames, format="extxyz")
    whole = row(judged(tmp_path / "a.xyz", EMT_AGAIN), "all")
    assert whole.force_mae_meV_A == pytest.approx(1.0, abs=OF_ITSELF)
    assert whole.force_rmse_meV_A == pytest.approx(3**0.5, abs=OF_ITSELF)


def test_energies_of_another_zero_are_aligned_by_element(tmp_path: Path) -> None:
    frames = []
    for symbol, offset in (("Cu", -100.0), ("Au", 30.0)):
        for seed in range(3):
            atoms = labelled(symbol, seed)
            energy = atoms.get_potential_energy() + offset * len(atoms)
            frames.append(labelled(symbol, seed, energy=energy))
    write(tmp_path / "a.xyz", frames, format="extxyz")
    aligned, as_given = (
        judged(tmp_path / "a.xyz", EMT_AGAIN, align=align) for align in (True, False)
    )
    assert aligned.judged[0].aligned
    assert row(aligned, "all").energy_mae_meV_atom == pytest.approx(0.0, abs=0.1)
    assert row(as_given, "all").energy_mae_meV_atom == pytest.approx(65_000.0, rel=1e-3)


@pytest.mark.parametrize(
    ("potential", "is_trained"),
    [
        ("schnet:a+b", True),
        ("schnet:ethanol-schnet", True),
        ("delta:a+b", True),
        ("delta:tight-binding:GFN1-xTB+schnet:a+b", True),
        ("ensemble:schnet:a+b+schnet:a+b", True),
        ("ensemble:schnet:a+b+chgnet", False),
        ("chgnet", False),
        (EMT_AGAIN, False),
    ],
)
def test_what_trainings_wrote_keeps_its_zero_of_energy(
    potential: str, is_trained: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a+b").mkdir()
    (tmp_path / "a+b" / POTENTIAL_CARD).write_text("{}")
    assert evaluate.is_trained(*key_and_model(potential)) is is_trained


def test_a_potential_that_knows_no_such_element_says_so_and_others_go_on(metals: Path) -> None:
    found = judged(metals, "lennard-jones", EMT_AGAIN)
    assert "no parameters for" in found.judged[0].problem
    assert np.isnan(found.judged[0].energies).all()
    assert found.judged[1].problem == ""


def test_frames_that_cannot_be_computed_are_counted(tmp_path: Path) -> None:
    frames = [labelled("Cu", 0), labelled("Cu", 1), labelled("Ag", 2)]
    iron = bulk("Fe", cubic=True)
    iron.calc = SinglePointCalculator(iron, energy=1.0, forces=np.zeros((2, 3)))
    write(tmp_path / "a.xyz", [*frames, iron], format="extxyz")
    found = judged(tmp_path / "a.xyz", EMT_AGAIN)
    assert found.judged[0].problem.startswith("1 of 4 frames could not be computed")
    assert row(found, "all").force_mae_meV_A == pytest.approx(0.0, abs=OF_ITSELF)


@pytest.mark.parametrize("named", ["nonsense", "schnet:nowhere", "ase:no.such:Thing"])
def test_a_potential_that_does_not_load_is_a_sentence(metals: Path, named: str) -> None:
    (found,) = judged(metals, named).judged
    assert " " in found.problem
    assert np.isnan(found.forces).all()


def test_members_that_disagree_tell_their_spread(metals: Path) -> None:
    (found,) = judged(metals, "ensemble:second-moment+" + EMT_AGAIN).judged
    assert found.spread is not None
    assert found.spread_rank_correlation is not None
    assert -1.0 <= found.spread_rank_correlation <= 1.0


def test_what_was_judged_survives_the_way_to_the_window(metals: Path) -> None:
    found = judged(metals, EMT_AGAIN)
    again = decode(*encode(found))
    assert again.judged[0].rows == found.judged[0].rows
    assert np.array_equal(again.forces, found.forces)


def test_frames_without_finite_labels_are_left_out(tmp_path: Path) -> None:
    broken = labelled("Cu", 1, forces=np.full((4, 3), np.nan))
    write(tmp_path / "a.xyz", [labelled("Cu", 0), broken], format="extxyz")
    assert judged(tmp_path / "a.xyz", EMT_AGAIN).n_frames == 1
    write(tmp_path / "a.xyz", [broken], format="extxyz")
    with pytest.raises(TooFewFramesError) as told:
        judged(tmp_path / "a.xyz", EMT_AGAIN)
    assert "no labelled frames" in explain_exception(told.value).sentence


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadableError, match="no such file"):
        judged(tmp_path / "missing.xyz", EMT_AGAIN)


def test_the_command_gives_the_keys_of_the_contract(
    metals: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(metals), "--potential", EMT_AGAIN, "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["force_mae_meV_A"] == pytest.approx(0.0, abs=OF_ITSELF)
    assert set(told) >= {"energy_mae_meV_atom", "stress_mae_GPa", "per_element", "ms_per_atom"}
    assert set(told["per_element"]) == {"Cu", "Au"}


def test_several_potentials_stand_side_by_side(
    metals: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    both = ["--potential", EMT_AGAIN, "--potential", "lennard-jones"]
    assert main(["evaluate", str(metals), *both]) == 1
    told = capfd.readouterr().out
    assert "ASE calculator" in told
    assert "no parameters for" in told


def test_a_folder_without_a_potential_is_a_row_beside_the_others(
    metals: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    (unfinished / CHECKPOINT_FILE).touch()
    (unfinished / SERIES_FILE).touch()
    both = ["--model-dir", str(unfinished), "--potential", EMT_AGAIN, "--json"]
    assert main(["evaluate", str(metals), *both]) == 1
    first, last = json.loads(capfd.readouterr().out)["potentials"]
    assert first["force_mae_meV_A"] == pytest.approx(0.0, abs=OF_ITSELF)
    assert last["force_mae_meV_A"] is None
    assert "unfinished training" in last["problem"]


def test_folders_of_which_none_holds_a_potential_are_bad_input(
    metals: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(metals), "--model-dir", str(tmp_path)]) == 2
    assert "no trained potential" in capfd.readouterr().err


def test_a_family_with_a_folder_that_holds_no_potential_is_bad_input(
    metals: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(metals), "--potential", f"schnet:{tmp_path}"]) == 2
    assert "no trained potential" in capfd.readouterr().err


def test_without_a_potential_the_command_asks_for_one(
    metals: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(metals)]) == 2
    assert "--model-dir" in capfd.readouterr().err


def test_frames_that_it_learned_from_are_no_test(
    metals: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    sizes = ["n_features=8", "n_filters=8", "n_interactions=1", "n_gaussians=12", "cutoff=4.0"]
    flags = ["--preset", "custom", "--epochs", "1", "--unchecked", "--out", out]
    options = [word for each in sizes for word in ("--set", each)]
    assert main(["train", str(metals), "--model", "schnet", *flags, *options]) == 0
    capfd.readouterr()
    assert main(["evaluate", str(metals), "--model-dir", out]) == 0
    said = capfd.readouterr().out
    assert "it learned from up to 7 of these 8 frames" in said
    assert said.rstrip().endswith("(metals.xyz): these are no test errors.")


def test_frames_of_other_files_are_a_test(metals: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(metals), "--potential", EMT_AGAIN]) == 0
    assert "test errors" not in capfd.readouterr().out
