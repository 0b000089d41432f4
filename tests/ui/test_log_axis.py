import math

import pytest

from designer_app.ui.plots.log_axis import WholeAxis, ticks_between


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1.0, 1000.0, (1, 10, 100, 1000)),
        (20.0, 300.0, (20, 50, 100, 200)),
        (130.0, 210.0, (140, 160, 180, 200)),
    ],
)
def test_ticks_are_round_numbers_in_the_span(low, high, expected):
    ticks = ticks_between(math.log10(low), math.log10(high), 6)
    assert [round(10**tick, 6) for tick in ticks] == pytest.approx(expected)


def test_there_are_no_more_ticks_than_there_is_room_for():
    assert len(ticks_between(-6.0, 6.0, 13)) <= 13


def test_a_span_of_nothing_has_no_ticks_that_fail():
    assert len(ticks_between(2.0, 2.0, 6)) <= 1


@pytest.mark.parametrize(("low", "high"), [(0.9, 3.1), (0.95, 1.05), (1.0, 40.0)])
def test_epochs_have_ticks_at_whole_numbers_however_few_they_are(qapp, low, high):
    levels = WholeAxis("bottom").tickValues(low, high, 300.0)
    ticks = [tick for _, level in levels for tick in level]
    assert ticks
    assert all(tick == round(tick) for tick in ticks)
