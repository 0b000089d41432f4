"""The bench of the learned heads."""

import numpy as np
import pytest

from designer_app.cli.benches import heads, heads_plot
from designer_app.properties.heads.conductivity_training import BY_FAMILY, BY_MAIN, BY_SET
from designer_app.properties.heads.fitting import Held
from designer_app.training.published.conductivity import read_conductivities
from designer_app.trust.intervals import N_QUANTILES

FAIR = 0.06
"""Four standard errors of a share of 450 rows are 0.09 at a half; folds share most rows."""


def _held(draw, n=2000):
    mean, spread = draw.normal(size=n), np.full(n, 0.5)
    truth = mean + draw.normal(size=n) * 0.7
    folds = draw.integers(5, size=n)
    zeros = np.zeros(n)
    return Held(truth, mean, spread, zeros, folds, zeros, zeros.astype(bool))


def test_without_the_tables_errors_by_every_rule_are_still_told(tmp_path):
    said = []
    found = list(heads.rows(True, said.append, data=tmp_path))
    rules = {row["kept back by"] for row in found if row["head"] == "log10_sigma"}
    assert rules == {BY_SET, BY_MAIN, BY_FAMILY}
    assert all(row["held-out MAE"] < row["mean MAE"] for row in found)
    assert "published table" in said[0]


def test_every_ion_has_its_number_of_pairs_and_its_error(tmp_path):
    found = {row["head"]: row for row in heads.rows(False, lambda _: None, data=tmp_path)}
    for ion in ("Li", "Na", "K", "Mg", "Ca", "Zn", "Al"):
        assert found[f"voltage: {ion}"]["labels"] > 100
        assert found[f"voltage: {ion}"]["held-out MAE"] < 0.6  # V


def test_conductors_that_no_head_saw_come_in_their_order(data_folder):
    found = {row["head"]: row for row in heads.known_order(read_conductivities(data_folder))}
    said = {name: row["predicted"] for name, row in found.items()}
    assert said["LGPS"] > said["cubic LLZO"] > said["tetragonal LLZO"]
    assert said["Li6PS5Cl"] > said["Li6PS5I"] + 0.7  # five times; three decades when measured


def test_the_calibration_of_fair_intervals_lies_on_the_diagonal():
    found = heads_plot.shares_below(_held(np.random.default_rng(0)))
    np.testing.assert_allclose(found, heads_plot.LEVELS, atol=FAIR)


def test_margins_of_hydrogen_stand_beside_the_error_of_the_head(data_folder):
    found = list(heads.hydrogen_order(data_folder))
    assert [row["head"] for row in found if row["predicted"] < -0.5] == ["H on Mo"]
    margins = [row["off the best"] for row in found]
    assert margins == sorted(margins)
    assert all(row["held-out MAE"] == found[0]["held-out MAE"] > 0.1 for row in found)  # eV


@pytest.mark.slow  # two models, three rules, ten folds
def test_chances_of_conductivities_hold_by_the_rule_that_sets_them(data_folder):
    curves = heads_plot.conductivity_shown(data_folder)
    assert len(curves) == 3
    assert all(len(each.below) == N_QUANTILES for each in curves)
    np.testing.assert_allclose(curves[0].below, heads_plot.LEVELS, atol=2 * FAIR)


def test_a_picture_has_parity_and_calibration_of_each_head(tmp_path, monkeypatch):
    held = _held(np.random.default_rng(1), 200)
    below = heads_plot.shares_below(held)
    curve = heads_plot.Shown("x", "V", held.truth, held.mean, held.error, below)
    told = [("voltage", [curve]), ("adsorption", [curve, curve])]
    monkeypatch.setattr(heads_plot, "shown", lambda _: iter(told))
    one = heads_plot.draw(tmp_path, tmp_path / "all.png")
    each = heads_plot.draw(tmp_path, tmp_path / "pictures")
    assert [path.name for path in (*one, *each)] == ["all.png", "voltage.png", "adsorption.png"]
    assert all(path.stat().st_size > 10_000 for path in (*one, *each))
