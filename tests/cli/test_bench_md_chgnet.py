from designer_app.cli.benches.md_chgnet import rows

DRIFT = 1.0
"""meV/atom over a hundred steps at 600 K."""


def test_rows_compare_both_kernels_with_the_package_on_the_same_run() -> None:
    said: list[str] = []
    found = list(rows(quick=True, say=said.append))
    assert said
    assert {"ours steps/s", "chgnet steps/s", "ratio", "ratio min", "ratio max"} <= set(found[0])
    assert all(abs(float(row["energy change meV/atom"])) < DRIFT for row in found)
    assert all(row["ratio min"] <= row["ratio"] <= row["ratio max"] for row in found)
