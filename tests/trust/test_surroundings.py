import numpy as np
import pytest

from designer_app.trust.surroundings import EXCEEDED_BY, KnownSurroundings, farthest_points

RNG = np.random.default_rng(0)
SILICON = np.full(3000, 14)


@pytest.fixture(scope="module")
def known():
    """Atoms that differ along three directions out of eight."""
    mixing = RNG.normal(size=(3, 8))
    seen = RNG.normal(size=(3000, 3)) @ mixing
    held = RNG.normal(size=(3000, 3)) @ mixing
    return KnownSurroundings.of(seen, SILICON).calibrated(held, SILICON), mixing


def test_one_atom_in_a_hundred_kept_back_lies_farther_than_one(known):
    surroundings, mixing = known
    new = np.random.default_rng(5).normal(size=(3000, 3)) @ mixing
    assert (surroundings.distances(new, SILICON) > 1).mean() == pytest.approx(EXCEEDED_BY, abs=0.01)


def test_atoms_far_outside_lie_far_away(known):
    surroundings, mixing = known
    away = 20.0 * np.ones((1, 3)) @ mixing
    assert surroundings.distances(away, SILICON[:1])[0] > 3


def test_elements_never_seen_are_infinitely_far(known):
    surroundings, mixing = known
    assert np.isinf(surroundings.distances(np.ones((1, 3)) @ mixing, np.array([32])))[0]


def test_features_that_are_no_numbers_are_infinitely_far(known):
    surroundings, mixing = known
    features = np.vstack([np.full((1, 8), np.nan), np.ones((1, 3)) @ mixing])
    found = surroundings.distances(features, SILICON[:2])
    assert np.isinf(found).tolist() == [True, False]


def test_kept_back_atoms_without_features_set_no_unit():
    """More than one in a hundred of them: the quantile of all would be no number."""
    rng = np.random.default_rng(2)
    held = rng.normal(size=(400, 8))
    surroundings = KnownSurroundings.of(rng.normal(size=(500, 8)), np.full(500, 14))
    sound = surroundings.calibrated(held[12:], np.full(500, 14)[:388])
    held[:12] = np.nan
    found = surroundings.calibrated(held, np.full(500, 14)[:400])
    assert found.arrays()["Si.unit"] == sound.arrays()["Si.unit"]


def test_what_is_written_gives_the_same_distances(known):
    surroundings, mixing = known
    again = KnownSurroundings.from_arrays(surroundings.arrays())
    points = RNG.normal(size=(50, 3)) @ mixing
    single_precision = 1e-4
    assert again.distances(points, SILICON[:50]) == pytest.approx(
        surroundings.distances(points, SILICON[:50]), abs=single_precision
    )


def test_farthest_points_hold_the_outliers():
    points = np.vstack([RNG.normal(size=(500, 2)), [[50.0, 0], [0, -40.0]]])
    assert {500, 501} <= set(farthest_points(points, 5).tolist())


def test_a_rare_element_makes_no_other_one_seem_near():
    """One training atom has no width: in units of it all others were as far as the stars."""
    rng = np.random.default_rng(1)

    def atoms(n, center):
        return rng.normal(size=(n, 16)) + center

    seen = np.vstack([atoms(1000, 0.0), atoms(60, 3.0), atoms(1, 5.0)])
    held = np.vstack([atoms(300, 0.0), atoms(20, 3.0), atoms(6, 5.0)])
    known = KnownSurroundings.of(seen, np.repeat([14, 8, 5], [1000, 60, 1]))
    known = known.calibrated(held, np.repeat([14, 8, 5], [300, 20, 6]))
    far = atoms(1, 50.0)
    for number in (14, 8, 5):
        assert known.distances(far, np.array([number]))[0] > 3
    assert np.median(known.distances(held[-6:], np.full(6, 5))) > 1


def test_atoms_that_differ_where_no_other_ever_did_lie_far_away(known):
    surroundings, mixing = known
    across = np.linalg.svd(mixing)[2][-1:]  # no training atom moved along it
    assert surroundings.distances(20.0 * across, SILICON[:1])[0] > 3
