from designer_app.cli.benches import metals


def test_copper_is_told_as_measured_and_by_both_potentials():
    rows = list(metals.rows(True, lambda _: None))
    assert [row["by"] for row in rows[:3]] == ["measured", "second moment", "EMT of ASE"]
    assert all(abs(row["C11, GPa"] - 176) < 20 for row in rows[:3])
    assert rows[-1]["us/atom"] > 0
