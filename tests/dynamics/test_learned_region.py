"""What a run says of atoms that leave what its potential learned from."""

import logging
from types import SimpleNamespace

import numpy as np
import pytest

from designer_app.dynamics.learned_region import (
    EVERY,
    REGION,
    SHARE,
    LearnedRegion,
    left_behind,
)
from designer_app.io.series import read_series
from designer_app.specs.trust import LEVELS
from designer_app.trust.judging import FAR, FARTHER

NEAR, OUT, FAR_OUT = 0.5 * FAR, 0.5 * (FAR + FARTHER), 2.0 * FARTHER


class Told:
    """Knowledge that tells the distances of each look."""

    def __init__(self, *distances):
        self.left = [np.array(each) for each in distances]

    def distances(self, potential, state):
        del potential, state
        return self.left.pop(0)


def watched(*distances):
    return LearnedRegion(None, Told(*distances), [14, 8], logging.getLogger("test"))


def looked(*distances, region=None, first=0):
    region = region or watched(*distances)
    for number in range(len(distances)):
        region.look(SimpleNamespace(step=first + 10 * number), 2.0)
    return region


def test_a_run_that_stays_says_so():
    found = looked([NEAR, 0.1], [0.2, 0.1]).summary()
    assert (found["level"], found["n_looks"], found["n_outside"]) == ("good", 2, 0)
    assert found["first_step_outside"] is None
    assert "All atoms stayed" in found["sentence"]


def test_the_first_step_outside_and_the_farthest_atom_are_told(caplog):
    found = looked([NEAR, 0.1], [0.1, OUT], [0.1, 1.1 * OUT], [NEAR, 0.1]).summary()
    assert (found["first_step_outside"], found["first_time_fs"]) == (10, 20.0)
    assert (found["farthest_step"], found["farthest_element"]) == (20, "O")
    assert (found["level"], found["n_outside"]) == ("care", 2)
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("At step 10 (0.02 ps) 1 of 2 atoms lies outside")
    assert "O (atom 2)" in said


def test_a_second_line_comes_only_where_it_gets_worse(caplog):
    looked([0.1, OUT], [0.1, FAR_OUT], [FAR_OUT, 2.0 * FAR_OUT])
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert "Do not trust" in caplog.records[1].getMessage()


@pytest.mark.parametrize(
    ("distances", "level"),
    [([[0.1, 0.1]], "good"), ([[0.1, OUT]], "care"), ([[0.1, OUT], [0.1, FAR_OUT]], "no"),
     ([[0.1, FAR_OUT], [0.1, NEAR]], "care")],
)  # fmt: skip
def test_the_light_is_that_of_now_and_amber_after_coming_back(distances, level):
    assert looked(*distances).report().level == level
    assert level in LEVELS


def test_a_potential_that_tells_no_distance_gets_no_light():
    region = watched()
    region._known = SimpleNamespace(distances=lambda *_: None)
    region.look(SimpleNamespace(step=0), 2.0)
    assert (region.report(), region.summary()) == (None, None)


def test_looks_are_kept_and_counted_again_by_a_run_that_goes_on(tmp_path):
    region = watched([0.1, OUT], [0.1, FAR_OUT], [0.1, 0.1])
    region.keep_in(tmp_path, until=None, resumed_at=None)
    looked(1, 2, 3, region=region)
    region.close()
    assert read_series(tmp_path / REGION)["n_outside"].tolist() == [1.0, 1.0, 0.0]
    again = watched([0.1, 0.1])
    again.keep_in(tmp_path, until=10, resumed_at=10)
    looked(1, region=again, first=20)
    again.close()
    found = again.summary()
    assert (found["n_looks"], found["n_outside"], found["farthest"]) == (3, 2, FAR_OUT)
    assert "at 2 of 3 looks, first at step 0:" in left_behind(tmp_path / "trajectory.traj")
    assert read_series(tmp_path / REGION)["step"].tolist() == [0.0, 10.0, 20.0]


@pytest.mark.parametrize(
    ("left", "n_looks"),
    [
        ("step,time_fs,farthest,atom,n_outside\n0,0.0,2.0,2,1\n10,20.0,0.5,1,0\n20,4", 2),
        ("step,time_fs,farthest,atom,n_outside\n0,0.0,2.0,2,1\n\0\0\0\n", 1),
        ("", 0),
        ("name,score\nme,a\n", 0),
    ],
)
def test_a_file_that_a_power_cut_left_ends_no_run(left, n_looks, tmp_path):
    (tmp_path / REGION).write_text(left)
    assert bool(left_behind(tmp_path / "trajectory.traj")) is (n_looks > 0)
    region = watched([0.1, 0.1])
    region.keep_in(tmp_path, until=20, resumed_at=20)
    looked(1, region=region, first=30)
    region.close()
    assert region.summary()["n_looks"] == n_looks + 1
    assert read_series(tmp_path / REGION)["step"].tolist() == [*[0.0, 10.0][:n_looks], 30.0]


def test_the_light_tells_at_how_many_looks_all_was_known():
    one, two = looked([0.1, 0.1]), looked([0.1, 0.1], [0.1, 0.1])
    assert one.report().axes[0].sentence.startswith("At the one look, at step 0 (0 ps), all")
    assert two.report().axes[0].sentence.startswith("At the 2 looks until step 10 (0.02 ps), all")


def test_looks_take_their_share_of_the_time_and_no_more():
    region = watched(*[[0.1, 0.1]] * 3)
    region.look_if_due(SimpleNamespace(step=0), 2.0, 0.0)
    region._looked_s = 1.0
    for seconds in (0.9 / SHARE, 1.1 / SHARE):
        region.look_if_due(SimpleNamespace(step=EVERY), 2.0, seconds)
    region.look_if_due(SimpleNamespace(step=EVERY + 1), 2.0, 10.0 / SHARE)
    assert region.summary()["n_looks"] == 2
