import numpy as np
import pytest
import torch

from designer_app.design.explain import Explainer
from designer_app.design.search.limits import limits_of
from designer_app.screening.reference.table import load_reference
from designer_app.specs.design import DesignSpec

PATH_ERROR = 0.02
"""Of the difference, by the midpoint rule with 24 points on a smooth network."""


@pytest.fixture(scope="module")
def explainer(search_kit):
    limits = limits_of(DesignSpec(elements="Li Fe Mn Co Ni P O"))
    keys = ("voltage", "e_above_hull")
    return Explainer(search_kit.generator, limits, keys, table=load_reference())


@pytest.fixture(scope="module")
def explained(search_kit, explainer):
    row = search_kit.sources.index("example-LiCoO2")
    return explainer.explained(search_kit.library.tokens(search_kit.known, row))


def test_contributions_sum_to_the_difference_to_the_average_crystal(search_kit, explainer):
    row = search_kit.sources.index("example-LiCoO2")
    tokens = search_kit.library.tokens(search_kit.known, row)
    start, end = explainer._ends(search_kit.library.table_of([tokens]))
    contributions = explainer.explained(tokens).contributions
    for key in explainer.keys:
        with torch.no_grad():
            low, high = (float(explainer.heads(each)[key].mean) for each in (start, end))
        total = sum(each.change for each in contributions if each.property_key == key)
        assert total == pytest.approx(high - low, abs=PATH_ERROR * abs(high - low) + 1e-4)


def test_each_element_the_structure_and_the_volume_contribute(explained):
    choices = {each.choice for each in explained.contributions}
    assert choices == {
        "Li (1 a formula unit)",
        "Co (1 a formula unit)",
        "O (2 a formula unit)",
        "cell volume",
        next(each for each in choices if each.startswith("structure")),
    }


def test_three_neighbours_are_told_with_what_differs(explained):
    assert len(explained.neighbours) == 3
    assert all(each.why and each.distance >= 0.0 for each in explained.neighbours)
    assert "example-LiCoO2" not in {each.source for each in explained.neighbours}


def test_a_neighbour_of_the_reference_set_has_its_distance_to_the_hull(explained):
    distances = [each.e_above_hull for each in explained.neighbours]
    assert all(each is not None and each > -1e-6 for each in distances)


def test_what_the_models_have_seen_is_counted(explained, search_kit):
    held = int((search_kit.known.elements == 27).any(axis=1).sum())
    assert f"Co, is in {held}." in explained.seen


def test_a_crystal_with_its_elements_swapped_says_so(search_kit, explainer):
    row = search_kit.sources.index("example-LiCoO2")
    table = search_kit.known.rows(np.array([row]))
    table.elements[table.elements == 27] = 28
    found = explainer.explained(search_kit.library.tokens(table, 0))
    nearest = {each.source: each.why for each in found.neighbours}
    assert nearest["example-LiCoO2"] == "same structure, Co instead of Ni"
