import numpy as np
import pytest

from designer_app.design.representation.library import known_tokens, load_library
from designer_app.design.vae import load_vae
from designer_app.design.vae.budget import BACK, NO_MEMBER, Fate, distance, fates, shares
from designer_app.design.vae.build import known_crystals
from designer_app.design.vae.dataset import CrystalTable
from designer_app.design.vae.samples import normal_points, sample_figures, table_figures
from designer_app.running.control import RunControl
from designer_app.specs.structure import Structure

N = 40
LEAST_BACK, LEAST_VALID = 0.85, 0.7
"""Shares of some 40, each some standard errors below those of many."""
LARGEST_RMSD = 0.05
"""A."""


@pytest.fixture(scope="module")
def unseen() -> CrystalTable:
    """Some crystals with formulas that judge, of prototypes that were learned."""
    library = load_library()
    crystals = known_crystals(library)
    held = (crystals.split == "test") & (library.n_train[crystals.tokens.prototype] > 0)
    rows = np.random.default_rng(0).permutation(np.flatnonzero(held))[:N]
    return crystals.rows(np.isin(np.arange(len(crystals)), rows))


@pytest.fixture(scope="module")
def found(unseen) -> list[Fate]:
    library = load_library()
    tokens = unseen.tokens
    structures = [library.structure_of(library.tokens(tokens, row)) for row in range(len(tokens))]
    return list(fates(load_vae(), library, structures, RunControl()))


def test_most_unseen_crystals_of_learned_prototypes_come_back(found):
    ours = [each for each in found if each.is_represented]
    assert len(ours) > 0.9 * N
    assert np.mean([each.what == BACK for each in ours]) > LEAST_BACK
    assert np.mean([each.rmsd for each in ours if each.what == BACK]) < LARGEST_RMSD


def test_shares_of_all_fates_sum_to_one(found):
    assert sum(shares(found).values()) == pytest.approx(1.0)


def test_a_crystal_that_no_prototype_fits_is_lost_with_a_reason():
    generator = np.random.default_rng(0)
    places = 6.0 * generator.random((5, 3))
    odd = Structure(np.full(5, 14), places, 6.0 * np.eye(3), (True, True, True))
    (fate,) = fates(load_vae(), load_library(), [odd], RunControl())
    assert fate.what not in (BACK, NO_MEMBER)
    assert not fate.is_represented


def test_different_crystals_have_no_distance(unseen):
    library = load_library()
    first, second = (library.structure_of(library.tokens(unseen.tokens, row)) for row in (0, 1))
    assert distance(first, first) == pytest.approx(0.0, abs=1e-3)
    assert np.isnan(distance(first, second))


def test_most_points_of_the_prior_decode_to_valid_crystals():
    library, vae = load_library(), load_vae()
    known, _ = known_tokens(library)
    points = normal_points(2 * N, vae.settings.latent, 1)
    assert sample_figures(vae, library, points, known).valid > LEAST_VALID


def test_atoms_of_known_crystals_are_apart(unseen):
    figures = table_figures(load_library(), unseen.tokens, unseen.tokens)
    assert figures.apart == 1.0
    assert figures.valid <= figures.smact
    assert figures.novel == 0.0
