"""The folder of a screening run: rows and structures that survive a kill."""

import math
from pathlib import Path

import numpy as np
import pytest

from designer_app.errors import ResumeError
from designer_app.io.screen_store import CANDIDATES, ROWS, RowReader, ScreenStore
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen_rows import LOST, PASSES, ScreenRow, funnel_of, ranked
from designer_app.specs.structure import Structure

VOLTAGE = Estimate(key="voltage", value=3.4, unit="V", low=3.0, high=3.8, method="learned head")


def _row(key: str, **said) -> ScreenRow:
    return ScreenRow(id=key, formula="LiFePO4", estimates=(VOLTAGE,), **said)


def _rock_salt(name: str) -> Structure:
    return Structure(
        numbers=np.array([3, 9]),
        positions=np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]]),
        cell=np.eye(3) * 4.0,
        pbc=(True, True, True),
        name=name,
    )


def test_a_row_comes_back_as_it_was_written(tmp_path: Path):
    store = ScreenStore(tmp_path)
    row = _row("00001", failing=("conductivity",), warnings=("volume changed",), score=1.5)
    store.append([row])
    assert store.rows() == {"00001": row}


def test_a_number_that_is_not_known_stays_unknown(tmp_path: Path):
    store = ScreenStore(tmp_path)
    store.append([_row("00001")])
    assert math.isnan(store.rows()["00001"].score)


def test_a_later_line_replaces_the_row(tmp_path: Path):
    store = ScreenStore(tmp_path)
    store.append([_row("00001"), _row("00002")])
    store.append([_row("00001", stage="hull")])
    assert [row.stage for row in store.rows().values()] == ["hull", "made"]


def test_a_line_cut_off_by_a_kill_is_dropped_before_more_is_written(tmp_path: Path):
    store = ScreenStore(tmp_path)
    store.begin({"rules": "battery"})
    store.append([_row("00001")])
    with (tmp_path / ROWS).open("ab") as file:
        file.write(b'{"id":"00002","form')
    assert list(store.rows()) == ["00001"]
    assert ScreenStore(tmp_path).begin({"rules": "battery"})
    store.append([_row("00003")])
    assert list(store.rows()) == ["00001", "00003"]


def test_a_reader_gets_each_line_once(tmp_path: Path):
    store, reader = ScreenStore(tmp_path), RowReader(tmp_path)
    assert reader.new_rows() == []
    store.append([_row("00001")])
    assert [row.id for row in reader.new_rows()] == ["00001"]
    store.append([_row("00002"), _row("00001", stage="valid")])
    assert [row.id for row in reader.new_rows()] == ["00002", "00001"]
    assert reader.new_rows() == []


def test_a_reader_takes_no_more_rows_at_a_time_than_it_is_asked_for(tmp_path: Path):
    store, reader = ScreenStore(tmp_path), RowReader(tmp_path)
    store.append([_row("00001"), _row("00002"), _row("00003")])
    assert [row.id for row in reader.new_rows(2)] == ["00001", "00002"]
    assert [row.id for row in reader.new_rows(2)] == ["00003"]
    assert reader.new_rows(2) == []


def test_the_same_settings_go_on_and_others_are_refused(tmp_path: Path):
    store = ScreenStore(tmp_path)
    assert not store.begin({"rules": "battery", "n_candidates": 10, "threads": 1})
    assert store.begin({"rules": "battery", "n_candidates": 10, "threads": 2})
    with pytest.raises(ResumeError, match="n candidates"):
        store.begin({"rules": "battery", "n_candidates": 20, "threads": 1})


def test_structures_are_found_by_their_row(tmp_path: Path):
    store = ScreenStore(tmp_path)
    store.add_candidates(
        [("00001", _rock_salt("a"), "as given"), ("00002", _rock_salt("b"), "as given")]
    )
    found = store.structure(_row("00002"))
    assert found is not None
    assert found.name == "b"
    assert np.array_equal(found.positions, _rock_salt("b").positions)
    assert store.structure(_row("00009")) is None
    assert [key for key, _, _ in store.candidates()] == ["00001", "00002"]
    assert (tmp_path / CANDIDATES).exists()


def test_a_result_is_kept_with_unknown_numbers_as_null(tmp_path: Path):
    store = ScreenStore(tmp_path)
    assert store.result() == {}
    store.write_result({"n_passing": 2, "best": math.nan})
    assert store.result() == {"n_passing": 2, "best": None}


def test_the_funnel_counts_what_each_stage_let_through():
    rows = [
        _row("1", stage="valid", verdict=LOST, reason="no working ion: none of it is Li"),
        _row("2", stage="valid", verdict=LOST, reason="no working ion: none of it is Na"),
        _row("3", stage="network"),
        _row("4", stage="rules", verdict=PASSES),
        _row("5", stage="rules", verdict="fails", failing=("voltage",)),
    ]
    by_stage = {count.stage: count for count in funnel_of(rows)}
    assert (by_stage["made"].entered, by_stage["made"].passed) == (5, 5)
    assert (by_stage["valid"].entered, by_stage["valid"].passed) == (5, 3)
    assert by_stage["valid"].lost_reasons == (("no working ion", 2),)
    assert (by_stage["network"].passed, by_stage["network"].waiting) == (2, 1)
    assert (by_stage["rules"].passed, by_stage["rules"].lost_reasons) == (1, (("voltage", 1),))


def test_rows_that_pass_stand_before_those_that_miss_a_criterion():
    rows = [
        _row("1", stage="rules", verdict="fails", failing=("voltage", "stability"), score=9.0),
        _row("2", stage="rules", verdict=PASSES, score=1.0),
        _row("3", stage="rules", verdict="fails", failing=("voltage",), score=0.1),
        _row("4", stage="valid", verdict=LOST),
        _row("5", stage="rules", verdict=PASSES, score=2.0),
        _row("6", stage="network", score=5.0),
    ]
    assert [row.id for row in ranked(rows)] == ["5", "2", "3", "1", "6", "4"]
