"""Training a potential as a job: from files of labels to a folder that computes."""

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from designer_app.device import Compute
from designer_app.errors import (
    Cancelled,
    FileUnreadableError,
    InvalidSpecError,
    ResumeError,
    UnsafeFileError,
    UnsupportedElementError,
)
from designer_app.io.documents import structure_from_atoms
from designer_app.io.potential_cards import (
    POTENTIAL_CARD,
    read_potential_card,
    write_potential_card,
)
from designer_app.io.series import read_series
from designer_app.jobs import energy, train_potential
from designer_app.jobs.trust import doubts_of_training
from designer_app.potentials import load_potential
from designer_app.provenance import sha256_of
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.specs.single_point import EnergySpec
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.training_progress import SERIES_FILE

CPU = Compute("cpu", "float64", 1)
SIZES = ("n_features=8", "n_filters=8", "n_interactions=1", "n_gaussians=12", "cutoff=4.0")
ROUNDING = 1e-4
"""Relative: the same weights in single and in double precision."""


def alloy(seed):
    rng = np.random.default_rng(seed)
    atoms = bulk("Cu", cubic=True)
    atoms.symbols[: seed % 3] = "Ni"
    atoms.positions += rng.normal(0, 0.1, (4, 3))
    atoms.info["config_type"] = "hot" if seed % 2 else "cold"
    atoms.calc = EMT()
    found = atoms.get_potential_energy(), atoms.get_forces(), atoms.get_stress()
    atoms.calc = SinglePointCalculator(atoms, energy=found[0], forces=found[1], stress=found[2])
    return atoms


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    path = tmp_path_factory.mktemp("labels") / "alloys.xyz"
    write(path, [alloy(seed) for seed in range(24)])
    return path


@pytest.fixture
def spec(labels, tmp_path):
    return settings_of_training(labels, tmp_path / "out", epochs=3)


def settings_of_training(labels, out, epochs):
    return TrainPotentialSpec(
        data=(labels,),
        out=out,
        model="schnet",
        options=SIZES,
        preset="custom",
        epochs=epochs,
        batch_size=4,
        learning_rate=0.01,
        threads=1,
        device="cpu",
    )


class StoppedAfter(RunControl):
    """Cancelled at one of its checkpoints after the first epochs."""

    def __init__(self, n_rows):
        super().__init__()
        self.n_rows, self.seen = n_rows, 0

    def checkpoint(self):
        self.seen += len(self.series.drain())
        if self.seen >= self.n_rows:
            self.cancel()
        super().checkpoint()


def test_the_folder_of_a_training_is_a_potential(spec):
    result = train_potential.run(spec, RunControl())
    potential = load_potential("schnet", result["folder"], CPU)
    structure = structure_from_atoms(alloy(100))
    said = energy.run(
        EnergySpec(structure=structure, potential="schnet", model=str(spec.out), threads=1),
        RunControl(),
    )
    assert np.isfinite(said["energy_eV"])
    assert potential.model_sha256 == result["weights_sha256"]


def test_errors_are_told_of_the_frames_kept_back(spec):
    result = train_potential.run(spec, RunControl())
    assert result["judged_on"] == "test"
    assert {each["name"] for each in result["errors"]} == {"train", "validation", "test"}
    assert {each["name"] for each in result["per_element"]} == {"Cu", "Ni"}
    assert {each["name"] for each in result["per_tag"]} <= {"tag hot", "tag cold"}
    assert min(result[k] for k in ("energy_mae_meV_atom", "force_mae_meV_A", "stress_mae_GPa")) > 0
    assert json.loads(json.dumps(result)) == result


def test_the_validation_errors_of_the_card_are_those_of_the_best_epoch(spec):
    result = train_potential.run(replace(spec, dtype="float64"), RunControl())
    told = next(each for each in result["errors"] if each["name"] == "validation")
    best = result["fits"][0]["validation"]
    assert told["force_meV_A"] == pytest.approx(best["force_meV_A"], rel=ROUNDING)
    assert told["stress_GPa"] == pytest.approx(best["stress_GPa"], rel=ROUNDING)
    assert told["energy_meV_atom"] == pytest.approx(best["energy_meV_atom"], rel=ROUNDING)


