import importlib.util
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from ase import Atoms
from ase.build import bulk, molecule

from designer_app.device import Compute
from designer_app.errors import (
    ElectronsNotConvergedError,
    InvalidPositionsError,
    InvalidSpecError,
    MissingPackageError,
)
from designer_app.explanations import explain_exception
from designer_app.io.documents import structure_from_atoms
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials import load_potential
from designer_app.potentials.tight_binding import missing_tblite, settings_of
from designer_app.state import state_from_structures

needs_tblite = pytest.mark.skipif(
    importlib.util.find_spec("tblite") is None, reason="tblite is not installed"
)
SAME_CODE = 1e-6
"""eV and eV/A between our way to tblite and ASE's, at the same accuracy."""
ACCURACY = 2e-5
"""eV/A, of forces at the accuracy that is used by default."""
WANT = frozenset({"energy", "forces"})


def asked(model, *atoms, want=WANT, potential=None):
    potential = potential or load_potential("tight-binding", model, Compute())
    state = state_from_structures(
        [structure_from_atoms(each) for each in atoms], torch.device("cpu")
    )
    return potential.predict(state, build_neighbors(state, 0.0, half=True), want)


def bent_ethanol(seed=0):
    atoms = molecule("CH3CH2OH")
    atoms.rattle(0.05, seed=seed)
    return atoms


@needs_tblite
@pytest.mark.parametrize("method", ["GFN1-xTB", "GFN2-xTB"])
def test_energy_and_forces_are_those_of_the_package_in_ase(method):
    from tblite.ase import TBLite

    atoms = bent_ethanol()
    ours = asked(f"{method}(accuracy=0.01)", atoms)
    atoms.calc = TBLite(method=method, accuracy=0.01, verbosity=0)
    assert float(ours.energy) == pytest.approx(atoms.get_potential_energy(), abs=SAME_CODE)
    np.testing.assert_allclose(ours.forces, atoms.get_forces(), atol=SAME_CODE)


@needs_tblite
def test_the_stress_is_that_of_the_package_in_ase():
    from tblite.ase import TBLite

    crystal = bulk("LiH", "rocksalt", a=4.1)
    crystal.rattle(0.05, seed=1)
    ours = asked("GFN1-xTB(accuracy=0.01)", crystal, want=WANT | {"stress"})
    crystal.calc = TBLite(method="GFN1-xTB", accuracy=0.01, verbosity=0)
    np.testing.assert_allclose(ours.stress[0], crystal.get_stress(voigt=False), atol=SAME_CODE)


@needs_tblite
def test_electrons_of_the_last_call_lead_to_the_same_forces():
    potential = load_potential("tight-binding", "GFN2-xTB", Compute())
    asked("", bent_ethanol(0), potential=potential)
    warm = asked("", bent_ethanol(1), potential=potential)
    cold = asked("GFN2-xTB", bent_ethanol(1))
    assert float((warm.forces - cold.forces).abs().max()) < ACCURACY


@needs_tblite
def test_the_electrons_of_another_molecule_are_not_used():
    potential = load_potential("tight-binding", "GFN1-xTB", Compute())
    asked("", bent_ethanol(), potential=potential)
    water = asked("", molecule("H2O"), potential=potential)
    assert torch.equal(water.forces, asked("GFN1-xTB", molecule("H2O")).forces)


@needs_tblite
def test_a_hydroxide_ion_binds_its_electron():
    hydroxide = molecule("OH")
    radical = asked("GFN2-xTB(multiplicity=2)", hydroxide).energy
    ion = asked("GFN2-xTB(charge=-1)", hydroxide).energy
    assert float(ion) < float(radical)


@needs_tblite
def test_a_multiplicity_that_cannot_be_is_refused():
    with pytest.raises(InvalidSpecError, match="multiplicity of 2"):
        asked("GFN1-xTB(multiplicity=2)", molecule("H2O"))


@needs_tblite
def test_electrons_that_do_not_settle_are_an_error_and_are_forgotten(capfd):
    potential = load_potential("tight-binding", "GFN1-xTB(iterations=2)", Compute())
    for _ in range(2):
        with pytest.raises(ElectronsNotConvergedError) as caught:
            asked("", molecule("H2O"), potential=potential)
    assert "2 iterations" in explain_exception(caught.value).what
    assert capfd.readouterr() == ("", "")


@needs_tblite
def test_the_package_prints_nothing(capfd):
    asked("GFN2-xTB", bent_ethanol())
    assert capfd.readouterr() == ("", "")


@needs_tblite
def test_atoms_on_top_of_each_other_are_refused():
    with pytest.raises(InvalidPositionsError):
        asked("GFN1-xTB", Atoms("O2", [[0.0, 0, 0], [0, 0, 0]]))


@needs_tblite
def test_layers_are_refused():
    potential = load_potential("tight-binding", "", Compute())
    layer = replace(structure_from_atoms(bulk("Cu")), pbc=(True, True, False))
    with pytest.raises(InvalidSpecError, match="three directions"):
        potential.check(state_from_structures([layer], torch.device("cpu")))


@pytest.mark.parametrize(
    "model",
    [
        "GFN3-xTB",
        "GFN1-xTB(spin=1)",
        "GFN1-xTB(charge=0.5)",
        "GFN1-xTB(multiplicity=-1)",
        "GFN1-xTB(temperature='hot')",
        "GFN1-xTB(-1)",
        "GFN1-xTB(charge=__import__('os'))",
    ],
)
def test_models_that_make_no_sense_are_refused(model):
    with pytest.raises(InvalidSpecError):
        settings_of(model)


def test_settings_stand_in_brackets():
    method, settings = settings_of("GFN2-xTB(charge=-1, temperature=1000)")
    assert (method, settings.charge, settings.temperature) == ("GFN2-xTB", -1, 1000)


def test_windows_is_told_that_it_has_no_such_package():
    assert "Windows" in explain_exception(missing_tblite("win32")).sentence
    assert "Windows" not in explain_exception(missing_tblite("linux")).sentence


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tblite", None)
    with pytest.raises(MissingPackageError):
        load_potential("tight-binding", "GFN1-xTB", Compute())
