"""Documents: frozen, plain enough to cross processes, and written without loss."""

import subprocess
import sys
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.constraints import FixAtoms

from designer_app.errors import InvalidSpecError
from designer_app.io.documents import Document, structure_from_atoms
from designer_app.io.structures import read_document
from designer_app.io.writing import write_document
from designer_app.running.encoding import decode, encode
from designer_app.specs.documents import ReadSpec

WRITTEN_A = 1e-6

NMC_SITE = {"Ni": 0.4, "Mn": 0.35, "Co": 0.25}


def disordered():
    atoms = bulk("NiO", "rocksalt", a=4.17, cubic=True)
    shares = tuple(NMC_SITE if z == 28 else {"O": 1.0} for z in atoms.numbers)
    return Document.from_structure(
        structure_from_atoms(atoms, "NMC oxide"), made_by="test", occupancies=shares
    )


def ordered():
    atoms = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    atoms.rattle(0.05, seed=3)
    return Document.from_atoms(atoms, made_by="test", name="salt")


def test_a_document_cannot_be_changed():
    document = ordered()
    with pytest.raises(FrozenInstanceError):
        document.source = "elsewhere"
    with pytest.raises(ValueError, match="read-only"):
        document.structure().positions[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        document.atoms().positions[0, 0] = 1.0


def test_a_document_crosses_between_processes_unchanged():
    document = disordered()
    again = decode(*encode(document))
    assert isinstance(again, Document)
    assert again.occupancies == document.occupancies
    assert again.provenance == document.provenance
    assert again.structure().disorder_example == document.structure().disorder_example
    np.testing.assert_array_equal(again.structure().positions, document.structure().positions)


def test_atoms_of_a_document_carry_its_occupancies_to_ase_and_back():
    atoms = disordered().atoms()
    again = Document.from_atoms(atoms, made_by="test")
    assert again.occupancies == disordered().occupancies
    assert again.is_disordered


def test_occupancies_must_belong_to_the_atoms():
    structure = structure_from_atoms(Atoms("O"))
    with pytest.raises(ValueError, match="occupancies"):
        Document.from_structure(structure, made_by="test", occupancies=[{"O": 1.0}, {"O": 1.0}])


def test_moved_atoms_keep_their_occupancies_and_other_atoms_do_not():
    document = disordered()
    moved = document.atoms().copy()
    moved.positions += 0.1
    kept = document.with_structure(structure_from_atoms(moved), "move")
    assert kept.occupancies == document.occupancies
    assert kept.structure().disordered_sites == 4
    del moved[0]
    assert document.with_structure(structure_from_atoms(moved), "delete").occupancies == ()


@pytest.mark.parametrize(
    "name", ["a.cif", "a.extxyz", "a.xyz", "POSCAR", "a.vasp", "a.json", "a.traj"]
)
def test_what_is_written_is_read_back(name, tmp_path):
    document = ordered()
    path = write_document(document, tmp_path / name)
    found = read_document(ReadSpec(path=path)).structure()
    before = document.structure()
    # POSCARs sort atoms by element
    order = [np.lexsort((*each.positions.round(3).T, each.numbers)) for each in (before, found)]
    np.testing.assert_array_equal(before.numbers[order[0]], found.numbers[order[1]])
    np.testing.assert_allclose(before.cell, found.cell, atol=WRITTEN_A)
    if name != "a.cif":  # CIFs wrap into the cell
        np.testing.assert_allclose(
            before.positions[order[0]], found.positions[order[1]], atol=WRITTEN_A
        )


def test_occupancies_survive_a_cif(tmp_path):
    path = write_document(disordered(), tmp_path / "nmc.cif")
    again = read_document(ReadSpec(path=path))
    assert again.occupancies == disordered().occupancies
    np.testing.assert_allclose(
        again.structure().cell, disordered().structure().cell, atol=WRITTEN_A
    )


def test_isotopes_survive_a_cif(tmp_path):
    atoms = Atoms("OHH", positions=[(0, 0, 0), (1, 0, 0), (0, 1, 0)], cell=[5, 5, 5], pbc=True)
    atoms.set_masses([15.999, 2.0141, 1.008])
    path = write_document(Document.from_atoms(atoms, made_by="test"), tmp_path / "hdo.cif")
    masses = read_document(ReadSpec(path=path)).structure().masses
    np.testing.assert_allclose(masses, [15.999, 2.0141, 1.008], atol=1e-3)


def test_fixed_atoms_and_velocities_survive_an_extended_xyz(tmp_path):
    atoms = molecule("H2O")
    atoms.set_constraint(FixAtoms([0]))
    atoms.set_velocities(np.full((3, 3), 0.02))
    path = write_document(Document.from_atoms(atoms, made_by="test"), tmp_path / "water.extxyz")
    found = read_document(ReadSpec(path=path)).structure()
    assert list(found.fixed) == [True, False, False]
    np.testing.assert_allclose(found.velocities[1:], 0.02, atol=1e-6)  # ASE holds the fixed one


@pytest.mark.parametrize("name", ["a.xyz", "a.vasp", "a.json", "a.traj"])
def test_a_format_that_would_lose_occupancies_is_refused(name, tmp_path):
    with pytest.raises(InvalidSpecError, match=r"\.cif"):
        write_document(disordered(), tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["a.cif", "POSCAR"])
def test_a_molecule_cannot_be_written_where_a_cell_is_needed(name, tmp_path):
    with pytest.raises(InvalidSpecError, match="needs a cell"):
        write_document(Document.from_atoms(molecule("H2O"), made_by="test"), tmp_path / name)


def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(InvalidSpecError, match=r"\.extxyz"):
        write_document(ordered(), tmp_path / "a.docx")


def test_the_window_can_hold_documents_without_importing_ase():
    code = (
        "import sys; import designer_app.io.documents, designer_app.io.examples, "
        "designer_app.io.disorder; "
        "print([name for name in ('ase', 'scipy', 'spglib', 'torch') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
