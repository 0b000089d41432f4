import math

import numpy as np
import pytest

from designer_app.errors import ResumeError
from designer_app.io.design_store import DesignStore, PopulationReader
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_rows import (
    CandidateDetail,
    Check,
    Contribution,
    Hazard,
    Ingredient,
    LatentMap,
    Neighbour,
)
from designer_app.specs.fields import settings_of

MAP = LatentMap(
    x=(0.0, 1.5),
    y=(-1.0, 2.0),
    names=("LiFePO4", "LiCoO2"),
    colour_key="e_above_hull",
    colour=(0.0, math.nan),
    targets=("voltage", "energy_density"),
    explained=0.31,
)
DETAIL = CandidateDetail(
    id="00003",
    ingredients=(Ingredient(formula="Li2CO3", name="lithium carbonate", mass_g=0.23),),
    synthesis_note="CO2 leaves.",
    hazards=(Hazard(subject="Mn", sentence="Harmful as dust.", source="a table"),),
    neighbours=(Neighbour(source="mp-1", formula="LiFePO4", why="same structure", distance=0.4),),
    contributions=(Contribution(property_key="voltage", choice="olivine", change=0.3),),
    disorder="Fe and Mn may share sites.",
    checks=(Check(name="shaken", value=0.001, unit="eV/atom", holds=True, sentence="It holds."),),
    pattern=((17.1, 100.0, "0 2 0"),),
    seen="Many phosphates.",
)


def store_in(folder):
    found = DesignStore(folder)
    found.begin(settings_of(DesignSpec()))
    return found


def test_a_map_comes_back_as_it_was_kept(tmp_path):
    store = store_in(tmp_path)
    assert store.map() is None
    store.write_map(MAP)
    found = store.map()
    assert (found.x, found.y, found.names, found.targets) == (MAP.x, MAP.y, MAP.names, MAP.targets)
    assert found.colour[0] == 0.0
    assert math.isnan(found.colour[1])


def test_a_detail_comes_back_as_it_was_kept(tmp_path):
    store = store_in(tmp_path)
    assert store.detail("00003") is None
    store.write_detail(DETAIL)
    assert store.detail("00003") == DETAIL


def test_snapshots_of_the_search_are_read_while_they_come(tmp_path):
    store = store_in(tmp_path)
    reader = PopulationReader(tmp_path, n_seeds=4, n_targets=2)
    assert reader.newest() is None
    places, predicted = np.arange(6.0).reshape(3, 2), np.ones((3, 2))
    assert store.add_snapshot(places, predicted, n_seeds=4) == 1
    assert store.add_snapshot(places + 1.0, predicted, n_seeds=4) == 2
    assert reader.n_snapshots == 2
    np.testing.assert_array_equal(reader.newest()[:3, :2], places + 1.0)
    assert reader.newest() is None
    np.testing.assert_array_equal(reader.snapshot(0)[:3, 2:], predicted)


def test_seeds_that_a_search_does_not_move_are_not_numbers(tmp_path):
    store_in(tmp_path).add_snapshot(np.zeros((1, 2)), np.zeros((1, 1)), n_seeds=3)
    record = PopulationReader(tmp_path, n_seeds=3, n_targets=1).snapshot(0)
    assert np.isnan(record[1:]).all()


def test_a_record_that_a_kill_cut_off_is_dropped(tmp_path):
    store = store_in(tmp_path)
    store.add_snapshot(np.zeros((2, 2)), np.zeros((2, 1)), n_seeds=2)
    with (tmp_path / "population.f32").open("ab") as file:
        file.write(b"half")
    assert store.add_snapshot(np.ones((2, 2)), np.ones((2, 1)), n_seeds=2) == 2
    reader = PopulationReader(tmp_path, n_seeds=2, n_targets=1)
    np.testing.assert_array_equal(reader.snapshot(1), 1.0)


def test_a_new_map_begins_a_new_search(tmp_path):
    store = store_in(tmp_path)
    store.add_snapshot(np.zeros((2, 2)), np.zeros((2, 1)), n_seeds=2)
    store.write_map(MAP)
    assert PopulationReader(tmp_path, n_seeds=2, n_targets=1).n_snapshots == 0


def test_a_run_goes_on_with_another_number_of_workers(tmp_path):
    store_in(tmp_path)
    assert DesignStore(tmp_path).begin(settings_of(DesignSpec(workers=1)))


def test_another_run_is_refused_in_the_same_folder(tmp_path):
    store_in(tmp_path)
    with pytest.raises(ResumeError):
        DesignStore(tmp_path).begin(settings_of(DesignSpec(ion="Na")))


def test_a_run_goes_on_with_its_reference_set_alone(tmp_path):
    settings = settings_of(DesignSpec())
    assert not DesignStore(tmp_path).begin(settings, "crystals, 9 phases (111111111111)")
    assert DesignStore(tmp_path).begin(settings, "crystals, 9 phases (111111111111)")
    with pytest.raises(ResumeError, match="begun with another reference set"):
        DesignStore(tmp_path).begin(settings, "crystals, 9 phases (222222222222)")


def test_a_folder_that_names_no_reference_set_goes_on_with_any(tmp_path):
    store_in(tmp_path)
    (tmp_path / "progress.json").unlink()
    assert DesignStore(tmp_path).begin(settings_of(DesignSpec()), "crystals, 9 phases (1)")
