"""Screening from files: what each bad file says, that the rest goes on, and what is left behind."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from designer_app.cli.main import main
from designer_app.cli.screen import paths_in
from designer_app.errors import FileUnreadableError, InvalidSpecError, ResumeError
from designer_app.io.documents import Document
from designer_app.io.examples import example
from designer_app.io.screen_store import REPORT, ROWS, TABLE, RowReader
from designer_app.io.writing import write_document
from designer_app.jobs.screen import run
from designer_app.running.control import RunControl
from designer_app.running.encoding import decode, encode
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import LOST, ScreenResult
from designer_app.specs.structure import Structure

MIXED_SALT = """data_mixed
_cell_length_a 5.8
_cell_length_b 5.8
_cell_length_c 5.8
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F m -3 m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Na Na 0 0 0 0.5
K K 0 0 0 0.5
Cl Cl 0.5 0.5 0.5 1
"""
SPEC = ScreenSpec(rules="stability", relax_best=0, physics_best=0)


def _salt(anion: int, edge: float) -> Structure:
    return Structure(
        numbers=np.array([3, anion]),
        positions=np.array([[0.0, 0.0, 0.0], [edge / 2, edge / 2, edge / 2]]),
        cell=edge / 2 * np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]),
        pbc=(True, True, True),
        name=f"salt {anion}",
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Good files and all kinds of bad ones, in the order of their names."""
    folder = tmp_path_factory.mktemp("files")
    salt = Document.from_structure(_salt(17, 5.13), made_by="test")
    write_document(salt, folder / "0-salt.cif")
    write_document(salt, folder / "1-again.cif")
    (folder / "2-broken.cif").write_text("data_x\n_cell_length_a")
    (folder / "3-empty.cif").write_text("")
    (folder / "4-mixed.cif").write_text(MIXED_SALT)
    unbalanced = replace(_salt(17, 5.13), numbers=np.array([3, 8]))
    write_document(Document.from_structure(unbalanced, made_by="test"), folder / "5-unbalanced.cif")
    crushed = Document.from_structure(_salt(17, 2.2), made_by="test")
    write_document(crushed, folder / "6-crushed.cif")
    return paths_in([folder])


