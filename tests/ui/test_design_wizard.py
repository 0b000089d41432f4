"""The frame of the wizard: steps, one spec for all pages, done and outdated marks."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWizard

from designer_app.project.runs import Runs
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_purposes import PURPOSES, applied, purpose_named
from designer_app.ui.design.budget_page import BudgetPage
from designer_app.ui.design.chemistry_page import ChemistryPage
from designer_app.ui.design.drawings import drawing_pixmap
from designer_app.ui.design.intro import OFFERED, DesignIntro
from designer_app.ui.design.pages import STEPS, DesignPage
from designer_app.ui.design.presenter import DesignPresenter
from designer_app.ui.design.purpose_page import PurposePage
from designer_app.ui.design.step_rail import DONE, OUTDATED, TODO
from designer_app.ui.design.targets_page import TargetsPage
from designer_app.ui.design.wizard import DesignWizard
from designer_app.ui.theme import DARK, LIGHT

SET_UP = ("purpose", "targets", "chemistry", "budget")


class FakeRunPage(DesignPage):
    key = "run"

    def __init__(self, theme):
        super().__init__(theme)
        self.arrivals = []
        self.folder = None

    def arrive(self, *, by_next):
        self.arrivals.append(by_next)

    def set_folder(self, folder):
        self.folder = folder


@pytest.fixture
def wizard(qtbot, theme):
    pages = (PurposePage, TargetsPage, ChemistryPage, BudgetPage, FakeRunPage)
    made = DesignWizard([page(theme) for page in pages], theme)
    qtbot.addWidget(made)
    made.resize(1200, 740)
    made.show()
    return made


def press(wizard, which=QWizard.WizardButton.NextButton):
    wizard.button(which).click()


def states(wizard):
    return {key: button.state for key, button in wizard.rail.buttons.items()}


def test_every_set_up_page_is_confirmed_with_its_defaults(wizard):
    walked = []
    for _ in SET_UP:
        walked.append(wizard.step)
        press(wizard)
    assert tuple(walked) == SET_UP
    assert wizard.step == "run"
    assert wizard.page_of("run").arrivals == [True]


def test_the_defaults_of_every_purpose_stop_nothing(wizard):
    stopped = []
    for purpose in PURPOSES:
        wizard.begin(applied(purpose, DesignSpec()))
        stopped += [page for page in SET_UP if not wizard.page_of(page).isComplete()]
    assert stopped == []


def test_a_confirmed_page_is_marked_as_done(wizard):
    press(wizard)
    assert states(wizard)["purpose"] == DONE
    assert states(wizard)["targets"] == TODO


def test_a_change_marks_later_pages_as_outdated_and_confirming_clears_it(wizard):
    for _ in range(3):
        press(wizard)
    wizard.go_to("targets")
    wizard.page_of("targets").rows["price"].switch.click()
    assert states(wizard)["chemistry"] == OUTDATED
    assert states(wizard)["purpose"] == DONE
    press(wizard)
    press(wizard)
    assert states(wizard)["chemistry"] == DONE


def test_going_back_keeps_what_was_entered(wizard):
    press(wizard)
    wizard.page_of("targets").rows["price"].switch.click()
    wanted = wizard.spec()
    press(wizard, QWizard.WizardButton.BackButton)
    press(wizard)
    assert wizard.spec() == wanted
    assert wizard.page_of("targets").rows["price"].is_on


def test_a_step_that_was_never_reached_cannot_be_jumped_to(wizard):
    assert not wizard.rail.buttons["chemistry"].isEnabled()
    wizard.go_to("chemistry")
    assert wizard.step == "purpose"


def test_a_jump_is_no_confirmation(wizard):
    for _ in SET_UP:
        press(wizard)
    wizard.go_to("purpose")
    wizard.go_to("run")
    assert wizard.step == "run"
    assert wizard.page_of("run").arrivals == [True, False]


def test_a_page_with_a_problem_keeps_the_wizard_there(wizard):
    press(wizard)
    row = wizard.page_of("targets").rows["energy_density"]
    row.low.setText("much")
    row.low.edited.emit()
    assert not wizard.button(QWizard.WizardButton.NextButton).isEnabled()
    assert not wizard.rail.buttons["chemistry"].isEnabled()


def test_the_last_page_before_the_search_starts_it_by_name(wizard):
    for _ in range(3):
        press(wizard)
    button = wizard.button(QWizard.WizardButton.NextButton)
    assert button.text() == "Start the search"


def test_escape_closes_nothing(qtbot, wizard):
    qtbot.keyClick(wizard, Qt.Key.Key_Escape)
    assert wizard.isVisible()


def test_return_after_a_number_confirms_nothing(qtbot, wizard):
    press(wizard)
    qtbot.keyClick(wizard.page_of("targets").rows["voltage"].low, Qt.Key.Key_Return)
    assert wizard.step == "targets"


def test_an_earlier_design_comes_back_with_its_spec_and_folder(wizard):
    spec = replace(applied(purpose_named("na-cathode"), DesignSpec()), exclude="Pb")
    wizard.show_run(spec, Path("runs/7"))
    assert wizard.step == "run"
    assert wizard.spec() == spec
    assert wizard.page_of("run").folder == Path("runs/7")
    assert wizard.page_of("run").arrivals[-1] is False
    assert [states(wizard)[key] for key in SET_UP] == [DONE] * 4


def test_a_purpose_brings_its_ion_and_its_targets(qtbot, wizard):
    qtbot.mouseClick(wizard.page_of("purpose").cards["na-cathode"], Qt.MouseButton.LeftButton)
    assert (wizard.spec().purpose, wizard.spec().ion) == ("cathode", "Na")
    assert wizard.spec().targets == purpose_named("na-cathode").targets
    assert not wizard.spec().no_cobalt


def test_the_purpose_that_is_chosen_already_changes_nothing(qtbot, wizard):
    page = wizard.page_of("purpose")
    with qtbot.assertNotEmitted(page.spec_changed):
        qtbot.mouseClick(page.cards["li-cathode"], Qt.MouseButton.LeftButton)


def test_an_electrolyte_may_be_for_another_ion_and_keeps_its_card(qtbot, wizard):
    page = wizard.page_of("purpose")
    qtbot.mouseClick(page.cards["electrolyte"], Qt.MouseButton.LeftButton)
    page.ion.set_value("Na")
    page.ion.edited.emit()
    assert wizard.spec().ion == "Na"
    assert page.purpose().key == "electrolyte"


@pytest.mark.parametrize("purpose", PURPOSES, ids=lambda each: each.key)
def test_each_purpose_has_a_drawing_in_both_schemes(qapp, purpose):
    for tokens in (LIGHT, DARK):
        image = drawing_pixmap(purpose.key, tokens).toImage()
        colors = {
            image.pixelColor(x, y).name()
            for x in range(image.width())
            for y in range(image.height())
            if image.pixelColor(x, y).alpha() == 255
        }
        assert tokens.accent.lower() in colors


def test_the_introduction_begins_with_the_purpose_of_its_card(qtbot, theme):
    intro = DesignIntro(theme)
    qtbot.addWidget(intro)
    with qtbot.waitSignal(intro.begin_asked) as asked:
        intro.cards[1].click()
    assert asked.args == [OFFERED[1]]


def test_earlier_designs_are_offered_with_how_they_ended(qtbot, theme, tmp_path):
    intro = DesignIntro(theme)
    qtbot.addWidget(intro)
    run = Runs(tmp_path).begin("design", "Design a CO2 catalyst")
    intro.set_runs([(run, "10 on the shortlist")])
    (button,) = [
        each for each in intro.findChildren(QPushButton) if each.property("folder") is not None
    ]
    title, ended, began = button.text().split("   ·   ")
    assert (title, ended) == ("Design a CO₂ catalyst", "10 on the shortlist")
    assert began.startswith(run.created[:4])
    with qtbot.waitSignal(intro.run_chosen) as chosen:
        button.click()
    assert chosen.args == [run.folder]


def test_the_workspace_leads_from_a_card_to_targets_and_back(window):
    window.show_workspace("design")
    page = window.design.page
    assert not page.shows_work
    page.intro.cards[0].click()
    assert page.shows_work
    assert window.design.wizard.step == "targets"
    window.design.wizard.button(QWizard.WizardButton.CustomButton1).click()
    assert not page.shows_work
    page.intro.go_on.click()
    assert window.design.wizard.step == "targets"


def test_pages_come_in_turns_after_the_introduction_and_at_once_where_they_are_asked_for(
    window, qtbot
):
    window.show_workspace("design")
    made = window.design.page.wizard
    assert not made.pageIds()
    qtbot.waitUntil(lambda: len(made.pageIds()) == len(STEPS))
    qtbot.waitUntil(lambda: made.step == "purpose")
    other = DesignPresenter(window)
    assert len(other.wizard.pageIds()) == len(STEPS)
    other.page.deleteLater()


def test_ctrl_enter_confirms_the_page_in_front(window):
    window.show_workspace("design")
    window.design.begin("li-cathode")
    window.commands.run()
    assert window.design.wizard.step == "chemistry"
