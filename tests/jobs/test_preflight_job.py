"""What is wrong with data, said before a training, each with a fix that mends it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write
from ase.units import Bohr, Hartree

from designer_app.jobs import preflight
from designer_app.running.control import RunControl
from designer_app.running.encoding import decode, encode
from designer_app.specs.labels import Finding, Preflight
from designer_app.specs.train_potential import TrainPotentialSpec


def labelled(atoms: Atoms, **changed: Any) -> Atoms:
    """Atoms with what EMT says of them, some of it changed."""
    atoms = atoms.copy()
    atoms.calc = EMT()
    said = {"energy": atoms.get_potential_energy(), "forces": atoms.get_forces()}
    if atoms.pbc.all():
        said["stress"] = atoms.get_stress()
    said.update(changed)
    atoms.calc = SinglePointCalculator(atoms, **said)
    return atoms


def crystals(n: int = 24) -> list[Atoms]:
    """Rattled copper, each frame a small step from another, in cells strained a little."""
    frames = []
    for seed in range(n // 2):
        atoms = bulk("Cu", cubic=True)
        atoms.rattle(0.08, seed=seed)
        stretched = atoms.copy()
        stretched.set_cell(atoms.cell.array * (1.0 + 0.002 * (seed + 1)), scale_atoms=True)
        moved = atoms.copy()
        moved.rattle(0.03, seed=seed + 100)
        frames += [moved, atoms] if seed % 2 else [atoms, stretched]
    return [labelled(each) for each in frames]


def spec_of(folder: Path, frames: Sequence[Atoms], **said: Any) -> TrainPotentialSpec:
    """A training on these frames."""
    path = folder / "data.xyz"
    write(path, frames, format="extxyz")
    settings: dict[str, Any] = {
        "data": (path,),
        "out": folder / "out",
        "model": "gap",  # nothing of a network is timed
        "preset": "custom",
    }
    return TrainPotentialSpec(**{**settings, **said})


def checked(spec: TrainPotentialSpec) -> Preflight:
    """What the job says."""
    return preflight.run(spec, RunControl())


def keyed(found: Preflight, key: str, level: str = "") -> list[Finding]:
    return [each for each in found.findings if each.key == key and level in ("", each.level)]


def fixed(spec: TrainPotentialSpec, finding: Finding) -> TrainPotentialSpec:
    """The spec after the first way out was taken."""
    return replace(spec, **dict(finding.fixes[0].changes))


def test_sound_data_may_be_learned_from(tmp_path: Path) -> None:
    options = ("n_features=8", "n_filters=8", "n_interactions=1")
    found = checked(spec_of(tmp_path, crystals(), model="schnet", options=options))
    assert found.may_start, found.findings
    assert not keyed(found, "gradient")
    assert not keyed(found, "units")
    assert (found.n_train, found.n_validation, found.n_test) == (20, 2, 2)
    assert dict(found.plan)["Learned from"].startswith("20 frames")


def test_findings_survive_the_way_to_the_window(tmp_path: Path) -> None:
    found = checked(spec_of(tmp_path, crystals()[:6]))
    assert decode(*encode(found)) == found


@pytest.mark.parametrize("unit", ["Ha/bohr", "kcal/mol/A"])
def test_forces_in_another_unit_are_noticed_and_mended(tmp_path: Path, unit: str) -> None:
    spec = spec_of(tmp_path, crystals(), mapping=(f"force_unit={unit}",))
    (finding,) = keyed(checked(spec), "units", "error")
    assert "eV/A" in finding.fixes[0].title
    assert not keyed(checked(fixed(spec, finding)), "units")


@pytest.mark.parametrize("force_unit", [1.0, Bohr])
def test_a_solid_all_in_hartree_is_noticed_and_mended(tmp_path: Path, force_unit: float) -> None:
    """Energies in Ha agree with forces in Ha/A, or in Ha/bohr: atoms are held too softly."""
    frames = [
        labelled(
            each,
            energy=each.get_potential_energy() / Hartree,
            forces=each.get_forces() / Hartree * force_unit,
            stress=each.get_stress() / Hartree,
        )
        for each in crystals()
    ]
    spec = spec_of(tmp_path, frames)
    (finding,) = keyed(checked(spec), "units")
    assert "energies in Ha" in finding.fixes[0].title
    assert not keyed(checked(fixed(spec, finding)), "units")


def test_planes_that_glide_tell_nothing_of_units(tmp_path: Path) -> None:
    slabs = []
    for step in range(12):
        atoms = bulk("Cu", cubic=True) * (1, 1, 2)
        atoms.positions[4:, 0] += 0.05 * step
        slabs.append(labelled(atoms))
    assert not keyed(checked(spec_of(tmp_path, slabs)), "units")


def test_forces_that_are_gradients_are_noticed(tmp_path: Path) -> None:
    frames = [labelled(each, forces=-each.get_forces()) for each in crystals()]
    (finding,) = keyed(checked(spec_of(tmp_path, frames)), "gradient", "error")
    assert "wrong sign" in finding.sentence


def test_forces_of_other_frames_are_noticed(tmp_path: Path) -> None:
    frames = crystals()
    shuffled = np.random.default_rng(0).permutation(len(frames))
    mixed = [
        labelled(each, forces=frames[other].get_forces())
        for each, other in zip(frames, shuffled, strict=True)
    ]
    assert keyed(checked(spec_of(tmp_path, mixed)), "gradient", "error")


def test_forces_that_are_all_zero_are_noticed(tmp_path: Path) -> None:
    frames = [labelled(each, forces=np.zeros((4, 3))) for each in crystals()]
    told = [each.sentence for each in keyed(checked(spec_of(tmp_path, frames)), "gradient")]
    assert any("zero" in each for each in told)


@pytest.mark.parametrize("factor", [-1.0, 160.2176])
def test_a_stress_of_wrong_sign_or_unit_is_noticed_and_mended(
    tmp_path: Path, factor: float
) -> None:
    frames = [labelled(each, stress=factor * each.get_stress()) for each in crystals()]
    spec = spec_of(tmp_path, frames, mapping=("stress_unit=eV/A^3",))
    (finding,) = keyed(checked(spec), "stress", "error")
    assert not keyed(checked(fixed(spec, finding)), "stress")


def test_copies_are_noticed_and_left_out(tmp_path: Path) -> None:
    frames = crystals()
    spec = spec_of(tmp_path, [*frames, *frames[:6]])
    (finding,) = keyed(checked(spec), "duplicates")
    assert "6 of 30" in finding.sentence
    assert len(finding.frames) == 6
    mended = checked(fixed(spec, finding))
    assert not keyed(mended, "duplicates")
    assert mended.n_train + mended.n_validation + mended.n_test == 24


def test_neighbours_in_a_run_leak(tmp_path: Path) -> None:
    run = []
    atoms = bulk("Cu", cubic=True)
    atoms.rattle(0.1, seed=1)
    for step in range(30):
        atoms = atoms.copy()
        atoms.rattle(0.01, seed=step)
        run.append(labelled(atoms))
    found = checked(spec_of(tmp_path, run))
    (finding,) = keyed(found, "leaking")
    assert finding.fixes[0].changes == (("split", "time"),)


def test_labels_that_are_no_numbers_are_noticed(tmp_path: Path) -> None:
    frames = crystals()
    frames[3] = labelled(frames[3], forces=np.full((4, 3), np.nan))
    spec = spec_of(tmp_path, frames)
    (finding,) = [each for each in keyed(checked(spec), "labels") if "finite" in each.sentence]
    assert finding.frames == ((str(spec.data[0]), 3),)
    assert not [
        each for each in keyed(checked(fixed(spec, finding)), "labels") if "finite" in each.sentence
    ]


def test_an_energy_far_out_is_noticed(tmp_path: Path) -> None:
    frames = crystals()
    frames[5] = labelled(frames[5], energy=frames[5].get_potential_energy() + 40.0)
    found = keyed(checked(spec_of(tmp_path, frames)), "outliers")
    assert [each[1] for each in found[0].frames] == [5]


def test_atoms_on_top_of_each_other_are_noticed(tmp_path: Path) -> None:
    frames = crystals()
    frames[4].positions[1] = frames[4].positions[0] + [0.5, 0.0, 0.0]
    frames[4] = labelled(frames[4], forces=np.zeros((4, 3)))
    told = [each.sentence for each in keyed(checked(spec_of(tmp_path, frames)), "outliers")]
    assert any("Cu-Cu 0.50" in each for each in told)


def test_free_atoms_of_another_code_are_noticed(tmp_path: Path) -> None:
    lonely = Atoms("Cu", [[0.0, 0.0, 0.0]])
    lonely.calc = SinglePointCalculator(lonely, energy=-1000.0)
    spec = spec_of(tmp_path, [*crystals(), lonely])
    (finding,) = keyed(checked(spec), "references", "error")
    assert not keyed(checked(fixed(spec, finding)), "references", "error")


def test_an_element_that_is_only_judged_is_noticed(tmp_path: Path) -> None:
    gold = []
    for seed in range(3):
        atoms = bulk("Au", cubic=True)
        atoms.rattle(0.05, seed=seed)
        gold.append(labelled(atoms))
    frames = [*crystals(), *gold]
    found = checked(spec_of(tmp_path, frames, split="time", test_share=0.1))
    assert keyed(found, "elements")


def test_one_frame_is_too_few(tmp_path: Path) -> None:
    found = checked(spec_of(tmp_path, crystals()[:1]))
    assert not found.may_start
    assert "one labelled frame" in found.findings[0].sentence


def test_a_file_that_cannot_be_read_is_told_beside_the_others(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, crystals())
    broken = tmp_path / "broken.json"
    broken.write_text('[{"lattice":')
    found = checked(replace(spec, data=(*spec.data, broken)))
    assert found.may_start
    assert any("broken.json" in each.sentence for each in found.findings)


@pytest.mark.parametrize(
    "data",
    [
        "mlearn_Si/test.json",
        pytest.param("mlearn_Si/training.json", marks=pytest.mark.slow),
        pytest.param("mlearn_Mo/training.json", marks=pytest.mark.slow),
        pytest.param("Ta", marks=pytest.mark.slow),
    ],
)
def test_published_sets_agree_with_themselves(data_folder: Path, tmp_path: Path, data: str) -> None:
    spec = replace(spec_of(tmp_path, crystals()), data=(data_folder / "potentials" / data,))
    found = checked(spec)
    assert found.may_start, [each.sentence for each in found.findings]
    assert not keyed(found, "stress")


@pytest.mark.slow
def test_a_published_stress_read_with_the_wrong_sign_is_noticed(
    data_folder: Path, tmp_path: Path
) -> None:
    spec = replace(
        spec_of(tmp_path, crystals()),
        data=(data_folder / "potentials" / "mlearn_Si" / "training.json",),
        mapping=("stress_sign=tension",),
    )
    (finding,) = keyed(checked(spec), "stress", "error")
    assert "-kbar" in str(finding.fixes[0].changes)


def test_frames_with_labels_that_are_no_numbers_are_named_as_leave_out_takes_them(tmp_path):
    frames = crystals()
    for at in (3, 7):
        frames[at] = labelled(frames[at], energy=np.nan)
    spec = spec_of(tmp_path, frames)
    (finding,) = keyed(checked(spec), "labels", "warning")
    path = spec.data[0]
    assert finding.sentence.endswith(f"are not learned from: {path}:3, {path}:7.")
    assert not keyed(checked(fixed(spec, finding)), "labels", "warning")
