import numpy as np
import pytest

from designer_app.design.search.limits import limits_of
from designer_app.design.search.pool import amounts_of_row
from designer_app.design.search.restricting import restricted
from designer_app.errors import InvalidSpecError
from designer_app.io.formulas import amounts_in
from designer_app.screening.charge_balance import balanced
from designer_app.specs.design import DesignSpec


@pytest.mark.parametrize(
    ("amounts", "reason"),
    [
        ({"Li": 1, "Fe": 1, "P": 1, "O": 4}, ""),
        ({"Li": 1, "Mn": 2, "O": 4}, ""),
        ({"Li": 1, "Co": 1, "O": 2}, "element not allowed: cobalt is left out"),
        ({"Na": 1, "Fe": 1, "P": 1, "O": 4}, "element missing: Li"),
        ({"Li": 1, "Mg": 1, "P": 1, "O": 4}, "no metal that is oxidised in a cathode"),
        ({"Li": 2, "Ti": 1, "O": 3}, "nothing to oxidise"),
        ({"Li": 1, "Fe": 1, "O": 9}, "charge cannot balance"),
        ({"Li": 1, "Al": 1}, "no metal that is oxidised in a cathode"),
        ({"Li": 5, "Mn": 1, "H": 8}, "element not allowed: H is not usual in a cathode"),
        ({"Li": 1, "Fe": 1, "P": 1}, "P as an anion is not usual in a cathode"),
        ({"Li": 1, "Mn": 1, "As": 1}, "element not allowed: As is not usual in a cathode"),
    ],
)
def test_a_cathode_without_cobalt_keeps_all_its_limits(amounts, reason):
    limits = limits_of(DesignSpec(no_cobalt=True))
    assert limits.reason({each: float(n) for each, n in amounts.items()}) == reason


@pytest.mark.parametrize(
    ("purpose", "usual"),
    [
        ("cathode", "LiFePO4 LiCoO2 LiMn2O4 Li2FeSiO4 LiVPO4F LiTiS2 LiMnBO3 Li2NiTeO4"),
        ("anode", "Li7Ti5O12 LiTiNb2O7 LiFeP Li9V2O7 Li3FeN2"),
        ("electrolyte", "Li3PS4 Li10GeP2S12 Li6PS5Cl Li7La3Zr2O12 Li3YCl6 Li3OCl Li3N LiTi2P3O12"),
        ("catalyst", "Pt Pt3Ni Cu3Au MoNi4"),
    ],
)
def test_textbook_materials_are_usual(purpose, usual):
    chemistry = DesignSpec(purpose=purpose, charge="off").chemistry
    for each in usual.split():
        amounts = amounts_in(each)
        balance = balanced(amounts, "strict")
        assert amounts.keys() <= chemistry.elements | {"Li"}
        assert chemistry.reason(amounts, balance.states if balance else {}) == ""


@pytest.mark.parametrize(
    ("purpose", "odd"),
    [("anode", "K2LiVH6"), ("electrolyte", "Li2FeO2"), ("catalyst", "Tl3Cd"), ("anode", "Li2TlAs")],
)
def test_what_nobody_would_make_is_left_out(purpose, odd):
    charge = "off" if purpose == "catalyst" else "strict"
    limits = limits_of(DesignSpec(purpose=purpose, charge=charge))
    assert "not usual" in limits.reason(amounts_in(odd))


def test_a_list_of_elements_takes_the_place_of_the_usual_ones():
    limits = limits_of(DesignSpec(elements="Li Mn H"))
    assert limits.reason({"Li": 5.0, "Mn": 1.0, "H": 8.0}) == ""
    assert limits_of(DesignSpec(usual=False)).reason({"Li": 5.0, "Mn": 1.0, "H": 8.0}) == ""


def test_an_element_that_must_be_in_is_usual():
    limits = limits_of(DesignSpec(require="Ru"))
    assert limits.reason({"Li": 2.0, "Ru": 1.0, "O": 3.0}) == ""


def test_an_alloy_is_no_cathode_whatever_is_usual():
    assert limits_of(DesignSpec(usual=False)).reason({"Li": 1.0, "Al": 1.0}) == "an alloy"


