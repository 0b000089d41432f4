"""The table of candidates: order, filters, funnel and cells at the size that screens have."""

import math
from itertools import cycle

import pytest
from PySide6.QtCore import Qt

from designer_app.io.screen_store import ScreenStore
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import (
    FAILS,
    LOST,
    PASSES,
    STAGES,
    WAITS,
    ScreenRow,
    funnel_of,
    ranked,
)
from designer_app.ui.screening.candidate_list import CandidateList
from designer_app.ui.screening.candidate_model import CELL, CandidateModel
from designer_app.ui.screening.candidate_table import CandidateTable, Wish
from designer_app.ui.screening.column_choice import columns_that_fit
from designer_app.ui.screening.columns import (
    KNOWN,
    criteria_of,
    estimate_text,
    reason_of,
    reason_text,
)
from designer_app.ui.screening.outcome import losses_text, screening_outcome
from designer_app.ui.screening.row_feed import SLICE, RowFeed

MANY = 10_000


def candidate(number, **said):
    """A row with an energy density that grows with its number."""
    value = Estimate(
        key="energy_density",
        value=float(number),
        unit="Wh/kg",
        low=number - 10.0,
        high=number + 10.0,
        method="learned head",
        origin="voltage 1.0",
    )
    given = {"formula": f"LiFe{number + 1}O2", "estimates": (value,), "score": float(number)}
    return ScreenRow(id=f"{number:05d}", **{**given, **said})


def mixed(n):
    """Rows in all stages and with all verdicts."""
    stages = cycle(key for key, _ in STAGES)
    rows = []
    for number, stage in zip(range(n), stages, strict=False):
        if stage == "rules":
            passes = number % 2 == 0
            failing = () if passes else ("stability",)
            rows.append(
                candidate(number, stage=stage, verdict=PASSES if passes else FAILS, failing=failing)
            )
        elif number % 3 == 0:
            reason = f"atoms are too close: {number} pm"
            rows.append(candidate(number, stage=stage, verdict=LOST, reason=reason))
        else:
            rows.append(candidate(number, stage=stage, verdict=WAITS, score=math.nan))
    return rows


@pytest.fixture
def table():
    made = CandidateTable()
    made.put(mixed(200))
    return made


@pytest.fixture
def candidates(qtbot, theme):
    made = CandidateList(theme)
    qtbot.addWidget(made)
    made.resize(900, 400)
    made.begin(criteria_of(ScreenSpec()))
    made.put(mixed(60))
    made.refresh()
    made.show()
    return made


# --- order and filter ---


def test_what_a_search_asks_for_stands_before_what_every_electrode_must_do():
    spec = ScreenSpec(rules="battery", energy_density=500.0)
    asked = [key for key in criteria_of(spec) if key not in ("stability", "e_above_hull")]
    assert asked[0] == "energy_density"
    assert asked[-1] == "ion_release"


def test_rows_stand_in_the_order_of_the_terminal(table):
    shown = [table.rows[place].id for place in table.order(Wish())]
    assert shown == [row.id for row in ranked(table.rows)]


def test_a_number_sorts_as_a_number_and_what_has_none_comes_last(table):
    table.put([candidate(500, estimates=())])
    order = table.order(Wish(sort="energy_density", is_descending=True))
    values = table.values("energy_density")[order]
    assert math.isnan(values[-1])
    assert list(values[:3]) == [199.0, 198.0, 197.0]


def test_words_find_formulas_and_reasons(table):
    found = table.order(Wish(text="too CLOSE fe4o2"))
    assert [table.rows[place].formula for place in found] == ["LiFe4O2"]


def test_passing_rows_can_be_seen_alone(table):
    found = table.order(Wish(shown="passing"))
    assert {table.rows[place].verdict for place in found} == {PASSES}
    assert len(found) == table.tally.n_passing


def test_a_later_row_of_a_candidate_replaces_the_earlier(table):
    table.put([candidate(7, stage="hull")])
    assert len(table) == 200
    assert table.rows[table.place("00007")].stage == "hull"


# --- funnel ---


def test_the_funnel_counts_what_the_rows_say(table):
    assert table.tally.counts() == funnel_of(table.rows)


def test_the_funnel_follows_rows_that_go_on(table):
    table.put([candidate(n, stage="rules", verdict=PASSES) for n in range(100)])
    assert table.tally.counts() == funnel_of(table.rows)
    assert table.tally.n_passing == sum(row.verdict == PASSES for row in table.rows)


