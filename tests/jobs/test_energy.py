import json

import numpy as np
import pytest
from ase.build import bulk, molecule
from ase.calculators.emt import EMT

from designer_app.cli.main import main
from designer_app.errors import (
    InvalidPositionsError,
    InvalidSpecError,
    NotFiniteError,
    OverlappingAtomsError,
)
from designer_app.io.documents import structure_from_atoms
from designer_app.jobs import energy
from designer_app.running.control import RunControl
from designer_app.specs.single_point import EnergySpec

LJ = "ase.calculators.lj:LennardJones(sigma=2.3, epsilon=0.4)"


def _copper():
    atoms = bulk("Cu", cubic=True)
    atoms.rattle(0.1, seed=1)
    return atoms


def _found(atoms, **settings):
    spec = EnergySpec(structure=structure_from_atoms(atoms), **{"potential": "ase"} | settings)
    return energy.run(spec, RunControl())


def test_figures_are_those_of_the_potential():
    found, atoms = _found(_copper()), _copper()
    atoms.calc = EMT()
    assert found["energy_eV"] == pytest.approx(atoms.get_potential_energy())
    assert found["energy_per_atom_eV"] == pytest.approx(atoms.get_potential_energy() / 4)
    np.testing.assert_allclose(found["forces_eV_A"], atoms.get_forces(), atol=1e-12)
    np.testing.assert_allclose(found["stress_eV_A3"], atoms.get_stress(), atol=1e-12)
    assert found["potential"] == "ase"
    assert len(found["model_sha256"]) == 64


def test_what_a_calculator_only_claims_to_offer_is_left_out():
    assert "magmoms" in EMT.implemented_properties
    assert _found(_copper())["magmoms"] is None


def test_a_molecule_has_no_stress():
    found = _found(molecule("N2"))
    assert found["stress_eV_A3"] is None
    assert np.isfinite(found["energy_eV"])


def test_an_ensemble_tells_its_spread():
    model = f"ase:ase.calculators.emt:EMT+ase:{LJ}"
    trust = _found(_copper(), potential="ensemble", model=model)["trust"]
    assert trust["largest_force_spread_eV_A"] > 0


def test_chgnet_tells_moments_and_that_it_knows_the_elements():
    atoms = bulk("NiO", "rocksalt", a=4.18)
    found = _found(atoms, potential="chgnet", device="cpu")
    assert found["trust"]["elements_covered"]
    assert found["magmoms"].max() > 0.5


def test_nothing_is_not_computed():
    with pytest.raises(InvalidSpecError):
        energy.run(EnergySpec(potential="ase"), RunControl())


def test_atoms_on_top_of_each_other_are_refused():
    atoms = _copper()
    atoms.positions[1] = atoms.positions[0] + 0.05
    with pytest.raises(OverlappingAtomsError):
        _found(atoms)


def test_positions_that_are_not_numbers_are_refused():
    atoms = _copper()
    atoms.positions[2, 1] = np.nan
    with pytest.raises(InvalidPositionsError):
        _found(atoms)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # of numpy, on the way to NaN
def test_a_potential_that_returns_no_number_is_an_error():
    infinite = "ase.calculators.lj:LennardJones(sigma=2.3, epsilon=1e999)"
    with pytest.raises(NotFiniteError):
        _found(_copper(), model=infinite)


def test_the_command_prints_one_json_object(tmp_path, capsys):
    path = tmp_path / "copper.extxyz"
    _copper().write(path)
    assert main(["energy", str(path), "--potential", "ase", "--device", "cpu", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert np.shape(printed["forces_eV_A"]) == (4, 3)
    assert np.shape(printed["stress_eV_A3"]) == (6,)
    assert printed["magmoms"] is None


def test_the_command_speaks_to_people_too(tmp_path, capsys):
    path = tmp_path / "copper.extxyz"
    _copper().write(path)
    assert main(["energy", str(path), "--potential", "ase"]) == 0
    assert "eV/atom, 4 atoms" in capsys.readouterr().out


def test_an_element_that_the_potential_does_not_know_is_bad_input(tmp_path, capsys):
    path = tmp_path / "polonium.extxyz"
    bulk("Po", "sc", a=3.35).write(path)
    assert main(["energy", str(path), "--potential", "chgnet", "--device", "cpu"]) == 2
    told = capsys.readouterr()
    assert "Po" in told.err
    assert told.out == ""
