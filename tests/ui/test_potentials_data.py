"""Reference calculations before a training, with answers of the jobs given by hand."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.specs.labels import (
    Finding,
    Fix,
    LabelFile,
    LabelKey,
    LabelsFound,
    Preflight,
    TagCount,
)
from designer_app.ui.potentials.area import DATA, LIBRARY

FOUND = LabelsFound(
    files=(
        LabelFile(path="/data/si.json", kind="pymatgen JSON", n_frames=28, settings="PBE, 520 eV"),
        LabelFile(path="/data/cut.xyz", kind="extended XYZ", n_frames=0, error="It is cut off."),
    ),
    keys=(
        LabelKey(quantity="energy", key="energy", unit="eV", choices=("REF_energy",), n_frames=28),
        LabelKey(quantity="stress", key="virial", unit="kbar", unit_choices=("GPa",), n_frames=28),
    ),
    tags=(
        TagCount(tag="AIMD", n_frames=20, n_atoms=1280),
        TagCount(tag="Surface", n_frames=8, n_atoms=434),
    ),
    elements=("Si",),
    n_frames=28,
    n_atoms=1714,
    formulas=(("Si", 28),),
    energies_per_atom=np.linspace(-5.4, -4.6, 28),
    force_norms=np.linspace(0.0, 4.0, 200),
)
DUPLICATES = Finding(
    key="duplicates",
    level="warning",
    sentence="3 of 28 frames are copies.",
    advice="Leave them out.",
    frames=(("/data/si.json", 7),),
    fixes=(Fix(title="Leave out 3", changes=(("n_train", 19), ("split", "structure"))),),
)
UNITS = Finding(key="units", level="error", sentence="Energies look like Ha.", advice="Say so.")


def preflight(*findings):
    plan = (("Network", "NequIP, 32 features"), ("Time", "about 5 min"))
    return Preflight(
        findings=findings, n_train=22, n_validation=3, n_test=3, seconds=0.4, plan=plan
    )


class Asked:
    """Stands for the jobs: keeps the specs, and answers when told."""

    def __init__(self):
        self.specs, self.jobs = [], []

    def __call__(self, spec):
        self.specs.append(spec)
        self.jobs.append(Job(900 + len(self.jobs), "labels", spec, ""))
        self.jobs[-1].begin()
        return self.jobs[-1]

    def answer(self, result):
        self.jobs[-1].on_succeeded(result)


@pytest.fixture
def labels(window, monkeypatch):
    made = Asked()
    monkeypatch.setattr(window.session.trainings, "labels", made)
    return made


@pytest.fixture
def checks(window, monkeypatch):
    made = Asked()
    monkeypatch.setattr(window.session.trainings, "preflight", made)
    return made


@pytest.fixture
def potentials(window, labels, checks):
    """The workspace with two dropped files that were read."""
    window.show_workspace("potentials")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(each.path) for each in FOUND.files])
    window.dropEvent(
        QDropEvent(
            QPointF(400, 300),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    labels.answer(FOUND)
    return window.potentials


def test_dropped_files_are_read_and_checked(potentials, labels, checks):
    assert potentials.shown == DATA
    assert labels.specs[-1].data == (Path("/data/si.json"), Path("/data/cut.xyz"))
    page = potentials.page.work.data
    assert "28 frames" in page.summary.text()
    assert not potentials.panel.train.run.isEnabled()
    checks.answer(preflight())
    assert potentials.panel.train.run.isEnabled()
    assert potentials.panel.train.plan.rows()["Time"] == "about 5 min"
    assert "22 to learn from" in page.split.counts.text()
    assert "Nothing is wrong" in page.verdict.text()


def test_an_error_in_the_data_stops_the_training_and_stands_first(potentials, checks):
    checks.answer(preflight(DUPLICATES, UNITS))
    page = potentials.page.work.data
    assert [card.finding.key for card in page.cards] == ["units", "duplicates"]
    assert not potentials.panel.train.run.isEnabled()
    assert "must be mended" in page.verdict.text()


def test_a_fix_changes_the_settings_and_the_data_are_checked_again(qtbot, potentials, checks):
    checks.answer(preflight(DUPLICATES))
    potentials.page.work.data.cards[0].buttons[0].click()
    assert not potentials.panel.train.run.isEnabled()
    qtbot.waitUntil(lambda: len(checks.specs) == 2)
    assert (checks.specs[-1].n_train, checks.specs[-1].split) == (19, "structure")
    assert potentials.page.work.data.split.editor.value() == "structure"


def test_frames_that_a_fix_left_out_can_be_taken_in_again(potentials):
    potentials.desk.change((("leave_out", ("si.json:7", "si.json:9")),))
    split = potentials.page.work.data.split
    assert split._left_out.text() == "2 frames left out"
    assert not split.restore.isHidden()
    split.restore.click()
    assert potentials.desk.spec.leave_out == ()
    assert split.restore.isHidden()


def test_a_frame_of_a_finding_opens_in_structure(window, potentials, checks, monkeypatch):
    opened = []
    monkeypatch.setattr(window.session, "open_frame", lambda *asked: opened.append(asked))
    checks.answer(preflight(DUPLICATES))
    potentials.page.work.data.cards[0].show_frame.click()
    assert opened == [(Path("/data/si.json"), 7)]
    assert window.workspace == "structure"


def test_another_key_or_unit_is_read_again(potentials, labels):
    keys = potentials.page.work.data.keys
    keys.editors["energy"].set_value("REF_energy")
    keys.editors["energy"].edited.emit()
    assert labels.specs[-1].mapping == ("energy=REF_energy",)
    labels.answer(FOUND)
    keys.editors["stress_unit"].set_value("GPa")
    keys.editors["stress_unit"].edited.emit()
    assert labels.specs[-1].mapping == ("energy=REF_energy", "stress_unit=GPa")


def test_a_tag_can_be_left_out_and_taken_in_again(qtbot, potentials, checks):
    boxes = potentials.page.work.data.tags.boxes
    boxes["Surface"].click()
    assert potentials.desk.spec.tags == ("AIMD",)
    potentials.page.work.data.tags.boxes["Surface"].click()
    assert potentials.desk.spec.tags == ()


def test_the_panel_makes_the_settings_of_the_training(qtbot, potentials, checks):
    checks.answer(preflight())
    panel = potentials.panel.train
    panel.model.set_value("gap")
    panel.model.edited.emit()
    panel.sizes.editor("n_sparse").set_value(200)
    panel.form.editor("preset").set_value("minutes")
    panel.form.editor("members").set_value(4)
    panel.form.edited.emit()
    spec = potentials.desk.ready_spec()
    assert (spec.model, spec.preset, spec.members) == ("gap", "minutes", 4)
    assert spec.options == ("n_sparse=200",)
    qtbot.waitUntil(lambda: checks.specs[-1].model == "gap")
    assert "GAP" in potentials.page.work.title.text()


def test_a_switch_among_the_sizes_is_written_as_the_command_line_takes_it(potentials):
    panel = potentials.panel.train
    panel.sizes.editor("parity").set_value(False)
    assert potentials.desk.ready_spec().options == ("parity=false",)
    panel.set_spec(potentials.desk.ready_spec())
    assert panel.sizes.spec().parity is False


def test_the_last_file_taken_away_leads_back_to_the_library(potentials, labels):
    for each in FOUND.files:
        potentials.page.work.data.files.removed.emit(Path(each.path))
    assert potentials.shown == LIBRARY
    assert not potentials.panel.train.run.isEnabled()


def test_files_that_hold_nothing_do_not_reach_the_check(potentials, labels, checks):
    n_checks = len(checks.specs)
    potentials.desk.add_files([Path("/data/none.txt")])
    nothing = LabelFile(path="/data/none.txt", kind="", n_frames=0, error="It holds no labels.")
    labels.answer(
        LabelsFound(
            files=(nothing,), keys=(), tags=(), elements=(), n_frames=0, n_atoms=0, formulas=(),
            energies_per_atom=np.zeros(0), force_norms=np.zeros(0),
        )
    )  # fmt: skip
    assert len(checks.specs) == n_checks
    assert not potentials.panel.train.run.isEnabled()
    assert "No frame could be read" in potentials.panel.train.outlook.text()


def test_an_error_of_the_check_ends_on_a_card(potentials, checks):
    error = JobError("WorkerDiedError", {"exit_code": -9, "while_doing": "preflight"}, "died")
    checks.jobs[-1].on_failed(error)
    assert potentials.page.card is not None
    assert "could not be checked" in potentials.panel.train.outlook.text()


def test_an_answer_to_a_question_that_is_old_is_not_shown(qtbot, potentials, checks):
    old = checks.jobs[-1]
    potentials.desk.change((("split", "tag"),))
    qtbot.waitUntil(lambda: len(checks.specs) == 2)
    old.on_succeeded(preflight(UNITS))
    assert potentials.page.work.data.cards == []