@pytest.fixture(scope="module")
def finished(files: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> ScreenResult:
    out = tmp_path_factory.mktemp("run")
    return run(replace(SPEC, paths=files, out=out), RunControl())


def _by_id(result: ScreenResult, index: int):
    return next(row for row in result.rows if row.id == f"{index:05d}")


def test_every_file_has_a_row(finished: ScreenResult, files: tuple[str, ...]):
    assert len(finished.rows) == len(files)


@pytest.mark.parametrize(
    ("index", "stage", "begin"),
    [
        (1, "unique", "duplicate: the same crystal as row 00000"),
        (2, "made", "unreadable"),
        (3, "made", "unreadable"),
        (5, "balanced", "charge cannot balance"),
        (6, "valid", "impossible volume"),
    ],
)
def test_a_bad_file_says_what_is_wrong(finished: ScreenResult, index: int, stage: str, begin: str):
    row = _by_id(finished, index)
    assert (row.stage, row.verdict) == (stage, LOST)
    assert row.reason.startswith(begin)


def test_shared_sites_become_an_ordered_cell(finished: ScreenResult):
    row = _by_id(finished, 4)
    assert row.formula == "KNaCl2"
    assert "ordered by electrostatics" in row.made_from


def test_shared_sites_are_refused_where_ordering_is_off(files: tuple[str, ...]):
    result = run(replace(SPEC, paths=files[4:5], order=False), RunControl())
    assert result.rows[0].reason.startswith("disordered")


def test_a_known_crystal_is_named(finished: ScreenResult):
    assert _by_id(finished, 0).known.startswith("mp-")


def test_report_table_and_rows_are_left_in_the_folder(finished: ScreenResult):
    folder = Path(finished.folder)
    assert (folder / REPORT).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (folder / TABLE).read_text(encoding="utf-8").count("\n") == len(finished.rows) + 1
    rows = {row.id: row for row in RowReader(folder).new_rows()}
    assert {row.id: repr(row) for row in finished.rows} == {
        key: repr(row) for key, row in rows.items()
    }


def test_the_same_run_goes_on_and_another_is_refused(finished: ScreenResult):
    folder = Path(finished.folder)
    size = (folder / ROWS).stat().st_size
    spec = replace(SPEC, paths=tuple(_paths_of(folder)), out=folder)
    again = run(spec, RunControl())
    assert {row.id for row in again.rows} == {row.id for row in finished.rows}
    assert (folder / ROWS).stat().st_size == size
    with pytest.raises(ResumeError, match="max atoms"):
        run(replace(spec, max_atoms=50), RunControl())


def _paths_of(folder: Path) -> list[str]:
    from designer_app.io.screen_store import ScreenStore

    return list(ScreenStore(folder).settings()["paths"])


def test_a_result_crosses_to_the_window(finished: ScreenResult):
    assert repr(decode(*encode(finished))) == repr(finished)


def test_no_working_ion_is_told(files: tuple[str, ...]):
    spec = replace(SPEC, rules="battery", ion="Mg", paths=files[:1])
    row = run(spec, RunControl()).rows[0]
    assert (row.stage, row.verdict) == ("valid", LOST)
    assert row.reason.startswith("no working ion")


def test_nothing_to_screen_is_refused():
    with pytest.raises(InvalidSpecError):
        run(SPEC, RunControl())


def test_a_relaxed_candidate_is_placed_on_the_hull(tmp_path: Path):
    spec = replace(SPEC, structures=(_salt(17, 5.13),), relax_best=1, out=tmp_path)
    (row,) = run(spec, RunControl()).rows
    above = row.estimate("e_above_hull")
    assert above is not None
    # The reference set holds LiCl as the same potential relaxes it: 5 meV/atom is its convergence.
    assert above.value == pytest.approx(0.0, abs=0.005)
    assert "chgnet" in above.origin
    assert row.space_group == "Fm-3m (225)"


def test_a_folder_gives_its_structure_files_alone(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("no structure")
    (tmp_path / "POSCAR").write_text("x")
    (tmp_path / "b.cif").write_text("x")
    assert [Path(each).name for each in paths_in([tmp_path])] == ["POSCAR", "b.cif"]
    with pytest.raises(FileUnreadableError):
        paths_in([tmp_path / "missing.cif"])


def test_the_command_prints_ranked_rows(capsys: pytest.CaptureFixture[str]):
    path = str(example("NaCl").path)
    assert main(["screen", path, "--rules", "stability", "--relax-best", "0", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["n_rows"] == 1
    assert told["rows"][0]["formula"] == "NaCl"
    assert {"funnel", "failing_counts", "origin", "seconds"} <= told.keys()


def criteria_asked(flags: list[str], monkeypatch: pytest.MonkeyPatch) -> ScreenSpec:
    asked = []

    def noted(spec: ScreenSpec, control: RunControl) -> ScreenResult:
        asked.append(spec)
        return ScreenResult(rows=(), funnel=())

    monkeypatch.setattr("designer_app.cli.screen.screen.run", noted)
    assert main(["screen", *flags, "--json"]) == 0
    return asked[0]


def test_a_cathode_is_not_asked_to_conduct_like_an_electrolyte(monkeypatch, capsys):
    assert not criteria_asked(["--rules", "cathode"], monkeypatch).test_conductivity
    assert criteria_asked(["--rules", "electrolyte"], monkeypatch).test_conductivity


def test_flags_change_single_criteria_of_a_purpose(monkeypatch, capsys):
    spec = criteria_asked(
        ["--rules", "battery", "--energy-density", "600", "--no-test-conductivity", "--no-order"],
        monkeypatch,
    )
    assert (spec.energy_density, spec.test_conductivity, spec.order) == (600.0, False, False)
    assert spec.voltage_high == 5.0
