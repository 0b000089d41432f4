from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from designer_app.io.documents import Document
from designer_app.running.channels import Frame
from designer_app.running.messages import JobError
from designer_app.specs.md import MDSpec
from designer_app.specs.structure import Structure
from designer_app.ui.outcomes import SHORTER, md_outcome, remedies_for, with_doubts
from designer_app.ui.panels.atom_card import nearest
from designer_app.ui.panels.dynamics_panel import FINISHED, PAUSED, RUNNING, DynamicsPanel
from designer_app.ui.panels.error_card import ErrorCard
from designer_app.ui.panels.md_outlook import MeasuredRates
from designer_app.ui.panels.player import Player, Recording
from designer_app.ui.panels.structure_panel import StructurePanel
from designer_app.ui.trust import Level, Verdict

NACL = Structure(
    numbers=np.array([11, 17]),
    positions=np.array([[0.0, 0.0, 0.0], [2.82, 2.82, 2.82]]),
    cell=np.array([[0.0, 2.82, 2.82], [2.82, 0.0, 2.82], [2.82, 2.82, 0.0]]),
    pbc=(True, True, True),
    name="NaCl",
)
FACTS = {
    "formula": "NaCl",
    "formula_with_subscripts": "NaCl",
    "formula_units": 1,
    "n_atoms": 2,
    "space_group": "Fm-3m",
    "space_group_number": 225,
    "crystal_system": "cubic",
    "density_g_cm3": 2.16,
    "volume_A3": 44.85,
    "cell_lengths_A": np.full(3, 3.988),
    "cell_angles_deg": np.full(3, 60.0),
    "inequivalent_sites": [
        {"atom": 0, "element": "Na", "wyckoff": "4a", "fractional": [0.0, 0.0, 0.0]}
    ],
}


@pytest.fixture
def document():
    return Document.from_structure(NACL, made_by="test")


@pytest.fixture
def dynamics(qtbot, theme, document):
    panel = DynamicsPanel(theme, MeasuredRates())
    qtbot.addWidget(panel)
    panel.set_document(document)
    panel.show()
    return panel


@pytest.fixture
def structure_panel(qtbot, theme, document):
    panel = StructurePanel(theme)
    qtbot.addWidget(panel)
    panel.set_document(document)
    panel.show()
    return panel


# --- structure ---


def test_facts_are_shown_with_units(structure_panel):
    structure_panel.set_facts(FACTS)
    rows = dict(structure_panel.facts.rows())
    assert structure_panel.formula.text() == "NaCl"
    assert "Fm-3m" in structure_panel.headline.text()
    assert rows["Space group"] == "Fm-3m (225)"
    assert rows["Density"].endswith("g/cm³")
    assert structure_panel.sites.rows() == [("Na  4a", "0.0000  0.0000  0.0000")]


