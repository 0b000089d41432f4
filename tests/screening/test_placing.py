"""Candidates on the hull of the potential at hand, whichever it is."""

import pytest
from ase.build import bulk

from designer_app.device import Compute
from designer_app.io.documents import structure_from_atoms
from designer_app.jobs.screen import run
from designer_app.potentials import Potential, load_potential
from designer_app.running.control import RunControl
from designer_app.screening.placing import Placing
from designer_app.screening.reference.table import load_reference
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure

EMT = "ase.calculators.emt:EMT"
CHGNET = load_reference("chgnet", "")


@pytest.fixture(scope="module")
def emt() -> Potential:
    return load_potential("ase", EMT, Compute("cpu"))


@pytest.fixture(scope="module")
def alloy() -> Structure:
    atoms = bulk("CuAu", "cesiumchloride", a=3.1)
    return structure_from_atoms(atoms, "CuAu")


def _placed(placing: Placing, structure: Structure) -> ScreenRow:
    row = ScreenRow(id="00000", formula="CuAu")
    ((found, _),) = placing.placed([row], [structure], RunControl())
    return found


def test_with_another_potential_the_known_phases_are_relaxed_again(
    emt: Potential, alloy: Structure
):
    placing = Placing(emt, CHGNET, may_relax=True)
    found = _placed(placing, alloy).estimate("e_above_hull")
    assert found is not None
    assert "relaxed again with ase" in found.origin
    assert emt.model_sha256[:12] in found.origin
    assert "chgnet 0.3.0 (" not in found.origin
    (told,) = placing.warnings
    assert "are relaxed with it" in told


def test_without_leave_the_hull_is_refused_with_a_sentence(emt: Potential, alloy: Structure):
    placing = Placing(emt, CHGNET)
    row = _placed(placing, alloy)
    assert row.stage == "hull"
    assert row.estimate("e_above_hull") is None
    (told,) = placing.warnings
    assert told.endswith("energies above the hull are unknown.")


def test_the_hull_decides_what_the_network_only_guessed(emt: Potential, alloy: Structure):
    row = _placed(Placing(emt, CHGNET, may_relax=True), alloy)
    distance, stable = row.estimate("e_above_hull"), row.estimate("stability")
    assert distance is not None
    assert stable is not None
    assert stable.method == "relaxation"
    assert stable.value == float(distance.value <= 0.05)  # eV/atom, what counts as near


@pytest.mark.parametrize(("references", "is_placed"), [("automatic", True), ("shipped", False)])
def test_a_run_relaxes_known_phases_unless_only_shipped_ones_are_asked_for(
    alloy: Structure, references: str, is_placed: bool
):
    spec = ScreenSpec(
        rules="stability",
        charge="off",
        structures=(alloy,),
        potential="ase",
        model=EMT,
        references=references,
        relax_best=1,
        physics_best=0,
    )
    result = run(spec, RunControl())
    (row,) = result.rows
    methods = [each.method for each in row.estimates if each.key == "e_above_hull"]
    assert ("relaxation" in methods) is is_placed
    assert any("EMT" in each for each in result.warnings)
