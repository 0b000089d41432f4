"""The bench that fits what single points tell."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from designer_app.cli.benches import single_points as bench
from designer_app.specs.design_purposes import purpose_named


def stages(n=40):
    made = np.concatenate([np.linspace(-0.04, 0.04, n // 2), np.linspace(0.1, 0.5, n // 2)])
    relaxed = made - 0.02 - 0.5 * np.where(made > 0.05, made, 0.0)
    volts = np.linspace(2.0, 4.0, n)
    voltage = np.stack([volts + 0.6, volts + 0.1, volts], axis=1)
    return bench.Stages(np.stack([made, relaxed, relaxed], axis=1), voltage, volts + 0.3)


def test_shares_and_volts_that_were_put_in_come_out():
    row = bench.told("a question", stages())
    assert row["as made: always"].startswith("0.020 +-")
    assert row["as made: share"].startswith("0.50 +-")
    assert row["after 5 steps: always"].startswith("0.000 +-")
    assert row["as made: volts"] == pytest.approx(0.6)
    assert row["head: volts"] == pytest.approx(0.3)


def test_a_question_without_voltages_tells_none():
    found = stages()
    row = bench.told("alloys", bench.Stages(found.e_above_hull, found.voltage * np.nan, found.head))
    assert row["voltages"] is None
    assert list(row) == list(bench.told("a question", found))


def test_none_of_the_questions_is_that_of_the_loop():
    for question in bench.QUESTIONS:
        changes = dict(purpose_named(question).changes)
        assert (changes["purpose"], changes.get("ion")) != ("cathode", "Li")


def energies(chunk, *_):
    nothing = [0.0, 0.0, 0.0]
    return [{"numbers": row["numbers"], "crystal": nothing, "host": nothing} for row in chunk]


@pytest.fixture
def asked(monkeypatch):
    """Names of judges that were asked for proposals."""
    found = []

    def proposed(_spec, judge):
        found.append(judge.origin)
        return [{"numbers": [3, 17], "head": None}] * 15

    monkeypatch.setattr(bench, "_proposed", proposed)
    monkeypatch.setattr(bench, "_energies", energies)
    return found


def relaxed(origin, folder):
    judge = SimpleNamespace(origin=origin)
    return bench._relaxed("her", judge, folder, print, 15)  # pyright: ignore[reportArgumentType]


def test_energies_that_are_kept_are_not_computed_again(tmp_path, asked, monkeypatch):
    first = relaxed("one hull", tmp_path)
    monkeypatch.delattr(bench, "_energies")
    assert relaxed("one hull", tmp_path) == first
    assert len(first) == 15
    assert asked == ["one hull"]


def test_proposals_of_another_hull_are_made_anew(tmp_path, asked):
    for origin in ("one hull", "another hull"):
        relaxed(origin, tmp_path)
    assert asked == ["one hull", "another hull"]


def test_what_was_relaxed_before_a_stop_is_kept_whole(tmp_path, asked, monkeypatch):
    def stopped(chunk, *_):
        if len(chunk) < bench.CHUNK:
            raise KeyboardInterrupt
        return energies(chunk)

    monkeypatch.setattr(bench, "_energies", stopped)
    with pytest.raises(KeyboardInterrupt):
        relaxed("one hull", tmp_path)
    (done,) = tmp_path.glob("her-*-energies.jsonl")
    assert len([json.loads(line) for line in done.read_text().splitlines()]) == bench.CHUNK
