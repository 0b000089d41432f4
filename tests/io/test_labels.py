"""Files of reference calculations as labelled frames, in the program's units."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.db import connect
from ase.io import write

from designer_app.errors import InvalidSpecError
from designer_app.io.labels import LabelledSet, read_labelled
from designer_app.io.labels.units import BOHR, HARTREE, KCAL_MOL, all_electron_energy
from designer_app.io.sniffing import sniff
from designer_app.specs.labelled import LabelledFrame
from designer_app.units import BAR, GPA

ROUNDING = 1e-6
"""eV and eV/A: text formats keep eight digits."""
WRITTEN_STRESS = 1e-8
"""eV/A^3."""


def crystals() -> list[Atoms]:
    """Three rattled, strained crystals of copper with what EMT says of them."""
    frames = []
    for seed in range(3):
        atoms = bulk("Cu", cubic=True)
        atoms.set_cell(
            atoms.cell.array @ [[1.01, 0.02, 0], [0, 1, 0], [0, 0, 0.99]], scale_atoms=True
        )
        atoms.rattle(0.05, seed=seed)
        atoms.calc = EMT()
        energy, forces, stress = (
            atoms.get_potential_energy(),
            atoms.get_forces(),
            atoms.get_stress(),
        )
        atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=forces, stress=stress)
        frames.append(atoms)
    return frames


def bare(atoms: Atoms, **info: Any) -> Atoms:
    """The atoms with numbers under other names."""
    plain = atoms.copy()
    plain.calc = None
    plain.info.update(info)
    return plain


def read(path: Path, *mapping: str) -> LabelledSet:
    """The frames of one file that must be readable."""
    found = read_labelled([path], mapping)
    assert found.files[0].error == ""
    return found


def agree(frames: Sequence[LabelledFrame], atoms: Sequence[Atoms]) -> None:
    """Energies, forces and stresses are those that were computed."""
    assert len(frames) == len(atoms)
    for frame, each in zip(frames, atoms, strict=True):
        assert frame.energy == pytest.approx(each.get_potential_energy(), abs=ROUNDING)
        assert frame.forces is not None
        assert np.abs(frame.forces - each.get_forces()).max() < ROUNDING
        assert frame.stress is not None
        assert np.abs(frame.stress - each.get_stress(voigt=False)).max() < WRITTEN_STRESS


@pytest.mark.parametrize(
    ("name", "kind"), [("a.xyz", "extxyz"), ("a.traj", "traj"), ("a.json", "json")]
)
def test_what_ase_writes_is_read(tmp_path: Path, name: str, kind: str) -> None:
    write(tmp_path / name, crystals(), format=kind)
    agree(read(tmp_path / name).frames, crystals())


def test_a_database_is_read_with_its_tags(tmp_path: Path) -> None:
    with connect(tmp_path / "a.db") as database:
        for atoms in crystals():
            database.write(atoms, group="strained")
    found = read(tmp_path / "a.db")
    agree(found.frames, crystals())
    assert {frame.tag for frame in found.frames} == {"strained"}


def test_content_tells_the_format_whatever_the_name(tmp_path: Path) -> None:
    write(tmp_path / "labels.dat", crystals(), format="extxyz")
    assert read(tmp_path / "labels.dat").files[0].kind == "extended XYZ"


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    write(tmp_path / "a.xyz", crystals(), format="extxyz")
    packed = tmp_path / "b.xyz.gz"
    packed.write_bytes(gzip.compress((tmp_path / "a.xyz").read_bytes()))
    agree(read(packed).frames, crystals())


def test_reference_keys_are_preferred(tmp_path: Path) -> None:
    plain = [bare(each, REF_energy=-1.0, energy_std=9.0) for each in crystals()]
    for each in plain:
        each.arrays["REF_forces"] = np.ones((4, 3))
    write(tmp_path / "a.xyz", plain, format="extxyz")
    found = read(tmp_path / "a.xyz")
    assert found.frames[0].energy == -1.0
    assert found.frames[0].forces is not None
    assert (found.frames[0].forces == 1.0).all()
    assert [key.key for key in found.keys[:2]] == ["REF_energy", "REF_forces"]


def test_a_mapping_names_keys_and_units(tmp_path: Path) -> None:
    plain = [bare(each, mine=-1.0, energy=5.0) for each in crystals()]
    for each in plain:
        each.arrays["push"] = np.ones((4, 3))
    write(tmp_path / "a.xyz", plain, format="extxyz")
    found = read(
        tmp_path / "a.xyz", "energy=mine", "forces=push", "energy_unit=Ha", "force_unit=Ha/bohr"
    )
    assert found.frames[0].energy == pytest.approx(-HARTREE)
    assert found.frames[0].forces is not None
    assert found.frames[0].forces[0, 0] == pytest.approx(HARTREE / BOHR)


@pytest.mark.parametrize("said", ["energy", "unit=Ha", "energy_unit=parsec", "stress_sign=up"])
def test_a_mapping_that_means_nothing_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(InvalidSpecError):
        read_labelled([tmp_path], [said])


@pytest.mark.parametrize(("unit", "factor"), [("eV", 1.0), ("Ha", HARTREE), ("kcal/mol", KCAL_MOL)])
def test_all_electron_energies_tell_their_unit(tmp_path: Path, unit: str, factor: float) -> None:
    ethanol = molecule("CH3CH2OH")
    energy = all_electron_energy(ethanol.numbers) * 1.01 / factor
    write(tmp_path / "a.xyz", [bare(ethanol, energy=energy)], format="extxyz")
    found = read(tmp_path / "a.xyz")
    assert found.keys[0].unit == unit
    assert found.frames[0].energy == pytest.approx(energy * factor, rel=1e-6)


@pytest.mark.parametrize(
    ("unit", "factor"), [("eV/A^3", 1.0), ("GPa", GPA), ("-kbar", -1e3 * BAR), ("-bar", -BAR)]
)
def test_the_size_of_a_stress_tells_its_unit(tmp_path: Path, unit: str, factor: float) -> None:
    stress = np.diag([30.0, 20.0, 10.0]) * GPA
    plain = [bare(each, energy=1.0, my_stress=stress / factor) for each in crystals()]
    write(tmp_path / "a.xyz", plain, format="extxyz")
    found = read(tmp_path / "a.xyz")
    assert [key.unit for key in found.keys if key.quantity == "stress"] == [unit]
    assert found.frames[0].stress is not None
    assert np.abs(found.frames[0].stress - stress).max() < WRITTEN_STRESS


def test_a_virial_is_divided_by_the_volume(tmp_path: Path) -> None:
    plain = []
    for each in crystals():
        virial = -each.get_stress(voigt=False) * each.get_volume()
        plain.append(bare(each, energy=1.0, virial=virial))
    write(tmp_path / "a.xyz", plain, format="extxyz")
    found = read(tmp_path / "a.xyz")
    for frame, each in zip(found.frames, crystals(), strict=True):
        assert frame.stress is not None
        assert np.abs(frame.stress - each.get_stress(voigt=False)).max() < WRITTEN_STRESS


def test_the_sign_of_a_stress_can_be_said(tmp_path: Path) -> None:
    write(tmp_path / "a.xyz", crystals(), format="extxyz")
    flipped = read(tmp_path / "a.xyz", "stress_sign=vasp").frames[0].stress
    assert flipped is not None
    assert np.abs(flipped + crystals()[0].get_stress(voigt=False)).max() < WRITTEN_STRESS


def deepmd(folder: Path, atoms: Sequence[Atoms]) -> None:
    """A folder as DeePMD-kit writes it."""
    part = folder / "set.000"
    part.mkdir(parents=True)
    (folder / "type.raw").write_text("\n".join("0" for _ in atoms[0]))
    (folder / "type_map.raw").write_text("Cu\n")
    arrays = {
        "coord": [each.positions.ravel() for each in atoms],
        "box": [each.cell.array.ravel() for each in atoms],
        "energy": [each.get_potential_energy() for each in atoms],
        "force": [each.get_forces().ravel() for each in atoms],
        "virial": [(-each.get_volume() * each.get_stress(voigt=False)).ravel() for each in atoms],
    }
    for name, values in arrays.items():
        np.save(part / f"{name}.npy", np.array(values))


def test_a_deepmd_folder_is_one_data_set(tmp_path: Path) -> None:
    deepmd(tmp_path / "a" / "data_0", crystals())
    agree(read(tmp_path / "a").frames, crystals())


def test_arrays_of_objects_are_never_unpickled(tmp_path: Path) -> None:
    deepmd(tmp_path / "a", crystals())
    objects = np.array([{"a": 1}], dtype=object)
    np.save(tmp_path / "a" / "set.000" / "energy.npy", objects, allow_pickle=True)
    found = read_labelled([tmp_path / "a"])
    assert not found.frames
    assert "more than numbers" in found.files[0].error


def test_a_pickle_named_traj_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.traj").write_bytes(b"\x80\x04\x95\x00\x00\x00\x00.")
    assert "pickle" in read_labelled([tmp_path / "a.traj"]).files[0].error


def test_a_restart_file_of_gpaw_names_what_to_give_instead(tmp_path: Path) -> None:
    (tmp_path / "a.gpw").write_bytes(b"- of UlmGPAW" + bytes(100))
    assert "text output" in read_labelled([tmp_path / "a.gpw"]).files[0].error


def test_numpy_archives_of_molecules_are_read(tmp_path: Path) -> None:
    ethanol = molecule("CH3CH2OH")
    energy = all_electron_energy(ethanol.numbers) / KCAL_MOL
    np.savez(
        tmp_path / "a.npz",
        R=ethanol.positions[None],
        z=ethanol.numbers,
        E=np.array([[energy]]),
        F=np.ones((1, 9, 3)),
    )
    (frame,) = read(tmp_path / "a.npz").frames
    assert frame.energy == pytest.approx(energy * KCAL_MOL)
    assert frame.forces is not None
    assert frame.forces[0, 0] == pytest.approx(KCAL_MOL)


def entry(atoms: Atoms, stress: Sequence[float] | None = None) -> dict[str, Any]:
    """A labelled structure in the form of the mlearn sets, stress in kbar."""
    sites = [
        {"species": [{"element": symbol, "occu": 1}], "abc": fraction.tolist()}
        for symbol, fraction in zip(atoms.symbols, atoms.get_scaled_positions(), strict=True)
    ]
    return {
        "structure": {"lattice": {"matrix": atoms.cell.tolist()}, "sites": sites},
        "outputs": {
            "energy": atoms.get_potential_energy(),
            "forces": atoms.get_forces().tolist(),
            "virial_stress": list(stress) if stress is not None else None,
        },
        "group": "Elastic",
    }


@pytest.mark.parametrize(
    ("order", "places"),
    [("vasp", (0, 1, 2, 5, 3, 4)), ("lammps", (0, 1, 2, 5, 4, 3)), ("voigt", (0, 1, 2, 3, 4, 5))],
)
def test_sheared_cells_tell_the_order_of_a_stress(
    tmp_path: Path, order: str, places: Sequence[int]
) -> None:
    entries, expected = [], []
    for row, column in ((0, 1), (0, 2), (1, 2)):
        atoms = bulk("Cu", cubic=True)
        strain = np.eye(3)
        strain[row, column] = strain[column, row] = 0.02
        atoms.set_cell(atoms.cell.array @ strain, scale_atoms=True)
        atoms.calc = EMT()
        stress = atoms.get_stress()
        expected.append(atoms.get_stress(voigt=False))
        entries.append(entry(atoms, (-stress / GPA * 10.0)[list(places)]))
    (tmp_path / "a.json").write_text(json.dumps(entries))
    found = read(tmp_path / "a.json")
    for frame, each in zip(found.frames, expected, strict=True):
        assert frame.stress is not None, order
        assert np.abs(frame.stress - each).max() < WRITTEN_STRESS
    assert {frame.tag for frame in found.frames} == {"Elastic"}


def test_entries_may_stand_in_dictionaries(tmp_path: Path) -> None:
    atoms = crystals()[0]
    structure = entry(atoms)["structure"]
    nested = {
        "mp-1": {"f-0": {"structure": structure, "uncorrected_total_energy": -3.0, "force": []}}
    }
    (tmp_path / "a.json").write_text(json.dumps(nested))
    (frame,) = read(tmp_path / "a.json").frames
    assert frame.energy == -3.0


def test_a_broken_file_stops_no_other(tmp_path: Path) -> None:
    write(tmp_path / "good.xyz", crystals(), format="extxyz")
    (tmp_path / "broken.json").write_text('[{"structure": {"lattice": ')
    found = read_labelled([tmp_path / "broken.json", tmp_path / "good.xyz"])
    assert len(found.frames) == 3
    assert "damaged" in found.files[0].error
    assert found.files[1].error == ""


def test_whole_frames_before_a_tear_are_kept(tmp_path: Path) -> None:
    write(tmp_path / "a.xyz", crystals(), format="extxyz")
    text = (tmp_path / "a.xyz").read_text()
    (tmp_path / "a.xyz").write_text(text[: int(0.9 * len(text))])
    found = read_labelled([tmp_path / "a.xyz"])
    assert len(found.frames) == 2
    assert "up to frame 2" in found.files[0].error


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path / "a.xyz", crystals(), format="extxyz")
    found = read_labelled([tmp_path, tmp_path / "a.xyz", tmp_path / "." / "a.xyz"])
    assert len(found.frames) == 3


def test_what_lies_in_a_folder_besides_data_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "a.xyz", crystals(), format="extxyz")
    (tmp_path / "README.md").write_text("What this is.")
    write(tmp_path / "POSCAR", crystals()[0], format="vasp")
    found = read_labelled([tmp_path])
    assert [Path(file.path).name for file in found.files] == ["a.xyz"]


def test_structures_without_labels_say_so(tmp_path: Path) -> None:
    write(tmp_path / "a.xyz", bare(crystals()[0]), format="extxyz")
    assert "name their keys" in read_labelled([tmp_path / "a.xyz"]).files[0].error


def test_several_files_without_tags_are_groups_by_name(tmp_path: Path) -> None:
    for name in ("liquid", "bcc"):
        write(tmp_path / f"{name}.xyz", crystals(), format="extxyz")
    found = read_labelled([tmp_path], tags=["bcc"])
    assert {frame.tag for frame in found.frames} == {"bcc"}
    assert len(found.frames) == 3


@pytest.mark.parametrize("name", ["mlearn_Si", "mlearn_Mo", "mlearn_Li"])
def test_mlearn_is_read(data_folder: Path, name: str) -> None:
    found = read(data_folder / "potentials" / name / "training.json")
    assert {"AIMD-NVT", "Elastic", "Surface", "Vacancy"} == {each.tag for each in found.frames}
    assert all(each.stress is not None for each in found.frames)
    units = {key.quantity: key.unit for key in found.keys}
    assert units == {"energy": "eV", "forces": "eV/A", "stress": "-kbar", "magmoms": ""}


def test_tantalum_under_tension_has_a_positive_stress(data_folder: Path) -> None:
    frames = read(data_folder / "potentials" / "Ta" / "Volume_BCC.xyz").frames
    widest, densest = (pick(frames, key=lambda each: each.structure.volume) for pick in (max, min))
    assert widest.stress is not None
    assert densest.stress is not None
    assert widest.stress[0, 0] > 0.0 > densest.stress[0, 0]


def test_an_output_of_fhi_aims_is_known_whatever_stands_before(
    tmp_path: Path,
) -> None:
    said = "mpirun says hello\n          Reading geometry description geometry.in.\n"
    (tmp_path / "run.out").write_text(said)
    assert sniff(tmp_path / "run.out").formats[0] == "aims-output"
