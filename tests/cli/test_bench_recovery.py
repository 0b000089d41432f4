"""The bench that asks for hidden materials."""

from types import SimpleNamespace

import numpy as np
import pytest

from designer_app.cli.benches import recovery
from designer_app.design.search.found import DesignCandidate, Found
from designer_app.design.search.limits import limits_of
from designer_app.io.formulas import amounts_of
from designer_app.screening.reference.table import load_reference
from designer_app.specs.structure import Structure
from designer_app.training.splits import reduced_formula


def candidate(structure):
    return DesignCandidate(
        tokens=None, structure=structure, formula="", strategy="mix", made_from="",
        estimates=(), score=0.0, latent=np.zeros(2, np.float32),
    )  # fmt: skip


@pytest.fixture(params=recovery.HIDDEN, ids=lambda each: f"{each.name} {each.note}")
def hidden(request):
    return request.param


def test_a_crystal_is_found_in_another_cell_at_another_volume():
    crystal = recovery.PT3NI.crystal()
    other = Structure(
        np.concatenate([crystal.numbers] * 2),
        1.1 * np.concatenate([crystal.positions, crystal.positions + crystal.cell[0]]),
        1.1 * crystal.cell * np.array([[2.0], [1.0], [1.0]]),
        crystal.pbc,
    )
    swapped = Structure(crystal.numbers[::-1].copy(), crystal.positions, crystal.cell, crystal.pbc)
    wrong = Structure(np.full(4, 78), crystal.positions, crystal.cell, crystal.pbc)
    found = Found(candidates=tuple(map(candidate, (wrong, other, swapped))), arms=())
    assert recovery.place_of(crystal, found) == 2


def test_what_is_not_among_candidates_has_no_place():
    assert recovery.place_of(recovery.PT3NI.crystal(), Found(candidates=(), arms=())) is None


def test_hidden_formulas_are_left_out_of_the_trainings(hidden):
    parts = [each.strip() for each in recovery.WITHOUT.split(";")]
    formulas = {reduced_formula(each) for each in parts if ":" not in each}
    assert reduced_formula(hidden.name) in formulas


def test_hidden_materials_keep_the_limits_of_the_search(hidden):
    crystal = hidden.crystal()
    assert not limits_of(hidden.spec).reason(amounts_of(crystal.numbers))


def test_only_the_first_places_count_as_found():
    row = recovery._row(recovery.HIDDEN[0], "mix", [1, recovery.TOP, recovery.TOP + 1, None])
    assert row[f"in the first {recovery.TOP}"] == "2 of 4"
    assert row["places"] == f"1, {recovery.TOP}, {recovery.TOP + 1}, -"


def test_the_hull_holds_no_phase_of_a_hidden_formula():
    table = load_reference()
    assert table is not None
    lacking = recovery.Lacking.of(table, frozenset(), recovery.FORMULAS)
    whole = {each.formula for each in table.in_system(["Ni", "Pt"])}
    left = {each.formula for each in lacking.in_system(["Ni", "Pt"])}
    assert len(whole) > 2
    assert left == {"Ni", "Pt"}


@pytest.mark.parametrize("file", ["LABELS", "KNOWN"])
def test_models_of_other_labels_or_crystals_have_a_folder_of_their_own(file, monkeypatch, tmp_path):
    before = recovery.learned_from()
    other = tmp_path / "other.npz"
    other.write_bytes(b"other")
    monkeypatch.setattr(recovery, file, str(other))
    assert recovery.learned_from() != before


def test_a_search_on_another_hull_is_not_taken_from_its_file(monkeypatch, tmp_path):
    library = SimpleNamespace(hash="")
    searches = []

    def inverse_design(*_, **__):
        searches.append(recovery._table().name)
        return Found(candidates=(), arms=())

    generator = SimpleNamespace(library=library, inverse_design=inverse_design)
    for hull in ("one", "one", "another"):
        table = SimpleNamespace(name=hull)
        monkeypatch.setattr(recovery, "_table", lambda table=table: table)
        recovery.searched(generator, recovery.PT3NI, recovery.WAYS[0], 0, tmp_path, True)  # pyright: ignore[reportArgumentType]
    assert searches == ["one", "another"]