def test_the_loose_balance_takes_what_the_strict_one_refuses():
    peroxide = {"Li": 2.0, "Fe": 1.0, "O": 4.0}
    strict, loose = (
        limits_of(DesignSpec(purpose="electrolyte", charge=rule, usual=False))
        for rule in ("strict", "loose")
    )
    assert strict.reason(peroxide) == "charge cannot balance"
    assert loose.reason(peroxide) == ""


def test_a_catalyst_may_be_any_alloy_and_no_oxide():
    limits = limits_of(DesignSpec(purpose="catalyst", charge="off"))
    assert limits.reason({"Pt": 3.0, "Ni": 1.0}) == ""
    assert limits.reason({"Ni": 1.0, "O": 1.0}) == "element not allowed: O is not a metal"


def test_a_metal_alone_is_no_new_catalyst():
    limits = limits_of(DesignSpec(purpose="catalyst", charge="off"))
    assert limits.reason({"Ag": 4.0}) == "an element alone"


def test_catalysts_hold_metals_on_whose_surfaces_adsorption_was_learned():
    allowed = limits_of(DesignSpec(purpose="catalyst", charge="off")).allowed
    assert {"Pt", "Ni", "Cu", "Ti"} <= allowed
    assert not allowed & {"Dy", "Eu", "Na", "O"}


def test_a_required_element_that_is_excluded_is_refused():
    with pytest.raises(InvalidSpecError, match="every candidate is to hold it"):
        limits_of(DesignSpec(require="Mn", exclude="Mn"))


def test_an_element_that_the_models_do_not_know_is_left_out():
    assert "Ni" not in limits_of(DesignSpec(), known=("Li", "Fe", "O")).allowed


def test_elements_beyond_the_tokens_are_left_out_by_every_purpose():
    for purpose in ("cathode", "electrolyte", "catalyst", "own"):
        allowed = limits_of(DesignSpec(purpose=purpose)).allowed
        assert "Al" in allowed
        assert not allowed & {"Am", "Cm"}


def test_masks_leave_every_known_crystal_that_keeps_the_limits(search_kit):
    limits = limits_of(DesignSpec(no_cobalt=True, max_atoms=200))
    masks = restricted(limits, search_kit.library).allowed
    allowed = masks.elements.numpy()
    kept = [
        row
        for row in range(len(search_kit.known))
        if not limits.reason(amounts_of_row(search_kit.library, search_kit.known, row))
    ]
    assert kept
    for row in kept:
        prototype, elements = search_kit.known.prototype[row], search_kit.known.elements[row]
        slots = np.flatnonzero(elements)
        assert masks.prototypes[prototype]
        assert allowed[prototype, slots, elements[slots]].all()


def test_no_slot_takes_an_element_that_no_neutral_filling_has(search_kit):
    limits = limits_of(DesignSpec(elements="Li Fe O"))
    masks = restricted(limits, search_kit.library).allowed
    binary = np.flatnonzero((search_kit.library.slot_counts > 0).sum(axis=1) == 1)
    assert not masks.prototypes[binary].any()  # an element alone is no electrode


def test_no_structure_is_left_where_nothing_can_be_oxidised_when_the_ion_leaves(search_kit):
    library = search_kit.library
    n_slots = (library.slot_counts > 0).sum(axis=1)
    some = restricted(limits_of(DesignSpec(elements="Li Ti O")), library)
    assert some.n_prototypes > 0  # LiTi2O4
    assert not some.allowed.prototypes.numpy()[n_slots == 2].any()  # of Li2O nothing is oxidised
    assert restricted(limits_of(DesignSpec(elements="Li Mg Al P O")), library).n_prototypes == 0


def test_a_metal_that_gives_up_electrons_is_asked_of_cathodes_alone(search_kit):
    library = search_kit.library
    iron = restricted(limits_of(DesignSpec(elements="Li Fe P O")), library)
    assert iron.oxidised == (26,)
    assert restricted(limits_of(DesignSpec(purpose="electrolyte")), library).oxidised == ()


def test_prototypes_of_other_families_and_sizes_fall_out(search_kit):
    library = search_kit.library
    small = restricted(limits_of(DesignSpec(max_atoms=6)), library)
    assert library.n_atoms[small.allowed.prototypes.numpy()].max() <= 6
    assert small.lost["too many atoms"] > 0
