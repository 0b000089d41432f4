"""The light of what a potential says of its own uncertainty."""

from dataclasses import replace

import pytest
import torch
from ase.build import bulk

from designer_app.io.documents import structure_from_atoms
from designer_app.potentials.base import Potential, Prediction
from designer_app.state import state_from_structures
from designer_app.trust.force_intervals import ForceIntervals
from designer_app.trust.judging import FAR, FARTHER, Knowledge, judge_structure

RARE = 0.1
INTERVALS = ForceIntervals(by="variance", half_width=2.0, floor=0.05, n_frames=50, rare=RARE)


class Unsure(Potential):
    """Nothing but an uncertainty, of the energy of an atom (eV) or of its force (eV/A)."""

    key = "unsure"
    gives = frozenset({"energy", "forces", "spread", "variances"})

    def __init__(self, deviation, says):
        super().__init__(
            model="",
            model_sha256="",
            cutoff=3.0,
            elements=frozenset({29}),
            device=torch.device("cpu"),
        )
        self.deviation = torch.tensor(deviation, dtype=torch.float64)
        self.gives = frozenset({"energy", "forces", says})

    def predict(self, state, neighbors, want=frozenset()):
        del state, neighbors
        return Prediction(
            energy=torch.zeros(1),
            forces=torch.zeros(len(self.deviation), 3),
            spread=self.deviation if "spread" in want else None,
            variances=self.deviation**2 if "variances" in want else None,
        )


def light(times, by):
    state = state_from_structures(
        [structure_from_atoms(bulk("Cu") * (2, 1, 1))], torch.device("cpu")
    )
    says = "variances" if by == "variance" else by
    return judge_structure(
        Unsure([0.0, times * RARE], says), state, Knowledge(None, replace(INTERVALS, by=by))
    )


@pytest.mark.parametrize("by", ["variance", "spread"])
@pytest.mark.parametrize(
    ("times", "level"), [(0.9 * FAR, "good"), (1.1 * FAR, "care"), (1.1 * FARTHER, "no")]
)
def test_what_is_rarely_so_uncertain_turns_the_light(by, times, level):
    assert light(times, by).level == level


def test_an_uncertain_atom_is_named():
    axis = next(a for a in light(10.0, "variance").axes if a.key == "variance")
    assert "Cu (atom 2): 10.0 times" in axis.sentence


def test_the_interval_follows_the_variance():
    surest, least_sure = 2.0 * 0.05, 2.0 * (0.05 + RARE)  # q (floor + s)
    assert light(1.0, "variance").force_half_widths == pytest.approx((surest, least_sure))


def interval(report):
    return next(axis for axis in report.axes if axis.key == "interval")


def test_the_interval_says_what_it_stands_on():
    sentence = interval(light(1.0, "variance")).sentence
    assert "As on the 50 frames kept back" in sentence
    assert "0.100 to 0.300 eV/Å" in sentence
    assert "not checked on other frames" in sentence


def test_nothing_is_promised_of_what_is_not_like_the_frames_kept_back():
    found = light(1.1 * FAR, "variance")
    assert found.force_half_widths is None
    assert "not known" in interval(found).sentence
    assert interval(found).level == "care"
