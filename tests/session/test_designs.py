"""Inverse designs of a project: going on, and what a run left in its folder."""

import numpy as np
import pytest

from designer_app.io.design_store import DETAILS, MAP, DesignStore
from designer_app.project import Project
from designer_app.project.runs import Runs
from designer_app.session.designs import DISCARDED, KEPT, MARKS, Designs
from designer_app.session.run_keeper import RunKeeper
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_rows import Arm, CandidateDetail, DesignResult, LatentMap
from designer_app.specs.fields import settings_of
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure

PATIENCE_MS = 30_000
LIF = Structure(
    numbers=np.array([3, 9]),
    positions=np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]]),
    cell=np.array([[0.0, 2.0, 2.0], [2.0, 0.0, 2.0], [2.0, 2.0, 0.0]]),
    pbc=(True, True, True),
    name="LiF",
)
MAP_OF_TWO = LatentMap(
    x=(0.0, 1.0),
    y=(0.5, -0.5),
    names=("LiFePO4", "LiCoO2"),
    colour_key="voltage",
    colour=(3.4, float("nan")),
    targets=("energy_density",),
    explained=0.31,
)


@pytest.fixture
def designs(jobs):
    return Designs(jobs, RunKeeper(jobs))


@pytest.fixture
def run(tmp_path):
    """A design that was cut off."""
    made = Runs(tmp_path / "runs").begin("design", "Design a Li-ion cathode")
    made.settings.update(settings_of(DesignSpec(targets=("voltage=3..4",), seed=7)))
    DesignStore(made.folder).append([ScreenRow(id="00000", formula="LiF")])
    return made


def answer(qtbot, job):
    qtbot.waitUntil(lambda: job.is_over, timeout=PATIENCE_MS)
    assert job.error is None, job.error
    return job.result


def test_a_new_design_gets_a_folder_of_its_own_in_the_project(designs, jobs, tmp_path):
    designs._runs.project = Project.create(tmp_path / "mine.designer")
    try:
        job = designs.start(DesignSpec(resume=True), "a cathode")
        assert job.title == "Design a cathode"
        assert job.spec.out.parent == designs._runs.project.runs.folder
        assert not job.spec.resume
    finally:
        designs._runs.project.close()


def test_an_earlier_design_goes_on_with_its_settings(qtbot, designs, run):
    with qtbot.waitSignal(designs.went_on, timeout=PATIENCE_MS) as told:
        designs.go_on(run)
    spec = told.args[0].spec
    assert (spec.targets, spec.seed, spec.resume, spec.out) == (
        ("voltage=3..4",), 7, True, run.folder
    )  # fmt: skip


def test_a_design_goes_on_from_the_structure_that_it_began_with(qtbot, designs, run):
    DesignStore(run.folder).write_start(LIF)
    with qtbot.waitSignal(designs.went_on, timeout=PATIENCE_MS) as told:
        designs.go_on(run)
    assert told.args[0].spec.start_structure.numbers.tolist() == [3, 9]


def test_a_run_tells_its_map_and_details_again(qtbot, designs, run):
    store = DesignStore(run.folder)
    store.write_map(MAP_OF_TWO)
    store.write_detail(CandidateDetail(id="00000", seen="Much like LiFePO4."))
    found = answer(qtbot, designs.map(run.folder))
    assert (found.names, found.colour[0]) == (MAP_OF_TWO.names, 3.4)
    assert answer(qtbot, designs.detail(run.folder, "00000")).seen == "Much like LiFePO4."


def test_a_run_that_has_come_to_nothing_yet_tells_nothing(qtbot, designs, run):
    assert answer(qtbot, designs.map(run.folder)) is None
    assert answer(qtbot, designs.detail(run.folder, "00000")) is None
    assert answer(qtbot, designs.result(run.folder)) is None


def test_the_end_of_a_run_is_told_with_its_arms(qtbot, designs, run):
    arm = {"strategy": "mix", "n_candidates": 40, "n_relaxed": 16, "n_hits": 3}
    end = {"n_shortlist": 5, "n_hits": 3, "arms": [arm], "verdict": "Three meet all.",
           "seconds": [["search", 20.0]], "of_a_later_version": 1}  # fmt: skip
    DesignStore(run.folder).write_result(end)
    assert answer(qtbot, designs.result(run.folder)) == DesignResult(
        rows=(), funnel=(), n_shortlist=5, n_hits=3, arms=(Arm(**arm),),
        verdict="Three meet all.", seconds=(("search", 20.0),),
    )  # fmt: skip


@pytest.mark.parametrize("name", [MAP, f"{DETAILS}/00000.json", MARKS, "result.json"])
def test_a_damaged_file_is_told_in_a_sentence(qtbot, designs, run, name):
    path = run.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("[")
    asked = {MAP: designs.map, MARKS: designs.marks, "result.json": designs.result}
    job = asked[name](run.folder) if name in asked else designs.detail(run.folder, "00000")
    qtbot.waitUntil(lambda: job.is_over, timeout=PATIENCE_MS)
    assert job.error.kind == "FileUnreadableError"
    assert "damaged" in job.error.message


def test_marks_stay_with_the_run(qtbot, designs, run):
    assert answer(qtbot, designs.marks(run.folder)) == {}
    answer(qtbot, designs.keep_marks(run.folder, {"00000": KEPT, "00001": DISCARDED}))
    assert answer(qtbot, designs.marks(run.folder)) == {"00000": KEPT, "00001": DISCARDED}


def test_structures_are_written_for_vasp_too(qtbot, designs, run, tmp_path):
    DesignStore(run.folder).add_candidates([("00000", LIF, "a decode")])
    rows = [ScreenRow(id="00000", formula="LiF")]
    answer(qtbot, designs.write_structures(run.folder, rows, tmp_path / "out", "vasp"))
    (written,) = (tmp_path / "out").iterdir()
    assert written.name == "00000-LiF.vasp"
    assert "Direct" in written.read_text() or "Cartesian" in written.read_text()
