"""What the bench of barriers makes of hops that a method could not answer."""

import pytest

from designer_app.cli.benches.barrier import _error

TABLE = [
    {"DFT eV": 1.0, "band eV": 1.2},
    {"DFT eV": 0.5, "band eV": 0.4},
    {"DFT eV": 0.1, "band eV": None},
]


def test_a_hop_without_an_answer_is_left_out_of_the_error():
    row = _error("all", "band eV", TABLE)
    assert row["hops"] == 2
    assert row["band eV"] == pytest.approx(0.15)
    assert row["mean error eV"] == pytest.approx(0.05)


def test_no_answers_have_no_error():
    row = _error("all", "band eV", TABLE[2:])
    assert (row["hops"], row["band eV"]) == (0, None)
