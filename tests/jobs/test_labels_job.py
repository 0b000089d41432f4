"""What files hold, told through the worker."""

from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk, molecule
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from designer_app.errors import InvalidSpecError
from designer_app.jobs import labels
from designer_app.running.control import RunControl
from designer_app.running.encoding import decode, encode
from designer_app.specs.labels import LabelsFound, LabelsSpec


@pytest.fixture
def copper(tmp_path: Path) -> Path:
    """Six rattled crystals of copper in two groups."""
    frames = []
    for seed in range(6):
        atoms = bulk("Cu", cubic=True)
        atoms.rattle(0.05, seed=seed)
        atoms.calc = EMT()
        kept = atoms.copy()
        kept.info["config_type"] = "warm" if seed < 4 else "hot"
        kept.calc = SinglePointCalculator(
            kept, energy=atoms.get_potential_energy(), forces=atoms.get_forces()
        )
        frames.append(kept)
    path = tmp_path / "copper.xyz"
    write(path, frames, format="extxyz")
    return path


def found(path: Path, **said: object) -> LabelsFound:
    return labels.run(LabelsSpec(data=(path,), **said), RunControl())  # type: ignore[arg-type]


def test_what_was_found_survives_the_way_to_the_window(copper: Path) -> None:
    told = found(copper)
    again = decode(*encode(told))
    assert again.keys == told.keys
    assert again.files == told.files
    assert np.array_equal(again.energies_per_atom, told.energies_per_atom)


def test_frames_are_counted_by_tag_and_formula(copper: Path) -> None:
    told = found(copper)
    assert [(each.tag, each.n_frames, each.n_atoms) for each in told.tags] == [
        ("warm", 4, 16),
        ("hot", 2, 8),
    ]
    assert told.formulas == (("Cu", 6),)
    assert told.elements == ("Cu",)
    assert told.n_atoms == 24
    assert len(told.force_norms) == 24


def test_a_chosen_tag_leaves_the_others_to_be_chosen(copper: Path) -> None:
    told = found(copper, tags=("hot",))
    assert told.n_frames == 2
    assert [each.tag for each in told.tags] == ["warm", "hot"]


def test_files_without_frames_make_no_error(tmp_path: Path) -> None:
    told = found(tmp_path / "missing.xyz")
    assert told.n_frames == 0
    assert "no such file" in told.files[0].error


def test_a_mapping_that_means_nothing_is_refused(copper: Path) -> None:
    with pytest.raises(InvalidSpecError, match="energy_unit"):
        found(copper, mapping=("unit=Ha",))


def test_molecules_are_named_in_hill_order_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "molecules.xyz"
    frames = []
    for name in ("CH3CH2OH", "C2H4"):
        atoms = molecule(name)
        atoms.calc = SinglePointCalculator(atoms, energy=-1.0, forces=np.zeros((len(atoms), 3)))
        frames.append(atoms)
    write(path, frames, format="extxyz")
    assert {name for name, _ in found(path).formulas} == {"C2H6O", "C2H4"}