def test_the_card_names_what_was_learned_from(spec, labels):
    train_potential.run(spec, RunControl())
    card = read_potential_card(spec.out)
    assert [(each.file, each.sha256) for each in card.data] == [("alloys.xyz", sha256_of(labels))]
    assert card.elements == ("Ni", "Cu")
    assert card.training["epochs"] == 3
    assert str(labels.parent) not in (spec.out / "potential.json").read_text()


def test_elements_that_were_not_learned_are_refused(spec):
    train_potential.run(spec, RunControl())
    structure = structure_from_atoms(bulk("Ag"))
    with pytest.raises(UnsupportedElementError):
        energy.run(
            EnergySpec(structure=structure, potential="schnet", model=str(spec.out), threads=1),
            RunControl(),
        )


def test_a_stopped_training_leaves_its_best_potential(spec):
    with pytest.raises(Cancelled):
        train_potential.run(replace(spec, epochs=100_000), StoppedAfter(2))
    assert load_potential("schnet", str(spec.out), CPU).gives
    assert read_potential_card(spec.out).errors[0].name == "validation"


def test_a_stopped_training_is_gone_on_with(spec):
    longer = replace(spec, epochs=100_000)
    with pytest.raises(Cancelled):
        train_potential.run(longer, StoppedAfter(2))
    n_before = len(read_series(spec.out / SERIES_FILE)["epoch"])
    result = train_potential.run(replace(longer, epochs=n_before + 2, resume=True), RunControl())
    assert result["fits"][0]["epochs"] == n_before + 2


def test_a_potential_of_a_stopped_training_tells_how_far_it_came(spec):
    with pytest.raises(Cancelled):
        train_potential.run(replace(spec, epochs=100_000), StoppedAfter(2))
    (said,) = doubts_of_training("schnet", str(spec.out))
    assert re.search(r"was stopped at epoch \d+ of 100000, at 0 %", said)
    assert "limits are not known" in said
    assert said.endswith(f"designer-app train --out {spec.out} --resume")


def test_a_folder_is_taken_for_what_it_holds_and_that_is_said(spec):
    train_potential.run(spec, RunControl())
    said = doubts_of_training("gap", str(spec.out))
    assert said[0] == "“out” holds a SchNet, not a GAP: it is used."
    assert not any("holds a SchNet" in each for each in doubts_of_training("schnet", str(spec.out)))


def test_a_finished_training_is_left_as_it_is(spec):
    train_potential.run(spec, RunControl())
    card = replace(read_potential_card(spec.out), health={"verdict": "checked"})
    write_potential_card(spec.out, card)
    before = {path.name: path.read_bytes() for path in spec.out.iterdir()}
    result = train_potential.run(replace(spec, resume=True), RunControl())
    assert result["was_finished"]
    assert result["errors"]
    assert {path.name: path.read_bytes() for path in spec.out.iterdir()} == before


def test_a_finished_training_goes_on_when_more_epochs_are_asked_for(spec):
    train_potential.run(spec, RunControl())
    result = train_potential.run(replace(spec, resume=True, epochs=5), RunControl())
    assert not result["was_finished"]
    assert result["fits"][0]["epochs"] == 5


def test_a_finished_gap_keeps_its_health_check(spec):
    quick = ("n_sparse=20", "n_max=3", "l_max=2", "cutoff=4.0")
    gap = replace(spec, model="gap", options=quick)
    train_potential.run(gap, RunControl())
    checked = replace(read_potential_card(gap.out), health={"verdict": "checked"})
    write_potential_card(gap.out, checked)
    assert train_potential.run(replace(gap, resume=True), RunControl())["was_finished"]
    assert read_potential_card(gap.out) == checked


