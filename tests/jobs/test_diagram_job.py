"""The phase diagram that the window draws: known phases with candidates among them."""

import pytest

from designer_app.errors import MissingReferenceError
from designer_app.jobs.diagram import run
from designer_app.running.control import RunControl
from designer_app.specs.diagram import DiagramSpec


def test_a_candidate_lies_where_it_was_found_to_lie():
    found = run(
        DiagramSpec(elements=("Li", "O"), candidates=(("LiO", 0.05, None), ("Li2O", 0.0, -2.5))),
        RunControl(),
    )
    placed = {each.formula: each for each in found.phases if each.is_candidate}
    # Energies of the table are single precision.
    assert placed["LiO"].e_above_hull == pytest.approx(0.05, abs=1e-5)
    assert placed["Li2O"].formation_energy == pytest.approx(-2.5, abs=1e-5)
    assert placed["Li2O"].e_above_hull < 0.0  # Li2O lies at -2.07 eV/atom


def test_the_diagram_names_potential_and_reference_set():
    found = run(DiagramSpec(elements=("Li", "O")), RunControl())
    assert "chgnet" in found.origin.potential
    assert "phases" in found.origin.reference_set


def test_a_potential_without_a_reference_set_is_refused():
    with pytest.raises(MissingReferenceError):
        run(DiagramSpec(elements=("Ar",), potential="lennard-jones"), RunControl())
