"""The budget of a design: three sizes, the numbers behind them, and what is odd about them."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from designer_app.specs.design import DesignSpec
from designer_app.specs.design_budgets import BUDGETS, expected_parts
from designer_app.specs.design_purposes import applied as for_purpose
from designer_app.specs.design_purposes import purpose_named
from designer_app.specs.presets import applied, preset_of
from designer_app.ui.design.budget_checks import budget_cautions
from designer_app.ui.design.budget_page import EDITED, BudgetPage

CORES = 2


@pytest.fixture
def page(qtbot, theme):
    made = BudgetPage(theme)
    qtbot.addWidget(made)
    made.set_spec(DesignSpec())
    made.resize(1000, 700)
    made.show()
    return made


def test_the_balanced_size_is_the_default(page):
    assert preset_of(BUDGETS, page.spec()) == "balanced"
    assert page.cards["balanced"].radio.isChecked()


@pytest.mark.parametrize("budget", BUDGETS, ids=lambda each: each.key)
def test_choosing_a_size_sets_its_numbers(qtbot, page, budget):
    qtbot.mouseClick(page.cards[budget.key], Qt.MouseButton.LeftButton)
    assert preset_of(BUDGETS, page.spec()) == budget.key
    assert page.form.editor("relax_best").value() == page.spec().relax_best


def test_own_numbers_are_no_size_and_no_card_is_marked(qtbot, page):
    editor = page.form.editor("relax_best")
    editor.selectAll()
    qtbot.keyClicks(editor, "33")
    assert page.spec().relax_best == 33
    assert not any(card.radio.isChecked() for card in page.cards.values())


def test_a_number_out_of_range_stops(qtbot, page):
    editor = page.form.editor("n")
    editor.selectAll()
    qtbot.keyClicks(editor, "0")
    assert not page.isComplete()


def test_numbers_leave_what_other_pages_hold(qtbot, page):
    page.set_spec(for_purpose(purpose_named("na-cathode"), DesignSpec(exclude="Pb")))
    editor = page.form.editor("n")
    editor.selectAll()
    qtbot.keyClicks(editor, "7")
    assert (page.spec().ion, page.spec().exclude, page.spec().n) == ("Na", "Pb", 7)
    assert not {"targets", "elements", "ion", "families"} & set(EDITED)


def test_the_bar_names_every_part_of_the_expected_time(page):
    for what, _ in expected_parts(page.spec()):
        assert what in page.parts.accessibleName()


@pytest.mark.parametrize("budget", BUDGETS, ids=lambda each: each.key)
def test_no_size_is_odd(budget):
    assert budget_cautions(applied(budget, DesignSpec()), CORES) == ()


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"relax_best": 0}, "Nothing is relaxed"),
        ({"n": 280}, "only 200 candidates"),
        ({"physics_best": 0}, "predictions alone"),
        ({"workers": 16}, "16 relaxations at once share 2 cores"),
        ({"relax_best": 50_000}, "It can be stopped"),
        ({"strategy": "retrieval"}, "known materials alone"),
        ({"strategy": "random", "start": Path("LiFePO4.cif")}, "begins nowhere"),
    ],
)
def test_odd_numbers_are_told_and_one_press_mends_them(changes, word):
    spec = replace(DesignSpec(), **changes)
    (caution,) = budget_cautions(spec, CORES)
    assert word in caution.text
    assert budget_cautions(replace(spec, **dict(caution.changes)), CORES) == ()
