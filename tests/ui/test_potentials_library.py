"""The library of potentials, and how trained ones reach Dynamics."""

from dataclasses import replace

import numpy as np
import pytest

from designer_app.io.documents import Document
from designer_app.io.potential_cards import (
    ErrorsOn,
    LearnedFrom,
    PotentialCard,
    read_potential_card,
    write_potential_card,
)
from designer_app.io.user_folders import potentials_folder
from designer_app.session.job import Job
from designer_app.specs.structure import Structure
from designer_app.ui.potentials.area import RESULT
from designer_app.ui.potentials.offers import offer_of
from designer_app.ui.trust import Level, judge_trained

PATIENCE_MS = 30_000
CARD = PotentialCard(
    family="schnet",
    title="SchNet of silicon",
    settings={"n_features": 64},
    elements=("Si",),
    cutoff=5.0,
    references_eV={"Si": -0.8},
    data=(LearnedFrom(file="training.json", sha256="ab" * 32, n_frames=214),),
    split="10 % at random",
    training={"epochs": 200, "fits": [{"epochs": 31, "best_epoch": 28, "seconds": 270.0}]},
    errors=(
        ErrorsOn(name="validation", n_frames=21, energy_meV_atom=4.0, force_meV_A=99.0),
        ErrorsOn(name="test", n_frames=22, energy_meV_atom=3.1, force_meV_A=62.0),
    ),
    weights_sha256="cd" * 32,
)


def crystal(number):
    return Structure(
        numbers=np.array([number, number]),
        positions=np.array([[0.0, 0.0, 0.0], [1.36, 1.36, 1.36]]),
        cell=np.array([[0.0, 2.7, 2.7], [2.7, 0.0, 2.7], [2.7, 2.7, 0.0]]),
        pbc=(True, True, True),
        name="crystal",
    )


@pytest.fixture
def trained(folders_of_the_user):
    """A potential in the user's folder."""
    folder = potentials_folder() / "si"
    folder.mkdir(parents=True)
    write_potential_card(folder, CARD)
    return folder


@pytest.fixture
def library(qtbot, trained, window):
    window.show_workspace("potentials")
    page = window.potentials.page.library
    shown = lambda: any(card.offer.folder == trained for card in page.cards)  # noqa: E731
    qtbot.waitUntil(shown, timeout=PATIENCE_MS)
    return page


def test_the_library_shows_trained_potentials_before_those_of_the_program(library):
    titles = [card.offer.title for card in library.cards]
    assert titles[0] == "SchNet of silicon"
    assert "CHGNet: 0.3.0 (PBE+U)" in titles


def test_a_potential_is_judged_by_the_structure_that_is_open(window, library):
    lights = {card.offer.title: card.light for card in library.cards}
    window.session.set_document(Document.from_structure(crystal(32), made_by="test"))
    assert lights["SchNet of silicon"].verdict.level is Level.NO
    assert "Ge" in lights["SchNet of silicon"].verdict.reasons[0]
    assert lights["CHGNet: 0.3.0 (PBE+U)"].verdict.level is Level.GOOD


def test_what_cannot_compute_the_open_structure_is_not_offered_for_it(window, library):
    window.session.set_document(Document.from_structure(crystal(32), made_by="test"))
    cards = {card.offer.title: card for card in library.cards}
    assert cards["SchNet of silicon"].buttons["use"].isHidden()
    assert not cards["CHGNet: 0.3.0 (PBE+U)"].buttons["use"].isHidden()
    library.cards[0].buttons["show"].click()
    panel = window.potentials.panel.card
    assert not panel.use.isEnabled()
    assert "never saw Ge" in panel.use.toolTip()


def test_the_health_of_a_potential_is_checked_from_its_card(window, library, monkeypatch):
    potentials, asked = window.potentials, []

    def check(given, title):
        asked.append(given)
        return Job(902, "health", given, title)

    monkeypatch.setattr(potentials._trainings, "check_health", check)
    window.session.set_document(Document.from_structure(crystal(14), made_by="test"))
    library.cards[0].buttons["show"].click()
    assert not potentials.panel.card.check.isHidden()
    potentials.panel.card.check.click()
    assert potentials.shown == RESULT
    assert [len(each.structure) for each in asked] == [2]