def test_losses_are_told_by_what_they_have_in_common(table):
    lost = sum(row.verdict == LOST for row in table.rows)
    assert losses_text(table) == f"{lost} lost: atoms are too close"


def test_the_outcome_names_how_many_pass_and_the_best(table):
    text, kind = screening_outcome(table)
    assert text.startswith(f"{table.tally.n_passing} of 200 pass all rules")
    assert kind == "ok"


def test_where_nothing_passes_the_outcome_names_what_most_miss():
    table = CandidateTable()
    table.put(
        [
            candidate(n, stage="rules", verdict=FAILS, failing=("ionic_conductivity",))
            for n in range(3)
        ]
    )
    text, kind = screening_outcome(table)
    assert "None of 3 judged passes all rules; most miss conductivity (3)." in text
    assert kind == "warn"


# --- cells ---


def test_a_number_is_written_with_interval_and_unit():
    found = Estimate(key="stability", value=0.93, unit="", low=0.8, high=0.97)
    assert (
        estimate_text(found, KNOWN["stability"]) == "93.0 (80.0 to 97.0)\N{NARROW NO-BREAK SPACE}%"
    )


def test_a_conductivity_keeps_its_power_of_ten():
    assert KNOWN["ionic_conductivity"].text(9.96e-4) == "1.0e-3"


def test_a_cell_knows_whether_its_rule_is_met(qtbot):
    model = CandidateModel()
    model.clear(criteria_of(ScreenSpec()))
    model.put([candidate(1, stage="rules", verdict=FAILS, failing=("energy_density",))])
    model.refresh()
    cell = model.index(0, 2).data(CELL)
    assert cell.fails
    assert cell.criterion.low == ScreenSpec().energy_density
    assert "Wanted: at least 500" in model.index(0, 2).data(Qt.ItemDataRole.ToolTipRole)


def test_a_lost_row_says_why(candidates):
    candidates.show_reason("lost", "close")
    model = candidates.model
    assert model.rowCount() > 0
    tips = [
        model.index(line, 1).data(Qt.ItemDataRole.ToolTipRole) for line in range(model.rowCount())
    ]
    assert all("Atoms are too close" in tip for tip in tips)


def test_a_click_on_a_heading_sorts_and_a_third_restores_the_rank(candidates):
    model = candidates.model
    ranks = [row.id for row in model.shown()]
    head = candidates.view.horizontalHeader()
    candidates.view.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    assert model.row_at(0).id == "00059"
    head.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    assert [row.id for row in model.shown()] == ranks


def test_rows_that_miss_a_rule_are_found_by_the_funnels_words_for_it(candidates):
    missing = funnel_of(candidates.model.table.rows)[-1].lost_reasons
    candidates.show_reason("all", reason_text(missing[0][0]))
    assert candidates.model.rowCount() == missing[0][1]
    assert reason_text("ion_release, e_above_hull") == "ions released, above hull"


def test_all_chosen_rows_are_known_in_the_order_shown(candidates):
    candidates.view.selectAll()
    assert candidates.selection() == candidates.model.shown()


# --- columns ---


def test_numbers_with_a_rule_come_first_and_others_while_there_is_room():
    widths = {"capacity": 90, "voltage": 90, "stability": 90, "energy": 50}
    assert columns_that_fit(widths, {"stability"}, 240) == ("capacity", "stability", "energy")
    assert columns_that_fit(widths, {"voltage", "stability"}, 100) == ("voltage", "stability")


@pytest.fixture
def wide_rows(candidates):
    """The list as wide as in a window of 1280 px, with all numbers of a cathode."""
    keys = ("ion_release", "voltage", "stability", "e_above_hull", "capacity", "volume_change")
    found = tuple(Estimate(key=key, value=0.5, unit=KNOWN[key].unit) for key in keys)
    candidates.begin(criteria_of(ScreenSpec(test_conductivity=False)))
    both = (*candidate(1).estimates, *found)
    candidates.put([candidate(1, estimates=both), candidate(2, estimates=both)])
    candidates.resize(863, 400)
    candidates.refresh()
    return candidates


def test_no_column_is_cut_off_in_the_smallest_window(wide_rows):
    shown = wide_rows.shown_columns()
    assert wide_rows.model.criteria.keys() <= set(shown)
    assert len(shown) < len(wide_rows.model.columns)
    assert wide_rows.view.horizontalHeader().length() <= wide_rows.view.viewport().width()