def test_a_training_is_not_written_over_another(spec):
    train_potential.run(spec, RunControl())
    with pytest.raises(InvalidSpecError):
        train_potential.run(spec, RunControl())


def test_a_potential_without_its_checkpoint_is_not_gone_on_with(spec):
    spec.out.mkdir(parents=True, exist_ok=True)
    (spec.out / POTENTIAL_CARD).write_text("{}")
    with pytest.raises(ResumeError, match="no checkpoint"):
        train_potential.run(replace(spec, resume=True), RunControl())


def test_members_are_an_ensemble_with_a_spread(spec):
    result = train_potential.run(replace(spec, members=2, epochs=1), RunControl())
    potential = load_potential("schnet", result["folder"], CPU)
    assert "spread" in potential.gives
    assert len(result["fits"]) == 2
    rows = read_series(spec.out / SERIES_FILE)
    assert rows["member"].tolist() == [0.0, 1.0]


def test_a_stopped_ensemble_keeps_the_members_it_has(spec):
    with pytest.raises(Cancelled):
        train_potential.run(replace(spec, members=3, epochs=2), StoppedAfter(3))
    assert len(read_potential_card(spec.out).training["fits"]) == 2


def test_a_stopped_ensemble_is_gone_on_with(spec):
    members = replace(spec, members=2, epochs=2)
    with pytest.raises(Cancelled):
        train_potential.run(members, StoppedAfter(3))
    result = train_potential.run(replace(members, resume=True), RunControl())
    whole = train_potential.run(replace(members, out=spec.out.with_name("whole")), RunControl())
    assert result["force_mae_meV_A"] == whole["force_mae_meV_A"]


def test_a_correction_is_learned_and_loaded_on_its_baseline(spec, labels):
    result = train_potential.run(replace(spec, baseline="lennard-jones:reduced"), RunControl())
    potential = load_potential("schnet", result["folder"], CPU)
    assert potential.key == "delta"


def test_a_baseline_that_is_code_is_named_by_the_user_at_training_and_after(spec):
    emt = "ase:ase.calculators.emt:EMT"
    result = train_potential.run(replace(spec, baseline=emt, epochs=1), RunControl())
    with pytest.raises(UnsafeFileError):
        load_potential("schnet", result["folder"], CPU)
    potential = load_potential("delta", f"{emt}+schnet:{result['folder']}", CPU)
    assert potential.key == "delta"


def test_files_that_hold_nothing_are_told(spec, tmp_path):
    empty = tmp_path / "empty.xyz"
    empty.write_text("")
    with pytest.raises(FileUnreadableError):
        train_potential.run(replace(spec, data=(empty,)), RunControl())


def test_test_files_are_kept_back_whole(spec, labels, tmp_path):
    judged_on = tmp_path / "judged.xyz"
    write(judged_on, [alloy(seed) for seed in (200, 201, 202)])
    result = train_potential.run(replace(spec, test_data=(judged_on,)), RunControl())
    assert result["n_frames"]["test"] == 3
    assert [each.is_test for each in read_potential_card(spec.out).data] == [False, True]


def energy_of(folder):
    structure = structure_from_atoms(alloy(100))
    spec = EnergySpec(structure=structure, potential="schnet", model=str(folder), threads=1)
    return energy.run(spec, RunControl())["energy_eV"]


@pytest.fixture(scope="module")
def below(labels, tmp_path_factory):
    """The folder of a small trained potential."""
    out = tmp_path_factory.mktemp("somebody") / "below"
    train_potential.run(settings_of_training(labels, out, epochs=1), RunControl())
    return out


def test_a_trained_baseline_goes_with_its_correction(spec, below, tmp_path):
    given = tmp_path / "given"
    shutil.copytree(below, given)
    spec = replace(spec, baseline=f"schnet:{given}", epochs=1)
    train_potential.run(spec, RunControl())
    before = energy_of(spec.out)
    shutil.rmtree(given)
    moved = spec.out.rename(tmp_path / "moved")
    assert energy_of(moved) == before
    assert read_potential_card(moved).baseline == ("schnet", "baseline/given")