@pytest.mark.parametrize(
    ("health", "first"),
    [
        ({}, "Check health"),
        ({"level": "good", "verdict": "Sound."}, "Use in Dynamics"),
        ({"level": "no", "verdict": "Do not use it."}, "Train again"),
    ],
)
def test_the_library_proposes_the_same_next_step_as_the_result(window, library, health, first):
    panel = window.potentials.panel
    offer = offer_of(library.cards[0].offer.folder, replace(CARD, health=health))
    panel.card.show_offer(offer)
    panel.result.show_offer(offer)
    assert panel.card.primary.text() == first
    assert panel.card.primary.property("asks") == panel.result.primary.property("asks")
    buttons = panel.card._buttons.values()
    assert [each.text() for each in buttons if each.property("role") == "primary"] == [first]


def test_under_a_red_light_run_is_not_the_blue_button(window, library, trained):
    write_potential_card(trained, replace(CARD, health={"level": "no", "verdict": "Unsound."}))
    window.session.set_document(Document.from_structure(crystal(14), made_by="test"))
    dynamics = window.dynamics
    assert dynamics.run.property("role") == "primary"
    dynamics.potential.set_trained([(trained, read_potential_card(trained))])
    dynamics.choose_potential("schnet", str(trained))
    assert dynamics.potential.verdict.word == "do not trust"
    assert dynamics.run.isEnabled()
    assert dynamics.run.property("role") != "primary"


def test_shipped_potentials_are_not_among_one_s_own(library):
    own = [card.offer.title for card in library.cards if card.offer.is_own]
    assert own == ["SchNet of silicon"]
    shipped = [each for each in library.cards if each.offer.card and not each.offer.is_own]
    assert all(each.buttons["tune"].isHidden() for each in shipped)


def test_a_card_shows_errors_and_facts_in_the_panel(window, library):
    library.cards[0].buttons["show"].click()
    panel = window.potentials.panel.card
    assert panel.title.text() == "SchNet of silicon"
    assert panel.card.errors.lines()[-1] == ("Test", "22", "3.10", "62.0")
    facts = dict(panel.card.facts.rows())
    assert facts["Data"].startswith("training.json: 214 frames, sha256 abababababab")
    assert facts["Cutoff"] == "5 Å"
    assert facts["Training"].startswith("epochs 31, best epoch 28, ")


def test_dynamics_takes_a_trained_potential_by_its_title(window, library, trained):
    window.session.set_document(Document.from_structure(crystal(14), made_by="test"))
    library.cards[0].buttons["use"].click()
    assert window.workspace == "dynamics"
    choice = window.dynamics.potential
    assert choice._potential.currentText() == "SchNet of silicon"
    assert choice.values() == {"potential": "schnet", "model": str(trained)}
    assert window.dynamics.spec().model == str(trained)
    assert choice.verdict.word == "not checked"
    assert choice._model.isHidden()


def test_a_structure_of_unknown_elements_is_not_run_with_a_trained_potential(window, library):
    window.session.set_document(Document.from_structure(crystal(32), made_by="test"))
    window.dynamics.choose_potential("schnet", library.cards[0].offer.model)
    assert not window.dynamics.potential.is_usable
    assert not window.dynamics.run.isEnabled()


def test_families_without_a_shipped_model_are_not_offered_by_name(window, library):
    choice = window.dynamics.potential._potential
    offered = [choice.itemText(place) for place in range(choice.count())]
    assert "SchNet of silicon" in offered
    assert "SchNet" not in offered
    assert "CHGNet" in offered


def test_a_run_with_a_potential_that_is_gone_still_shows_what_it_ran_with(window, tmp_path):
    choice = window.dynamics.potential
    choice.set_values("schnet", str(tmp_path / "gone"))
    assert choice.values() == {"potential": "schnet", "model": str(tmp_path / "gone")}
    choice.set_trained([])
    assert choice.values()["model"] == str(tmp_path / "gone")


@pytest.mark.parametrize(
    ("health", "word"),
    [({}, "not checked"), ({"level": "good"}, "suitable"), ({"level": "no"}, "do not trust")],
)
def test_the_word_of_a_trained_potential_is_that_of_its_health(health, word):
    card = PotentialCard(
        family="schnet", title="x", settings={}, elements=("Si",), cutoff=5.0, references_eV={},
        health=health,
    )  # fmt: skip
    assert judge_trained(card, crystal(14)).word == word
