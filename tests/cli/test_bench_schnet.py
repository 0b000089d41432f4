import numpy as np
import pytest

from designer_app.cli.benches import schnet
from designer_app.cli.benches.peer_program import told
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.networks import SchNetSettings
from designer_app.specs.structure import Structure

TINY = SchNetSettings(n_features=4, n_filters=4, n_interactions=1, n_gaussians=5, cutoff=3.0)


def frame(seed):
    rng = np.random.default_rng(seed)
    positions = np.array([[0.0, 0, 0], [1.1, 0, 0], [0, 1.2, 0]]) + rng.normal(0, 0.05, (3, 3))
    structure = Structure(np.array([8, 1, 1]), positions, 20.0 * np.eye(3), (False,) * 3)
    return LabelledFrame(structure, energy=float(seed), forces=rng.normal(0, 1, (3, 3)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_epoch_is_timed_also_where_schnetpack_is_not(monkeypatch):
    monkeypatch.delenv(schnet.VARIABLE, raising=False)
    row = schnet._epoch_row("water", (frame(0), frame(1), frame(2)), 2, TINY)
    assert row["ours"] > 0.0
    assert row["SchNetPack"] is None
    assert row["ratio"] is None


def test_ratios_are_of_neighbouring_blocks():
    row = told([(1.0, 2.0), (2.0, 8.0), (3.0, 9.0)], "ms a step", 10.0, "SchNetPack")
    assert row["ours"] == 20.0
    assert row["SchNetPack"] == 80.0
    assert row["ratio"] == pytest.approx(1 / 3)
    assert (row["ratio min"], row["ratio max"]) == (0.25, 0.5)
