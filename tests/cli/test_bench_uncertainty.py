"""The bench of uncertainty: rows of an ensemble and of one member, on frames alike and others."""

import pytest

from designer_app.cli.benches import uncertainty


@pytest.fixture
def rows(data_folder, tmp_path):
    said = uncertainty.rows(True, lambda _text: None, data_folder, tmp_path, members=2)
    return list(said)


def test_spread_and_distance_are_judged_on_frames_alike_and_on_others(rows):
    assert [(row["potential"], row["width follows"]) for row in rows] == [
        *2 * [("nequip, 2 members", "spread"), ("nequip, 2 members", "distance")],
        *2 * [("nequip, the first of them", "distance")],
    ]
    assert all(0.0 <= row["inside, %"] <= 100.0 and -1.0 <= row["rank"] <= 1.0 for row in rows)


def test_frames_that_were_learned_from_do_not_judge(data_folder):
    frames = uncertainty.read_labelled(
        (uncertainty.data_file(data_folder, uncertainty.CASES[0].train),)
    ).frames[:6]
    assert uncertainty.unshared(frames, frames[:4]) == tuple(frames[4:])
