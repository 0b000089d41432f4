"""The funnel on noble-gas crystals: every stage runs, and a stopped run comes to the same rows."""

from pathlib import Path

import numpy as np
import pytest

from designer_app.device import Compute
from designer_app.errors import Cancelled
from designer_app.io.screen_store import ROWS, ScreenStore
from designer_app.potentials import load_potential
from designer_app.running.control import RunControl
from designer_app.screening.funnel import Funnel, Given, Tools
from designer_app.screening.placing import Placing
from designer_app.screening.rules import StabilityRules
from designer_app.specs.fields import settings_of
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import LOST, ScreenRow, funnel_of
from designer_app.specs.structure import Structure

SPEC = ScreenSpec(rules="stability", charge="off", relax_best=6, physics_best=0)
LATTICES = {10: 4.4, 18: 5.3, 36: 5.7, 54: 6.2}
"""A, of fcc Ne, Ar, Kr, Xe; what `lennard_jones` knows."""


def _fcc(number: int, edge: float, copies: int = 1) -> Structure:
    cell = edge / 2 * np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    places = np.arange(copies)[:, None] * cell[2]
    return Structure(
        numbers=np.full(copies, number),
        positions=places,
        cell=cell * np.array([[1.0], [1.0], [float(copies)]]),
        pbc=(True, True, True),
        name=f"fcc {number}",
    )


def _mixed(first: int, second: int, edge: float) -> Structure:
    return Structure(
        numbers=np.array([first, second]),
        positions=np.array([[0.0, 0.0, 0.0], [edge / 2] * 3]),
        cell=np.eye(3) * edge,
        pbc=(True, True, True),
        name="CsCl type",
    )


GIVEN = [
    *(Given(f"fcc {n}", _fcc(n, edge), "as given") for n, edge in LATTICES.items()),
    Given("broken", error="unreadable: it holds no atoms"),
    Given("twin", _fcc(18, 5.35, copies=2), "as given"),
    *(
        Given("mixed", _mixed(a, b, 4.0), "as given")
        for a, b in ((18, 36), (18, 54), (36, 54), (10, 18))
    ),
    Given("crushed", _fcc(18, 1.5), "as given"),
    Given("exotic", _fcc(26, 3.6), "as given"),
]


@pytest.fixture(scope="module")
def placing() -> Placing:
    return Placing(load_potential("lennard-jones", "", Compute("cpu", "float64", 1)), None)


class _StoppedAt(RunControl):
    """Cancels at its n-th checkpoint."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.left = n

    def checkpoint(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled


def _run(folder: Path, placing: Placing, control: RunControl | None = None) -> list[ScreenRow]:
    store = ScreenStore(folder)
    store.begin(settings_of(SPEC))
    tools = Tools(rules=StabilityRules(SPEC), network=None, table=None, placing=lambda: placing)
    return Funnel(SPEC, store, tools, control or RunControl()).run(len(GIVEN), GIVEN.__getitem__)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, placing: Placing) -> dict[str, ScreenRow]:
    rows = _run(tmp_path_factory.mktemp("whole"), placing)
    return {row.id: row for row in rows}


def test_every_candidate_has_a_row(undisturbed: dict[str, ScreenRow]):
    assert list(undisturbed) == [f"{index:05d}" for index in range(len(GIVEN))]


def test_a_broken_file_is_a_row_that_says_so(undisturbed: dict[str, ScreenRow]):
    row = undisturbed["00004"]
    assert (row.stage, row.verdict, row.reason) == ("made", LOST, "unreadable: it holds no atoms")


def test_a_supercell_is_told_of_as_a_duplicate(undisturbed: dict[str, ScreenRow]):
    row = undisturbed["00005"]
    assert (row.stage, row.verdict) == ("unique", LOST)
    assert row.reason == "duplicate: the same crystal as row 00001"


def test_atoms_on_top_of_each_other_are_told_of(undisturbed: dict[str, ScreenRow]):
    row = undisturbed["00010"]
    assert (row.stage, row.verdict) == ("valid", LOST)


def test_an_element_outside_the_potential_is_a_row_that_says_so(tmp_path: Path, placing: Placing):
    spec = ScreenSpec(rules="stability", charge="off", relax_best=100, physics_best=0)
    store = ScreenStore(tmp_path)
    store.begin(settings_of(spec))
    tools = Tools(rules=StabilityRules(spec), network=None, table=None, placing=lambda: placing)
    rows = Funnel(spec, store, tools, RunControl()).run(len(GIVEN), GIVEN.__getitem__)
    iron = rows[-1]
    assert (iron.stage, iron.verdict) == ("relaxed", LOST)
    assert "no parameters for Fe" in iron.reason


def test_relaxed_rows_hold_energy_origin_and_file(undisturbed: dict[str, ScreenRow]):
    row = undisturbed["00001"]
    energy = row.estimate("energy")
    assert energy is not None
    assert energy.value < 0
    assert "lennard-jones" in energy.origin
    assert row.structure_file == "structures/00001.cif"


def test_only_the_best_are_relaxed(undisturbed: dict[str, ScreenRow]):
    counts = {count.stage: count for count in funnel_of(undisturbed.values())}
    assert counts["relaxed"].entered == SPEC.relax_best
    assert counts["network"].waiting > 0


def test_rows_without_a_hull_are_judged_and_say_what_is_not_known(
    undisturbed: dict[str, ScreenRow],
):
    row = undisturbed["00001"]
    assert row.failing == ("stability", "e_above_hull")
    assert "not known" in row.reason


@pytest.mark.parametrize("stop", [3, 14, 20, 27, 30])
def test_a_stopped_run_comes_to_the_same_rows(
    tmp_path: Path, placing: Placing, undisturbed: dict[str, ScreenRow], stop: int
):
    with pytest.raises(Cancelled):
        _run(tmp_path, placing, _StoppedAt(stop))
    rows = _run(tmp_path, placing)
    assert {row.id: repr(row) for row in rows} == {
        key: repr(row) for key, row in undisturbed.items()
    }


def test_a_killed_run_comes_to_the_same_rows(
    tmp_path: Path, placing: Placing, undisturbed: dict[str, ScreenRow]
):
    _run(tmp_path, placing)
    lines = (tmp_path / ROWS).read_bytes().splitlines(keepends=True)
    (tmp_path / ROWS).write_bytes(b"".join(lines[:30]) + lines[30][:40])
    rows = _run(tmp_path, placing)
    assert {row.id: repr(row) for row in rows} == {
        key: repr(row) for key, row in undisturbed.items()
    }


def test_a_finished_run_is_not_done_again(tmp_path: Path, placing: Placing):
    _run(tmp_path, placing)
    before = (tmp_path / ROWS).stat().st_size
    _run(tmp_path, placing)
    assert (tmp_path / ROWS).stat().st_size == before