def test_a_card_tells_no_folder_of_its_maker(spec, below, labels):
    left_out = (f"{labels}:3",)
    spec = replace(spec, baseline=f"schnet:{below}", leave_out=left_out, epochs=1)
    train_potential.run(spec, RunControl())
    card = read_potential_card(spec.out)
    assert str(labels.parent) not in (spec.out / POTENTIAL_CARD).read_text()
    assert str(below.parent) not in (spec.out / POTENTIAL_CARD).read_text()
    assert list(card.training["leave_out"]) == ["alloys.xyz:3"]


def test_a_baseline_on_a_baseline_is_refused_before_anything_is_learned(spec, below, tmp_path):
    once = replace(spec, baseline=f"schnet:{below}", epochs=1)
    train_potential.run(once, RunControl())
    twice = replace(spec, out=tmp_path / "twice", baseline=f"schnet:{spec.out}")
    with pytest.raises(InvalidSpecError, match="baseline of its own"):
        train_potential.run(twice, RunControl())


@pytest.fixture
def own_table(tmp_path):
    """A table of one's own that knows copper and nickel."""
    path = tmp_path / "base.toml"
    path.write_bytes((resource("potentials/morse") / "girifalco-weizer.toml").read_bytes())
    return path


def test_a_refused_continuation_leaves_the_potential_as_it_is(spec, own_table):
    spec = replace(spec, baseline=f"morse:{own_table}", epochs=1)
    train_potential.run(spec, RunControl())
    before = energy_of(spec.out)
    table = own_table.read_text()
    own_table.write_text(table + "\n# another\n")
    with pytest.raises(ResumeError):
        train_potential.run(replace(spec, resume=True, epochs=2), RunControl())
    assert energy_of(spec.out) == before
    own_table.unlink()
    train_potential.run(replace(spec, resume=True, epochs=2), RunControl())


def test_a_potential_whose_baseline_was_changed_is_refused(spec, own_table):
    train_potential.run(replace(spec, baseline=f"morse:{own_table}", epochs=1), RunControl())
    with (spec.out / "baseline" / "base.toml").open("a") as copy:
        copy.write("# another\n")
    with pytest.raises(FileUnreadableError, match="baseline"):
        load_potential("schnet", str(spec.out), CPU)


def test_a_list_of_tables_is_a_baseline_that_goes_with_its_correction(spec, own_table, tmp_path):
    listed = tmp_path / "list.toml"
    listed.write_text('members = ["morse:base.toml", "morse:base.toml"]')
    train_potential.run(replace(spec, baseline=f"ensemble:{listed}", epochs=1), RunControl())
    before = energy_of(spec.out)
    listed.unlink()
    own_table.unlink()
    assert energy_of(spec.out.rename(tmp_path / "moved")) == before


def test_a_baseline_of_a_table_and_code_is_computed_where_the_user_names_it(spec, own_table):
    baseline = f"ensemble:ase:ase.calculators.emt:EMT+morse:{own_table}"
    train_potential.run(replace(spec, baseline=baseline, epochs=1), RunControl())
    with pytest.raises(UnsafeFileError, match="name both"):
        load_potential("schnet", str(spec.out), CPU)
    assert load_potential("delta", f"{baseline}+schnet:{spec.out}", CPU).key == "delta"


def test_a_correction_is_tuned_on_its_own_baseline(spec, own_table, tmp_path):
    train_potential.run(replace(spec, baseline=f"morse:{own_table}", epochs=1), RunControl())
    tuned = replace(spec, out=tmp_path / "tuned", start=spec.out, options=(), epochs=1)
    train_potential.run(tuned, RunControl())
    assert read_potential_card(tuned.out).baseline == ("morse", "baseline/base.toml")
