import numpy as np
import pytest

from designer_app.design.search.generator import Plan
from designer_app.design.search.limits import limits_of
from designer_app.errors import InvalidSpecError
from designer_app.io.formulas import amounts_of
from designer_app.specs.design import STRATEGIES, DesignSpec
from designer_app.specs.design_targets import targets_from
from designer_app.specs.structure import Structure

TARGETS = targets_from(("voltage=2..4.6", "e_above_hull=..0.05"))
PLAN = Plan(seeds=8, steps=12, n_substituted=60, n=30, judge="heads")
ELEMENTS = "Li Na Fe Mn Ti V P O F"


@pytest.fixture(scope="module")
def layered(search_kit):
    """Layered LiCoO2, four atoms a cell."""
    tokens = search_kit.library.tokens(search_kit.known, search_kit.sources.index("example-LiCoO2"))
    return search_kit.library.structure_of(tokens, "LiCoO2")


def searched(search_kit, *, elements=ELEMENTS, start=None, **changes):
    limits = limits_of(DesignSpec(elements=elements, max_atoms=28))
    return search_kit.generator.inverse_design(
        TARGETS, limits, plan=PLAN, start=start, **changes
    ), limits


@pytest.mark.parametrize("strategy", [key for key, _ in STRATEGIES])
def test_all_candidates_of_every_strategy_keep_the_limits(search_kit, strategy):
    found, limits = searched(search_kit, strategy=strategy, only_new=False)
    assert found.candidates
    for each in found.candidates:
        assert limits.reason(amounts_of(each.structure.numbers)) == ""
        assert len(each.structure) <= 28
        assert each.made_from


def test_the_same_seed_gives_the_same_candidates(search_kit):
    first, again = (searched(search_kit, seed=4)[0].candidates for _ in range(2))
    assert [each.formula for each in first] == [each.formula for each in again]
    assert [each.score for each in first] == [each.score for each in again]


def test_without_diversity_candidates_come_by_their_score(search_kit):
    found, _ = searched(search_kit, diversity=0.0)
    scores = [each.score for each in found.candidates]
    assert scores == sorted(scores, reverse=True)


def test_known_crystals_are_left_out_or_marked(search_kit):
    assert not any(each.known for each in searched(search_kit)[0].candidates)
    retrieved, _ = searched(search_kit, strategy="retrieval", only_new=False)
    assert all(each.known in search_kit.sources for each in retrieved.candidates)


def test_every_number_names_its_method_and_origin(search_kit):
    for each in searched(search_kit)[0].candidates[:5]:
        assert {said.key for said in each.estimates} >= {"voltage", "e_above_hull", "capacity"}
        assert all(said.method and said.origin for said in each.estimates)


def test_a_search_that_starts_from_a_crystal_replaces_what_is_forbidden(search_kit, layered):
    tokens = search_kit.library.tokens_of(layered)
    found, _ = searched(search_kit, start=layered, elements="Li Ni Mn Fe Ti V O")
    from_start = [each for each in found.candidates if each.strategy == "substitution"]
    assert from_start
    assert all(each.tokens.prototype == tokens.prototype for each in from_start)
    assert all("LiCoO2" in each.made_from for each in from_start)


def test_a_start_of_another_family_than_asked_is_refused(search_kit, layered):
    limits = limits_of(DesignSpec(elements=ELEMENTS, families=("spinel",)))
    with pytest.raises(InvalidSpecError, match="is none of spinel"):
        search_kit.generator.inverse_design(TARGETS, limits, plan=PLAN, start=layered)


def test_a_start_larger_than_candidates_may_be_is_refused(search_kit, layered):
    limits = limits_of(DesignSpec(purpose="electrolyte", elements="Li Mn O", max_atoms=3))
    with pytest.raises(InvalidSpecError, match="has 4 atoms"):
        search_kit.generator.inverse_design(TARGETS, limits, plan=PLAN, start=layered)


def test_a_start_of_which_nothing_can_be_made_is_refused(search_kit, layered):
    spec = DesignSpec(purpose="electrolyte", elements="Li Al B O", require="Al B")
    with pytest.raises(InvalidSpecError, match="nothing can be made of it"):
        search_kit.generator.inverse_design(TARGETS, limits_of(spec), plan=PLAN, start=layered)


def test_a_start_without_known_structure_is_refused(search_kit):
    rng = np.random.default_rng(0)
    odd = Structure(
        np.array([3, 26, 8, 8, 15]),
        rng.random((5, 3)) * 5.0,
        5.0 * np.eye(3) + 0.3 * rng.random((3, 3)),
        (True, True, True),
        name="odd",
    )
    with pytest.raises(InvalidSpecError, match="cannot begin with it"):
        searched(search_kit, start=odd)


def test_arms_count_what_each_strategy_made(search_kit):
    found, _ = searched(search_kit)
    arms = {each.strategy: each for each in found.arms}
    assert set(arms) == {"substitution", "gradient"}
    for key, arm in arms.items():
        assert arm.n_ranked == sum(each.strategy == key for each in found.candidates)
        assert arm.n_ranked <= arm.n_valid <= arm.n_proposed


def test_retrieval_of_new_crystals_alone_is_refused(search_kit):
    with pytest.raises(InvalidSpecError, match="known materials alone"):
        searched(search_kit, strategy="retrieval")


def test_a_strategy_that_begins_nowhere_takes_no_start(search_kit, layered):
    with pytest.raises(InvalidSpecError, match="begins nowhere"):
        searched(search_kit, strategy="random", start=layered)


def test_an_unknown_strategy_is_refused_with_those_known(search_kit):
    with pytest.raises(InvalidSpecError, match="choose from mix"):
        searched(search_kit, strategy="magic")
