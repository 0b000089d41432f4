from dataclasses import replace
from pathlib import Path

import pytest

from designer_app.project import Project
from designer_app.ui.panels.project_tree import ProjectTree
from designer_app.ui.project_presenter import WIDE


@pytest.fixture
def tree(qtbot, theme):
    made = ProjectTree(theme)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def project(tmp_path):
    made = Project.create(tmp_path / "cathodes.designer")
    yield made
    made.close()


def test_an_empty_project_says_so(tree):
    assert tree.lines() == ["Nothing is open", "None yet"]


def test_a_run_with_a_trajectory_is_opened_by_a_double_click(qtbot, tree, project):
    run = project.runs.note(project.runs.begin("md", "MD LiFePO4"))
    trajectory = run.folder / "trajectory.traj"
    trajectory.touch()
    tree.set_runs(project.runs.all())
    assert tree.lines()[1] == "MD LiFePO₄"
    item = tree._runs.child(0)
    with qtbot.waitSignal(tree.open_asked) as asked:
        tree.tree.itemActivated.emit(item, 0)
    assert asked.args == [trajectory]


def test_a_run_that_left_nothing_opens_nothing(qtbot, tree, project):
    project.runs.note(project.runs.begin("md", "MD NaCl"))
    tree.set_runs(project.runs.all())
    with qtbot.assertNotEmitted(tree.open_asked):
        tree.tree.itemActivated.emit(tree._runs.child(0), 0)


def test_recent_files_are_listed_by_name(tree):
    tree.set_recent([Path("somewhere") / "a.cif"])
    assert tree.lines()[-1] == "a.cif"


def test_a_wide_window_opens_the_tree_and_a_narrow_one_closes_it(window):
    assert not window.tree.isVisible()
    window.resize(WIDE, 900)
    assert window.tree.isVisible()
    window.resize(1280, 800)
    assert not window.tree.isVisible()


def test_the_list_of_jobs_has_the_runs_of_the_project(qtbot, window):
    runs = window.session.project.runs
    for title in ("MD NaCl", "MD water"):
        runs.note(replace(runs.begin("md", title), state="succeeded"))
    window.session.project_changed.emit(window.session.project)
    qtbot.waitUntil(lambda: window.work.jobs.past() == ["MD water", "MD NaCl"], timeout=30_000)


def test_who_closed_the_tree_does_not_see_it_again(window):
    window.resize(WIDE, 900)
    window.tree.closed.emit()
    window.resize(WIDE + 100, 900)
    assert not window.tree.isVisible()
    window.actions_by_key["tree"].trigger()
    assert window.tree.isVisible()
