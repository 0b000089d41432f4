from designer_app.cli.benches.design_speed import rows


def test_every_part_of_a_search_is_timed_with_what_it_made():
    found = list(rows(quick=True, say=lambda _: None))
    assert len(found) == 5
    assert all(row["count"] > 0 and row["processor, s"] >= 0.0 for row in found)
