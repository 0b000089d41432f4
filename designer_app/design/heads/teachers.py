"""How far off the teachers are whose answers are labels where no table has a number.

A head that repeats a teacher to within e is off by sqrt(e^2 + t^2), where t is what the teacher was
off by on rows kept back from it: two independent normal errors, whose mean sizes add like their
standard deviations.
"""

import math

import numpy as np
from numpy.typing import NDArray

from designer_app.design.heads.labels import DECODED, FORMER, KNOWN, MADE
from designer_app.resources import resource
from designer_app.weights.cards import read_card

_MADE = (MADE, DECODED, FORMER)
_TEACHERS = {
    "band_gap": ("crystal-gnn", "band_gap", _MADE),
    "bulk_modulus": ("crystal-gnn", "log_bulk_modulus", _MADE),
    # Next to nothing that is searched belongs to a family that was measured.
    "ionic_conductivity": ("conductivity", "log10_sigma_new_family", (KNOWN, *_MADE)),
}
"""(weights, its head, sorts of crystals that it labels)."""


def teacher_error(key: str, origin: int, truth: NDArray[np.float64]) -> float:
    """Mean absolute error of who labelled such crystals, in the unit of the head's answers; 0
    where labels are tabulated or computed.

    `truth` are the labels as answers: an error in log10 counts more the larger they are.
    """
    weights, head, origins = _TEACHERS.get(key, ("", "", ()))
    if origin not in origins:
        return 0.0
    error = read_card(resource(f"weights/{weights}")).head(head).held_out_error
    return error * math.log(10.0) * float(truth.mean()) if key == "bulk_modulus" else error
