"""How many sparse points and frames a GAP takes, by time and data."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from designer_app.errors import InvalidSpecError
from designer_app.running.control import RunControl
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.training import gap_fitting, gap_plan
from designer_app.training.gap_fitting import fit
from designer_app.training.gap_frames import described

SIZES = ("n_max=5", "l_max=3", "n_sparse=16", "pair_points=8", "cutoff=4.0")


def spec(folder, *options):
    folder.mkdir(exist_ok=True)
    return TrainPotentialSpec(
        data=(), out=folder, model="gap", preset="custom", options=(*SIZES, *options)
    )


def test_a_preset_takes_no_more_sparse_points_than_fit_into_its_time(
    copper_frames, tmp_path, monkeypatch
):
    minutes = replace(spec(tmp_path), preset="minutes", options=())
    settings = gap_plan.settings_for(copper_frames, minutes)
    many = replace(settings, n_sparse=1000)
    monkeypatch.setattr(gap_plan, "_seconds", lambda _frames, _kinds, asked: 0.3 * asked.n_sparse)
    assert gap_plan.affordable((), 1, many, minutes)[0].n_sparse == 250
    named = replace(minutes, options=("n_sparse=1000",))
    assert gap_plan.affordable((), 1, many, named)[0].n_sparse == 1000


def test_a_time_is_foretold_for_the_frames(copper_frames, tmp_path):
    settings = gap_plan.settings_for(copper_frames, spec(tmp_path))
    learned = described(copper_frames.train, ("Cu",), {"Cu": 0.0}, settings, RunControl(), "")
    assert 0.0 < gap_plan._seconds(learned, 1, settings) < 60.0


def test_the_longest_time_limits_sparse_points(copper_frames, tmp_path, monkeypatch):
    custom = replace(spec(tmp_path), options=(), max_minutes=1.0)
    many = replace(gap_plan.settings_for(copper_frames, custom), n_sparse=1000)
    monkeypatch.setattr(gap_plan, "_seconds", lambda _frames, _kinds, asked: 0.05 * asked.n_sparse)
    assert gap_plan.affordable((), 1, many, custom)[0].n_sparse == 500
    endless = replace(custom, max_minutes=0.0)
    assert gap_plan.affordable((), 1, many, endless)[0].n_sparse == 1000


def frames_of(kinds):
    """As many frames as kinds, each of one atom of its kind and with an energy."""
    return [SimpleNamespace(near=SimpleNamespace(kinds=np.array([kind])), energy=0.0)
            for kind in kinds]  # fmt: skip


def test_the_plan_takes_as_many_frames_as_fit_and_says_so(tmp_path):
    custom = replace(spec(tmp_path), max_minutes=1.0)
    frames = frames_of([0] * 39 + [1])
    rows, n = gap_plan.frames_in_time(frames, 2, custom, takes=50.0, spent=10.0)
    assert (sorted(rows), n) == (list(range(40)), 20)
    assert 39 in rows[:2]
    told = dict(gap_plan.plan_lines(250, n, 40, custom, takes=50.0, spent=10.0))
    assert told["Learned from"].startswith("20 frames of 40, chosen by chance")
    assert told["Time"] == "about 60 s here, at most 60 s by the clock"


def test_without_a_limit_all_frames_are_taken_as_they_come(tmp_path):
    endless = replace(spec(tmp_path), max_minutes=0.0)
    found = gap_plan.frames_in_time(frames_of([0] * 7), 1, endless, takes=1e9, spent=0.0)
    assert found == (tuple(range(7)), 7)


def test_too_little_time_for_any_fit_is_refused(tmp_path):
    short = replace(spec(tmp_path), max_minutes=0.01)
    with pytest.raises(InvalidSpecError, match="a GAP of 10 frames alone takes about") as told:
        gap_plan.frames_in_time(frames_of([0] * 20), 1, short, takes=30.0, spent=0.0)
    assert told.value.field == "max_minutes"


def test_a_fit_that_runs_out_of_time_solves_for_the_frames_taken_in(
    copper_frames, tmp_path, monkeypatch
):
    monkeypatch.setattr(gap_fitting, "TAKE_IN_UNTIL", 0.0)
    limited = replace(spec(tmp_path), max_minutes=5.0)
    found = fit(copper_frames, limited, RunControl())
    assert len(found.learned) == found.training["n_train"] == gap_plan.LEAST_FRAMES
    assert gap_plan.left_out(10, 16).startswith("The time sufficed for 10 of 16 frames")
    assert len(copper_frames.learned_by(found).train) == gap_plan.LEAST_FRAMES
    monkeypatch.undo()
    whole = fit(copper_frames, replace(limited, resume=True), RunControl())
    assert sorted(whole.learned) == list(range(16))
    assert gap_plan.left_out(16, 16) == ""


def test_a_fit_that_took_longer_than_it_was_given_says_so(tmp_path):
    custom = replace(spec(tmp_path), max_minutes=1.0)
    assert "The fit took 2.0 min where 60 s were given" in gap_plan.overrun(120.0, custom)
    assert gap_plan.overrun(61.0, custom) == ""
    assert gap_plan.overrun(1e9, replace(custom, max_minutes=0.0)) == ""
