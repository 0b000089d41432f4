"""Files of many formats, under their own and under foreign names."""

import bz2
import gzip
import json

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from designer_app.errors import Cancelled, FileUnreadableError
from designer_app.io.structures import read_document
from designer_app.specs.documents import ReadSpec

ROUNDING_A = 1e-3
"""Formats write as few as four decimals."""


@pytest.fixture
def salt():
    atoms = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    atoms.rattle(0.02, seed=1)
    return atoms


def read(path, **limits):
    return read_document(ReadSpec(path=path, **limits))


def distances(numbers, positions, cell):
    atoms = Atoms(numbers=numbers, positions=positions, cell=cell, pbc=True)
    matrix = atoms.get_all_distances(mic=True)
    return np.sort(matrix[np.triu_indices(len(atoms), 1)])


CRYSTAL_FORMATS = [
    "aims",
    "castep-cell",
    "cfg",
    "cif",
    "cube",
    "dftb",
    "dmol-arc",
    "espresso-in",
    "extxyz",
    "gen",
    "gromacs",
    "json",
    "lammps-data",
    "magres",
    "proteindatabank",
    "res",
    "rmc6f",
    "runnerdata",
    "traj",
    "vasp",
    "vasp-xdatcar",
    "xsd",
    "xsf",
]


@pytest.mark.parametrize("name", CRYSTAL_FORMATS)
@pytest.mark.filterwarnings("ignore")
def test_a_crystal_is_recognised_by_content_under_a_meaningless_name(name, salt, tmp_path):
    path = tmp_path / "measurement.txt"
    extra = {}
    if name == "espresso-in":
        extra = {"pseudopotentials": {"Na": "Na.upf", "Cl": "Cl.upf"}}
    if name == "lammps-data":
        extra = {"masses": True}
    write(str(path), salt, format=name, **extra)
    document = read(path)
    found = document.structure()
    assert sorted(found.numbers) == sorted(salt.numbers)
    assert found.pbc == (True, True, True)
    np.testing.assert_allclose(
        distances(found.numbers, found.positions, found.cell),
        distances(salt.numbers, salt.positions, salt.cell),
        atol=10 * ROUNDING_A if name in ("gromacs", "runnerdata") else ROUNDING_A,
    )


@pytest.mark.parametrize("suffix", ["cell", "geom", "gen", "xyz", "con", "f34", "json", "car"])
@pytest.mark.filterwarnings("ignore")
def test_a_crystal_is_recognised_by_its_suffix(suffix, salt, tmp_path):
    path = tmp_path / f"salt.{suffix}"
    named = {"car": "dmol-car", "con": "eon", "geom": "castep-geom", "f34": "crystal"}
    write(str(path), salt, format=named.get(suffix))
    assert len(read(path)) == len(salt)


def test_a_molecule_has_no_cell(tmp_path):
    path = tmp_path / "ethanol"
    write(str(path), molecule("CH3CH2OH"), format="xyz")
    found = read(path).structure()
    assert found.pbc == (False, False, False)
    assert found.volume == 0


@pytest.mark.parametrize("packer", [gzip.open, bz2.open])
def test_a_compressed_file_is_unpacked_whatever_its_name(packer, salt, tmp_path):
    plain = tmp_path / "POSCAR"
    write(str(plain), salt, format="vasp")
    packed = tmp_path / "archive.dat"
    with packer(packed, "wb") as file:
        file.write(plain.read_bytes())
    document = read(packed)
    assert len(document) == len(salt)
    assert document.source == str(packed)


def test_a_path_may_be_in_any_script(salt, tmp_path):
    folder = tmp_path / "данные 数据"
    folder.mkdir()
    path = folder / "磷酸铁锂 (β).vasp"
    write(str(path), salt, format="vasp")
    document = read(path)
    assert document.name == "磷酸铁锂 (β)"
    assert document.source == str(path)


