"""A training on the screen and after, its job standing by: rows are put in by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from designer_app.io.documents import Document
from designer_app.io.potential_cards import ErrorsOn, PotentialCard, write_potential_card
from designer_app.running.control import Progress, RunControl
from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.session.session import Session
from designer_app.session.trainings import _parity
from designer_app.specs.fields import settings_of
from designer_app.specs.health import Curve, HealthItem, HealthReport
from designer_app.specs.structure import Structure
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.training_progress import COLUMNS
from designer_app.training.training_log import tell_plan
from designer_app.ui.potentials.area import DATA, LIBRARY, RESULT, TRAINING
from designer_app.ui.potentials.error_bars import ErrorBars
from designer_app.ui.potentials.health_view import report_of
from designer_app.ui.wording import THIN

PATIENCE_MS = 30_000
PLANNED = (
    ("Weights", "16,001"), ("One epoch", "14 s here"), ("Epochs", "about 19"),
    ("Time", "about 4.5 min"),
)  # fmt: skip
CARD = PotentialCard(
    family="schnet",
    title="SchNet for Si",
    settings={},
    elements=("Si",),
    cutoff=5.0,
    references_eV={"Si": -0.8},
    errors=(ErrorsOn(name="test", n_frames=22, energy_meV_atom=3.1, force_meV_A=62.0),),
)


def row(epoch, parity=0, **values):
    known = {
        "epoch": epoch, "loss_train": 1.0 / epoch, "force_validation_meV_A": 900.0 / epoch,
        "energy_validation_meV_atom": 90.0 / epoch, "best_epoch": epoch, "parity": parity,
        "frames_per_s": 27.0, "member": 0, **values,
    }  # fmt: skip
    return {name: float(known.get(name, np.nan)) for name in COLUMNS}


def write_parity(folder):
    np.savez(
        folder / "parity.npz",
        energy_reference=np.array([-5.4, -4.6]), energy_predicted=np.array([-5.3, -4.6]),
        force_reference=np.zeros(9), force_predicted=np.full(9, 0.1),
        stress_reference=np.full((2, 6), np.nan), stress_predicted=np.zeros((2, 6)),
        n_atoms=np.array([2, 1]), frame_source=np.array([0, 0]), frame_index=np.array([7, 3]),
        frame_tag=np.array([0, 1]), numbers=np.array([14, 8, 14]),
        sources=np.array(["/data/si.json"]), tags=np.array(["AIMD", "Surface"]),
    )  # fmt: skip


@pytest.fixture
def spec(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    return TrainPotentialSpec(data=(Path("/data/si.json"),), out=out, model="schnet")


@pytest.fixture
def potentials(window, monkeypatch):
    """The workspace; what would read files for the data page does not."""
    for name in ("labels", "preflight"):
        fake = lambda given: Job(990, "labels", given, "")  # noqa: E731
        monkeypatch.setattr(window.session.trainings, name, fake)
    window.show_workspace("potentials")
    return window.potentials


@pytest.fixture
def silicon():
    return Structure(
        numbers=np.array([14, 14]),
        positions=np.array([[0.0, 0.0, 0.0], [1.36, 1.36, 1.36]]),
        cell=np.array([[0.0, 2.7, 2.7], [2.7, 0.0, 2.7], [2.7, 2.7, 0.0]]),
        pbc=(True, True, True),
    )


@pytest.fixture
def job(potentials, spec):
    """A training that is shown and has begun."""
    made = Job(901, "train-potential", spec, "Train SchNet on si", spec.out)
    made.begin()
    potentials.show_job(made)
    return made


@pytest.fixture
def finished(qtbot, potentials, job, spec):
    """One that came to its end with a potential."""
    write_parity(spec.out)
    write_potential_card(spec.out, CARD)
    job.on_succeeded({})
    qtbot.waitUntil(lambda: potentials.shown == RESULT, timeout=PATIENCE_MS)
    return potentials


def test_epochs_are_shown_as_they_come(potentials, job):
    for epoch in (1, 2, 3):
        job.control.series.append(row(epoch))
    potentials.watch.look()
    page = potentials.page.work.training
    assert potentials.shown == TRAINING
    assert len(page.table) == 3
    assert page.tiles["force"].value.text() == f"300{THIN}meV/Å"
    assert page.tiles["epoch"].value.text() == "3"
    assert page.tiles["epoch"].of.text() == "best: 3"
    assert page.tiles["stress"].isHidden()


def test_parity_is_read_when_a_row_says_that_it_is_new(qtbot, window, potentials, job, spec,
                                                       monkeypatch):  # fmt: skip
    write_parity(spec.out)
    job.control.series.append(row(1, parity=1))
    potentials.watch.look()
    page = potentials.page.work.training
    qtbot.waitUntil(lambda: page.found is not None, timeout=PATIENCE_MS)
    assert dict(page.bars.rows()) == {"O": pytest.approx(100.0), "Si": pytest.approx(100.0)}
    opened = []
    monkeypatch.setattr(window.session, "open_frame", lambda *asked: opened.append(asked))
    page.force.frame_chosen.emit(1)
    assert opened == [(Path("/data/si.json"), 3)]
    assert window.workspace == "structure"


def test_frames_of_parity_points_are_found_from_the_folder_of_the_training(tmp_path):
    write_parity(tmp_path)
    with np.load(tmp_path / "parity.npz") as file:
        arrays = dict(file)
    np.savez(tmp_path / "parity.npz", **arrays | {"sources": np.array(["../si.json"])})
    frames = _parity(tmp_path, RunControl()).frames
    assert {Path(source) for source, _, _ in frames} == {tmp_path.resolve().parent / "si.json"}


def test_a_tag_without_validation_frames_is_named_beside_the_bars(theme):
    bars = ErrorBars(theme)
    bars.set_errors(
        (ErrorsOn(name="Si", n_frames=2, force_meV_A=9.0),),
        tuple(ErrorsOn(name=tag, n_frames=1, force_meV_A=9.0) for tag in ("AIMD", "Elastic")),
    )
    assert bars.missing() == ""
    bars.set_tags(("AIMD", "Elastic", "Surface"))
    assert bars.missing() == "No validation frame has the tag\nSurface"
    bars.tabs.setCurrentIndex(0)
    assert bars.missing() == ""


def test_a_training_is_held_goes_on_and_is_stopped(window, potentials, job):
    panel = potentials.panel.train
    assert not panel.pause.isHidden()
    assert panel.run.isHidden()
    window.actions_by_key["pause"].trigger()
    assert job.state == "paused"
    assert panel.pause.text() == "Resume"
    panel.pause.click()
    assert job.state == "running"
    window.actions_by_key["stop"].trigger()
    assert job.control.is_cancelled


def test_the_time_left_stands_in_one_place(potentials, job):
    job.control.progress(10, 100, "epochs")
    job.progress = Progress(10, 100, "epochs, 21 s left")
    job.pace.note(1, 100, 0.0)
    job.pace.note(11, 100, 10.0)
    potentials.watch.look()
    assert potentials.page.work.training.tiles["left"].value.text()[0].isdigit()
    assert potentials.panel.train.progress.text() == "Epoch 10 of about 100"


def test_the_numbers_of_a_training_say_that_they_are_of_the_validation_frames(potentials, job):
    page = potentials.page.work.training
    assert {page.tiles[key].of.text() for key in ("energy", "force", "stress")} == {
        "validation frames"
    }
    assert "validation" in page.bars.findChildren(QLabel)[0].text()


def test_until_a_training_has_its_own_plan_the_shown_one_is_of_before_the_start(potentials, job):
    plan = potentials.panel.train.plan
    plan.set_planned(PLANNED)
    assert plan.title.text() == "PLAN MADE BEFORE THE START"
    assert plan.rows()["Epochs"] == "about 19"


def test_the_plan_of_a_running_training_is_its_own_and_mended_as_it_goes(
    qtbot, potentials, job, spec
):
    plan = potentials.panel.train.plan
    plan.set_planned(PLANNED)
    tell_plan(spec.out, (("Weights", "20,000"), *PLANNED[1:]), RunControl())
    job.control.series.append(row(6, seconds=114.0))
    job.progress = Progress(6.0, 9.2, "epochs, 60 s left")
    potentials.watch.look()
    qtbot.waitUntil(lambda: plan.title.text() == "PLAN, AS IT GOES", timeout=PATIENCE_MS)
    assert plan.rows() == {
        "Weights": f"20{THIN}000",
        "One epoch": f"19{THIN}s",
        "Epochs": "about 9",
        "Time": f"about 2.9{THIN}min",
    }
    assert potentials.panel.train.progress.text() == "Epoch 6 of about 9"


def test_members_took_their_time_together(qtbot, finished, job):
    for member in (0, 1):
        for epoch in (4, 8):
            job.control.series.append(row(epoch, member=member, seconds=epoch * 100.0))
    finished.watch.look()
    assert finished.page.work.training.tiles["left"].value.text() == "26:40"


def test_the_mended_plan_tells_the_time_of_all_members(potentials):
    plan = potentials.panel.train.plan
    plan.set_own(PLANNED)
    plan.measure(2.0, 30.0, members=4)
    assert plan.rows()["Epochs"] == "30, for each of 4 members"
    assert plan.rows()["Time"] == f"4{THIN}min"


def test_after_a_training_its_plan_tells_how_it_went(qtbot, finished, job):
    job.control.series.append(row(8, seconds=40.0))
    finished.watch.look()
    plan = finished.panel.train.plan
    plan.set_own(PLANNED)
    assert plan.title.text() == "HOW IT WENT"
    assert (plan.rows()["Epochs"], plan.rows()["One epoch"]) == ("8", f"5{THIN}s")
    assert finished.page.work.training.tiles["left"].value.text() == "0:40"
    finished.show_page(DATA)
    assert plan.title.text() == "PLAN"
    finished.show_page(TRAINING)
    assert plan.title.text() == "HOW IT WENT"
    plan.set_planned(None)
    plan.set_planned(PLANNED)
    assert (plan.title.text(), plan.rows()["Epochs"]) == ("PLAN", "about 19")


def test_a_training_that_was_stopped_keeps_its_best_potential(qtbot, potentials, job, spec):
    write_potential_card(spec.out, CARD)
    job.control.cancel()
    job.on_cancelled()
    qtbot.waitUntil(lambda: potentials.shown == RESULT, timeout=PATIENCE_MS)
    assert "62 meV/Å" in potentials.page.work.result.outcome.text()


def test_a_training_stopped_before_a_potential_was_there_can_go_on(qtbot, potentials, job):
    job.on_cancelled()
    panel = potentials.panel.train
    qtbot.waitUntil(lambda: panel.outcome() != "", timeout=PATIENCE_MS)
    assert not panel.go_on.isHidden()


def test_a_training_that_died_is_offered_again(potentials, job, spec, monkeypatch):
    (spec.out / "checkpoint.pt").write_bytes(b"state")
    again = []
    monkeypatch.setattr(potentials._trainings, "again", lambda given: again.append(given) or job)
    died = {"exit_code": -9, "while_doing": "train-potential"}
    job.on_failed(JobError("WorkerDiedError", died, "died"))
    card = potentials.page.card
    told = card.accessibleDescription()
    assert "ended from outside while doing “Train a potential”" in told
    assert "Its last checkpoint is" in told
    assert "exit code" not in told
    assert [button.text() for button in card._buttons] == ["Resume", "Start again"]
    card._buttons[0].click()
    assert again == [job]


def test_an_unfinished_training_tells_what_was_so_far(potentials, job, spec):
    (spec.out / "checkpoint.pt").write_bytes(b"state")
    job.control.series.append(row(8, seconds=40.0))
    potentials.watch.look()
    died = {"exit_code": -9, "while_doing": "train-potential"}
    job.on_failed(JobError("WorkerDiedError", died, "died"))
    panel, tile = potentials.panel.train, potentials.page.work.training.tiles["left"]
    panel.plan.set_own(PLANNED)
    assert panel.plan.title.text() == "SO FAR"
    assert (tile._title.text(), tile.value.text()) == ("So far", "0:40")
    assert panel.see.isHidden()
    assert not panel.go_on.isHidden()


def test_the_speed_is_of_all_epochs_as_the_time_of_an_epoch_is(potentials, job):
    for epoch, speed in ((1, 20.0), (2, 60.0)):
        job.control.series.append(row(epoch, seconds=10.0 * epoch, frames_per_s=speed))
    potentials.watch.look()
    assert potentials.page.work.training.tiles["speed"].value.text() == f"30{THIN}frames/s"


def test_the_result_says_in_one_sentence_how_good_it_is(finished):
    said = finished.page.work.result.outcome.text()
    assert said == (
        "On 22 frames it never saw, SchNet for Si is off by 3.1 meV/atom in energies and 62 meV/Å "
        "in forces, on average."
    )
    assert finished.panel.result.light.verdict.word == "not checked"


def test_after_a_training_its_page_leads_to_the_result(window, finished):
    finished.show_page(TRAINING)
    panel = finished.panel.train
    assert (panel.see.isHidden(), panel.run.text()) == (False, "Train again")
    window.actions_by_key["run"].trigger()
    assert finished.shown == RESULT
    finished.show_page(DATA)
    assert (panel.see.isHidden(), panel.run.text()) == (True, "Train")


def test_a_health_check_without_data_or_structure_says_what_to_open(window, finished, monkeypatch):
    monkeypatch.setattr(finished._trainings, "check_health", lambda *_: pytest.fail("started"))
    finished.panel.result.health.click()
    assert "open a structure of Si" in window.status.message


def test_a_health_check_is_shown_item_by_item(window, finished, silicon, monkeypatch):
    window.session.set_document(Document.from_structure(silicon, made_by="test"))
    asked = []

    def check(given, title):
        asked.append(given)
        made = Job(902, "health", given, title)
        made.begin()
        asked.append(made)
        return made

    monkeypatch.setattr(finished._trainings, "check_health", check)
    finished.panel.result.health.click()
    assert not finished.panel.result.health.isEnabled()
    assert (asked[0].potential, asked[0].model) == ("schnet", finished.result.offer.model)
    assert len(asked[0].structure) == len(silicon)
    x = np.linspace(0.9, 1.1, 9)
    curve = Curve(name="SchNet", x=x, y=(x - 1) ** 2, x_label="Volume (Å³)", y_label="Energy (eV)")
    items = (
        HealthItem(key="equation-of-state", title="Equation of state", level="good",
                   sentence="One smooth well.", curves=(curve,)),
        HealthItem(key="dimers", title="Dimers", level="no", sentence="Si-Si attracts at 1 Å.",
                   advice="Add short distances to the data."),
    )  # fmt: skip
    report = HealthReport(
        potential="schnet", model="x", level="no", verdict="It falls together at short distance.",
        items=items, structure="Si", seconds=41.0,
    )  # fmt: skip
    asked[1].on_succeeded(report)
    view = finished.page.work.result.health
    assert view.verdict.text() == "It falls together at short distance."
    assert [item.level for item in view.shown] == ["good", "no"]
    assert finished.panel.result.health.isEnabled()


def test_the_health_check_that_a_card_keeps_is_shown_again():
    x = [0.9, 1.0, 1.1]
    curve = {"name": "SchNet", "x": x, "y": x, "x_label": "Volume", "y_label": "Energy"}
    item = {"key": "dimers", "title": "Dimers", "level": "no", "sentence": "Si-Si attracts.",
            "curves": [curve]}  # fmt: skip
    told = {"level": "no", "verdict": "It falls together.", "items": [item], "seconds": 41}
    report = report_of(told)
    assert (report.verdict, report.items[0].level) == ("It falls together.", "no")
    assert np.array_equal(report.items[0].curves[0].x, x)
    assert report_of({}) is None
    assert report_of({**told, "items": [{"key": 1}]}) is None


def test_an_earlier_training_opens_from_the_project_tree(qtbot, window, potentials, spec):
    run = window.session.project.runs.begin("train-potential", "Train SchNet on si")
    run.settings.update(settings_of(replace(spec, out=run.folder)))
    (run.folder / "series.csv").write_text("epoch,parity,member\n1,0,0\n2,0,0\n")
    (run.folder / "checkpoint.pt").write_bytes(b"state")
    window.session.project.runs.note(replace(run, state="cancelled"))
    potentials.show_page(LIBRARY)
    window.tree.open_asked.emit(run.folder)
    page = potentials.page.work.training
    qtbot.waitUntil(lambda: len(page.table) == 2, timeout=PATIENCE_MS)
    assert potentials.desk.spec.data == (Path("/data/si.json"),)
    assert not potentials.panel.train.go_on.isHidden()


def test_a_training_cut_off_with_the_program_is_offered(qtbot, window, spec):
    run = window.session.project.runs.begin("train-potential", "Train SchNet on si")
    run.settings.update(settings_of(replace(spec, out=run.folder)))
    (run.folder / "checkpoint.pt").write_bytes(b"state")
    window.session.project.runs.note(replace(run, state="running"))
    window.close()
    again = Session()
    try:
        with qtbot.waitSignal(again.interrupted_found) as found:
            again.start()
        assert found.args[0][0].title == "Train SchNet on si"
    finally:
        again.close()
