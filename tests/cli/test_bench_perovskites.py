"""The bench of latent search on perovskites."""

import numpy as np
import pytest
import torch

from designer_app.cli.benches.perovskites import bench
from designer_app.cli.benches.perovskites.cells import perovskite_cells
from designer_app.cli.benches.perovskites.learning import VAE, both_orders
from designer_app.design.vae.network import MaterialVAE
from designer_app.training.published.perovskites import PerovskiteTable

FORMULAS = [(22, 38, "O3"), (22, 22, "N O2"), (38, 57, "N O2"), (57, 57, "O3"), (22, 57, "O3")]
"""Atomic numbers of the metals, and the anions."""
ENERGIES = (0.1, 0.3, 0.9, 0.6, 1.5)
"""eV, made up."""
N_DRAWN = 200


@pytest.fixture(scope="module")
def table():
    metals = np.array([each[:2] for each in FORMULAS], dtype=np.int64)
    anions = tuple(each[2] for each in FORMULAS)
    return PerovskiteTable(metals, anions, np.array(ENERGIES), len(FORMULAS))


@pytest.fixture(scope="module")
def cells(table):
    return perovskite_cells(table)


@pytest.fixture
def judge(table, cells):
    return bench.Judge(table, cells, np.array([0, 1]))


def test_formulas_come_back_from_their_tokens(table, cells):
    assert cells.formulas(cells.table(table.metals, table.anions)) == FORMULAS


def test_both_orders_of_the_metals_are_one_formula(table, cells):
    tokens, energies = both_orders(cells, table.metals, table.anions, table.energies)
    assert cells.formulas(tokens) == FORMULAS * 2
    assert energies.tolist() == [*ENERGIES, *ENERGIES]


def test_whatever_is_decoded_holds_the_anions_of_its_cell_and_metals_of_the_table(cells):
    torch.manual_seed(0)
    vae = MaterialVAE(cells.library, VAE.network).eval()
    found = vae.best_decode(torch.randn(N_DRAWN, VAE.network.latent), cells.allowed())
    frames = cells.frames[found.prototype]
    assert (found.elements[frames >= 0] == frames[frames >= 0]).all()
    assert np.isin(found.elements[frames < 0], cells.metals).all()


def test_a_formula_counts_once_and_only_where_nothing_had_learned_from_it(judge):
    found = [FORMULAS[0], FORMULAS[2], FORMULAS[2], FORMULAS[4]]
    assert judge.rates(found, 1.0) == {"new": 2, "hits": 0.5}


def test_percentiles_are_those_of_the_training_energies(judge):
    low = bench.Judge(judge.table, judge.cells, np.array([2, 3, 4]))
    rates = low.rates([FORMULAS[0], FORMULAS[1]], None)
    assert [rates[f"SR{share}"] for share in bench.SHARES] == [1.0, 1.0, 1.0]


@pytest.mark.slow
def test_a_small_search_beats_random_decodes_at_every_target(data_folder):
    found = {(row["target"], row["way"]): row for row in bench.rows(True, print, data_folder)}
    for target in {name for name, _ in found}:
        key = "SR10" if target == bench.LOWEST else "hits"
        ours, drawn = (found[target, way][key] for way in ("latent search", "random decodes"))
        assert isinstance(ours, float)
        assert isinstance(drawn, float)
        assert ours > drawn
