import json

import numpy as np
import pytest
from ase.build import bulk, molecule
from ase.io import write

from designer_app.cli.main import main
from designer_app.errors import (
    DisorderedStructureError,
    InvalidSpecError,
    MissingCellError,
    MissingReferenceError,
    RunawayRelaxationError,
    UnsupportedElementError,
)
from designer_app.explanations import explain_exception
from designer_app.io.documents import structure_from_atoms
from designer_app.jobs import hull
from designer_app.relaxation import batch
from designer_app.running.control import RunControl
from designer_app.running.encoding import decode, encode
from designer_app.specs.hull import HullSpec

ENERGY = 2e-3
"""eV/atom: two relaxations to 0.05 eV/A of one crystal differ by no more."""


def _salt(a=5.6, name="salt"):
    return structure_from_atoms(bulk("NaCl", "rocksalt", a=a), name)


def _found(*structures, **settings):
    return hull.run(HullSpec(structures=structures, threads=1, **settings), RunControl())


@pytest.fixture(scope="module")
def salt():
    """Rock salt, squeezed, against the shipped set."""
    return _found(_salt(5.5), window="Na")


def test_rock_salt_relaxes_onto_the_hull(salt):
    assert salt["e_above_hull_eV_atom"] == pytest.approx(0.0, abs=ENERGY)
    assert salt["decomposition"][0]["formula"] == "NaCl"


def test_a_result_names_potential_hash_set_and_correction(salt):
    assert salt["potential"] == "chgnet"
    assert len(salt["model_sha256"]) == 64
    assert "Materials Project" in salt["reference_set"]
    assert "MP2020" in salt["correction"]


def test_a_window_holds_the_oxidation_of_the_anion(salt):
    window = salt["window"]
    assert window["ion"] == "Na"
    assert window["reduction_V"] is None
    assert 3.0 < window["oxidation_V"] < 4.6  # 4.1 V by the enthalpy of formation, -411 kJ/mol


def test_the_objects_of_a_result_cross_to_the_window(salt):
    again = decode(*encode(salt))
    assert again["placement"] == salt["placement"]
    assert again["diagram"] == salt["diagram"]
    assert again["electrochemical_window"] == salt["electrochemical_window"]


def test_kept_as_it_is_a_squeezed_crystal_lies_higher_and_says_why():
    found = _found(_salt(5.2), keep=True)
    assert found["e_above_hull_eV_atom"] > 0.01
    assert any("not relaxed" in warning for warning in found["warnings"])


def test_a_known_crystal_is_not_called_a_new_phase(salt):
    # Relaxed from another start it may come out a hair below itself.
    assert not salt["placement"].is_below
    assert not any("lies below" in warning for warning in salt["warnings"])


def test_left_out_of_the_set_rock_salt_is_far_below_what_it_competes_with():
    found = _found(_salt(), without_formula=True)
    assert found["below_hull_eV_atom"] > 0.5
    assert "without NaCl" in found["reference_set"]


def test_a_failure_among_many_is_told_in_its_row():
    found = _found(_salt(), structure_from_atoms(molecule("H2O"), "water"))
    first, second = found["structures"]
    assert first["error"] is None
    assert "cell" in second["error"]
    assert second["e_above_hull_eV_atom"] is None


def test_relaxed_structures_are_written(tmp_path):
    found = _found(_salt(), out=tmp_path)
    assert (tmp_path / "salt.cif").is_file()
    assert found["path"] == str(tmp_path / "salt.cif")


# --- bad input ---


def test_nothing_to_place_is_refused():
    with pytest.raises(InvalidSpecError):
        _found()


def test_a_molecule_has_no_place_on_a_hull():
    with pytest.raises(MissingCellError):
        _found(structure_from_atoms(molecule("H2O")))


def test_a_disordered_crystal_is_refused():
    from dataclasses import replace

    with pytest.raises(DisorderedStructureError):
        _found(replace(_salt(), disordered_sites=2, disorder_example="Na 0.5 K 0.5"))


def test_an_element_outside_the_potential_is_named():
    atoms = bulk("NaCl", "rocksalt", a=6.0)
    atoms.symbols[0] = "Rn"
    with pytest.raises(UnsupportedElementError) as told:
        _found(structure_from_atoms(atoms))
    assert told.value.element == "Rn"


def test_a_reservoir_outside_the_choices_is_refused():
    with pytest.raises(InvalidSpecError):
        _found(_salt(), window="Xe")


def test_another_potential_is_refused_where_only_shipped_phases_may_be_used():
    copper = structure_from_atoms(bulk("Cu", a=3.6), "copper")
    with pytest.raises(MissingReferenceError) as told:
        _found(copper, potential="ase", references="shipped")
    assert "one potential only" in explain_exception(told.value).sentence


def test_another_potential_relaxes_its_own_phases():
    copper = structure_from_atoms(bulk("Cu", a=3.7), "copper")
    found = _found(copper, potential="ase")
    assert found["e_above_hull_eV_atom"] == pytest.approx(0.0, abs=ENERGY)
    assert "relaxed again" in found["reference_set"]


def test_an_element_that_the_set_lacks_is_named(monkeypatch):
    from designer_app.screening.reference.again import ReferenceSet

    real = hull.reference_set

    def without_chlorine(elements, potential, **settings):
        found = real(elements, potential, **settings)
        kept = [phase for phase in found.phases if set(phase.composition) != {"Cl"}]
        return ReferenceSet(tuple(kept), found.origin)

    monkeypatch.setattr(hull, "reference_set", without_chlorine)
    with pytest.raises(MissingReferenceError) as told:
        _found(_salt(), keep=True)
    assert told.value.element == "Cl"
    assert "no phase of pure Cl" in explain_exception(told.value).sentence


def test_a_structure_that_falls_apart_on_relaxation_is_told_of(monkeypatch):
    def broken(*_arguments, step, **_settings):
        return RunawayRelaxationError(step, "the volume became 9 times as large")

    monkeypatch.setattr(batch, "what_broke", broken)
    with pytest.raises(RunawayRelaxationError):
        _found(_salt())


# --- the command line ---


@pytest.fixture
def salt_file(tmp_path):
    write(tmp_path / "salt.cif", bulk("NaCl", "rocksalt", a=5.65, cubic=True))
    return tmp_path / "salt.cif"


def test_the_command_prints_the_keys_of_the_contract(salt_file, capsys):
    assert main(["hull", str(salt_file), "--json", "--threads", "1"]) == 0
    told = json.loads(capsys.readouterr().out)
    for key in ("e_above_hull_eV_atom", "formation_energy_eV_atom"):
        assert np.isfinite(told[key])
    assert told["decomposition"][0]["formula"] == "NaCl"
    assert told["reference_set"]


def test_the_command_speaks_to_people(salt_file, capsys):
    assert main(["hull", str(salt_file), "--window", "Na", "--keep"]) == 0
    said = capsys.readouterr().out
    assert "NaCl" in said
    assert "stable against Na metal" in said
    assert "correction: MP2020" in said


def test_a_broken_file_among_good_ones_does_not_stop_them(salt_file, tmp_path, capsys):
    broken = tmp_path / "broken.cif"
    broken.write_text("data_\n_cell_length_a oops\n")
    assert main(["hull", str(salt_file), str(broken), "--keep", "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert files[0]["e_above_hull_eV_atom"] is not None
    assert files[1]["error"]


def test_a_single_broken_file_is_bad_input(tmp_path, capsys):
    assert main(["hull", str(tmp_path / "absent.cif")]) == 2
    assert "absent.cif" in capsys.readouterr().err
