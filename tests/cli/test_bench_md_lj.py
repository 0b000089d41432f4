import numpy as np
import pytest

from designer_app.cli.benches import md_lj

ENERGY_CHANGE = 1e-3
"""epsilon per atom within some steps of 0.005: what the step length itself causes."""


def test_the_liquid_has_the_density_of_the_published_benchmark():
    structure = md_lj.crystal(3)
    assert len(structure) / structure.volume == pytest.approx(0.8442)
    nearest = np.linalg.norm(structure.positions[1:] - structure.positions[0], axis=1).min()
    assert nearest == pytest.approx((4 / 0.8442) ** (1 / 3) / np.sqrt(2))


def test_without_lammps_the_row_tells_ours_and_ase(monkeypatch):
    monkeypatch.setattr(md_lj, "_QUICK", ((3, 20, 2),))
    monkeypatch.setattr(md_lj, "MELTING", 5)
    monkeypatch.setattr(md_lj, "lammps_python", lambda: None)
    said = []
    (row,) = md_lj.rows(quick=True, say=said.append)
    assert "LAMMPS is not installed" in said[0]
    assert row["atoms"] == 108
    assert row["LAMMPS us/atom/step"] is None
    assert row["ASE / ours"] == pytest.approx(row["ASE us/atom/step"] / row["ours us/atom/step"])
    assert abs(row["energy change, epsilon/atom"]) < ENERGY_CHANGE
