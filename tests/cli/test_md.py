import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from ase.io import read

from designer_app.cli.main import main
from designer_app.io.series import read_series
from designer_app.resources import resource

_LIFEPO4 = str(resource("examples/LiFePO4.cif"))
_SETTINGS = [
    "--potential",
    "chgnet",
    "--ensemble",
    "langevin",
    "--temperature",
    "600",
    "--dtype",
    "float64",
    "--threads",
    "1",
    "--device",
    "cpu",
    "--steps",
    "40",
    "--frame-interval",
    "2",
    "--checkpoint-interval",
    "5",
]


def _program(*words):
    return [sys.executable, "-m", "designer_app", *words]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "out"
    command = _program("md", _LIFEPO4, *_SETTINGS, "--out", str(out), "--json")
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return out, json.loads(ended.stdout)


def test_a_run_answers_with_the_keys_of_the_contract(uninterrupted):
    out, result = uninterrupted
    contract = {
        "steps",
        "steps_per_s",
        "mean_temperature_K",
        "drift_eV_per_atom_ps",
        "trajectory",
    }
    assert contract <= result.keys()
    assert result["steps"] == 40
    assert result["trajectory"] == str(out / "trajectory.traj")


def test_a_killed_run_resumed_is_bitwise_the_uninterrupted_one(uninterrupted, tmp_path):
    whole, _ = uninterrupted
    out = tmp_path / "out"
    running = subprocess.Popen(
        _program("md", _LIFEPO4, *_SETTINGS, "--out", str(out)), stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while not list(out.glob("checkpoint-b*")) and time.monotonic() < deadline:
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    ended = subprocess.run(
        _program("md", "--out", str(out), "--resume", "--json"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert 0 < json.loads(ended.stdout)["resumed_from_step"] < 40
    there, expected = (read(folder / "trajectory.traj", ":") for folder in (out, whole))
    assert [frame.info["step"] for frame in there] == [frame.info["step"] for frame in expected]
    for frame, other in zip(there, expected, strict=True):
        assert np.array_equal(frame.positions, other.positions)
        assert np.array_equal(frame.get_momenta(), other.get_momenta())
    rows, others = (read_series(folder / "series.csv") for folder in (out, whole))
    assert all(np.array_equal(rows[name], others[name]) for name in others)


def _main(capsys, *words):
    code = main(words)
    return code, *capsys.readouterr()


def _argon(tmp_path):
    from ase.build import bulk

    path = tmp_path / "Ar.xyz"
    bulk("Ar", "fcc", a=5.4, cubic=True).repeat(2).write(path)
    return str(path)


def test_resume_takes_the_settings_that_are_not_given_from_the_folder(tmp_path, capsys):
    out = str(tmp_path / "out")
    flags = ["--potential", "lennard-jones", "--temperature", "30", "--timestep", "4"]
    _main(capsys, "md", _argon(tmp_path), *flags, "--steps", "10", "--out", out)
    code, said, _ = _main(capsys, "md", "--resume", "--out", out, "--steps", "20", "--json")
    assert code == 0
    assert json.loads(said)["steps"] == 20
    _, said, _ = _main(capsys, "md", "--resume", "--out", out, "--steps", "25")
    assert "from step 20" in said


def test_resume_under_another_temperature_is_refused_in_a_sentence(tmp_path, capsys):
    out = str(tmp_path / "out")
    flags = ["--potential", "lennard-jones", "--temperature", "30", "--steps", "5", "--out", out]
    _main(capsys, "md", _argon(tmp_path), *flags)
    code, said, told = _main(capsys, "md", "--resume", "--out", out, "--temperature", "40")
    assert (code, said) == (2, "")
    assert "its temperature is 30.0, not 40.0" in told


def test_an_earlier_run_is_moved_aside_and_told(tmp_path, capsys):
    out = tmp_path / "out"
    words = ["md", _argon(tmp_path), "--potential", "lennard-jones", "--steps", "5"]
    assert _main(capsys, *words, "--out", str(out))[2] == ""
    code, said, told = _main(capsys, *words, "--out", str(out), "--json")
    assert code == 0
    assert json.loads(said)["previous_run"] == str(out / "previous-1")
    assert len(told.strip().splitlines()) == 1
    assert "moved to" in told
    assert "--resume" in told


def test_npt_says_pressure_volume_and_density_with_errors(tmp_path, capsys):
    words = ["md", _argon(tmp_path), "--potential", "lennard-jones", "--temperature", "30"]
    words += ["--ensemble", "npt", "--steps", "100"]
    assert _main(capsys, *words)[0] == 0
    _, said, _ = _main(capsys, *words)
    for word in ("pressure", "volume", "density"):
        line = next(line for line in said.splitlines() if line.startswith(word))
        assert " ± " in line
    _, said, _ = _main(capsys, *words, "--json")
    found = json.loads(said)
    cell = found["mean_volume_A3"]
    assert found["mean_density_g_cm3"] == pytest.approx(32 * 39.948 / cell * 1.66054, rel=1e-4)
    assert found["mean_pressure_error_GPa"] > 0


@pytest.mark.parametrize(
    ("spec", "flags"),
    [
        ('potential = "ase"\nmodel = "os:abort"\n', []),
        ('potential = "script"\nmodel = "model.pth"\n', []),
        ('potential = "ase"\nmodel = 7\n', []),
        ('potential = "chgnet"\nmodel = "os:abort"\n', ["--potential", "ase"]),
    ],
)
def test_resume_asks_before_it_imports_code_that_a_folder_names(spec, flags, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "spec.toml").write_text(spec, encoding="utf-8")
    code, _, told = _main(capsys, "md", "--resume", "--out", str(out), *flags)
    assert code == 2
    assert "--potential and --model" in told


@pytest.mark.parametrize("words", [["md"], ["md", "--resume"]])
def test_md_of_nothing_says_what_is_missing(words, capsys):
    code, said, told = _main(capsys, *words)
    assert (code, said) == (2, "")
    assert "--resume" in told


def test_a_folder_with_a_damaged_spec_is_refused_in_a_sentence(tmp_path, capsys):
    (tmp_path / "spec.toml").write_text("potential = [", encoding="utf-8")
    code, _, told = _main(capsys, "md", "--resume", "--out", str(tmp_path))
    assert code == 2
    assert "spec.toml is damaged" in told


def test_analyse_reads_the_trajectory_of_a_run(tmp_path, capsys):
    out = tmp_path / "out"
    flags = ["--potential", "lennard-jones", "--temperature", "30", "--steps", "80"]
    _main(capsys, "md", _argon(tmp_path), *flags, "--frame-interval", "2", "--out", str(out))
    trajectory = str(out / "trajectory.traj")
    code, said, _ = _main(capsys, "analyse", trajectory, "--rdf", "--msd", "Ar", "--json")
    found = json.loads(said)
    assert code == 0
    assert {"rdf", "msd", "D_cm2_s", "conductivity_S_cm"} <= found.keys()
    assert found["diffusion_seen"] is False


def test_analyse_of_an_absent_element_names_what_is_there(tmp_path, capsys):
    out = tmp_path / "out"
    flags = ["--potential", "lennard-jones", "--temperature", "30", "--steps", "10"]
    _main(capsys, "md", _argon(tmp_path), *flags, "--out", str(out))
    code, _, told = _main(capsys, "analyse", str(out / "trajectory.traj"), "--msd", "Li")
    assert code == 2
    assert "the trajectory holds Ar" in told
