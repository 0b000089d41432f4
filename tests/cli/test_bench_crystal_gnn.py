import numpy as np
import pytest
from ase.build import bulk

from designer_app.cli.benches.crystal_gnn import calibration_curve, fractions_of, ridge, rows
from designer_app.io.documents import structure_from_atoms


def test_a_ridge_finds_the_energies_of_atoms():
    crystals = [structure_from_atoms(bulk(name)) for name in ("Si", "Cu", "Fe")]
    table = np.array([fractions_of(crystal) for crystal in crystals] * 400)
    wanted = table @ np.arange(table.shape[1]) / 10.0
    np.testing.assert_allclose(table @ ridge(table, wanted), wanted, atol=0.02)


def test_the_calibration_of_fair_chances_lies_on_the_diagonal():
    generator = np.random.default_rng(0)
    chance = generator.random(40_000)
    said, observed = calibration_curve(chance, (generator.random(40_000) < chance).astype(float))
    np.testing.assert_allclose(said, observed, atol=0.03)  # four standard errors of a bin


@pytest.mark.slow
def test_the_bench_shows_heads_then_chgnet_then_times(data_folder, tmp_path):
    found = list(
        rows(quick=True, say=lambda _line: None, data=data_folder, plot=tmp_path / "p.png")
    )
    numbers = [row["number"] for row in found]
    assert numbers[0] == "Formation energy"
    assert numbers[-3:] == [
        "Formation energy, CHGNet + ridge",
        "Building graphs",
        "One member, graphs built",
    ]
    assert all(list(row) == list(found[0]) for row in found)
    assert (tmp_path / "p.png").stat().st_size > 10_000
