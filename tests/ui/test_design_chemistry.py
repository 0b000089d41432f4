"""Elements of a design: three states to click, limits, families, and what contradicts itself."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from designer_app.io.documents import Document
from designer_app.io.structure_families import families_of, smallest_cells
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_purposes import applied, purpose_named
from designer_app.specs.structure import Structure
from designer_app.ui.design.chemistry_checks import chemistry_cautions, family_cautions
from designer_app.ui.design.chemistry_page import ChemistryPage
from designer_app.ui.design.element_states import (
    MAY,
    MUST,
    NEVER,
    NON_METALS,
    all_may,
    allowed_elements,
    clicked,
    element_states,
    only_required,
    with_states,
)
from designer_app.ui.design.families import FamilyChips
from designer_app.ui.design.periodic_table import PLACES

CATHODE = applied(purpose_named("li-cathode"), DesignSpec(no_cobalt=True))
CATALYST = applied(purpose_named("her"), DesignSpec())
LIF = Structure(
    numbers=np.array([3, 9]),
    positions=np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]]),
    cell=np.array([[0.0, 2.0, 2.0], [2.0, 0.0, 2.0], [2.0, 2.0, 0.0]]),
    pbc=(True, True, True),
    name="LiF",
)


@pytest.fixture
def page(qtbot, theme):
    made = ChemistryPage(theme)
    qtbot.addWidget(made)
    made.set_spec(CATHODE)
    made.resize(1000, 700)
    made.show()
    return made


def click(qtbot, page, symbol, button=Qt.MouseButton.LeftButton):
    qtbot.mouseClick(page.table, button, pos=page.table.cell(symbol).center().toPoint())


def mended(spec, caution):
    return replace(spec, **dict(caution.changes))


# --- states ---


def test_clicks_lead_through_may_must_and_never():
    spec, seen = CATHODE, []
    for _ in range(4):
        seen.append(element_states(spec)["Fe"].state)
        spec = clicked(spec, "Fe")
    assert seen == [MAY, MUST, NEVER, MAY]
    assert clicked(spec, "Fe").exclude == "Fe"


def test_the_working_ion_must_be_in_whatever_is_clicked():
    assert element_states(CATHODE)["Li"].is_ion
    assert clicked(CATHODE, "Li") is CATHODE


def test_an_element_that_a_limit_leaves_out_says_which():
    said = element_states(CATHODE)["Co"]
    assert (said.state, said.why) == (NEVER, "cobalt is left out")
    assert clicked(CATHODE, "Co") is CATHODE


def test_what_is_not_usual_says_so_until_that_limit_goes():
    said = element_states(CATHODE)["Tl"]
    assert (said.state, said.why) == (NEVER, "Tl is not usual in a cathode")
    assert element_states(replace(CATHODE, usual=False))["Tl"].state == MAY
    assert element_states(replace(CATHODE, require="Tl"))["Tl"].state == MUST


def test_a_click_asks_for_what_is_not_usual_and_the_next_one_lets_go():
    spec = DesignSpec()
    asked = clicked(spec, "Tc")
    assert (asked.require, element_states(asked)["Tc"].state) == ("Tc", MUST)
    assert clicked(asked, "Tc") == spec


def test_what_is_radioactive_is_out_until_it_is_clicked():
    spec = DesignSpec(usual=False)
    said = element_states(spec)["U"]
    assert (said.state, said.why) == (NEVER, "U is radioactive")
    assert element_states(clicked(spec, "U"))["U"].state == MUST
    assert element_states(replace(spec, include="U"))["U"].state == MAY


def test_what_a_limit_refuses_is_not_asked_for_by_a_click():
    spec = DesignSpec(no_toxic=True)
    assert clicked(spec, "Tc") == spec


def test_only_those_that_are_clicked_then_each_click_lets_one_in():
    spec = only_required(CATHODE)
    assert allowed_elements(spec) == {"Li"}
    spec = with_states(spec, ["O", "P"], MAY)
    spec = with_states(spec, ["Fe"], MUST)
    assert allowed_elements(spec) == {"Li", "O", "P", "Fe"}
    assert (spec.elements, spec.require) == ("Li O P Fe", "Fe")
    assert allowed_elements(with_states(spec, ["P"], NEVER)) == {"Li", "O", "Fe"}
    assert len(allowed_elements(all_may(replace(spec, usual=False)))) > 75


def test_catalysts_are_alloys_so_that_no_other_element_may_be_in():
    states = element_states(CATALYST)
    assert states["Pt"].state == MAY
    assert "no metal" in states["O"].why


def test_metals_are_those_that_the_search_takes_for_metals():
    from pymatgen.core import Element

    assert {each for each in PLACES if not Element(each).is_metal} == NON_METALS


# --- the table ---


def test_every_element_up_to_plutonium_has_a_place_of_its_own():
    assert len(PLACES) == 94
    assert len(set(PLACES.values())) == 94


def test_clicking_the_table_edits_the_spec(qtbot, page):
    click(qtbot, page, "Fe")
    assert page.spec().require == "Fe"
    click(qtbot, page, "Ni", Qt.MouseButton.RightButton)
    assert page.spec().exclude == "Ni"
    assert "must: Li Fe; never: Ni" in page._words.text()


def test_a_group_number_excludes_its_column_and_lets_it_in_again(qtbot, page):
    place = page.table.group_cell(17).center().toPoint()
    qtbot.mouseClick(page.table, Qt.MouseButton.LeftButton, pos=place)
    assert page.spec().exclude == "F Cl"  # no cathode holds bromine or iodine
    qtbot.mouseClick(page.table, Qt.MouseButton.LeftButton, pos=place)
    assert page.spec().exclude == ""


def test_the_table_is_used_by_keyboard_and_tells_where_it_is(qtbot, page):
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Left)  # from iron to manganese
    qtbot.keyClick(page.table, Qt.Key.Key_Space)
    assert page.spec().require == "Mn"
    assert page.table.accessibleName() == "Periodic table: Manganese (Mn): must be in"
    qtbot.keyClick(page.table, Qt.Key.Key_N)
    assert (page.spec().require, page.spec().exclude) == ("", "Mn")


def test_the_cursor_jumps_over_the_gap_of_the_table(qtbot, page):
    page.table.setFocus()
    click(qtbot, page, "H")
    qtbot.keyClick(page.table, Qt.Key.Key_Right)
    assert "Helium" in page.table.accessibleName()


def test_pointing_at_an_element_tells_price_and_abundance(qtbot, page):
    qtbot.mouseMove(page.table, page.table.cell("Ni").center().toPoint())
    page.table.hovered.emit("Ni")
    assert "Nickel (Ni): may be in. 13.9 USD/kg, 84 ppm of the crust" in page._told.text()


# --- limits, families, start ---


def test_a_quick_limit_strikes_elements_out_with_the_reason(page):
    page.switches["cheap"].click()
    assert page.spec().cheap
    assert "USD/kg" in element_states(page.spec())["Pt"].why


def test_a_limit_that_is_no_number_stops(qtbot, page):
    editor = page.numbers["max_price"]
    editor.selectAll()
    qtbot.keyClicks(editor, "cheap")
    assert not page.isComplete()


def test_chosen_families_are_asked_for(qtbot, theme):
    chips = FamilyChips([("olivine", 40), ("spinel", 30)])
    qtbot.addWidget(chips)
    with qtbot.waitSignal(chips.edited):
        chips.chips["spinel"].click()
    assert chips.chosen() == ("spinel",)


def test_families_that_are_not_chosen_are_offered_where_they_can_be_found(qtbot, theme):
    chips = FamilyChips([("olivine", 40), ("L1_2 alloy", 30), ("A1 alloy", 3)])
    qtbot.addWidget(chips)
    chips.set_chosen(("A1 alloy",))
    chips.offer(lambda name: name == "olivine")
    shown = [each.text() for each in chips.chips.values() if not each.isHidden()]
    assert shown == ["olivine", "A1 alloy"]
    chips.offer(lambda _name: True)
    assert chips.chips["L1_2 alloy"].text() == "L1₂ alloy"
    assert not chips.chips["L1_2 alloy"].isHidden()


def test_families_of_large_cells_stop_until_such_cells_are_allowed():
    cells = {"garnet": 80, "olivine": 28}
    spec = DesignSpec(families=("garnet",))
    (caution,) = family_cautions(spec, cells)
    assert caution.stops
    assert family_cautions(mended(spec, caution), cells) == ()
    assert family_cautions(replace(spec, families=("garnet", "olivine")), cells) == ()


def test_no_family_is_cut_off(page):
    chips = page.families
    assert all(
        chips.rect().contains(each.geometry()) for each in chips.chips.values() if each.isVisible()
    )


def test_families_are_read_from_the_library_without_a_model(tmp_path):
    path = tmp_path / "prototypes.npz"
    header = json.dumps({"families": ["olivine", "spinel"], "version": 1}).encode()
    np.savez(
        path,
        header=np.frombuffer(header, dtype=np.uint8),
        family=np.array([1, 0, 1]),
        family_start=np.array([0, 0, 1, 2, 3]),
        n_members=np.array([9, 3, 2, 4]),
        class_count=np.array([2, 1, 4, 3, 1]),
        class_slot_start=np.array([0, 1, 2, 4, 5]),
    )
    assert families_of(path) == (("spinel", 7), ("olivine", 2))
    assert smallest_cells(path) == {"spinel": 1, "olivine": 7}


def test_a_search_may_start_from_what_is_open(page):
    page.set_document(Document.from_structure(LIF, made_by="test"))
    page.start.set_value("open")
    page.start.edited.emit()
    assert page.spec().start_structure is not None
    page.start.set_value("nothing")
    page.start.edited.emit()
    assert page.spec().start_structure is None


def test_a_disordered_start_structure_stops(page):
    page.set_spec(replace(CATHODE, start_structure=replace(LIF, disordered_sites=2)))
    assert not page.isComplete()


# --- what is wrong ---


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"exclude": "Li"}, "Li is the working ion, but Li is excluded"),
        ({"elements": "Fe O P"}, "Li is the working ion, but Li is not among"),
        ({"require": "Co"}, "Co must be in, but cobalt is left out"),
        ({"require": "Fe", "exclude": "Fe"}, "Fe must be in, but Fe is excluded"),
        ({"elements": "Li"}, "No element is left"),
        ({"elements": "Li Fe Mn"}, "no charges can balance"),
        ({"elements": "Li Qq"}, "“Qq” is no element"),
        ({"require": "Na K Rb Cs O F S P Fe"}, "no structure type holds more than 8"),
    ],
)
def test_elements_that_cannot_be_meant_stop_and_one_press_mends_it(changes, word):
    spec = replace(CATHODE, **changes)
    caution = chemistry_cautions(spec)[0]
    assert caution.stops
    assert word in caution.text
    assert not any(each.stops for each in chemistry_cautions(mended(spec, caution)))


def test_a_cathode_without_a_metal_that_changes_its_charge_is_told():
    spec = replace(CATHODE, elements="Li O P Al")
    (caution,) = chemistry_cautions(spec)
    assert not caution.stops
    assert {"Mn", "Fe"} <= allowed_elements(mended(spec, caution))


def test_no_alloy_is_made_of_one_metal():
    (caution,) = chemistry_cautions(replace(CATALYST, elements="Pt"))
    assert caution.stops


def test_a_fix_button_on_the_page_lets_one_go_on(qtbot, page):
    page.set_spec(replace(CATHODE, exclude="Li"))
    assert not page.isComplete()
    with qtbot.waitSignal(page.spec_changed):
        page._on_notice_acted("0")
    assert page.isComplete()
    assert page.spec().exclude == ""


def test_the_table_keeps_its_cells_apart_in_a_narrow_window(page):
    page.resize(900, 560)
    cells = [page.table.cell(each) for each in PLACES]
    assert not any(
        one.intersects(other) for place, one in enumerate(cells) for other in cells[:place]
    )
    assert page.table.rect().contains(QPoint(*map(int, cells[-1].center().toTuple())))
