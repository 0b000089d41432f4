import pytest

from designer_app.session.pace import Pace


def test_the_rate_follows_the_last_seconds():
    pace = Pace()
    for second in range(100):
        pace.note(
            done=10 * second if second < 50 else 500 + 2 * (second - 50), total=1000, now_s=second
        )
    assert pace.per_second == pytest.approx(2.0)
    assert pace.seconds_left == pytest.approx((1000 - 598) / 2.0)


def test_one_look_is_no_rate():
    pace = Pace()
    pace.note(10, 100, 1.0)
    assert pace.per_second is None
    assert pace.seconds_left is None


def test_a_pause_is_no_part_of_the_rate():
    pace = Pace()
    for second in range(5):
        pace.note(second, 100, second)
    pace.rest()
    for second in range(5):
        pace.note(5 + second, 100, 1000 + second)
    assert pace.per_second == pytest.approx(1.0)


def test_a_new_stage_starts_anew():
    pace = Pace()
    pace.note(90, 100, 0.0)
    pace.note(1, 50, 1.0)
    pace.note(2, 50, 2.0)
    assert pace.seconds_left == pytest.approx(48.0)


def test_a_run_that_goes_on_from_a_checkpoint_has_no_pace_before_its_second_progress():
    pace = Pace()
    pace.note(0, 2000, 1.0)  # loading the potential
    pace.note(294, 2000, 3.0)
    assert pace.per_second is None
    pace.note(304, 2000, 4.0)
    assert pace.per_second == pytest.approx(10.0)
