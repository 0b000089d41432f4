from pathlib import Path

import numpy as np
import pytest

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.io.documents import Document
from designer_app.io.potential_cards import PotentialCard
from designer_app.session.job import Job
from designer_app.specs.md import MDSpec
from designer_app.specs.potentials import POTENTIALS
from designer_app.specs.structure import Structure
from designer_app.specs.trust import TrustAxis, TrustReport
from designer_app.ui.panels.potential_choice import PotentialChoice
from designer_app.ui.trust import Level, judge, judge_trained
from designer_app.ui.trust_light import LevelShape, TrustLight
from designer_app.ui.trust_watch import TrustWatch


def structure(*symbols):
    numbers = np.array([ATOMIC_NUMBERS[symbol] for symbol in symbols])
    return Structure(
        numbers=numbers,
        positions=np.arange(3.0 * len(numbers)).reshape(-1, 3),
        cell=np.eye(3) * 9.0,
        pbc=(True,) * 3,
    )


def test_chgnet_suits_a_crystal():
    assert judge(POTENTIALS["chgnet"], "", structure("Li", "O")).level is Level.GOOD


def test_chgnet_is_amber_for_water():
    verdict = judge(POTENTIALS["chgnet"], "", structure("O", "H", "H"))
    assert verdict.level is Level.CARE
    assert "liquid" in " ".join(verdict.reasons)


def test_a_missing_element_is_red_and_named():
    verdict = judge(POTENTIALS["morse"], "", structure("Li", "O"))
    assert verdict.level is Level.NO
    assert "Li, O" in verdict.reasons[0]


def test_a_foreign_model_is_never_green():
    verdict = judge(POTENTIALS["chgnet"], "my-weights.pt", structure("Li", "O"))
    assert verdict.level is Level.CARE


def test_the_light_tells_its_word_to_everyone(qtbot, theme):
    light = TrustLight(theme)
    qtbot.addWidget(light)
    light.set_verdict(judge(POTENTIALS["chgnet"], "", structure("Li", "O")))
    assert light.accessibleName() == "Trust: suitable"
    light.click()
    assert light.findChildren(type(light.popup))


def test_a_cell_too_thin_for_one_k_point_is_red_and_says_what_would_do():
    verdict = judge(POTENTIALS["tight-binding"], "", structure("O", "H", "H"))
    assert verdict.level is Level.NO
    assert "2 x 2 x 2" in verdict.reasons[1]


CARD = PotentialCard(
    family="schnet", title="Mine", settings={}, elements=("Si", "Ge"), cutoff=5.0,
    references_eV={}, health={"level": "good", "verdict": "It behaves as a potential should."},
)  # fmt: skip
FAR = TrustReport(
    level="no",
    axes=(
        TrustAxis(key="elements", level="good", sentence="It knows Si."),
        TrustAxis(key="distance", level="no", sentence="2 of 2 atoms lie outside."),
    ),
)


class Asked:
    """Stands for the job: keeps the questions."""

    def __init__(self):
        self.jobs = []

    def trust(self, spec):
        self.jobs.append(Job(len(self.jobs), "trust", spec, ""))
        self.jobs[-1].begin()
        return self.jobs[-1]


@pytest.fixture
def asked():
    return Asked()


@pytest.fixture
def choice(qtbot, theme, asked):
    made = PotentialChoice(theme)
    qtbot.addWidget(made)
    TrustWatch(asked, made, made)
    made.set_trained([(Path("/mine"), CARD)])
    made.set_values("schnet", str(Path("/mine")))
    return made


def shown(*symbols):
    return Document.from_structure(structure(*symbols), made_by="test")


def test_the_worst_axis_decides_and_is_told_first():
    verdict = judge_trained(CARD, structure("Si"), FAR)
    assert verdict.level is Level.NO
    assert verdict.reasons[0] == "2 of 2 atoms lie outside."
    assert verdict.levels == (Level.NO, Level.GOOD, Level.GOOD, None)
    assert len(verdict.reasons) == len(verdict.levels)


def test_a_red_light_of_doubts_does_not_forbid_a_run():
    assert not judge_trained(CARD, structure("Si"), FAR).stops
    assert judge_trained(CARD, structure("Xe")).stops


def test_the_light_shows_each_axis_with_its_shape(qtbot, theme):
    light = TrustLight(theme)
    qtbot.addWidget(light)
    light.set_verdict(judge_trained(CARD, structure("Si"), FAR))
    light.click()
    assert len(light.popup.findChildren(LevelShape)) == 3


def test_a_trained_potential_is_asked_about_the_structure(qtbot, choice, asked):
    choice.set_document(shown("Si", "Si"))
    qtbot.waitUntil(lambda: bool(asked.jobs), timeout=30_000)
    spec = asked.jobs[0].spec
    assert (spec.potential, spec.model, len(spec.structure)) == ("schnet", str(Path("/mine")), 2)
    assert choice.verdict.level is Level.GOOD
    asked.jobs[0].on_succeeded(FAR)
    assert choice.verdict.level is Level.NO
    assert choice.is_usable


def test_an_answer_to_an_older_question_is_dropped(qtbot, choice, asked):
    choice.set_document(shown("Si", "Si"))
    qtbot.waitUntil(lambda: bool(asked.jobs), timeout=30_000)
    choice.set_document(shown("Ge"))
    assert asked.jobs[0].control.is_cancelled
    asked.jobs[0].on_succeeded(FAR)
    assert choice.verdict.level is Level.GOOD


def test_what_was_answered_is_not_asked_again(qtbot, choice, asked):
    choice.set_document(shown("Si"))
    qtbot.waitUntil(lambda: bool(asked.jobs), timeout=30_000)
    asked.jobs[0].on_succeeded(FAR)
    choice.set_trained([(Path("/mine"), CARD)])
    assert choice.verdict.level is Level.NO


def test_the_light_follows_the_atoms_of_a_run(window):
    choice = window.dynamics.potential
    choice.set_trained([(Path("/mine"), CARD)])
    choice.set_document(shown("Si", "Si"))
    spec = MDSpec(structure=structure("Si", "Si"), potential="schnet", model=str(Path("/mine")))
    job = Job(1, "md", spec, "MD Si")
    job.begin()
    window.runs.show_job(job)
    assert choice.verdict.level is Level.GOOD
    job.control.progress(10, 20, "", FAR)
    job.on_cancelled()
    assert choice.verdict.level is Level.NO


def test_unknown_elements_are_not_asked_about(qtbot, choice, asked):
    choice.set_document(shown("Xe"))
    qtbot.wait(400)
    assert not asked.jobs
