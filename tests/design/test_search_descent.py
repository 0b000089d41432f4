import numpy as np
import pytest
import torch

from designer_app.design.search.deciding import Decider
from designer_app.design.search.descent import Descent, Pace, _Adam
from designer_app.design.search.limits import limits_of
from designer_app.design.search.objective import goals_of
from designer_app.design.search.pool import amounts_of_row
from designer_app.design.search.restricting import restricted
from designer_app.errors import Cancelled
from designer_app.running.control import RunControl
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_targets import targets_from

TARGETS = targets_from(("e_above_hull=..0.05", "voltage=3.4"))
PACE = Pace(steps=30, decide_every=10)
ROUNDING = 1e-4
"""Norms of float32 vectors after a step."""


@pytest.fixture(scope="module")
def decider(search_kit):
    limits = limits_of(DesignSpec(elements="Li Fe Mn Ti P O", max_atoms=14))
    return Decider(search_kit.vae, search_kit.library, restricted(limits, search_kit.library))


@pytest.fixture
def seeds(search_kit):
    """None of them as good by chance as what a descent finds."""
    size = search_kit.vae.settings.latent
    return torch.randn(12, size, generator=torch.Generator().manual_seed(5))


def descent(search_kit, decider, longest=6.0, pace=PACE):
    goals = goals_of(TARGETS, search_kit.heads.keys)
    heads = search_kit.heads.bound([goal.key for goal in goals], ion="Li")
    return Descent(decider, heads, goals, longest=longest, pace=pace)


def test_every_decided_crystal_keeps_the_limits(search_kit, decider, seeds):
    found = decider.decided(seeds, 3).table
    assert len(found) > 0
    for row in range(len(found)):
        amounts = amounts_of_row(search_kit.library, found, row)
        assert decider.restricted.limits.reason(amounts) == ""


def test_slots_of_a_decided_crystal_hold_different_elements(decider, seeds):
    for elements in decider.decided(seeds, 3).table.elements:
        present = elements[elements > 0]
        assert len(np.unique(present)) == len(present)


def test_the_likeliest_filling_is_kept_where_it_keeps_the_limits(search_kit, decider):
    library = search_kit.library
    row = search_kit.sources.index("example-LiCoO2")
    prototype = int(search_kit.known.prototype[row])
    elements = search_kit.known.elements[row]
    chances = np.full((8, 95), 1e-3, dtype=np.float32)
    wanted = [26 if number == 27 else int(number) for number in elements if number]
    for slot, number in enumerate(wanted):
        chances[slot, number] = 0.9
    assert decider.filling(prototype, chances) == tuple(wanted)
    assert library.slot_counts[prototype][: len(wanted)].all()


@pytest.mark.parametrize("required", ["", "Mn"])
def test_the_ion_and_a_metal_to_oxidise_are_found_behind_hundreds_of_likelier_fillings(
    search_kit, required
):
    library = search_kit.library
    limits = limits_of(DesignSpec(usual=False, require=required))
    decider = Decider(search_kit.vae, library, restricted(limits, library))
    row = search_kit.sources.index("example-LiCoO2")
    n_slots = int((search_kit.known.elements[row] > 0).sum())
    chances = np.ones((8, 95), dtype=np.float32)
    chances[:, 0] = 0.0
    chances[:, [3, 25]] = 1e-6
    chances[:, [8, 16]] = 10.0
    found = decider.filling(int(search_kit.known.prototype[row]), chances)
    assert found is not None
    assert len(found) == n_slots
    assert 3 in found
    assert not required or 25 in found


def test_a_descent_finds_lower_losses_than_its_seeds(search_kit, decider, seeds):
    search = descent(search_kit, decider)
    before = search.loss_of_table(decider.decided(seeds).table)
    assert search.run(seeds, RunControl()).loss.min() < before.min()


def test_a_descent_with_hops_goes_on_from_the_best_and_is_the_same_again(
    search_kit, decider, seeds
):
    pace = Pace(steps=30, decide_every=5, hop_every=10)
    search = descent(search_kit, decider, pace=pace)
    before = search.loss_of_table(decider.decided(seeds).table)
    first, again = (search.run(seeds, RunControl()) for _ in range(2))
    assert first.loss.min() < before.min()
    assert (first.loss == again.loss).all()


def test_a_descent_is_the_same_again_to_the_last_bit(search_kit, decider, seeds):
    first, again = (descent(search_kit, decider).run(seeds, RunControl()) for _ in range(2))
    assert (first.table.elements == again.table.elements).all()
    assert (first.loss == again.loss).all()
    assert torch.equal(first.latent, again.latent)


def test_latent_vectors_stay_within_the_norm_of_known_crystals(search_kit, decider, seeds):
    found = descent(search_kit, decider, longest=1.5).run(5 * seeds, RunControl())
    late = found.latent.norm(dim=1)
    assert float(late.min()) <= 1.5 + ROUNDING


def test_snapshots_tell_places_and_predicted_values(search_kit, decider, seeds):
    seen = []
    descent(search_kit, decider).run(seeds, RunControl(), seen.append)
    assert [each.step for each in seen] == [0, 10, 20]
    assert seen[0].positions.shape == (12, 2)
    assert seen[0].values.shape == (12, len(TARGETS))
    assert seen[-1].best < np.inf


def test_a_descent_stops_when_it_is_cancelled(search_kit, decider, seeds):
    control = RunControl()
    with pytest.raises(Cancelled):
        descent(search_kit, decider).run(seeds, control, lambda _: control.cancel())


def test_heads_that_are_asked_seldom_lead_down_too(search_kit, decider, seeds):
    found = [
        descent(search_kit, decider, pace=Pace(steps=30, decide_every=10, ask_every=every))
        .run(seeds, RunControl())
        .loss.min()
        for every in (1, 3)
    ]
    start = descent(search_kit, decider).loss_of_table(decider.decided(seeds).table).min()
    assert max(found) < start


def test_steps_are_those_of_adam():
    z = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    mine, adam = z.clone(), _Adam()
    theirs = z.clone().requires_grad_(True)
    optimiser = torch.optim.Adam([theirs], lr=0.05, betas=(0.9, 0.99))
    for _ in range(20):
        mine = adam.stepped(mine, 2.0 * (mine - 1.0), 0.05)
        optimiser.zero_grad()
        ((theirs - 1.0) ** 2).sum().backward()
        optimiser.step()
    assert torch.allclose(mine, theirs.detach(), atol=ROUNDING)


def test_tiny_numbers_count_again_after_a_descent(search_kit, decider, seeds):
    descent(search_kit, decider).run(seeds, RunControl())
    assert float(torch.tensor(1e-20) * torch.tensor(1e-20)) > 0.0
