"""What surface heads learn from, and what is kept from the trainings of all heads."""

import numpy as np
import pytest

from designer_app.design.heads.build import gathered
from designer_app.design.heads.computed import read_computed
from designer_app.design.heads.labels import KNOWN, MADE, LabelledTokens, formulas_of
from designer_app.design.heads.surfaces import surface_labels
from designer_app.design.representation.library import load_library
from designer_app.errors import MissingDataError
from designer_app.running.control import RunControl
from designer_app.specs.train import TrainSpec
from designer_app.training.published.adsorption import Adsorption
from designer_app.training.published.hydrogen import WHOLE, on_one_scale
from designer_app.training.splits import split_of

LEFT_OUT = "SnPd2"
"""In the table of hydrogen, and not of the test split."""


def site(metal: str, energy: float) -> Adsorption:
    return Adsorption("H", {metal: 1.0}, "top", (metal,), "", energy)


def whole(metal: str, energy: float) -> Adsorption:
    return Adsorption("H", {metal: 1.0}, WHOLE, (metal,), "", energy)


def test_sites_are_moved_by_what_lies_between_the_metals_of_both_tables() -> None:
    rows = [site("Cu", 0.3), site("Cu", 0.1), site("Pt", -0.2), whole("Cu", 0.0)]
    assert [row.energy for row in on_one_scale(rows)] == pytest.approx([0.2, 0.0, -0.3, 0.0])


def test_a_metal_that_is_kept_back_does_not_move_the_others() -> None:
    rows = [site("Cu", 0.1), whole("Cu", 0.0), site("Zn", 0.8), whole("Zn", 0.2)]
    moved = on_one_scale(rows, lambda row: "Zn" not in row.amounts)
    assert moved[2].energy == pytest.approx(0.7)


def test_tables_without_a_common_metal_cannot_be_joined() -> None:
    with pytest.raises(MissingDataError, match="no metal stands in both tables"):
        on_one_scale([site("Cu", 0.1), whole("Pt", 0.0)])


def test_other_adsorbates_stay_as_they_are() -> None:
    oxygen = Adsorption("O", {"Cu": 1.0}, "top", ("Cu",), "", -1.0)
    assert on_one_scale([site("Cu", 0.1), whole("Cu", 0.0), oxygen])[2] == oxygen


@pytest.fixture(scope="module")
def hydrogen(data_folder) -> tuple[LabelledTokens, LabelledTokens]:
    return surface_labels(
        data_folder,
        load_library(),
        RunControl(),
        left_out=frozenset({LEFT_OUT}),
        adsorbates=("H",),
    )


def test_alloys_that_are_kept_back_are_learned_from_in_no_way(hydrogen) -> None:
    names = set(formulas_of(hydrogen[0].table, load_library()))
    assert LEFT_OUT not in names
    assert not {each for each in names if split_of(each) == "test"}


def test_the_truth_holds_the_alloys_that_are_kept_back(hydrogen) -> None:
    names = set(formulas_of(hydrogen[1].table, load_library()))
    assert all(each == LEFT_OUT or split_of(each) == "test" for each in names)


def test_guesses_of_trees_stand_apart_from_tabulated_alloys(hydrogen) -> None:
    learned, library = hydrogen[0], load_library()
    known, made = (
        set(formulas_of(learned.table.rows(learned.origin == each), library))
        for each in (KNOWN, MADE)
    )
    assert known
    assert made
    assert not known & made


def test_trainings_do_not_see_crystals_that_are_left_out(tmp_path) -> None:
    library = load_library()
    crystals, electrodes = read_computed(library)
    names = np.array(formulas_of(crystals.table, library))
    chosen = np.flatnonzero(np.isin(names, ["LiFePO4", "NaCl"]))
    some = crystals.rows(chosen)
    for name in ("crystal", "surface", "surface-truth"):
        some.save(tmp_path / f"labels-{name}.npz")
    electrodes.rows(np.arange(3)).save(tmp_path / "labels-electrode.npz")
    spec = TrainSpec(model="design-heads", out=tmp_path, resume=True, without="LiFePO4")
    found = gathered(tmp_path, library, spec, RunControl())
    assert set(formulas_of(some.table, library)) == {"LiFePO4", "NaCl"}
    assert set(formulas_of(found["crystal"].table, library)) == {"NaCl"}
