from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from designer_app.design.representation.tokens import MAX_SLOTS, N_GEOMETRY, TokenTable
from designer_app.design.vae.judging import RoundTrip
from designer_app.design.vae.parts import VAESettings
from designer_app.design.vae.swaps import Swaps
from designer_app.design.vae.training import TrainingSettings, VAETraining
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.errors import Cancelled
from designer_app.properties.charges import common_states
from designer_app.running.control import RunControl

SMALL = TrainingSettings(
    network=VAESettings(latent=8, hidden=64, class_size=16, choice_hidden=32, geometry_hidden=32),
    epochs=80,
    batch=8,
    beta=0.01,
    geometry=0.25,
    swapped=0.0,
    shaken=0.0,
    save_every=100,
    half_precision=False,
)
ROUNDING = 1e-5
"""Sums of float32 numbers near 1."""


@dataclass(frozen=True)
class Kinds:
    slot_counts: np.ndarray
    n_geometry: np.ndarray
    space_groups: np.ndarray


@pytest.fixture(scope="module")
def kinds():
    """AB in rock salt and in the structure of caesium chloride, and A2B with one free number."""
    counts = np.zeros((3, MAX_SLOTS), dtype=np.float32)
    counts[:2, :2] = 1
    counts[2, :2] = 1, 2
    free = np.zeros((3, N_GEOMETRY), dtype=bool)
    free[2, 1] = True
    return Kinds(counts, free, np.array([225, 221, 164]))


@pytest.fixture(scope="module")
def table(kinds):
    """Halides of one and two charges, with a volume that their ions set."""
    ones = [ATOMIC_NUMBERS[each] for each in ("Li", "Na", "K", "Rb", "Cs", "Ag")]
    twos = [ATOMIC_NUMBERS[each] for each in ("Mg", "Ca", "Sr", "Ba", "Fe", "Mn")]
    halides = [ATOMIC_NUMBERS[each] for each in ("F", "Cl", "Br", "I")]
    rows = [(kind, cation, halide) for kind in (0, 1) for cation in ones for halide in halides]
    rows += [(2, cation, halide) for cation in twos for halide in halides]
    elements = np.zeros((len(rows), MAX_SLOTS), dtype=np.int64)
    elements[:, :2] = [row[1:] for row in rows]
    prototype = np.array([row[0] for row in rows])
    geometry = np.zeros((len(rows), N_GEOMETRY), dtype=np.float32)
    geometry[:, 1] = np.where(prototype == 2, np.sin(elements[:, 0]), 0.0)
    return TokenTable(prototype, elements, np.cos(elements[:, 1]).astype(np.float32) / 10, geometry)


@pytest.fixture(scope="module")
def trained(kinds, table):
    training = VAETraining(kinds, table, SMALL, seed=0)
    training.run(RunControl())
    return training


def test_a_trained_network_brings_its_crystals_back(trained, table):
    trip = RoundTrip.of(trained.vae, table)
    assert trip.exact.mean() > 0.9


def test_training_learns_volume_and_geometry(trained):
    first, last = trained.history[0], trained.history[-1]
    assert last["geometry"] < 0.5 * first["geometry"]


def test_the_map_shows_the_crystals_learned_from_around_its_centre(trained, table):
    places = trained.vae.map_of(trained.vae.encode_table(table))
    assert places.shape == (len(table), 2)
    assert torch.allclose(places.mean(dim=0), torch.zeros(2), atol=ROUNDING)
    assert places[:, 0].var() >= places[:, 1].var()


def test_a_stopped_training_goes_on_as_if_it_had_not_been(kinds, table, tmp_path):
    settings = replace(SMALL, epochs=4, swapped=0.5, shaken=0.5)
    whole = VAETraining(kinds, table, settings, seed=1).run(RunControl())
    checkpoint = tmp_path / "checkpoint.pt"
    first = VAETraining(kinds, table, settings, 1, checkpoint)
    first._epoch(RunControl())
    first.epoch = 1
    first.save()
    resumed = VAETraining(kinds, table, settings, 1, checkpoint).run(RunControl())
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_a_training_can_be_cancelled(kinds, table):
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        VAETraining(kinds, table, SMALL, seed=0).run(control)


def test_a_checkpoint_of_other_settings_is_not_taken_up(kinds, table, tmp_path):
    checkpoint = tmp_path / "checkpoint.pt"
    first = VAETraining(kinds, table, SMALL, 0, checkpoint)
    first.epoch = 7
    first.save()
    other = VAETraining(kinds, table, replace(SMALL, beta=0.5), 0, checkpoint)
    other.restore()
    assert other.epoch == 0


def test_swapped_elements_have_the_charges_of_those_they_replace(kinds, table):
    swaps = Swaps.of(table, kinds.slot_counts)
    rows = np.flatnonzero(table.prototype == 2)
    found = swaps.drawn(rows, table.elements[rows], 1.0, np.random.default_rng(0))
    changed = found[:, 0] != table.elements[rows, 0]
    assert changed.any()
    assert all(
        any(state == 2 for state in common_states(SYMBOLS[number])) or SYMBOLS[number] == "Cu"
        for number in found[changed, 0]
    )


def test_swaps_never_put_one_element_in_two_slots(kinds, table):
    swaps = Swaps.of(table, kinds.slot_counts)
    rows = np.arange(len(table)).repeat(20)
    found = swaps.drawn(rows, table.elements[rows], 1.0, np.random.default_rng(0))
    assert (found[:, 0] != found[:, 1]).all()
    assert not found[:, 2:].any()


def test_the_lowest_draw_is_an_element_too(kinds, table):
    class Lowest:
        def random(self, shape, dtype=np.float64):
            return np.zeros(shape, dtype=dtype)

    found = Swaps.of(table, kinds.slot_counts).drawn(
        np.arange(len(table)), table.elements, 1.0, Lowest()
    )
    assert (found[:, :2] > 0).all()


def test_where_no_charges_balance_only_metals_change(kinds):
    elements = np.zeros((1, MAX_SLOTS), dtype=np.int64)
    elements[0, :2] = ATOMIC_NUMBERS["Ba"], ATOMIC_NUMBERS["N"]
    odd = TokenTable(
        np.array([0]),
        elements,
        np.zeros(1, dtype=np.float32),
        np.zeros((1, N_GEOMETRY), dtype=np.float32),
    )
    found = Swaps.of(odd, kinds.slot_counts).ion[0] > 0
    assert found.tolist() == [True] + (MAX_SLOTS - 1) * [False]
