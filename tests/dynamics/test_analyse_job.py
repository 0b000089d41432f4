from pathlib import Path

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk
from ase.io import write

from designer_app.cli.main import main
from designer_app.dynamics.learned_region import REGION
from designer_app.dynamics.recording import TRAJECTORY
from designer_app.errors import FileUnreadableError, InvalidSpecError, MissingCellError
from designer_app.jobs import analyse
from designer_app.running.control import RunControl
from designer_app.specs.analyse import AnalyseSpec

FRAME_FS = 100.0


def walking_ions(path, coefficient=0.5, n_frames=1500, with_times=True):
    """8 Li ions that walk (A^2/ps) among 8 O that rattle, wrapped, at 800 K."""
    generator = np.random.default_rng(0)
    start = generator.random((16, 3)) * 10.0
    steps = generator.normal(0.0, np.sqrt(2 * coefficient * 1e-3 * FRAME_FS), (n_frames, 8, 3))
    frames = []
    for number, moved in enumerate(np.cumsum(steps, axis=0)):
        positions = start.copy()
        positions[:8] += moved
        positions[8:] += generator.normal(0.0, 0.1, (8, 3))
        atoms = Atoms("Li8O8", positions, cell=[10.0] * 3, pbc=True)
        atoms.wrap()
        width = np.sqrt(units.kB * 800.0 * atoms.get_masses())[:, None]
        momenta = width * generator.normal(size=(16, 3))
        atoms.set_momenta(momenta)
        if with_times:
            atoms.info["time_fs"] = FRAME_FS * number
        frames.append(atoms)
    write(path, frames)
    return path


@pytest.fixture(scope="module")
def walk(tmp_path_factory) -> Path:
    return walking_ions(tmp_path_factory.mktemp("walk") / "walk.traj")


def run(trajectory, **settings):
    return analyse.run(AnalyseSpec(trajectory=trajectory, **settings), RunControl())


def test_diffusion_and_conductivity_of_walking_ions(walk):
    found = run(walk, msd="Li")
    assert found["D_cm2_s"] == pytest.approx(0.5e-4, rel=0.35)
    assert found["D_error_cm2_s"] < 0.4 * found["D_cm2_s"]
    assert found["temperature_K"] == pytest.approx(800.0, rel=0.02)
    expected = 8 / 1e-27 * 1.602e-19**2 * found["D_cm2_s"] * 1e-4 / (1.381e-23 * 800.0) / 100.0
    assert found["conductivity_S_cm"] == pytest.approx(expected, rel=0.03)
    assert found["conductivity_kind"].startswith("Nernst-Einstein")


def test_figures_of_a_run_that_left_what_its_potential_knows_say_so(walk):
    looks = walk.with_name(REGION)
    header = "step,time_fs,farthest,atom,n_outside\n"
    looks.write_text(header + "0,0.0,0.5,1,0\n")
    assert "warnings" not in run(walk)
    looks.write_text(header + "0,0.0,0.5,1,0\n40,40.0,3.5,2,1\n")
    (said,) = run(walk)["warnings"]
    looks.unlink()
    assert "1 of 2 looks, first at step 40" in said


def test_the_framework_does_not_diffuse(walk):
    """Its centre-of-mass frame takes up the ions' walk: Li is 30 % of the mass."""
    found = run(walk, msd="O", skip=0.9)
    assert not found["diffusion_seen"]
    assert found["D_cm2_s"] is None
    assert found["conductivity_S_cm"] is None
    assert found["D_upper_bound_cm2_s"] > 0
    assert found["run_needed_ps"] > 0


def test_a_crystal_has_its_shells(tmp_path):
    """fcc copper: 12 neighbours at a / sqrt 2, 6 at a, none between."""
    path = tmp_path / "copper.xyz"
    write(path, bulk("Cu", cubic=True) * (2, 2, 2))
    found = run(path, rdf=True, cutoff=5.0, bins=250)["rdf"]
    r, g = found["r_A"], found["g"]["Cu-Cu"]
    width = r[1] - r[0]
    around = g * 4 / 3 * np.pi * ((r + width / 2) ** 3 - (r - width / 2) ** 3) * 4 / 3.61**3
    assert around[(r > 2.4) & (r < 2.7)].sum() == pytest.approx(12.0)
    assert around[(r > 3.5) & (r < 3.7)].sum() == pytest.approx(6.0)
    assert around[(r > 2.7) & (r < 3.5)].sum() == 0.0
    np.testing.assert_allclose(g, found["g"]["all"], rtol=1e-12)


def test_an_ideal_mixture_has_no_structure(walk):
    """Walkers end up anywhere: around one of 8 Li are 7 others, and their images."""
    found = run(walk, rdf=True, cutoff=9.0, bins=20, skip=0.5)["rdf"]
    assert found["g"]["Li-Li"][5:].mean() == pytest.approx(7 / 8, abs=0.05)
    assert set(found["g"]) == {"all", "Li-Li", "Li-O", "O-O"}


def test_times_can_be_given(tmp_path):
    path = walking_ions(tmp_path / "walk.xyz", n_frames=200, with_times=False)
    with pytest.raises(InvalidSpecError):
        run(path, msd="Li")
    assert run(path, msd="Li", frame_time=FRAME_FS)["msd"]["time_ps"][0] == pytest.approx(0.1)


def test_an_element_that_is_not_there_is_told(walk):
    with pytest.raises(InvalidSpecError) as caught:
        run(walk, msd="Na")
    assert "Li" in caught.value.reason


def test_a_trajectory_too_short_for_diffusion_keeps_its_pair_distances(tmp_path):
    path = walking_ions(tmp_path / "short.traj", n_frames=12)
    found = run(path, rdf=True, msd="Li")
    assert set(found["rdf"]["g"]) >= {"all", "Li-Li"}
    assert found["msd"] is None
    assert found["D_cm2_s"] is None
    assert "at least 20 frames, and there are 10" in found["warnings"][0]
    with pytest.raises(InvalidSpecError, match="at least 20"):
        run(path, msd="Li")


def test_a_molecule_has_no_radial_distribution(tmp_path):
    path = tmp_path / "molecule.xyz"
    write(path, Atoms("H2", [[0, 0, 0], [0, 0, 0.74]]))
    with pytest.raises(MissingCellError):
        run(path, rdf=True)


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_what_is_no_trajectory_is_told(content, tmp_path):
    path = tmp_path / "file.traj"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileUnreadableError):
        run(path, rdf=True)


def test_of_a_folder_the_trajectory_in_it_is_named(tmp_path, capfd):
    (tmp_path / TRAJECTORY).touch()
    assert main(["analyse", str(tmp_path)]) == 2
    assert f"name the trajectory in it: {tmp_path / TRAJECTORY}" in capfd.readouterr().err
