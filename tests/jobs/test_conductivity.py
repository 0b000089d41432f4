import json
import math

import numpy as np
import pytest
from ase.build import bulk, molecule

from designer_app.cli.main import main
from designer_app.errors import Cancelled, InvalidSpecError, MissingCellError
from designer_app.io.documents import structure_from_atoms
from designer_app.io.examples import example
from designer_app.jobs import conductivity
from designer_app.running.control import RunControl
from designer_app.running.encoding import decode, encode
from designer_app.specs.conductivity import (
    BARRIER,
    BOND_VALENCE,
    HEAD,
    MD,
    NEB,
    ConductivitySpec,
)

_SALT = structure_from_atoms(bulk("NaCl", "rocksalt", a=5.64, cubic=True), "NaCl")
_ARGON = structure_from_atoms(bulk("Ar", a=5.26, cubic=True), "Ar")
_ARGON_SETTINGS = {"potential": "lennard-jones", "model": "noble-gases", "ion": "Ar"}


def _found(**settings):
    return conductivity.run(ConductivitySpec(**settings), RunControl())


@pytest.fixture(scope="module")
def salt():
    return _found(structure=_SALT, quick=True)


@pytest.fixture(scope="module")
def argon():
    return _found(structure=_ARGON, images=3, **_ARGON_SETTINGS)


def test_each_method_answers_for_itself(salt):
    assert {each.method for each in salt.estimates} == {HEAD, BOND_VALENCE}
    assert salt.ion == "Na"
    assert salt.by(BOND_VALENCE, BARRIER).value > 0
    assert "decades" in salt.by(BOND_VALENCE).reason


def test_every_estimate_says_how_it_was_got(argon, salt):
    for each in (*argon.estimates, *salt.estimates):
        assert each.method
        assert each.reason or each.light == "green"
        assert math.isnan(each.value) or each.origin


def test_a_method_that_cannot_answer_does_not_stop_the_others(argon):
    """No oxidation states balance argon, so bond valence has none; the band has a barrier."""
    assert math.isnan(argon.by(BOND_VALENCE).value)
    assert argon.by(BOND_VALENCE).reason.endswith(".")
    assert 0.05 < argon.by(NEB, BARRIER).value < 0.1


def test_the_ways_of_ions_come_along_to_be_drawn(argon, salt):
    assert [path.method for path in argon.paths] == [NEB, NEB]
    (path,) = salt.paths
    assert path.method == BOND_VALENCE
    assert len(path.positions) == len(path.distances) == len(path.energies)


def test_the_result_crosses_to_another_process(argon):
    again = decode(*encode(argon))
    assert again.ion == "Ar"
    np.testing.assert_array_equal(again.paths[0].positions, argon.paths[0].positions)


def test_a_formula_alone_is_for_the_head():
    found = _found(formula="Li6PS5Cl")
    assert (found.formula, found.ion) == ("Li6PS5Cl", "Li")
    for method in (BOND_VALENCE, NEB):
        assert "needs a structure" in found.by(method).reason


def test_shared_sites_leave_the_head_alone():
    shares = tuple({"Na": 0.5} if number == 11 else {"Cl": 1.0} for number in _SALT.numbers)
    shared = type(_SALT)(
        _SALT.numbers,
        _SALT.positions,
        _SALT.cell,
        _SALT.pbc,
        disordered_sites=4,
        disorder_example="Na 0.5",
    )
    found = _found(structure=shared, occupancies=shares, quick=True)
    assert found.formula == "NaCl2"
    assert "disordered" in found.by(BOND_VALENCE).reason


@pytest.mark.parametrize("formula", ["Qq2", "", "LiFe)O"])
def test_what_is_no_formula_is_refused(formula):
    with pytest.raises(InvalidSpecError):
        _found(formula=formula)


def test_a_molecule_does_not_conduct():
    with pytest.raises(MissingCellError):
        _found(structure=structure_from_atoms(molecule("LiH")), quick=True)


def test_a_crystal_without_mobile_ions_is_refused():
    with pytest.raises(InvalidSpecError) as told:
        _found(structure=structure_from_atoms(bulk("Si", cubic=True)), quick=True)
    assert told.value.field == "ion"


def test_an_element_that_the_potential_does_not_know_is_told_of():
    found = _found(structure=_SALT, potential="lennard-jones", model="noble-gases")
    assert "has no parameters for" in found.by(NEB).reason


def test_a_table_without_parameters_gives_no_advice_on_potentials():
    hydride = structure_from_atoms(bulk("LiH", "rocksalt", a=4.08, cubic=True))
    found = _found(structure=hydride, quick=True)
    assert found.by(BOND_VALENCE).reason == "softBV has no parameters for Li-H."


def test_dynamics_without_a_folder_is_refused():
    with pytest.raises(InvalidSpecError) as told:
        _found(structure=_SALT, md=True)
    assert told.value.field == "out"


def _with_runs(steps, out):
    return _found(
        structure=_ARGON,
        quick=True,
        md=True,
        md_runs=2,
        md_steps=steps,
        md_from=300.0,
        md_to=400.0,
        separation=5.0,
        out=out,
        **_ARGON_SETTINGS,
    )


def test_runs_too_short_to_diffuse_say_so_and_go_on(tmp_path):
    found = _with_runs(600, tmp_path)
    assert [run.temperature for run in found.runs] == [400.0, 300.0]
    assert math.isnan(found.by(MD).value)
    assert "three temperatures" in found.by(MD).reason
    for steps in (750, 750):
        longer = _with_runs(steps, tmp_path)
        assert [run.picoseconds for run in longer.runs] == [1.5, 1.5]
    assert not list(tmp_path.glob("*/*/*.traj"))  # an earlier run was not set aside


def test_it_can_be_cancelled():
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        conductivity.run(ConductivitySpec(structure=_SALT), control)


def test_the_command_gives_the_keys_of_the_contract(capsys):
    path = str(example("LiFePO4").path)
    assert main(["conductivity", path, "--quick", "--grid", "0.3", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert {"log10_sigma_S_cm", "interval_90", "estimates", "paths"} <= printed.keys()
    low, high = printed["interval_90"]
    assert low < printed["log10_sigma_S_cm"] < high
    assert [abs(value) for value in printed["paths"][0]["direction"]] == [0, 1, 0]


def test_the_command_takes_a_formula_for_what_is_no_file(capsys):
    assert main(["conductivity", "LiNi0.8Co0.2O2"]) == 0
    printed = capsys.readouterr().out
    assert "needs a structure" in printed
    assert "learned head" in printed


def test_a_file_that_is_not_there_is_no_formula(capsys):
    assert main(["conductivity", "nowhere.cif"]) == 2
    assert "no such file" in capsys.readouterr().err
