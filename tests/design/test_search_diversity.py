import numpy as np

from designer_app.design.search.diversity import Traits, spread_out

N = 6


def traits():
    """Three twins that are best, and three others that are unlike them and each other."""
    elements = np.zeros((N, 95), dtype=bool)
    elements[:3, [3, 8, 26]] = True
    for row in range(3, N):
        elements[row, [3, 20 + row, 30 + row]] = True
    latent = np.zeros((N, 4), dtype=np.float32)
    latent[3:] = np.eye(3, 4, dtype=np.float32) * 5
    return Traits(np.array([0, 0, 0, 1, 2, 3]), elements, latent)


SCORE = np.array([-0.1, -0.2, -0.3, -1.0, -1.1, -1.2])


def test_without_diversity_the_best_are_chosen():
    assert spread_out(SCORE, traits(), 3, 0.0).tolist() == [0, 1, 2]


def test_with_diversity_twins_give_way_to_what_is_different():
    assert spread_out(SCORE, traits(), 4, 1.0).tolist() == [0, 3, 4, 5]


def test_the_best_is_always_first():
    assert all(spread_out(SCORE, traits(), 1, share)[0] == 0 for share in (0.0, 0.3, 1.0))


def test_all_are_given_where_as_many_are_asked():
    assert sorted(spread_out(SCORE, traits(), 10, 0.7).tolist()) == list(range(N))
