"""Networks of the design heads: gradients, mixtures, invariance, training, tuning and files."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from designer_app.design.heads.build import _head_card
from designer_app.design.heads.contacts import N_RADII, _contacts, contacts_of, descriptors_of
from designer_app.design.heads.ensemble import (
    DesignHeads,
    Group,
    group_settings,
    heads_arrays,
    read_design_heads,
)
from designer_app.design.heads.features import Featurizer, scaled_elements
from designer_app.design.heads.judging import area_under_curve, figures, interval_of_area
from designer_app.design.heads.labels import DECODED, KNOWN, MADE, NO_ION, LabelledTokens
from designer_app.design.heads.learning import learn_from
from designer_app.design.heads.network import NetworkSize, SlotNetwork
from designer_app.design.heads.packing import packed_contacts, unpacked_contacts
from designer_app.design.heads.rows import BY_KEY, rows_of
from designer_app.design.heads.spreads import _spread
from designer_app.design.heads.teachers import teacher_error
from designer_app.design.heads.training import GroupTraining, Scaling, TrainingSettings, predicted
from designer_app.design.representation.library import known_tokens, load_library
from designer_app.design.representation.soft import SoftTokens, certain
from designer_app.errors import InvalidSpecError
from designer_app.properties.features import element_table
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.weights.cards import HeadCard, ModelCard, read_card, write_model

SINGLE = 1e-4
HALF = 2e-2
"""Of outputs whose weights were rounded to half precision."""
STEP = 1.0 / 60.0
"""Relative, of one step of packed contacts."""


@pytest.fixture(scope="module")
def featurizer() -> Featurizer:
    """Of the shipped library; contacts of the first prototypes only, since all take seconds."""
    library = load_library()
    contacts = np.zeros((len(library), 8, 8, N_RADII), dtype=np.float32)
    contacts[:40] = _contacts(library, range(40))
    return Featurizer(scaled_elements(element_table()), contacts, descriptors_of(library))


@pytest.fixture(scope="module")
def heads(featurizer: Featurizer) -> DesignHeads:
    """Untrained, of the groups "crystal" and "electrode"."""
    groups = {}
    cards = []
    torch.manual_seed(0)
    for name, extra in (("crystal", 0), ("electrode", 6)):
        rows = rows_of(name)
        size = NetworkSize(
            n_elements=featurizer.n_elements,
            n_whole=featurizer.n_whole,
            n_extra=extra,
            outputs=len(rows),
            members=2,
            hidden=8,
            trunk=16,
        )
        network = SlotNetwork(size).requires_grad_(False)
        scaling = Scaling(torch.zeros(len(rows)), torch.ones(len(rows)))
        groups[name] = Group(rows, network, scaling)
        cards += [
            HeadCard(key=row.key, title=row.title, unit=row.unit, n_labels=0, held_out_error=1.0)
            for row in rows
        ]
    library = load_library()
    card = ModelCard(
        key="design-heads",
        title="",
        version="0",
        made_by="",
        data=(),
        split="",
        heads=tuple(cards),
        settings={"library": library.hash, "groups": group_settings(groups)},
    )
    return DesignHeads(card, groups, featurizer, library)


def some(n: int = 24) -> SoftTokens:
    """Known crystals of the first prototypes, certain."""
    table, _ = known_tokens(load_library())
    rows = np.flatnonzero((table.prototype < 40) & (table.elements > 0).sum(axis=1).astype(bool))
    return certain(table.rows(rows[:n]), torch.from_numpy(load_library().slot_counts))


def test_contacts_of_rock_salt_are_six_unlike_and_twelve_like() -> None:
    library = load_library()
    counts = np.sort(library.slot_counts, axis=1)[:, -3:]
    fits = (library.space_groups == 225) & (counts == (0, 1, 1)).all(axis=1)
    row = int(np.flatnonzero(fits)[np.argmax(library.n_members[fits])])
    found = _contacts(library, [row])[0, :2, :2]
    # Unlike neighbours at 2^(-2/3) of the doubled edge, like ones at sqrt(2) of that.
    assert found[0, 1].sum() > 3.0
    assert found[0, 0, :3].sum() == pytest.approx(0.0, abs=0.05)
    assert found[0, 1] == pytest.approx(found[1, 0], rel=SINGLE)


def test_packed_contacts_come_back_within_a_step() -> None:
    library = load_library()
    contacts = np.zeros((len(library), 8, 8, N_RADII), dtype=np.float32)
    contacts[:20] = _contacts(library, range(20))
    found = unpacked_contacts(packed_contacts(contacts), library)
    assert np.log1p(found) == pytest.approx(np.log1p(contacts), abs=STEP)


def test_only_what_is_asked_is_answered(heads: DesignHeads) -> None:
    found = heads(some(), ("voltage", "price"))
    assert set(found) == {"voltage", "price"}
    assert (found["voltage"].spread > 0).all()
    assert (found["price"].spread == 0).all()


def test_energy_density_is_voltage_times_capacity(heads: DesignHeads) -> None:
    found = heads(some(), ("voltage", "capacity", "energy_density"), ion="Na")
    wanted = found["voltage"].mean * found["capacity"].mean
    assert torch.allclose(found["energy_density"].mean, wanted)


def test_an_unknown_property_is_refused_with_the_known_ones(heads: DesignHeads) -> None:
    with pytest.raises(InvalidSpecError, match="e_above_hull"):
        heads(some(), ("colour",))


def test_the_working_ion_changes_the_voltage_alone(heads: DesignHeads) -> None:
    soft = some()
    lithium, sodium = (heads(soft, ("voltage", "band_gap"), ion=ion) for ion in ("Li", "Na"))
    assert torch.equal(lithium["band_gap"].mean, sodium["band_gap"].mean)
    holds = (soft.elements[..., 3].sum(dim=1) + soft.elements[..., 11].sum(dim=1)) > 0
    assert not torch.allclose(lithium["voltage"].mean[holds], sodium["voltage"].mean[holds])


def test_gradients_reach_elements_and_prototypes(heads: DesignHeads) -> None:
    soft = some(8)
    prototypes = torch.cat([soft.prototypes, (soft.prototypes + 1) % 40], dim=1)
    shares = torch.full((8, 2), 0.5, requires_grad=True)
    chances = soft.elements.clone().requires_grad_(True)
    mixed = SoftTokens(prototypes, shares, soft.counts, chances, soft.log_volume, soft.geometry)
    heads(mixed, ("e_above_hull",))["e_above_hull"].mean.sum().backward()
    for each in (shares.grad, chances.grad):
        assert each is not None
        assert torch.isfinite(each).all()
        assert (each != 0).any()


def test_a_mixture_of_one_prototype_with_itself_is_that_prototype(heads: DesignHeads) -> None:
    soft = some(8)
    doubled = replace(
        soft, prototypes=soft.prototypes.expand(-1, 3), shares=torch.full((8, 3), 1 / 3)
    )
    once, thrice = (heads(each, ("e_above_hull",))["e_above_hull"] for each in (soft, doubled))
    assert torch.allclose(once.mean, thrice.mean, atol=SINGLE)


def test_distances_are_fitted_on_a_scale_that_turns_back() -> None:
    row = BY_KEY["e_above_hull"]
    values = torch.tensor([-0.4, -0.01, 0.0, 0.03, 0.5])
    assert torch.allclose(row.unfitted(row.fitted(values)), values, atol=SINGLE)


def learnable(n: int = 240) -> LabelledTokens:
    """Known crystals with an energy that their composition decides."""
    library = load_library()
    table, _ = known_tokens(library)
    rows = np.flatnonzero(table.prototype < 40)[:n]
    table = table.rows(rows)
    soft = certain(table, torch.from_numpy(library.slot_counts))
    pull = scaled_elements(element_table())[:, 4]
    energy = -(soft.composition.numpy() @ pull)
    above = energy - np.median(energy)
    values = np.stack([energy, above, above <= 0.05], axis=1).astype(np.float32)
    ids = np.arange(len(table))
    return LabelledTokens(
        table,
        values,
        ("formation_energy", "e_above_hull", "stability"),
        np.full(len(table), NO_ION, np.int8),
        np.where(ids % 4 == 0, 2, 0).astype(np.int8),
        np.where(ids % 2 == 0, KNOWN, MADE).astype(np.int8),
    )


def test_a_trained_ensemble_tells_kept_back_energies(featurizer: Featurizer) -> None:
    data = learnable()
    rows = rows_of("crystal")[:3]
    size = NetworkSize(
        n_elements=featurizer.n_elements, n_whole=featurizer.n_whole, n_extra=0, outputs=3,
        members=2, hidden=12, trunk=24,
    )  # fmt: skip
    counts = torch.from_numpy(load_library().slot_counts)
    training = GroupTraining(
        data.rows(data.split == 0), rows, featurizer, counts,
        TrainingSettings(epochs=25, batch=64), 0, size=size,
    )  # fmt: skip
    network = training.run(RunControl())
    test = data.rows(data.split == 2)
    found = predicted(network, training.scaling, featurizer, counts, test)[..., 0].mean(dim=0)
    truth = test.column("formation_energy")
    assert np.abs(found.numpy() - truth).mean() < 0.35 * np.abs(truth - np.median(truth)).mean()


def test_the_same_seed_trains_the_same_ensemble(featurizer: Featurizer) -> None:
    data, rows = learnable(60), rows_of("crystal")[:3]
    size = NetworkSize(
        n_elements=featurizer.n_elements, n_whole=featurizer.n_whole, n_extra=0, outputs=3,
        members=2, hidden=4, trunk=8,
    )  # fmt: skip
    counts = torch.from_numpy(load_library().slot_counts)
    first, second = (
        GroupTraining(data, rows, featurizer, counts, TrainingSettings(epochs=1), 3, size=size)
        .run(RunControl())
        .leave.weight
        for _ in range(2)
    )
    assert torch.equal(first, second)


def test_learning_from_a_search_moves_heads_towards_its_labels(heads: DesignHeads) -> None:
    data = learnable(64)
    tuned = learn_from(heads, data)
    soft = certain(data.table, heads.slot_counts)
    key = "formation_energy"
    errors = [
        float((each(soft, (key,))[key].mean - torch.from_numpy(data.column(key))).abs().mean())
        for each in (heads, tuned)
    ]
    assert errors[1] < 0.7 * errors[0]


def test_learning_leaves_the_given_heads_as_they_are(heads: DesignHeads) -> None:
    before = heads(some(), ("e_above_hull",))["e_above_hull"].mean
    learn_from(heads, learnable(32))
    assert torch.equal(heads(some(), ("e_above_hull",))["e_above_hull"].mean, before)


def test_too_few_labels_are_refused(heads: DesignHeads) -> None:
    with pytest.raises(InvalidSpecError, match="too few"):
        learn_from(heads, learnable(40).rows(np.arange(5)))


def test_written_heads_are_read_back(heads: DesignHeads, tmp_path: Path) -> None:
    contacts = np.zeros((len(heads.library), 8, 8, N_RADII), dtype=np.float32)
    contacts[:40] = _contacts(heads.library, range(40))
    write_model(tmp_path, heads.card, heads_arrays(heads.groups, heads.featurizer, contacts))
    found = read_design_heads(tmp_path)
    for key in ("e_above_hull", "voltage"):
        first, second = (each(some(), (key,))[key].mean for each in (heads, found))
        assert torch.allclose(first, second, rtol=HALF, atol=HALF)


def test_figures_tell_known_and_made_crystals_apart(heads: DesignHeads) -> None:
    data = replace(learnable(), split=np.full(240, 2, np.int8))
    found = figures(heads, heads.groups["crystal"], data, only=("e_above_hull",))
    assert {each.part for each in found} == {"known", "swapped"}


def electrodes(**columns: np.ndarray) -> LabelledTokens:
    """Test formulas with labels of electrodes."""
    data = learnable()
    n = len(data)
    values = np.stack([np.broadcast_to(each, n) for each in columns.values()], axis=1)
    lithium, test = np.zeros(n, np.int8), np.full(n, 2, np.int8)
    return replace(
        data, values=values.astype(np.float32), keys=tuple(columns), ion=lithium, split=test
    )


def test_voltages_of_hosts_that_were_not_relaxed_judge_nothing(heads: DesignHeads) -> None:
    swelling = np.where(np.arange(240) < 120, 5.0, np.nan)
    data = electrodes(voltage=np.full(240, 3.0), volume_change=swelling)
    found = figures(heads, heads.groups["electrode"], data, only=("voltage",))
    assert sum(each.n for each in found) == 120


def test_the_error_of_a_conductivity_holds_that_of_its_teacher(heads: DesignHeads) -> None:
    data = electrodes(ionic_conductivity=np.full(240, -7.0))
    keys = ("ionic_conductivity",)
    teacher = read_card(resource("weights/conductivity")).head("log10_sigma_new_family")
    for each in figures(heads, heads.groups["electrode"], data, only=keys):
        card = _head_card(BY_KEY[each.key], data, [each])
        assert card.held_out_error == pytest.approx(np.hypot(each.error, teacher.held_out_error))


def test_tabulated_gaps_have_no_teacher() -> None:
    truth = np.full(3, 2.0)
    assert teacher_error("band_gap", KNOWN, truth) == 0.0
    assert teacher_error("band_gap", DECODED, truth) > 0.0


def test_no_quantile_of_a_spread_is_a_single_material() -> None:
    values = np.r_[np.linspace(0.0, 1.0, 300), 100.0]
    (found,) = _spread("band_gap", "any", "", "eV", "", values)
    assert found.quantiles[-1] == pytest.approx(np.sort(values)[-3:].mean())


def test_the_area_under_the_curve_is_one_for_a_perfect_order() -> None:
    good = np.array([True, True, False, False])
    assert area_under_curve(good, np.array([0.9, 0.8, 0.3, 0.1])) == 1.0
    assert area_under_curve(good, np.array([0.1, 0.9, 0.3, 0.8])) == 0.5


@pytest.mark.slow
def test_contacts_of_the_whole_library_are_finite() -> None:
    assert np.isfinite(contacts_of(load_library())).all()


def test_the_interval_of_an_area_holds_it_and_narrows_with_more_rows() -> None:
    generator = np.random.default_rng(0)
    widths = []
    for n in (60, 600):
        is_good = generator.random(n) < 0.5
        score = is_good + generator.standard_normal(n)
        low, high = interval_of_area(is_good, score)
        assert low < area_under_curve(is_good, score) < high
        widths.append(high - low)
    assert widths[1] < 0.5 * widths[0]
