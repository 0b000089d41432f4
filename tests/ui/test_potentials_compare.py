"""Potentials side by side in the window, what was judged standing by."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from designer_app.io.learned_files import learned_of
from designer_app.io.parity import points_of
from designer_app.io.potential_cards import ErrorsOn, LearnedFrom, PotentialCard
from designer_app.io.standings import standings
from designer_app.session.job import Job
from designer_app.specs.evaluate import ErrorRow, Evaluation, Judged

PATIENCE_MS = 30_000
CARD = PotentialCard(
    family="schnet", title="SchNet for Si", settings={}, elements=("Si",), cutoff=5.0,
    references_eV={}, errors=(
        ErrorsOn(name="train", n_frames=90, force_meV_A=20.0),
        ErrorsOn(name="validation", n_frames=10, force_meV_A=30.0),
        ErrorsOn(name="test", n_frames=25, force_meV_A=31.0),
    ),
    data=(
        LearnedFrom(file="train.json", sha256="aa", n_frames=100),
        LearnedFrom(file="test.json", sha256="bb", n_frames=25),
    ),
)  # fmt: skip


@pytest.fixture
def potentials(window):
    window.show_workspace("potentials")
    return window.potentials


TITLES = ("CHGNet", "LJ", "Morse")


def drawn(found):
    """Points and standings, as the session tells them."""
    return [points_of(found, each) for each in found.judged], standings(found)


def evaluation():
    rng = np.random.default_rng(0)
    energies, forces = rng.normal(size=4), rng.normal(size=24).astype(np.float32)

    def judged(potential, model, title, error, **more):
        rows = (
            ErrorRow(group="all", n_frames=4, energy_mae_meV_atom=error / 10,
                     force_mae_meV_A=error),
            ErrorRow(group="element Si", n_frames=4, force_mae_meV_A=2 * error),
        )  # fmt: skip
        return Judged(
            potential=potential, model=model, title=title, model_sha256="", rows=rows,
            aligned=False, seconds_per_atom=5e-5, energies=energies + error / 1000,
            forces=forces + np.float32(error / 1000), stresses=np.full((4, 6), np.nan), **more,
        )  # fmt: skip

    return Evaluation(
        n_frames=4, elements=("Si",), frames=tuple(("/data/si.json", n, "") for n in range(4)),
        n_atoms=np.full(4, 2), energies=energies, forces=forces,
        force_numbers=np.full(24, 14, dtype=np.int16), stresses=np.full((4, 6), np.nan),
        judged=(
            judged("chgnet", "0.3.0", "CHGNet", 180.0),
            judged("lennard-jones", "noble-gases", "LJ", 1.0, problem="It knows no Si."),
            judged("morse", "", "Morse", 62.0, spread=np.full(4, 0.03, dtype=np.float32)),
        ),
    )  # fmt: skip


def test_a_comparison_says_whose_forces_are_best(qtbot, window, potentials, monkeypatch):
    asked = []

    def evaluate(given):
        asked.append(Job(903, "evaluate", given, "Compare"))
        asked[-1].begin()
        return asked[-1]

    monkeypatch.setattr(potentials._trainings, "evaluate", evaluate)
    potentials.compare(["chgnet:0.3.0"], [Path("/data/si.json")])
    window.actions_by_key["run"].trigger()
    assert asked[0].spec.potentials == ("chgnet:0.3.0",)
    asked[0].on_succeeded(evaluation())
    page = potentials.page.work.compare
    assert page.drop.isHidden()
    qtbot.waitUntil(lambda: page.table.rowCount() == 3, timeout=PATIENCE_MS)
    assert page.summary.text() == "Morse is best in energies and forces."
    lines = page.lines()
    assert lines[0][:3] == ["CHGNet: 0.3.0 (PBE+U)", "180", "180"]
    assert lines[1][-1] == "It knows no Si."
    assert lines[2][5] == "30"
    page.group.set_value("element Si")
    page.group.edited.emit()
    assert page.lines()[0][1:3] == ["\N{EN DASH}", "180"]


def test_potentials_without_the_elements_of_the_data_stand_last_and_grey(potentials):
    assert not potentials.judging.is_comparing  # it is made, and with it what is offered
    panel = potentials.panel.compare
    panel.choose(["lennard-jones:noble-gases", "chgnet:0.3.0"])
    panel.set_elements(("Si",))
    names = list(panel.boxes)
    grey = [name for name in names if not panel.boxes[name].isEnabled()]
    assert names[-len(grey) :] == grey
    assert "lennard-jones:noble-gases" in grey
    assert "It does not know Si" in panel.boxes["lennard-jones:noble-gases"].toolTip()
    assert panel.chosen() == ("chgnet:0.3.0",)
    panel.set_elements(())
    assert all(box.isEnabled() for box in panel.boxes.values())


def test_files_dropped_on_a_comparison_are_what_is_judged_on(potentials):
    potentials.compare(["chgnet:0.3.0"])
    assert not potentials.page.work.compare.drop.isHidden()
    potentials.add_files([Path("/data/other.xyz")])
    assert potentials.panel.compare.spec().data == (Path("/data/other.xyz"),)


def test_a_comparison_says_of_which_files_its_frames_are(potentials):
    page = potentials.page.work.compare
    found = evaluation()
    page.show_evaluation(found, TITLES, *drawn(found))
    assert page.said.text().startswith("4 frames of si.json, Si. ")
    assert page.warning.isHidden()


def test_who_is_judged_on_what_it_learned_from_is_named(potentials):
    page = potentials.page.work.compare
    found = evaluation()
    page.show_evaluation(found, TITLES, *drawn(found), [(), (), ("si.json",)])
    assert not page.warning.isHidden()
    assert page.warning.text.text().startswith("Morse learned from frames of si.json: ")


def test_a_file_is_learned_from_where_its_bytes_are_those_of_the_training_data():
    hashes = {"/here/renamed.json": "aa", "/here/test.json": "bb", "/here/other.json": "cc"}
    assert learned_of(CARD, hashes) == ("renamed.json",)


def test_every_file_that_was_not_for_tests_alone_was_learned_from():
    files = [
        LearnedFrom(file=f"{name}.xyz", sha256=name, n_frames=1000, is_test=name == "d")
        for name in "abcd"
    ]
    of_many = replace(CARD, data=tuple(files))  # of which few were judged
    hashes = {f"{name}.xyz": name for name in "abcd"}
    assert learned_of(of_many, hashes) == ("a.xyz", "b.xyz", "c.xyz")


def test_an_older_card_counts_what_was_learned_from_not_what_was_judged():
    files = [LearnedFrom(file=name, sha256=name, n_frames=1000) for name in "abc"]
    fits = [{"n_train": 2400, "n_validation": 10}]
    older = replace(CARD, data=tuple(files), training={"fits": fits})
    assert learned_of(older, {name: name for name in "abc"}) == ("a", "b", "c")


def test_a_file_that_test_frames_were_taken_from_counts_as_learned_from():
    one = replace(CARD, data=CARD.data[:1])
    assert learned_of(one, {"/here/train.json": "aa"}) == ("train.json",)
