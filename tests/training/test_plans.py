"""Plans of trainings: sizes from data, machine, preset and options."""

from dataclasses import asdict, replace

import pytest

from designer_app.errors import InvalidSpecError
from designer_app.training import plans
from designer_app.training.plans import MOST_FRAMES_AT_ONCE, SECONDS, plan, plan_from


@pytest.fixture
def machine(monkeypatch):
    """A machine on which a frame takes a time in proportion to the network's width."""

    def set_speed(seconds_a_feature):
        monkeypatch.setattr(
            plans,
            "_seconds_a_frame",
            lambda _frames, _spec, settings, _n: (seconds_a_feature * settings["n_features"], 1),
        )

    return set_speed


def test_custom_takes_the_numbers_of_the_spec(copper_frames, tiny_training):
    made = plan(copper_frames, tiny_training(epochs=7, batch_size=3, learning_rate=0.02))
    assert (made.epochs, made.batch_size, made.learning_rate, made.seconds) == (7, 3, 0.02, 0.0)
    assert made.settings["n_features"] == 8


def test_a_quick_machine_gets_the_largest_size(copper_frames, tiny_training, machine):
    machine(1e-7)
    made = plan(copper_frames, tiny_training(preset="minutes", options=()))
    assert made.settings["n_features"] == plans.SIZES["schnet"][0]["n_features"]
    assert made.seconds == SECONDS["minutes"]


def test_a_slow_machine_gets_a_smaller_size(copper_frames, tiny_training, machine):
    machine(1e-3)
    made = plan(copper_frames, tiny_training(preset="minutes", options=()))
    assert made.settings["n_features"] < plans.SIZES["schnet"][0]["n_features"]


def test_more_time_allows_a_larger_size(copper_frames, tiny_training, machine):
    machine(3e-4)
    sizes = [
        plan(copper_frames, tiny_training(preset=preset, options=())).settings["n_features"]
        for preset in ("minutes", "overnight")
    ]
    assert sizes[0] < sizes[1]


def test_options_set_sizes_over_the_preset(copper_frames, tiny_training, machine):
    machine(1e-7)
    made = plan(copper_frames, tiny_training(preset="minutes", options=("n-features=20",)))
    assert made.settings["n_features"] == 20
    assert made.settings["n_interactions"] == plans.SIZES["schnet"][0]["n_interactions"]


def test_numbers_set_by_hand_hold_over_the_preset(copper_frames, tiny_training, machine):
    machine(1e-7)
    made = plan(copper_frames, tiny_training(preset="minutes", epochs=7, by_hand=("epochs",)))
    open_ones = plan(copper_frames, tiny_training(preset="minutes", epochs=7))
    assert (made.epochs, made.seconds) == (7, SECONDS["minutes"])
    assert open_ones.epochs > 7
    assert made.learning_rate == open_ones.learning_rate


@pytest.mark.parametrize(
    "option", ["n_features=many", "colour=red", "n_features=0", "n_features", "cutoff=-1"]
)
def test_options_that_mean_nothing_are_refused(copper_frames, tiny_training, option):
    with pytest.raises(InvalidSpecError):
        plan(copper_frames, tiny_training(options=(option,)))


def test_small_frames_come_together(copper_frames, tiny_training, machine):
    machine(1e-7)
    made = plan(copper_frames, tiny_training(preset="lunch"))
    assert 1 < made.batch_size <= MOST_FRAMES_AT_ONCE


def test_members_share_the_time(copper_frames, tiny_training, machine):
    machine(1e-7)
    made = plan(copper_frames, tiny_training(preset="lunch", members=4))
    assert made.seconds == SECONDS["lunch"] / 4


def test_the_time_that_is_told_is_that_of_all_members(copper_frames, tiny_training, machine):
    machine(1e-2)
    told = dict(plan(copper_frames, tiny_training(preset="lunch", members=4)).lines)
    assert told["Time"] == "about 58 min"  # SECONDS["lunch"]
    assert told["Epochs"].endswith("for each of 4 members")


def test_a_longest_time_cuts_a_preset_short(copper_frames, tiny_training, machine):
    machine(1e-7)
    assert plan(copper_frames, tiny_training(preset="lunch", max_minutes=1.0)).seconds == 60.0
    assert plan(copper_frames, tiny_training(preset="minutes", max_minutes=90.0)).seconds == 270.0


def test_a_network_without_sizes_to_choose_is_told_by_its_name_alone(copper_frames, tiny_training):
    tuned = tiny_training(model="chgnet", options=())
    assert dict(plan(copper_frames, tuned).lines)["Network"] == "CHGNet, fine-tuned"


def test_the_plan_is_told_in_words(copper_frames, tiny_training):
    told = dict(plan(copper_frames, tiny_training()).lines)
    assert "8 features" in told["Network"]
    assert "_" not in told["Network"]
    assert told["Learned from"] == "16 frames, 4 at once"
    assert {"Weights", "One epoch", "Epochs", "Learning rate", "Time"} <= set(told)


def test_a_plan_comes_back_from_a_checkpoint(copper_frames, tiny_training, machine):
    machine(1e-7)
    spec = tiny_training(preset="minutes", options=())
    made = plan(copper_frames, spec)
    assert plan_from(asdict(made), spec) == made


def test_what_is_set_anew_holds_after_a_checkpoint(copper_frames, tiny_training):
    spec = tiny_training()
    stored = asdict(plan(copper_frames, spec))
    again = plan_from(stored, replace(spec, epochs=99, max_minutes=2.0))
    assert (again.epochs, again.seconds) == (99, 120.0)


def test_a_plan_that_is_short_of_time_says_so(copper_frames, tiny_training, machine):
    said = []
    for speed in (1e-7, 1e-1):
        machine(speed)
        said.append(dict(plan(copper_frames, tiny_training(preset="minutes", options=())).lines))
    assert "Short of time" not in said[0]
    assert "8,000 are usual" in said[1]["Short of time"]