def test_the_last_frame_is_taken_and_the_number_of_frames_told(salt, tmp_path):
    frames = []
    for step in range(5):
        frame = salt.copy()
        frame.positions[0, 0] += 0.1 * step
        frames.append(frame)
    path = tmp_path / "run.xyz"
    write(str(path), frames, format="extxyz")
    document = read(path)
    assert (document.frame, document.n_frames) == (4, 5)
    np.testing.assert_allclose(document.structure().positions, frames[-1].positions, atol=1e-6)
    second = read(path, index=1)
    assert second.frame == 1
    np.testing.assert_allclose(second.structure().positions, frames[1].positions, atol=1e-6)


def test_a_frame_that_is_not_there_is_refused(salt, tmp_path):
    path = tmp_path / "run.xyz"
    write(str(path), [salt, salt], format="extxyz")
    with pytest.raises(FileUnreadableError, match="2 frames"):
        read(path, index=7)


def test_a_file_that_is_still_written_gives_its_last_whole_frame(salt, tmp_path):
    path = tmp_path / "running.xyz"
    write(str(path), [salt, salt, salt], format="extxyz")
    content = path.read_bytes()
    path.write_bytes(content[: int(0.9 * len(content))])
    document = read(path)
    assert (document.frame, document.n_frames) == (1, 2)
    assert any("middle of a frame" in warning for warning in document.warnings)


def test_reading_can_be_cancelled(salt, tmp_path):
    path = tmp_path / "run.xyz"
    write(str(path), [salt, salt], format="extxyz")

    def cancel():
        raise Cancelled

    with pytest.raises(Cancelled):
        read_document(ReadSpec(path=path), cancel)


def test_velocities_moments_masses_and_fixed_atoms_survive(salt, tmp_path):
    from ase.constraints import FixAtoms

    salt.set_masses([23.0] * 4 + [37.0] * 4)
    salt.set_velocities(np.full((8, 3), 0.01))
    salt.set_constraint(FixAtoms([0, 3]))
    calculator = SinglePointCalculator(salt, energy=-1.0, magmoms=np.arange(8.0))
    salt.calc = calculator
    path = tmp_path / "one.traj"
    write(str(path), salt)
    found = read(path).structure()
    np.testing.assert_allclose(found.velocities[1], 0.01, rtol=1e-6)
    np.testing.assert_allclose(found.magmoms, np.arange(8.0))
    np.testing.assert_allclose(found.masses[4:], 37.0)
    assert list(np.flatnonzero(found.fixed)) == [0, 3]


def test_standard_masses_are_not_kept_apart(salt, tmp_path):
    path = tmp_path / "salt.extxyz"
    write(str(path), salt)
    assert read(path).structure().masses is None


def test_a_structure_saved_by_pymatgen_as_json_keeps_its_occupancies(tmp_path):
    from pymatgen.core import Lattice, Structure

    crystal = Structure(
        Lattice.cubic(4.2), [{"Ni": 0.5, "Mg": 0.5}, "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    path = tmp_path / "structure.json"
    path.write_text(json.dumps(crystal.as_dict()), encoding="utf-8")
    document = read(path)
    assert document.occupancies[0] == {"Ni": 0.5, "Mg": 0.5}
    assert document.structure().disordered_sites == 1


def test_overlapping_atoms_are_told(tmp_path):
    path = tmp_path / "double.xyz"
    write(str(path), Atoms("OO", positions=[(0, 0, 0), (0, 0, 0.2)]))
    assert any("only 0.20 A apart" in warning for warning in read(path).warnings)


def test_an_unknown_species_is_told(tmp_path):
    path = tmp_path / "dummy.xyz"
    write(str(path), Atoms("OX", positions=[(0, 0, 0), (0, 0, 2)]))
    document = read(path)
    assert list(document.structure().numbers) == [8, 0]
    assert any("no element" in warning for warning in document.warnings)