def test_a_clicked_fact_is_on_the_clipboard(qtbot, structure_panel):
    structure_panel.set_facts(FACTS)
    cell = next(
        child
        for child in structure_panel.facts.findChildren(type(structure_panel.formula))
        if child.text() == "cubic"
    )
    with qtbot.waitSignal(structure_panel.copied):
        qtbot.mouseClick(cell, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "cubic"


def test_an_atom_tells_what_and_where_it_is(structure_panel):
    structure_panel.show_atom(1)
    rows = dict(structure_panel.atom.facts.rows())
    assert rows["Cartesian"].startswith("2.820  2.820  2.820")
    assert rows["Fractional"] == "0.5000  0.5000  0.5000"
    assert rows["Nearest"].startswith("Na 1   2.820")
    structure_panel.show_atom(-1)
    assert not structure_panel.atom.isVisible()


def test_six_neighbours_of_rock_salt_are_equally_far():
    near = nearest(NACL, NACL.positions, 0)
    assert [atom for atom, _ in near] == [1] * 6
    assert np.allclose([distance for _, distance in near], 2.82)


def test_shared_sites_offer_an_ordered_cell(qtbot, structure_panel, document):
    occupancies = ({"Na": 0.5, "K": 0.5}, {"Cl": 1.0})
    shared = Document.from_structure(NACL, made_by="test", occupancies=occupancies)
    structure_panel.set_document(shared)
    (text,) = structure_panel.notices.texts()
    assert "1 site is shared" in text
    assert not structure_panel.relax.button.isEnabled()
    with qtbot.waitSignal(structure_panel.order_asked):
        structure_panel.notices.acted.emit("order")


def test_relax_asks_for_what_is_open(qtbot, structure_panel):
    with qtbot.waitSignal(structure_panel.relax_asked) as asked:
        structure_panel.relax.button.click()
    (spec,) = asked.args
    assert spec.structures == ()
    assert spec.potential == "chgnet"


# --- dynamics ---


def test_run_asks_with_what_the_form_says(qtbot, dynamics, document):
    dynamics.set_spec(MDSpec(temperature=432.0, steps=77, ensemble="bussi", potential="chgnet"))
    with qtbot.waitSignal(dynamics.run_asked) as asked:
        qtbot.mouseClick(dynamics.run, Qt.MouseButton.LeftButton)
    (spec,) = asked.args
    structure = document.structure()
    assert spec == MDSpec(temperature=432.0, steps=77, ensemble="bussi", structure=structure)


def test_a_potential_without_the_elements_cannot_run(dynamics):
    dynamics.set_spec(MDSpec(potential="morse"))
    assert not dynamics.potential.is_usable
    assert not dynamics.run.isEnabled()


def test_a_warning_mends_itself(qtbot, dynamics, theme):
    water = replace(NACL, numbers=np.array([1, 8]), cell=9.0 * np.eye(3))
    dynamics.set_document(Document.from_structure(water, made_by="test"))
    dynamics.set_spec(MDSpec(timestep=2.0, steps=100))
    (text,) = dynamics.notices.texts()
    assert "0.5 fs" in text
    dynamics.notices.acted.emit("0")
    assert dynamics.spec().timestep == 0.5
    assert dynamics.notices.texts() == []


@pytest.mark.parametrize(
    ("state", "run", "stop"),
    [(RUNNING, False, True), (PAUSED, False, True), (FINISHED, True, False)],
)
def test_buttons_follow_the_run(dynamics, state, run, stop):
    dynamics.set_state(state)
    assert (dynamics.run.isEnabled(), dynamics.stop.isEnabled()) == (run, stop)


def test_extend_asks_for_as_many_steps_more(qtbot, dynamics):
    dynamics.set_spec(MDSpec(steps=300))
    dynamics.set_last_run(MDSpec(steps=300, structure=NACL))
    with qtbot.waitSignal(dynamics.extend_asked) as asked:
        dynamics.extend.click()
    (spec,) = asked.args
    assert (spec.steps, spec.resume) == (600, True)


def test_a_preset_fills_the_form(dynamics):
    dynamics.preset.set_value("diffusion")
    dynamics.preset.edited.emit()
    assert dynamics.spec().ensemble == "bussi"
    assert dynamics.spec().temperature == 1000.0


def test_the_outcome_is_one_sentence_with_an_error_bar():
    text, kind = md_outcome(
        {
            "steps": 2000,
            "mean_temperature_K": 601.2,
            "mean_temperature_error_K": 4.6,
            "steps_per_s": 21.0,
            "drift_eV_per_atom_ps": 1e-5,
        },
        timestep_fs=1.0,
    )
    assert "601(5) K" in text
    assert kind == "ok"


@pytest.mark.parametrize(("mean_K", "kind"), [(490.0, "warn"), (590.0, "ok"), (700.0, "warn")])
def test_a_run_whose_temperature_is_not_the_one_asked_for_has_not_settled(mean_K, kind):
    result = {"steps": 400, "mean_temperature_K": mean_K, "mean_temperature_error_K": 10.0}
    text, found = md_outcome(result, timestep_fs=1.0, asked_K=600.0)
    assert found == kind
    assert ("extend the run" in text) == (kind == "warn")


def test_a_run_that_left_what_its_potential_knows_says_so_first():
    left = {"level": "care", "sentence": "Atoms were outside."}
    text, kind = md_outcome({"steps": 10, "drift_eV_per_atom_ps": 0.02, "trust": left}, 1.0)
    assert text.endswith("Atoms were outside.")
    assert kind == "warn"


def test_nothing_is_well_where_the_potential_has_a_red_light():
    red = Verdict(Level.NO, "do not trust", ("Health check: do not use it yet.", "It knows Si."))
    assert with_doubts("2 ps done.", "ok", red) == (
        "2 ps done. Health check: do not use it yet.", "warn",
    )  # fmt: skip
    for well in (None, replace(red, level=Level.CARE)):
        assert with_doubts("2 ps done.", "ok", well) == ("2 ps done.", "ok")


def test_a_drifting_energy_is_told_before_anyone_trusts_it():
    _, kind = md_outcome({"steps": 10, "drift_eV_per_atom_ps": 0.02}, timestep_fs=1.0)
    assert kind == "warn"


# --- errors ---

BLOW_UP = JobError(
    "BlowUpError",
    {"step": 412, "temperature_K": 20345.0, "last_good_step": 400, "reason": "too hot"},
    "BlowUpError(...)",
    "Traceback (most recent call last): ...",
)


def test_an_error_card_says_what_happened_and_hides_the_traceback(qtbot, theme):
    card = ErrorCard(BLOW_UP, theme, remedies_for(BLOW_UP))
    qtbot.addWidget(card)
    card.show()
    assert "unstable at step 412" in card.accessibleDescription()
    shown = [each.text() for each in card.findChildren(type(card._mark)) if each.isVisible()]
    assert not any("Traceback" in text for text in shown)
    assert not card._details.isVisible()
    card.unfold()
    assert "Traceback" in card._details.toPlainText()


def test_the_details_can_be_copied(qtbot, theme):
    card = ErrorCard(BLOW_UP, theme)
    qtbot.addWidget(card)
    card._copy.click()
    assert "temperature_K = 20345.0" in QGuiApplication.clipboard().text()


def test_a_remedy_is_emitted_by_its_key(qtbot, theme):
    card = ErrorCard(BLOW_UP, theme, remedies_for(BLOW_UP))
    qtbot.addWidget(card)
    with qtbot.waitSignal(card.remedy_chosen) as chosen:
        card._buttons[0].click()
    assert chosen.args == [SHORTER]


# --- player ---


def frame(step):
    return Frame(step, 2.0 * step, np.full((2, 3), step, np.float32), np.eye(3))


def test_the_player_follows_the_run_until_someone_looks_back(qtbot, theme):
    player = Player(theme)
    qtbot.addWidget(player)
    player.set_recording(Recording())
    for step in range(5):
        player.record(frame(step))
        assert player.follow()
    with qtbot.waitSignal(player.frame_chosen) as chosen:
        player.go_back()
    assert chosen.args[0].step == 3
    player.record(frame(5))
    assert not player.follow()
    player.go_last()
    player.record(frame(6))
    assert player.follow()


def test_a_click_in_a_plot_shows_the_nearest_frame(qtbot, theme):
    player = Player(theme)
    qtbot.addWidget(player)
    player.set_recording(Recording())
    for step in range(5):
        player.record(frame(step))
    player.follow()
    with qtbot.waitSignal(player.frame_chosen) as chosen:
        player.go_to_time(4.4)
    assert chosen.args[0].step == 2


def test_a_long_recording_is_thinned_and_keeps_its_start():
    recording = Recording(limit_bytes=10_000)
    for step in range(5000):
        recording.append(frame(step))
    assert 10 < len(recording) < 200
    assert recording[0].step == 0
