"""The job from spec to result; the search is replaced by two small known crystals."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from designer_app.design.representation.tokens import CrystalTokens
from designer_app.design.search.found import DesignCandidate, Found
from designer_app.errors import Cancelled, InvalidSpecError, ResumeError
from designer_app.io.design_store import DesignStore
from designer_app.io.documents import Document
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.io.writing import cif_text
from designer_app.jobs import design, design_check
from designer_app.resources import resource
from designer_app.running.control import RunControl
from designer_app.screening.reference.table import ReferenceTable, load_reference
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_check import DesignCheckSpec
from designer_app.specs.screen_rows import ScreenRow

SPEC = DesignSpec(
    targets=("voltage=2..5", "e_above_hull=..0.1"),
    only_new=False,
    relax_best=2,
    physics_best=0,
    check_best=0,
    n=2,
    seeds=2,
    learn=False,
    workers=1,
)


def small_oxides():
    """Known LiMO2 of four atoms, one of each metal."""
    table = load_reference("chgnet", "")
    found = []
    for metal in ("Ni", "Mn"):
        known = [each for each in table.in_system(("Li", metal, "O")) if each.n_atoms == 4]
        found.append(next(each.structure() for each in known if len(each.composition) == 3))
    return found


def found(structures):
    return Found(
        candidates=tuple(
            DesignCandidate(
                tokens=CrystalTokens(0, (3, 28, 8), 10.0, (), ()),
                structure=structure,
                formula=formula(reduced(amounts_of(structure.numbers))[0]),
                strategy="mix",
                made_from="a known crystal",
                estimates=(),
                score=-1.0 * place,
                latent=np.full(2, place, np.float32),
            )
            for place, structure in enumerate(structures)
        ),
        arms=(),
    )


@pytest.fixture
def searches(monkeypatch):
    """How often the search was called."""
    done = []

    def search_of(*_given):
        def searched(_on_snapshot):
            done.append(1)
            return found(small_oxides())

        return searched

    monkeypatch.setattr(design, "search_of", search_of)
    monkeypatch.setattr(design, "explained", lambda *_given: {})
    return done


def test_retrieval_of_new_crystals_alone_is_refused_before_anything_is_kept(searches, tmp_path):
    spec = replace(SPEC, strategy="retrieval", only_new=True, out=tmp_path)
    with pytest.raises(InvalidSpecError, match="known materials alone"):
        design.run(spec, RunControl())
    assert not searches
    assert not list(tmp_path.iterdir())


def test_the_result_is_in_the_folder_as_it_is_returned(searches, tmp_path):
    result = design.run(replace(SPEC, out=tmp_path), RunControl())
    assert result.n_shortlist == 2
    store = DesignStore(tmp_path)
    assert store.result()["verdict"] == result.verdict
    shortlist = [row for row in store.rows().values() if row.stage == "shortlist"]
    assert {row.id for row in shortlist} == {row.id for row in result.rows[:2]}
    for row in shortlist:
        assert (tmp_path / row.structure_file).is_file()


def test_the_same_run_goes_on_in_its_folder_to_the_same_shortlist(searches, tmp_path):
    spec = replace(SPEC, out=tmp_path)
    first = design.run(spec, RunControl())
    again = design.run(replace(spec, workers=2), RunControl())
    assert len(searches) == 1
    assert [row.id for row in again.rows] == [row.id for row in first.rows]
    with pytest.raises(ResumeError):
        design.run(replace(spec, n=1), RunControl())


def test_a_run_does_not_go_on_against_another_hull(searches, tmp_path, monkeypatch):
    spec = replace(SPEC, relax_best=0, out=tmp_path)
    design.run(spec, RunControl())
    table = load_reference("chgnet", "")
    other = ReferenceTable(table.header, table.arrays, "2" * 64)
    monkeypatch.setattr(design, "load_reference", lambda *_: other)
    with pytest.raises(ResumeError, match="another reference set"):
        design.run(spec, RunControl())


def test_the_structure_that_a_run_began_with_is_there_when_it_goes_on(tmp_path, monkeypatch):
    started = []

    def search_of(_spec, _limits, _potential, _table, start, _heads, *_rest):
        started.append(start)
        return lambda _on_snapshot: found(())

    monkeypatch.setattr(design, "search_of", search_of)
    given, _ = small_oxides()
    design.run(replace(SPEC, out=tmp_path, start_structure=given), RunControl())
    design.run(replace(SPEC, out=tmp_path), RunControl())
    first, later = started
    assert first.volume == later.volume == pytest.approx(given.volume, rel=1e-5)
    assert sorted(later.numbers) == sorted(given.numbers)


def test_the_file_that_a_run_began_with_may_be_gone_when_it_goes_on(searches, tmp_path):
    path = tmp_path / "given.cif"
    given, _ = small_oxides()
    path.write_text(cif_text(Document.from_structure(given, made_by="test")), encoding="utf-8")
    spec = replace(SPEC, out=tmp_path / "run", start=path)
    design.run(spec, RunControl())
    path.unlink()
    assert design.run(spec, RunControl()).n_shortlist == 2


def test_without_a_folder_nothing_is_left_and_the_result_is_there(searches):
    result = design.run(SPEC, RunControl())
    assert (result.folder, result.n_shortlist) == ("", 2)


def test_a_run_stopped_before_anything_was_relaxed_is_cancelled(searches):
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        design.run(SPEC, control)


def test_a_run_stopped_later_gives_what_it_has(searches, tmp_path, monkeypatch):
    control = RunControl()
    monkeypatch.setattr("designer_app.design.funnel.groups_of", lambda ids, _: [[i] for i in ids])
    append = DesignStore.append

    def stop_after_the_first(store, rows):
        rows = list(rows)
        if any(row.stage == "hull" for row in rows):
            control.cancel()
        return append(store, rows)

    monkeypatch.setattr(DesignStore, "append", stop_after_the_first)
    result = design.run(replace(SPEC, out=tmp_path), control)
    assert (result.n_shortlist, len(result.rows)) == (1, 1)
    assert result.verdict.startswith("Stopped while in “Relaxed”")
    monkeypatch.setattr(DesignStore, "append", append)
    whole = design.run(replace(SPEC, out=tmp_path), RunControl())
    assert whole.n_shortlist == 2
    assert len(searches) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"elements": "Li O", "exclude": "Li O"}, "elements"),
        ({"exclude": "Li"}, "exclude"),
        ({"elements": "Fe O P"}, "elements"),
        ({"targets": ("voltage=5..2",)}, "target"),
        ({"families": ("teapot",)}, "families"),
        ({"targets": ("own:hardness=3..",)}, "heads"),
        ({"heads": Path("no such folder")}, "heads"),
        ({"heads": resource("weights/material-vae")}, "heads"),
    ],
)
def test_what_leaves_nothing_is_refused_before_the_run(changes, field, searches):
    with pytest.raises(InvalidSpecError) as caught:
        design.run(replace(SPEC, **changes), RunControl())
    assert caught.value.field == field
    assert not searches


@pytest.fixture
def ended(searches, tmp_path):
    """The folder of a design whose best candidate was computed by physics."""
    design.run(replace(SPEC, out=tmp_path, physics_best=1), RunControl())
    return tmp_path


def test_single_commands_on_the_written_files_confirm_all_numbers(ended):
    numbers = design_check.run(DesignCheckSpec(out=ended, threads=1), RunControl())
    assert [each.key for each in numbers if each.command == "hull"] == 2 * ["e_above_hull"]
    assert {each.key for each in numbers if each.command == "voltage"} == {
        "voltage",
        "capacity",
        "energy_density",
        "volume_change",
        "ion_release",
        "charged_above_hull",
    }
    assert {Path(each.file).parent.name for each in numbers} == {"shortlist"}
    assert all(each.agrees for each in numbers)


def test_a_file_that_is_another_crystal_is_found_out(ended):
    first, second = (ended / row for row in files_of(ended))
    first.write_text(second.read_text(encoding="utf-8"), encoding="utf-8")
    numbers = design_check.run(DesignCheckSpec(out=ended, n=1, threads=1), RunControl())
    assert "voltage" in [each.key for each in numbers if not each.agrees]


def files_of(folder):
    return sorted(path.relative_to(folder) for path in (folder / "shortlist").glob("*.vasp"))


def test_only_a_design_that_ended_can_be_checked(tmp_path):
    with pytest.raises(ResumeError, match="no design has ended"):
        design_check.run(DesignCheckSpec(out=tmp_path), RunControl())
    with pytest.raises(InvalidSpecError, match="name the folder"):
        design_check.run(DesignCheckSpec(), RunControl())


def test_rows_of_the_shortlist_are_screen_rows(searches):
    assert all(isinstance(row, ScreenRow) for row in design.run(SPEC, RunControl()).rows)
