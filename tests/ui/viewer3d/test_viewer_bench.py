import pytest

from designer_app.ui import viewer_bench


@pytest.mark.gl
def test_each_size_gives_a_row_of_positive_times(view, monkeypatch):
    monkeypatch.setattr(viewer_bench, "_SIZES", (50, 60))
    monkeypatch.setattr(viewer_bench, "_BUDGET", 0.0)
    rows = list(viewer_bench.rows(False, lambda _text: None))
    assert [row["atoms"] for row in rows] == [50, 60]
    for row in rows:
        assert all(value > 0.0 for name, value in row.items() if name.endswith("/ ms"))


def test_the_measured_crystal_has_the_asked_number_of_atoms_inside_its_cell():
    crystal = viewer_bench.cubic_crystal(1001)
    assert len(crystal) == 1001
    assert crystal.positions.max() < crystal.cell.max() + 1.0
