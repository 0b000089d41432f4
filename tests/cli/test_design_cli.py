import json
from dataclasses import replace
from pathlib import Path

import pytest

from designer_app.cli.design import KINDS, _present, _time_told, as_json, spec_of
from designer_app.cli.main import main
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_check import Again
from designer_app.specs.design_purposes import PURPOSES, applied
from designer_app.specs.design_rows import Arm, DesignResult
from designer_app.specs.design_targets import targets_from
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen_rows import FAILS, PASSES, FunnelCount, ScreenRow

ROW = ScreenRow(
    id="00001",
    formula="LiMnBO3",
    structure_file="structures/00001.cif",
    stage="shortlist",
    verdict=PASSES,
    light="amber",
    estimates=(
        Estimate(key="voltage", value=3.9, unit="V", method="learned head"),
        Estimate(key="voltage", value=3.6, unit="V", method="relaxation"),
        Estimate(key="e_above_hull", value=0.02, unit="eV/atom", method="relaxation"),
    ),
)
RESULT = DesignResult(
    rows=(ROW, ScreenRow(id="00002", formula="LiVO2", verdict=FAILS, failing=("voltage",))),
    funnel=(FunnelCount(stage="made", entered=5, passed=2, lost_reasons=(("too close", 3),)),),
    n_shortlist=1,
    n_hits=1,
    arms=(Arm(strategy="mix", n_candidates=5, n_relaxed=2, n_hits=1),),
    verdict="1 of 1.",
    folder="out",
)


def test_predicted_and_computed_numbers_stand_side_by_side():
    (found,) = as_json(RESULT)["candidates"]
    assert found["predicted"]["voltage"]["value"] == 3.9
    assert found["verified"]["voltage"]["value"] == 3.6
    assert found["file"] == str(Path("out") / "structures" / "00001.cif")
    assert found["trust"] == "amber"
    assert found["meets_targets"]


def test_what_no_budget_was_left_for_is_told_apart_from_what_was_lost():
    counts = {"stage": "hull", "passed": 8, "entered": 40, "waiting": 30}
    counts["lost_reasons"] = {"known already": 2}
    result = {**as_json(RESULT), "targets": [], "funnel": [counts]}
    line = _present(result).splitlines()[2]
    assert line.split("  ")[-1] == "30 not looked at (budget); 2 known already"


def test_an_electrode_is_shown_with_what_its_charging_does_to_it():
    numbers = (("ion_release", 0.5), ("volume_change", 7.2), ("charged_above_hull", 0.138))
    added = tuple(Estimate(key=key, value=each, unit="", method="NEB") for key, each in numbers)
    row = replace(ROW, estimates=(*ROW.estimates, *added))
    said = _present({**as_json(replace(RESULT, rows=(row,))), "targets": ["voltage"]})
    assert "ions out, %  volume change, % charged, meV/atom" in said
    assert "50               7.2               138  meets all" in said


def test_the_time_of_a_run_is_told_as_it_is_on_a_busy_computer():
    assert _time_told(2.0, 1.1) == "This takes about 2 min here, if nothing else runs."
    assert "about 6 min here while other programs are running" in _time_told(2.0, 3.0)


def test_the_window_and_the_command_begin_with_the_same_settings():
    for purpose in PURPOSES:
        made = applied(purpose, DesignSpec())
        kind = made.purpose if made.purpose in KINDS else "battery"
        given = {name: getattr(made, name) for name in ("purpose", "ion", "reaction")}
        found = spec_of(kind, "balanced", given)
        assert targets_from(found.targets) == targets_from(made.targets)
        assert replace(found, targets=made.targets) == made


def test_the_keys_of_the_contract_are_there():
    assert {"funnel", "candidates", "arms", "verdict", "seconds"} <= as_json(RESULT).keys()
    assert json.loads(json.dumps(as_json(RESULT)))["funnel"][0]["lost_reasons"] == {"too close": 3}


