"""A search that learns from energies of its own proposals, with a potential that is made up."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from designer_app.design.search import one_search
from designer_app.design.search.generator import MaterialGenerator, Plan
from designer_app.design.search.judging import Points
from designer_app.design.search.limits import limits_of
from designer_app.design.search.pointing import Pointed
from designer_app.design.search.pool import Pool
from designer_app.design.search.ranking import POINTS, SETTLED, Gains
from designer_app.running.control import RunControl
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_targets import targets_from

TARGETS = targets_from(("voltage=2..4.6", "e_above_hull=..0.05"))
PLAN = Plan(seeds=8, steps=8, n_substituted=90, n_points=90, n=90, diversity=0.0, learn=True)


class MadeUp:
    """As made, all lie far above the hull; after a few steps those with manganese lie on it."""

    origin = "made up"

    def __init__(self):
        self.settled_formulas = 0

    def judged(self, structures, _ion, _control):
        return Points(np.full(len(structures), 0.4), np.full(len(structures), 3.8))

    def leads(self, fractions):
        return np.full(len(fractions), -0.03)

    def settled(self, structures, _ion, _control):
        self.settled_formulas += len(structures)
        far = [0.0 if 25 in each.numbers else 0.4 for each in structures]
        return Points(np.array(far), np.full(len(structures), 3.2))


@pytest.fixture
def learned(monkeypatch):
    """Labels that a search hands on, instead of the half minute that learning takes."""
    seen = []

    def heads_after(heads, _table, said, *_rest):
        seen.append(said)
        return heads

    monkeypatch.setattr(one_search, "heads_after", heads_after)
    return seen


def test_what_is_learned_and_ranked_first_is_what_was_relaxed_for_a_few_steps(search_kit, learned):
    points = MadeUp()
    generator = MaterialGenerator(
        search_kit.vae, search_kit.heads, search_kit.library,
        known=(search_kit.known, search_kit.sources), points=points,
    )  # fmt: skip
    limits = limits_of(DesignSpec(elements="Li Fe Mn Ti V O F", max_atoms=28))
    found = generator.inverse_design(TARGETS, limits, plan=PLAN)
    (said,) = learned
    assert said.method == SETTLED
    distances = said.numbers["e_above_hull"][0]
    assert (distances == -0.03).any()  # above the hull of other formulas
    first, last = found.candidates[0], found.candidates[-1]
    assert first.estimate("e_above_hull").method == SETTLED
    assert 25 in first.structure.numbers
    assert last.estimate("e_above_hull").value > first.estimate("e_above_hull").value
    assert 0 < points.settled_formulas <= 64


def test_labels_hold_no_share_of_what_the_heads_say(search_kit):
    rows = np.arange(3)
    pool = Pool(search_kit.known.rows(rows), torch.zeros(3, 8), ("",) * 3, ("",) * 3, np.zeros(3))
    pointed = Pointed(MadeUp(), "Li", RunControl())
    structures = {
        row: search_kit.library.structure_of(search_kit.library.tokens(pool.table, row))
        for row in rows.tolist()
    }
    pointed.judge(pool, structures)
    said = pointed.labels(pool, structures, search_kit.library)
    assert (said.numbers["voltage"][0] == 3.8 - Gains().volts).all()


def test_without_learning_nothing_is_relaxed(search_kit, learned):
    points = MadeUp()
    generator = MaterialGenerator(
        search_kit.vae, search_kit.heads, search_kit.library,
        known=(search_kit.known, search_kit.sources), points=points,
    )  # fmt: skip
    limits = limits_of(DesignSpec(elements="Li Fe Mn Ti V O F", max_atoms=28))
    found = generator.inverse_design(TARGETS, limits, plan=PLAN, learn=False)
    assert not learned
    assert points.settled_formulas == 0
    assert found.candidates[0].estimate("e_above_hull").method == POINTS


def test_alloys_are_judged_and_given_back_at_their_best_volume(search_kit):
    class AtTwice(MadeUp):
        """Every volume of lowest energy is twice the decoded one."""

        def __init__(self):
            super().__init__()
            self.judged_volumes = []

        def best_volumes(self, structures, _control):
            return [2.0 * each.volume for each in structures]

        def judged(self, structures, ion, control):
            self.judged_volumes += [each.volume for each in structures]
            return super().judged(structures, ion, control)

    points = AtTwice()
    generator = MaterialGenerator(
        search_kit.vae, search_kit.heads, search_kit.library,
        known=(search_kit.known, search_kit.sources), points=points,
    )  # fmt: skip
    spec = DesignSpec(purpose="catalyst", charge="off", elements="Pt Ni Cu", max_atoms=8)
    targets = targets_from(("e_above_hull=..0.05",))
    found = generator.inverse_design(targets, limits_of(spec), plan=replace(PLAN, learn=False))
    for each in found.candidates:
        assert min(abs(each.structure.volume - known) for known in points.judged_volumes) < 1e-6
        assert each.tokens.volume * len(each.structure) == pytest.approx(each.structure.volume)
