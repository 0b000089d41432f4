"""Models from elsewhere: no dialog runs anything unless its own button is pressed."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from safetensors.numpy import save_file

from designer_app.errors import CodeNotTrustedError
from designer_app.io.trusted_code import is_trusted
from designer_app.provenance import sha256_of
from designer_app.running.messages import job_error
from designer_app.session.job import Job
from designer_app.specs.md import MDSpec
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.ui.dialogs.consent import ConsentDialog
from designer_app.ui.dialogs.take_over import TakeOverDialog
from designer_app.ui.potentials.offers import Offer

PATIENCE_MS = 60_000


@pytest.fixture
def program(tmp_path):
    """What a TorchScript file looks like from outside."""
    path = tmp_path / "deployed.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/code/__torch__.py", "def forward(self): pass")
        archive.writestr("model/constants.pkl", b"\x80\x02.")
    return path


@pytest.fixture
def opening(window):
    window.show_workspace("potentials")
    return window.potentials.library.opening


@pytest.fixture
def asked(qtbot, window, opening, program):
    """The question about a program that was opened."""
    opening.open(program)
    qtbot.waitUntil(lambda: bool(window.findChildren(ConsentDialog)), timeout=PATIENCE_MS)
    return window.findChildren(ConsentDialog)[0]


def test_a_training_on_a_program_goes_on_once_it_may_run(qtbot, window, program, monkeypatch):
    window.show_workspace("potentials")
    potentials = window.potentials
    spec = TrainPotentialSpec(data=(), out=Path(), model="schnet", baseline=f"script:{program}")
    job = Job(901, "train-potential", spec, "Train")
    job.begin()
    potentials.show_job(job)
    begun = []
    monkeypatch.setattr(potentials._trainings, "start", lambda given, _: begun.append(given) or job)
    error = CodeNotTrustedError(str(program), "a program", sha256_of(program))
    job.on_failed(job_error(error))
    button = potentials.page.card._buttons[0]
    assert button.text() == "Let it run..."
    button.click()
    dialog = window.findChildren(ConsentDialog)[0]
    assert not begun
    dialog.allow.click()
    assert is_trusted(sha256_of(program))
    assert [each.baseline for each in begun] == [f"script:{program}"]


def test_a_health_check_of_a_program_is_done_once_it_may_run(window, program, monkeypatch):
    window.show_workspace("potentials")
    potentials, asked = window.potentials, []

    def check(given, title):
        asked.append(Job(902, "health", given, title))
        asked[-1].begin()
        return asked[-1]

    monkeypatch.setattr(potentials._trainings, "check_health", check)
    offer = Offer(family="script", model=str(program), title="deployed", summary="")
    potentials.judging.check(offer, None)
    error = CodeNotTrustedError(str(program), "a program", sha256_of(program))
    asked[0].on_failed(job_error(error))
    potentials.page.card._buttons[0].click()
    window.findChildren(ConsentDialog)[0].allow.click()
    assert [each.spec for each in asked] == [asked[0].spec] * 2


def error_card(qtbot, window):
    qtbot.waitUntil(lambda: window.potentials.page.card is not None, timeout=PATIENCE_MS)
    return window.potentials.page.card.details()


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter])
@pytest.mark.parametrize("on_the_button", [False, True])
def test_keys_leave_a_program_alone(qtbot, window, asked, program, key, on_the_button):
    target = asked.allow if on_the_button else asked
    target.setFocus()
    qtbot.keyClick(target, key)
    assert not asked.isVisible()
    assert not is_trusted(sha256_of(program))
    assert window.workspace == "potentials"


def test_a_program_may_run_once_its_button_was_pressed(window, asked, program):
    asked.allow.click()
    assert is_trusted(sha256_of(program))
    assert window.workspace == "dynamics"
    assert window.dynamics.potential.values() == {"potential": "script", "model": str(program)}


def test_a_program_that_may_run_is_not_asked_about_again(qtbot, window, asked, program):
    asked.allow.click()
    window.show_workspace("potentials")
    window.potentials.library.opening.open(program)
    qtbot.waitUntil(lambda: window.workspace == "dynamics", timeout=PATIENCE_MS)
    assert not [each for each in window.findChildren(ConsentDialog) if each.isVisible()]


def test_an_archive_with_code_is_refused(qtbot, window, opening, tmp_path):
    with zipfile.ZipFile(tmp_path / "model.pt", "w") as archive:
        archive.writestr("__main__.py", "open('mark', 'w')")
    opening.open(tmp_path / "model.pt")
    assert "UnsafeFileError" in error_card(qtbot, window)
    assert not window.findChildren(ConsentDialog)


def test_a_file_that_is_no_model_is_told_so(qtbot, window, opening, argon):
    opening.open(argon)
    assert "ModelUnreadableError" in error_card(qtbot, window)


def test_a_table_of_parameters_is_taken_as_it_is(qtbot, window, opening, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('form = "morse"\n')
    opening.open(path)
    qtbot.waitUntil(lambda: window.workspace == "dynamics", timeout=PATIENCE_MS)
    assert window.dynamics.potential.values() == {"potential": "morse", "model": str(path)}


def test_weights_ask_for_the_elements_that_they_learned(qtbot, window, opening, tmp_path,
                                                        monkeypatch):  # fmt: skip
    path = tmp_path / "schnet.safetensors"
    save_file({"embedding.weight": np.zeros((4, 4), np.float32)}, path)
    opening.open(path)
    qtbot.waitUntil(lambda: bool(window.findChildren(TakeOverDialog)), timeout=PATIENCE_MS)
    dialog = window.findChildren(TakeOverDialog)[0]
    assert not dialog.take.isEnabled()
    elements = dialog.form._rows["elements"].editor
    qtbot.keyClicks(elements, "Si, O")
    specs = []

    def convert(spec):
        specs.append(spec)
        return Job(980, "convert", spec, "")

    monkeypatch.setattr(opening._trainings, "convert", convert)
    dialog.take.click()
    assert (specs[0].path, specs[0].elements) == (path, ("Si", "O"))
    assert specs[0].out.name == "schnet"


def test_a_run_with_a_program_that_is_not_allowed_offers_to_ask(window, program, monkeypatch):
    sha256 = sha256_of(program)
    spec = MDSpec(potential="script", model=str(program))
    error = job_error(CodeNotTrustedError(str(program), "a TorchScript program", sha256))
    again = []
    monkeypatch.setattr(window.runs, "run_md", again.append)
    window.errors.show_failed_run(error, Job(981, "md", spec, "MD"))
    card = window.work.picture.card
    assert [button.text() for button in card._buttons] == ["Let it run..."]
    card._buttons[0].click()
    dialog = window.findChildren(ConsentDialog)[0]
    assert (is_trusted(sha256), again) == (False, [])
    dialog.allow.click()
    assert is_trusted(sha256)
    assert Path(again[0].model) == program