def test_only_the_shortlist_is_a_candidate():
    assert len(as_json(RESULT)["candidates"]) == 1


def test_targets_that_are_not_named_keep_those_of_the_purpose():
    spec = spec_of("battery", "balanced", {"targets": ("energy_density=700..",)})
    assert spec.targets == ("energy_density=700..", "voltage=2..4.6", "e_above_hull=..0.05")


@pytest.mark.parametrize(
    ("given", "targets"),
    [
        ({"targets": ("band_gap=3..",)}, ("band_gap=3..", "e_above_hull=..0.05")),
        ({}, ("ionic_conductivity=0.0001..", "band_gap=2..", "e_above_hull=..0.05")),
    ],
)
def test_targets_of_the_purpose_that_no_head_learned_of_the_ion_give_way_to_others(given, targets):
    spec = spec_of("battery", "quick", {"purpose": "electrolyte", "ion": "Na", **given})
    assert spec.targets == targets


def test_a_battery_is_a_cathode_unless_said_otherwise():
    assert spec_of("battery", "balanced", {}).purpose == "cathode"
    assert spec_of("battery", "balanced", {"purpose": "electrolyte"}).purpose == "electrolyte"


def test_a_catalyst_balances_no_charges():
    spec = spec_of("catalyst", "quick", {"reaction": "ORR"})
    assert (spec.charge, spec.targets[0], spec.n) == ("off", "adsorption_free_energy=0.9", 5)


def test_a_flag_beats_the_budget():
    assert spec_of("battery", "quick", {"relax_best": 7}).relax_best == 7


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--target", "energy_density=900..600"], "the lower end is above the upper one"),
        (["--target", "loudness=3"], "there is no property"),
        (["--target", "voltage=3", "--target", "voltage=4"], "has a target already"),
        (["--exclude", "Li"], "every candidate is to hold it"),
        (["--elements", "Qx"], "is no element"),
        (["--family", "teapot"], "teapot"),
        (
            ["--exclude", "Kobalt"],
            "“Kobalt” is no element; did you mean Co? It is set by --exclude",
        ),
        (["--elements", "O S F"], "It is set by --elements"),
        (["--elements", "Li O P"], "Allow a metal of several valences. It is set by --elements"),
        (["--target", "volume_change=..6%"], "leave the unit out: volume_change=..6"),
        (["--target", "energy_density=6000..", "--target", "capacity=..200"], "“Targets”"),
        (["--heads", "no such folder"], "make one by train --model design-heads --table"),
        (["--target", "own:hardness=3.."], "name the folder of heads that learned it"),
    ],
)
def test_impossible_wishes_are_refused_in_a_sentence(flags, told, capsys):
    assert main(["design", "battery", *flags]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert ".. " not in said
    assert "This takes" not in said


def test_numbers_that_come_out_again_are_counted_and_others_marked(monkeypatch, tmp_path, capsys):
    same = Again(
        rank=1, formula="LiMnBO3", file="1.cif", command="voltage", key="voltage", unit="V",
        said=3.6, found=3.601, tolerance=0.02,
    )  # fmt: skip
    lost = replace(same, command="hull", found=float("nan"), why="It has no cell.")
    monkeypatch.setattr("designer_app.jobs.design_check.run", lambda *_: (same, lost))
    assert main(["design", "check", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "1 of 2 numbers come out again" in said
    assert "differs: It has no cell." in said


@pytest.mark.parametrize(
    ("setting", "flags", "told"),
    [
        ("soup = 1", ["--resume"], "another version of the program began it (setting “soup”)"),
        ("soup = 1", [], "or by another version of the program"),
    ],
)
def test_a_design_of_another_version_is_left_as_it_is(tmp_path, capsys, setting, flags, told):
    (tmp_path / "spec.toml").write_text(f"{setting}\n")
    assert main(["design", "battery", "--out", str(tmp_path), *flags]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert "Start a new run in another folder" in said
