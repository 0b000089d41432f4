"""Ensembles asked as one network say what each says alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from designer_app.design.heads.ensemble import HeadOutput, load_design_heads, output_of
from designer_app.design.heads.features import IONS
from designer_app.design.heads.stacking import asked, stacks_of
from designer_app.design.heads.training import outputs
from designer_app.design.representation.library import known_tokens
from designer_app.design.representation.soft import SoftTokens, certain

SINGLE = 1e-4
"""Of sums in float32 that are added in another order."""
KEYS = ("e_above_hull", "voltage", "band_gap")


@pytest.fixture(scope="module")
def heads():
    return load_design_heads()


@pytest.fixture(scope="module")
def soft(heads) -> SoftTokens:
    """Known crystals of one to many slots, more than one batch."""
    table, _ = known_tokens(heads.library)
    return certain(table.rows(np.arange(0, 24000, 60)), heads.slot_counts)


def alone(heads, key: str, soft: SoftTokens, ion: str, members: list[int]) -> HeadOutput:
    """By the ensemble itself, all materials in one batch."""
    group = next(each for each in heads.groups.values() if key in [row.key for row in each.rows])
    said = outputs(group.network, heads.featurizer, soft, IONS.index(ion))[members]
    column = [row.key for row in group.rows].index(key)
    fitted = said * group.scaling.spread + group.scaling.mean
    return output_of(group.rows[column], fitted[..., column])


@pytest.mark.parametrize("ion", ["Li", "Na"])
def test_ensembles_together_say_what_each_says_alone(heads, soft, ion):
    found = heads(soft, KEYS, ion=ion)
    for key in KEYS:
        truth = alone(heads, key, soft, ion, [0, 1, 2])
        assert torch.allclose(found[key].mean, truth.mean, atol=SINGLE)
        assert torch.allclose(found[key].spread, truth.spread, atol=SINGLE)


def test_in_turns_every_member_is_left_out_once(heads, soft):
    turns = heads.bound(("voltage",)).in_turns()
    for left_out, predict in enumerate(turns):
        kept = [member for member in range(3) if member != left_out]
        truth = alone(heads, "voltage", soft, "Li", kept)
        assert torch.allclose(predict(soft)["voltage"].mean, truth.mean, atol=SINGLE)
    assert len(turns) == 3


def test_gradients_reach_each_material_whatever_its_batch(heads, soft):
    elements = soft.elements.clone().requires_grad_(True)
    found = heads(replace(soft, elements=elements), ("e_above_hull",))["e_above_hull"].mean
    chosen = torch.arange(0, len(soft), 7)
    (gradient,) = torch.autograd.grad(found[chosen].sum(), elements)
    reached = gradient.abs().sum(dim=(1, 2)) > 0
    assert torch.nonzero(reached)[:, 0].tolist() == chosen.tolist()


def test_an_ensemble_of_other_widths_has_a_stack_of_its_own(heads, soft):
    from designer_app.design.heads.network import SlotNetwork

    known = heads.groups["crystal"].network
    torch.manual_seed(0)
    wide = SlotNetwork(replace(known.size, hidden=8)).requires_grad_(False)
    stacks = stacks_of({"known": known, "wide": wide})
    assert [stack.names for stack in stacks] == [("known",), ("wide",)]
    found = asked(stacks, heads.featurizer, soft, "Li")["wide"]
    assert torch.allclose(found, outputs(wide, heads.featurizer, soft, 0), atol=SINGLE)
