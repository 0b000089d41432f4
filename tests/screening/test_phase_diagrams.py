import numpy as np
import pytest

from designer_app.running.encoding import decode, encode
from designer_app.screening.convex_hull import hull_for
from designer_app.screening.phase_diagrams import chemical_potentials, phase_diagram
from designer_app.specs.hull import triangle_place


@pytest.fixture
def oxides(phase_with, made_up):
    """Li-Fe-O with formation energies of about the right size, elements at zero."""
    phases = [
        phase_with({"Li": 1}, 0.0),
        phase_with({"Fe": 1}, 0.0),
        phase_with({"O": 2}, 0.0),
        phase_with({"Li": 2, "O": 1}, -2.0),
        phase_with({"Fe": 2, "O": 3}, -1.7),
        phase_with({"Fe": 2, "O": 3}, -1.6, "worse"),
        phase_with({"Li": 1, "Fe": 1, "O": 2}, -2.0),
    ]
    return hull_for(("Li", "Fe", "O"), phases, made_up)


def test_of_one_formula_only_the_lowest_phase_is_drawn(oxides):
    drawn = phase_diagram(oxides)
    assert [phase.formula for phase in drawn.phases].count("Fe2O3") == 1
    assert "worse" not in [phase.source for phase in drawn.phases]


def test_tie_lines_join_phases_that_coexist(oxides):
    drawn = phase_diagram(oxides)
    names = [phase.formula for phase in drawn.phases]
    lines = {frozenset((names[first], names[second])) for first, second in drawn.tie_lines}
    assert frozenset(("LiFeO2", "Fe2O3")) in lines
    assert frozenset(("Li2O", "Fe2O3")) not in lines


def test_regions_of_a_ternary_system_are_triangles(oxides):
    drawn = phase_diagram(oxides)
    assert drawn.regions
    assert {len(region) for region in drawn.regions} == {3}
    corners = [[drawn.phases[index].shares for index in region] for region in drawn.regions]
    areas = [abs(np.linalg.det(np.array(three))) for three in corners]
    assert sum(areas) == pytest.approx(1.0)  # in units of the whole triangle


def test_a_candidate_is_marked_and_drawn_below_the_hull_where_it_lies_there(oxides):
    placed = oxides.place({"Li": 1, "Fe": 2, "O": 4}, -2.5)
    drawn = phase_diagram(oxides, [placed]).phases[-1]
    assert drawn.is_candidate
    assert drawn.e_above_hull == pytest.approx(-placed.below_hull)


def test_chemical_potentials_of_a_compound_add_up_at_both_ends(phase_with, made_up):
    hull = hull_for(
        ("Na", "Cl"),
        [phase_with({"Na": 1}, 0), phase_with({"Cl": 1}, 0), phase_with({"Na": 1, "Cl": 1}, -2)],
        made_up,
    )
    ranges = {each.element: each for each in chemical_potentials(hull, {"Na": 1, "Cl": 1})}
    assert ranges["Na"].low == pytest.approx(-4.0)
    assert ranges["Na"].high == pytest.approx(0.0)
    assert ranges["Cl"].low == pytest.approx(-4.0)


def test_a_composition_above_the_hull_has_no_range_of_potentials(oxides):
    assert chemical_potentials(oxides, {"Li": 5, "Fe": 1, "O": 4}) == ()


def test_an_element_that_a_phase_lacks_has_no_lower_limit(oxides):
    ranges = {each.element: each for each in chemical_potentials(oxides, {"Fe": 2, "O": 3})}
    assert ranges["Li"].low == -np.inf


def test_a_diagram_crosses_to_the_window(oxides):
    drawn = phase_diagram(oxides)
    assert decode(*encode(drawn)) == drawn


def test_corners_of_the_triangle_are_the_elements():
    assert triangle_place((1.0, 0.0, 0.0)) == (0.0, 0.0)
    assert triangle_place((0.0, 1.0, 0.0)) == (1.0, 0.0)
    assert triangle_place((0.0, 0.0, 1.0)) == pytest.approx((0.5, 3**0.5 / 2))