def test_candidate_and_verdict_stay_while_columns_come_between_others(candidates):
    candidates.begin(criteria_of(ScreenSpec()))
    for key in ("volume_change", "stability", "ion_release", "voltage", "band_gap"):
        found = Estimate(key=key, value=0.5, unit="")
        candidates.put([candidate(1, estimates=(found,)), candidate(2, estimates=(found,))])
        candidates.resize(560 + 10 * len(key), 400)
        candidates.refresh()
        candidates.choose("00001")
        assert not any(candidates.view.isColumnHidden(section) for section in (0, 1))
        assert len(candidates.selection()) == 1


def test_a_column_ticked_by_hand_is_shown_without_room_until_another_run(wide_rows):
    assert "volume_change" not in wide_rows.shown_columns()
    wide_rows.columns.tick("volume_change", is_shown=True)
    wide_rows.columns.tick("stability", is_shown=False)
    wide_rows.resize(700, 400)
    assert "volume_change" in wide_rows.shown_columns()
    assert "stability" not in wide_rows.shown_columns()
    wide_rows.begin({})
    wide_rows.resize(1600, 400)
    wide_rows.put([candidate(1, estimates=(Estimate(key="stability", value=0.5, unit=""),))])
    wide_rows.refresh()
    assert "stability" in wide_rows.shown_columns()


# --- choosing ---


def test_what_is_chosen_stays_chosen_while_rows_come_and_sort_differently(qtbot, candidates):
    candidates.choose("00008")
    candidates.put([candidate(900 + n, stage="rules", verdict=PASSES) for n in range(50)])
    candidates.refresh()
    candidates.view.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    assert candidates.in_front().id == "00008"
    assert [row.id for row in candidates.selection()] == ["00008"]


def test_choosing_what_the_filter_hides_shows_it(candidates):
    candidates.show_reason("passing")
    candidates.choose("00003")
    assert candidates.in_front().id == "00003"
    assert candidates.model.rowCount() == 60


def test_enter_opens_the_candidate(qtbot, candidates):
    candidates.choose("00008")
    with qtbot.waitSignal(candidates.opened) as opened:
        candidates.view.activated.emit(candidates.view.currentIndex())
    assert opened.args[0].id == "00008"


# --- ten thousand ---


def test_ten_thousand_rows_come_in_slices_that_leave_the_window_its_turn(qtbot, tmp_path):
    store = ScreenStore(tmp_path)
    store.append(mixed(MANY))
    feed = RowFeed()
    turns = []
    feed.rows_read.connect(lambda rows: turns.append(len(rows)))
    feed.follow(tmp_path, is_live=False)
    with qtbot.waitSignal(feed.caught_up, timeout=60_000):
        pass
    assert sum(turns) == MANY
    # A turn reads slices of `SLICE` rows until its few milliseconds are used up.
    assert max(turns) <= 60 * SLICE
    assert len(turns) > 10


def test_a_line_that_is_none_ends_the_reading_with_an_error(qtbot, tmp_path):
    ScreenStore(tmp_path).append([candidate(1)])
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.write("{broken}\n")
    feed = RowFeed()
    with qtbot.waitSignal(feed.failed, timeout=5000) as told:
        feed.follow(tmp_path, is_live=True)
    assert "damaged" in told.args[0].reason
    assert not feed.is_reading


def test_an_earlier_run_whose_folder_is_gone_says_so(qtbot, tmp_path):
    feed = RowFeed()
    with qtbot.waitSignal(feed.failed, timeout=5000) as told:
        feed.follow(tmp_path / "gone", is_live=False)
    assert told.args[0].reason == "it is no longer there"


def test_a_run_that_has_written_nothing_yet_is_waited_for(qtbot, tmp_path):
    feed = RowFeed()
    with qtbot.waitSignal(feed.caught_up, timeout=5000):
        feed.follow(tmp_path, is_live=True)
    assert feed.is_reading
    feed.stop()


def test_the_table_shows_ten_thousand_without_a_widget_for_a_cell(qtbot, theme):
    made = CandidateList(theme)
    qtbot.addWidget(made)
    made.begin({})
    made.put(mixed(MANY))
    made.refresh()
    made.show()
    assert made.model.rowCount() == MANY
    assert made.view.indexWidget(made.model.index(0, 0)) is None


def test_what_a_row_misses_is_named_as_people_call_it():
    told = "misses e above hull, voltage (not known: voltage)"
    row = ScreenRow(id="1", formula="LiXeO", stage="rules", verdict=FAILS,
                    failing=("e_above_hull", "voltage"), reason=told)  # fmt: skip
    assert reason_of(row) == "Misses energy above hull, voltage (not known: voltage)"
