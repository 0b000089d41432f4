"""The phase diagram that the window draws: known phases with candidates among them."""

import pytest

from designer_app.errors import MissingReferenceError
from designer_app.jobs.diagram import run
from designer_app.running.control import RunControl
from designer_app.specs.diagram import DiagramSpec


def test_a_candidate_lies_as_far_above_the_hull_as_it_was_found_to():
    found = run(
        DiagramSpec(elements=("Li", "O"), candidates=(("LiO", 0.05), ("Li2O", -0.01))),
        RunControl(),
    )
    distances = {each.formula: each.e_above_hull for each in found.phases if each.is_candidate}
    # Energies of the table are single precision.
    assert distances["LiO"] == pytest.approx(0.05, abs=1e-5)
    assert distances["Li2O"] == pytest.approx(-0.01, abs=1e-5)


def test_the_diagram_names_potential_and_reference_set():
    found = run(DiagramSpec(elements=("Li", "O")), RunControl())
    assert "chgnet" in found.origin.potential
    assert "phases" in found.origin.reference_set


def test_a_potential_without_a_reference_set_is_refused():
    with pytest.raises(MissingReferenceError):
        run(DiagramSpec(elements=("Ar",), potential="lennard-jones"), RunControl())
