"""The search of the Screening workspace: rules as sentences, sources, presets, outlook."""

import math
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from designer_app.io.documents import Document
from designer_app.specs.presets import applied, preset_of
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_presets import PRESETS
from designer_app.specs.screen_rows import FunnelCount
from designer_app.specs.structure import Structure
from designer_app.ui.screening.columns import KNOWN, criteria_of
from designer_app.ui.screening.outlook import StageTimes, estimate, seconds, warnings_for
from designer_app.ui.screening.search_page import PAUSED, RUNNING, SearchPage

LIF = Structure(
    numbers=np.array([3, 9]),
    positions=np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]]),
    cell=np.array([[0.0, 2.0, 2.0], [2.0, 0.0, 2.0], [2.0, 2.0, 0.0]]),
    pbc=(True, True, True),
    name="LiF",
)


@pytest.fixture
def page(qtbot, theme):
    made = SearchPage(theme, StageTimes())
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def open_page(page):
    page.set_document(Document.from_structure(LIF, made_by="test"))
    return page


def type_into(qtbot, editor, text):
    editor.selectAll()
    qtbot.keyClicks(editor, text)


def test_an_open_structure_makes_a_search_that_can_be_run_as_it_is(qtbot, open_page):
    with qtbot.waitSignal(open_page.run_asked) as asked:
        qtbot.mouseClick(open_page.run, Qt.MouseButton.LeftButton)
    (spec,) = asked.args
    assert (spec.make, spec.n_candidates, spec.rules) == ("substitute", 200, "battery")
    assert spec.structures == (open_page.sources._document.structure(),)


def test_without_a_source_nothing_can_be_run_and_the_panel_says_what_to_do(page):
    assert not page.run.isEnabled()
    assert page.outlook.text() == "Open a structure, or add files to screen."


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        ("energy_density", "650", 650.0),
        ("stability", "75", 0.75),
        ("e_above_hull", "50", 0.05),
        ("voltage_high", "4.2", 4.2),
        ("exclude", "Pb Cd", "Pb Cd"),
    ],
)
def test_a_number_typed_into_a_sentence_is_in_the_spec_in_its_own_unit(
    qtbot, open_page, field, typed, value
):
    type_into(qtbot, open_page.rules.editor(field), typed)
    assert getattr(open_page.spec(), field) == value


def test_a_value_out_of_range_is_told_beside_it_and_stops_the_run(qtbot, open_page):
    type_into(qtbot, open_page.rules.editor("stability"), "120")
    assert not open_page.run.isEnabled()
    assert "largest allowed" in open_page.rules.problems()["stability"]


def test_how_likely_a_candidate_must_conduct_is_asked_where_conductivity_is(qtbot, open_page):
    open_page._choose_preset("cathode")
    assert not open_page.rules.editor("conduction_chance").isVisible()
    open_page._choose_preset("electrolyte")
    type_into(qtbot, open_page.rules.editor("conduction_chance"), "80")
    assert open_page.spec().conduction_chance == 0.8
    wanted = criteria_of(open_page.spec())["ionic_conductivity"]
    told = wanted.sentence(KNOWN["ionic_conductivity"])
    assert told.endswith("with a chance above 80%")


def test_a_switch_turns_its_rule_on(qtbot, open_page):
    open_page.rules.editor("cheap").click()
    assert open_page.spec().cheap
    assert open_page.rules.editor("max_price").isEnabled()


@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.key)
def test_a_preset_is_known_again_by_its_rules(preset):
    assert preset_of(PRESETS, applied(preset, ScreenSpec())) == preset.key


def test_rules_changed_by_hand_are_own_rules(qtbot, open_page):
    type_into(qtbot, open_page.rules.editor("energy_density"), "123")
    assert open_page.preset.value() == "custom"


def test_a_catalyst_is_asked_for_a_reaction_not_for_an_ion(open_page):
    open_page._choose_preset("catalyst")
    assert open_page.reaction.isVisible()
    assert not open_page.ion.isVisible()
    assert "stores more than 500" not in open_page.rules.sentences()


def test_the_settings_of_a_run_come_back(open_page):
    spec = ScreenSpec(
        rules="battery", ion="Na", energy_density=321.0, cheap=True, n_candidates=77, relax_best=5
    )
    open_page.set_spec(spec)
    shown = open_page.spec()
    names = ("ion", "energy_density", "cheap", "n_candidates", "relax_best")
    assert all(getattr(shown, name) == getattr(spec, name) for name in names)


def test_files_are_screened_as_given_in_place_of_what_is_open(open_page, tmp_path):
    open_page.set_files([tmp_path / "a.cif", tmp_path / "b.cif", tmp_path / "a.cif"])
    spec = open_page.spec()
    assert spec.make == "given"
    assert [path.rpartition("/")[2] for path in spec.paths] == ["a.cif", "b.cif"]
    assert spec.structures == ()


def test_no_working_ion_is_told_with_a_way_out(open_page):
    spec = replace(open_page.spec(), ion="Na")
    (caution,) = warnings_for(spec)
    assert caution.changes == (("ion", "Li"),)
    open_page.set_spec(spec)
    open_page.notices.acted.emit("0")
    assert open_page.spec().ion == "Li"


def test_new_materials_need_elements(page):
    page.set_way("prototypes")
    assert not page.run.isEnabled()
    assert "holds only" in page.notices.texts()[0]


def test_the_outlook_grows_with_what_is_asked():
    few = ScreenSpec(make="substitute", structures=(LIF,), relax_best=5, physics_best=0)
    times = StageTimes()
    assert seconds(few, times) < seconds(replace(few, relax_best=50), times)
    assert "200 candidates, the best 5 relaxed" in estimate(few, times)


def test_the_outlook_learns_from_a_run():
    times = StageTimes()
    funnel = (FunnelCount(stage="relaxed", entered=10, passed=8, waiting=0),)
    times.note((("relaxed", 50.0),), funnel)
    spec = ScreenSpec(
        make="substitute", structures=(LIF,), n_candidates=10, relax_best=10, physics_best=0
    )
    assert seconds(spec, times) > 50.0


@pytest.mark.parametrize(("state", "said"), [(RUNNING, "Pause"), (PAUSED, "Resume")])
def test_buttons_follow_the_run(open_page, state, said):
    open_page.set_state(state)
    assert not open_page.run.isVisible()
    assert open_page.pause.text() == said
    assert not open_page.rules.isEnabled()


def test_every_control_has_a_name_and_says_what_it_means(open_page):
    editors = [
        *(editor for line in open_page.rules._lines for editor in line.editors.values()),
        open_page.preset,
        open_page.ion,
        open_page.sources.make,
        open_page.sources.count,
    ]
    assert all(editor.accessibleName() and editor.toolTip() for editor in editors)


@pytest.mark.parametrize("kind", ["battery", "catalyst", "stability"])
def test_the_table_marks_the_rules_that_the_run_judges_by(kind):
    from designer_app.screening.battery_rules import BatteryRules
    from designer_app.screening.catalyst_rules import CatalystRules
    from designer_app.screening.rules import StabilityRules

    rules = {"battery": BatteryRules, "catalyst": CatalystRules, "stability": StabilityRules}
    spec = ScreenSpec(rules=kind)
    judged = {
        each.key: (each.low, each.high, each.least_probability)
        for each in rules[kind](spec).criteria
    }
    shown = {
        key: (
            -math.inf if each.low is None else each.low,
            math.inf if each.high is None else each.high,
            each.chance,
        )
        for key, each in criteria_of(spec).items()
    }
    assert shown == judged
