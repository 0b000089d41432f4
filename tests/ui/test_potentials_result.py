"""A trained potential in front: how good it is in words, and which step comes next."""

from dataclasses import replace

import numpy as np
import pytest

from designer_app.io.documents import Document
from designer_app.io.potential_cards import ErrorsOn, PotentialCard, write_potential_card
from designer_app.session.job import Job
from designer_app.specs.fields import settings_of
from designer_app.specs.structure import Structure
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.ui.potentials.area import RESULT
from designer_app.ui.potentials.card_view import facts_of
from designer_app.ui.potentials.error_words import plotted_text, size_of_errors, worse_text
from designer_app.ui.potentials.offers import offer_of

CARD = PotentialCard(
    family="schnet",
    title="SchNet for Si",
    settings={"n_features": 32, "n_interactions": 2, "readout": "ssp", "cutoff": 5.0},
    elements=("Si",),
    cutoff=5.0,
    references_eV={"Si": -5.119},
    fitted=("Si",),
    errors=(
        ErrorsOn(
            name="test",
            n_frames=22,
            energy_meV_atom=20.8,
            force_meV_A=159.0,
            typical_force_meV_A=600.0,
        ),
        ErrorsOn(name="Si", n_frames=22, force_meV_A=159.0),
        ErrorsOn(name="tag Surface", n_frames=1, energy_meV_atom=121.0, force_meV_A=298.0),
        ErrorsOn(name="tag Elastic", n_frames=6, energy_meV_atom=12.8, force_meV_A=29.2),
    ),
)
CHECKED = {"level": "care", "verdict": "Usable with care.", "items": []}


def crystal(number, name="crystal"):
    return Structure(
        numbers=np.array([number, number]),
        positions=np.array([[0.0, 0.0, 0.0], [1.36, 1.36, 1.36]]),
        cell=np.array([[0.0, 2.7, 2.7], [2.7, 0.0, 2.7], [2.7, 2.7, 0.0]]),
        pbc=(True, True, True),
        name=name,
    )


@pytest.fixture
def potentials(window):
    window.show_workspace("potentials")
    return window.potentials


@pytest.fixture
def run(window, tmp_path):
    """A training of the project that left a potential, with its data still there."""
    data = tmp_path / "si.xyz"
    data.write_text("", encoding="utf-8")
    made = window.session.project.runs.begin("train-potential", "Train SchNet on si")
    spec = TrainPotentialSpec(data=(data,), out=made.folder, model="schnet")
    made.settings.update(settings_of(spec))
    write_potential_card(made.folder, CARD)
    window.session.project.runs.note(replace(made, state="succeeded"))
    return made


@pytest.fixture
def show(potentials, run):
    def shown(card=CARD):
        potentials.result.show_offer(offer_of(run.folder, card))
        potentials.show_page(RESULT)
        return potentials.panel.result

    return shown


@pytest.mark.parametrize(
    ("health", "next_step"),
    [({}, "Check health"), (CHECKED, "Run MD with it"), ({"level": "no"}, "Train again...")],
)
def test_the_primary_button_is_the_next_step(show, health, next_step):
    panel = show(replace(CARD, health=health))
    assert panel.primary.text() == next_step
    primary = [button for button in panel._icons if button.property("role") == "primary"]
    assert primary == [panel.primary]


def test_ctrl_enter_presses_the_next_step(window, potentials, show, monkeypatch):
    show()
    asked = []
    potentials.panel.result.health_asked.connect(lambda: asked.append("health"))
    monkeypatch.setattr(
        potentials._trainings, "check_health", lambda *_: Job(9, "health", None, "")
    )
    window.actions_by_key["run"].trigger()
    assert asked == ["health"]


@pytest.mark.parametrize(
    ("typical", "word"), [(2000.0, "small"), (900.0, "moderate"), (600.0, "large")]
)
def test_the_error_of_forces_is_told_as_a_share_of_a_usual_force(typical, word):
    test = replace(CARD.errors[0], typical_force_meV_A=typical)
    said = size_of_errors(replace(CARD, errors=(test,)), None)
    assert f"{159 / typical:.0%}".rstrip("%") + " %" in said
    assert f"That is {word}" in said
    assert "health check and a comparison" in said


def test_without_data_to_compare_with_nothing_is_said_of_the_size():
    bare = replace(CARD.errors[0], typical_force_meV_A=None)
    assert size_of_errors(replace(CARD, errors=(bare,)), None) == ""


def test_a_tag_that_is_far_worse_than_the_rest_is_marked(potentials, show):
    show()
    page = potentials.page.work.result
    assert page.worse.text.text() == (
        "Surface (121 meV/atom in energies and 298 meV/Å in forces, one frame only) is far worse "
        "than the rest: add calculations like it, or do not use the potential for it."
    )
    names = [line[0] for line in page.card.errors.lines()]
    assert names == ["Test", "▲ Surface", "Elastic"]
    assert worse_text(replace(CARD, errors=CARD.errors[:1])) == ""


def test_plots_of_other_frames_than_the_headline_s_say_so_with_their_error():
    shown = ErrorsOn(name="validation", n_frames=21, energy_meV_atom=8.49, force_meV_A=91.6)
    assert plotted_text(replace(CARD, errors=(*CARD.errors, shown))) == (
        "The plots show the 21 validation frames, off by 8.49 meV/atom in energies and 91.6 meV/Å "
        "in forces."
    )
    assert plotted_text(replace(CARD, errors=(shown,))) == ""


def test_a_fitted_offset_is_not_called_a_free_atom():
    facts = dict(facts_of(CARD))
    assert facts["Counted from"] == "Si -5.119 eV (fitted offset, not a free atom)"
    assert "Free atoms" not in facts
    given = dict(facts_of(replace(CARD, fitted=())))
    assert given["Free atoms"] == "Si -5.119 eV"


def test_sizes_are_told_by_the_names_of_the_form():
    sizes = dict(facts_of(CARD))["Sizes"]
    assert sizes == "features 32, interactions 2, readout shifted softplus, as published"


def test_tabs_are_never_cut_off(potentials):
    assert not potentials.page.work.tabs.usesScrollButtons()


def test_what_md_begins_with_is_said_beforehand(window, show):
    window.session.set_document(Document.from_structure(crystal(14, "silicon"), made_by="test"))
    panel = show()
    assert panel.opens.text() == "Run MD takes silicon, which is open."
    window.session.set_document(Document.from_structure(crystal(32, "Ge"), made_by="test"))
    assert panel.opens.text() == (
        "Ge, which is open, has Ge, which it never saw. "
        "Run MD opens the calmest structure that it learned from."
    )


def test_md_opens_the_calmest_frame_and_says_its_name(window, show, run, monkeypatch):
    asked = []

    def submit(key, spec, title=""):
        asked.append((key, spec, Job(77, key, spec, title)))
        asked[-1][2].begin()
        return asked[-1][2]

    panel = show(replace(CARD, health=CHECKED))
    with monkeypatch.context() as patched:
        patched.setattr(window.session.jobs, "submit", submit)
        panel.run.click()
    key, spec, job = asked[0]
    assert key == "calm-frame"
    assert spec.model == str(run.folder)
    document = Document.from_structure(crystal(14, "Si (Elastic 3)"), made_by="labels")
    job.on_succeeded(document)
    assert window.workspace == "dynamics"
    assert window.session.document.name == "Si (Elastic 3)"
    assert "Si (Elastic 3) is open: the calmest" in window.dynamics.outcome()
