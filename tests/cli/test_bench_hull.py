from dataclasses import replace

import numpy as np
import pytest

from designer_app.cli.benches.hull import ABOVE, Compared, area_under_curve, compared, draw, rows
from designer_app.cli.main import main
from designer_app.errors import MissingDataError
from designer_app.screening.convex_hull import hull_for
from designer_app.screening.reference.table import load_reference
from designer_app.training.published.crystals import PublishedCrystal

ROUNDING = 1e-5
"""eV/atom."""


@pytest.fixture(scope="module")
def published():
    """A table that says of Na-Cl-O what the shipped set itself says."""
    table = load_reference("chgnet")
    hull = hull_for(("Na", "Cl", "O"), table.known_in_system(("Na", "Cl", "O")), table.origin)
    return [
        PublishedCrystal(phase.source, phase.structure(), float(above), float(formation), None)
        for phase, formation, above in zip(
            hull.phases, hull.energies, hull.distances(), strict=True
        )
        if not phase.source.startswith("element")
    ]


def _column(found, name):
    return np.array([getattr(each, name) for each in found])


def test_a_table_that_agrees_has_all_its_hulls_present_and_no_error(published):
    found = compared(load_reference("chgnet"), published, lambda _: None)
    assert len(found) == len(published)
    assert all(each.is_present for each in found)
    for ours, theirs in (("distance", "tabulated"), ("formation", "tabulated_formation")):
        np.testing.assert_allclose(_column(found, ours), _column(found, theirs), atol=ROUNDING)


def test_a_hull_that_the_set_does_not_hold_is_not_judged(published):
    lower_hull = [
        replace(crystal, e_above_hull=crystal.e_above_hull + 2 * ABOVE) for crystal in published
    ]
    found = compared(load_reference("chgnet"), lower_hull, lambda _: None)
    assert not any(each.is_present for each in found)


def test_left_out_of_the_set_a_stable_compound_has_a_negative_distance(published):
    rock_salt = [crystal for crystal in published if crystal.material_id == "mp-22862"]
    (salt,) = compared(load_reference("chgnet"), rock_salt, lambda _: None)
    assert salt.distance == pytest.approx(0.0, abs=ROUNDING)
    assert salt.distance_without < -0.5


def test_phases_that_no_table_lists_are_not_compared_with(published):
    table = load_reference("chgnet")
    among_all = compared(table, published, lambda _: None)
    (alone,) = (each for each in published if each.material_id == "mp-1078558")  # NaCl3
    (found,) = compared(table, [alone], lambda _: None)
    assert found.distance == 0.0
    (same,) = (each for each in among_all if each.formation == found.formation)
    assert same.distance > 0.05  # above NaCl and chlorine


@pytest.mark.parametrize(
    ("scores", "area"), [([3, 2, 1, 0], 1.0), ([0, 1, 2, 3], 0.0), ([1, 1, 1, 1], 0.5)]
)
def test_the_area_under_the_curve_is_the_chance_to_rank_right(scores, area):
    positive = np.array([True, True, False, False])
    assert area_under_curve(np.array(scores, dtype=float), positive) == area


def test_the_picture_is_drawn(tmp_path):
    rng = np.random.default_rng(0)
    found = [Compared(*rng.uniform(0, 0.3, 7), is_present=True) for _ in range(20)]
    draw(found, tmp_path / "parity.png")
    assert (tmp_path / "parity.png").read_bytes().startswith(b"\x89PNG")


def test_without_the_published_data_it_says_what_is_missing(tmp_path):
    with pytest.raises(MissingDataError):
        list(rows(True, lambda _: None, data=tmp_path / "absent"))


def test_a_picture_asked_of_a_bench_that_draws_none_is_refused(tmp_path, capsys):
    assert main(["bench", "md-lj", "--plot", str(tmp_path / "p.png")]) == 2
    assert "md-lj" in capsys.readouterr().err


@pytest.mark.slow
def test_distances_are_the_tabulated_ones_within_the_bar(data_folder):
    own, *_ = rows(False, lambda _: None, data=data_folder)
    assert own["MAE meV/atom"] <= 30.0
    assert own["AUC within 50 meV"] >= 0.88


def test_on_a_sample_stable_crystals_are_told_from_unstable_ones(data_folder):
    from designer_app.cli.benches import hull

    found = list(rows(True, lambda _: None, data=data_folder))
    assert found[0]["AUC within 50 meV"] >= 0.85  # some hundred crystals: within 0.03 of all
    assert found[0]["crystals"] < hull.QUICK
