"""From an empty window to dynamics with one's own potential: real files, workers and training."""

from dataclasses import replace

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from designer_app.ui.potentials.area import DATA, LIBRARY, RESULT, TRAINING

LONG_ENOUGH_MS = 580_000
"""A busy machine may take this long for a step of the walk."""
SMALL = (
    ("model", "schnet"), ("preset", "custom"), ("epochs", 2), ("n_train", 16), ("threads", 1),
    ("options", ("n_features=16", "n_filters=16", "n_interactions=2", "n_gaussians=20")),
)  # fmt: skip
"""Seconds of training: what is tested is the way, not the potential."""
FIVE_MINUTES = (("model", "schnet"), ("preset", "minutes"), ("threads", 1))
STEPS = 20
AXES = 3
"""Of the trust light at least: health, elements, distance; and what only tells."""
LEARNED = 300.0
"""meV/A on frames it never saw; forces of 1 eV/A are usual there."""
pytestmark = pytest.mark.timeout(1800)
CHECKS = ["equation-of-state", "constant-energy", "dimers", "phonons", "extrapolation"]


def drop(window, path):
    """Let go of a file above the window."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    window.dropEvent(
        QDropEvent(
            QPointF(400, 300),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


@pytest.fixture
def silicon(data_folder):
    return data_folder / "potentials" / "mlearn_Si" / "training.json"


@pytest.fixture
def copper(tmp_path):
    """Rattled cells with energies and forces of the effective medium theory."""
    generator, frames = np.random.default_rng(0), []
    for size in generator.uniform(3.55, 3.75, size=30):
        atoms = bulk("Cu", "fcc", a=size, cubic=True)
        atoms.positions += 0.05 * generator.standard_normal(atoms.positions.shape)
        atoms.calc = EMT()
        energy, forces = atoms.get_potential_energy(), atoms.get_forces()
        atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=forces)
        frames.append(atoms)
    write(tmp_path / "copper.extxyz", frames)
    return tmp_path / "copper.extxyz"


def walk(qtbot, window, path, changes):
    """Drop, train, check, run."""

    def wait(fact):
        qtbot.waitUntil(fact, timeout=LONG_ENOUGH_MS)

    window.show_workspace("potentials")
    potentials = window.potentials
    assert (window.session.document, potentials.shown) == (None, LIBRARY)
    drop(window, path)
    assert potentials.shown == DATA
    potentials.desk.change(changes)
    wait(lambda: potentials.desk.preflight is not None)
    assert potentials.desk.preflight.may_start, potentials.desk.preflight.findings

    potentials.panel.train.run.click()
    assert potentials.shown == TRAINING
    wait(lambda: potentials.shown == RESULT or potentials.page.card is not None)
    assert potentials.page.card is None, potentials.page.card.details()
    assert len(potentials.page.work.training.table) > 0
    offer = potentials.result.offer

    view, panel = potentials.page.work.result.health, potentials.panel.result
    panel.health.click()
    wait(lambda: bool(view.shown) or potentials.page.card is not None)
    assert potentials.page.card is None, potentials.page.card.details()
    assert [item.key for item in view.shown] == CHECKS
    assert any(item.curves for item in view.shown)
    wait(lambda: bool(potentials.result.offer.card.health))
    assert panel.light.verdict.word != "not checked"

    panel.run.click()
    wait(lambda: window.workspace == "dynamics")
    dynamics = window.dynamics
    assert dynamics.potential.values() == {"potential": offer.family, "model": offer.model}
    wait(lambda: len(dynamics.potential.verdict.levels) >= AXES)

    dynamics.set_spec(replace(dynamics.spec(), steps=STEPS))
    assert dynamics.run.isEnabled()
    dynamics.run.click()
    wait(lambda: not window.runs.is_busy)
    assert window.runs.job.error is None, window.runs.job.error
    assert window.runs.job.result["steps"] == STEPS
    assert dynamics.outcome()


def test_one_s_own_potential_is_trained_checked_and_run(qtbot, window, copper):
    walk(qtbot, window, copper, SMALL)


@pytest.mark.slow
def test_silicon_is_trained_in_five_minutes_checked_and_run(qtbot, window, silicon):
    walk(qtbot, window, silicon, FIVE_MINUTES)
    errors = {each.name: each for each in window.potentials.result.offer.card.errors}
    assert errors["test"].force_meV_A < LEARNED
