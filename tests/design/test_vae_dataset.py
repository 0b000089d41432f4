from types import SimpleNamespace

import numpy as np
import pytest

from designer_app.design.left_out import LeftOut
from designer_app.design.representation.library import known_tokens, load_library
from designer_app.design.representation.tokens import MAX_SLOTS, N_GEOMETRY, TokenTable
from designer_app.design.vae.build import known_crystals
from designer_app.design.vae.dataset import CrystalTable, joined, kept
from designer_app.errors import InvalidSpecError


@pytest.fixture
def crystals():
    """LiFePO4 and LiFeSO4 in prototype 0, a spinel in 1."""
    elements = np.zeros((3, MAX_SLOTS), dtype=np.int64)
    elements[0, :4] = 3, 26, 15, 8
    elements[1, :4] = 3, 26, 16, 8
    elements[2, :3] = 3, 25, 8
    tokens = TokenTable(
        np.array([0, 0, 1]),
        elements,
        np.zeros(3, dtype=np.float32),
        np.zeros((3, N_GEOMETRY), dtype=np.float32),
    )
    return CrystalTable(tokens, ("LiFePO4", "LiFeSO4", "LiMn2O4"), ("a", "b", "c"), {"none": 2})


@pytest.fixture
def library():
    places = {"olivine": (0,), "spinel": (1,)}
    return SimpleNamespace(family=lambda name: places.get(name, ()), families=tuple(places))


def test_a_family_with_elements_is_left_out(crystals, library):
    assert kept(crystals, library, "olivine: P").tolist() == [False, True, True]


def test_a_whole_family_is_left_out(crystals, library):
    assert kept(crystals, library, "olivine:").tolist() == [False, False, True]


def test_a_formula_is_left_out_however_it_is_written(crystals, library):
    assert kept(crystals, library, "Li2Mn4O8").tolist() == [True, True, False]


def test_several_descriptions_add_up(crystals, library):
    assert kept(crystals, library, "spinel:; LiFeSO4").tolist() == [True, False, False]


def test_nothing_is_left_out_unless_asked(crystals, library):
    assert kept(crystals, library, "").all()


@pytest.mark.parametrize("text", ["olivin: P", "olivine: Zz", "Zz3"])
def test_unknown_families_elements_and_formulas_are_refused(crystals, library, text):
    with pytest.raises(InvalidSpecError):
        kept(crystals, library, text)


def test_a_description_names_family_and_elements():
    assert LeftOut.of("olivine: P, O") == LeftOut("olivine", (15, 8))


def test_a_table_comes_back_from_its_file(crystals, tmp_path):
    path = tmp_path / "crystals.npz"
    crystals.save(path, "abc")
    found = CrystalTable.load(path, "abc")
    assert found is not None
    assert (found.formulas, found.sources) == (crystals.formulas, crystals.sources)
    assert np.array_equal(found.tokens.elements, crystals.tokens.elements)


def test_a_table_of_another_library_is_not_taken(crystals, tmp_path):
    path = tmp_path / "crystals.npz"
    crystals.save(path, "abc")
    assert CrystalTable.load(path, "other") is None


def test_joined_tables_hold_the_crystals_and_losses_of_both(crystals):
    both = joined(crystals, crystals)
    assert len(both) == 6
    assert both.without == {"none": 4}
    assert np.array_equal(both.tokens.prototype[3:], crystals.tokens.prototype)


def test_shipped_crystals_can_be_learned_from_without_any_data_folder():
    library = load_library()
    found = known_crystals(library)
    assert len(found) == len(known_tokens(library)[0])
    assert (found.split == "train").mean() > 0.7
