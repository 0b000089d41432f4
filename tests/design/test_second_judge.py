"""What the second potential says beside the first one, and what it must not be taken for."""

from types import SimpleNamespace

import pytest

from designer_app.design import second_judge
from designer_app.design.second_judge import judged_again
from designer_app.running.control import RunControl

POTENTIAL = SimpleNamespace(key="chgnet", model="r2scan", model_sha256="8eba3db0f35a")


@pytest.fixture
def judged(monkeypatch):
    """The answer for distances to the hull by the first and the second potential, eV/atom."""

    def answer(first, second):
        phase = SimpleNamespace(structure=(), energy=0.0, error="")
        placed = SimpleNamespace(
            e_above_hull=max(second, 0.0), below_hull=max(-second, 0.0), reference_set="a set"
        )
        monkeypatch.setattr(second_judge, "relax_phases", lambda *_, **__: [phase])
        monkeypatch.setattr(second_judge, "_placed", lambda *_: placed)
        return judged_again((), first, POTENTIAL, RunControl())

    return answer


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        (0.01, 0.02, "holds"),
        (0.01, 0.08, "does not hold"),
        (-0.11, -0.12, "tells nothing"),
        (-0.11, 0.08, "tells nothing"),
    ],
)
def test_the_second_judge_clears_nothing_that_lies_far_below_the_hull(
    judged, first, second, outcome
):
    (check,) = judged(first, second).checks
    assert check.outcome == outcome


def test_the_second_judge_names_both_distances_and_the_phases_that_it_shares(judged):
    (check,) = judged(0.012, -0.034).checks
    assert check.sentence == (
        "CHGNet r2SCAN, a second potential on the same phases, says 34 meV/atom below the hull; "
        "the first says 12 above."
    )
