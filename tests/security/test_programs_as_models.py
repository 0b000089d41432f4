import subprocess
import sys

import numpy as np
import pytest
import torch

from designer_app.cli.main import main
from designer_app.errors import CodeNotTrustedError, FileUnreadableError, UnsafeFileError
from designer_app.io.trusted_code import distrust, is_trusted, trust
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials import load_potential
from designer_app.running.sandbox import confine
from designer_app.specs.md import MDSpec
from designer_app.specs.potentials import runs_a_program
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # TorchScript's own
CUTOFF = 4.0


class _Deployed(torch.nn.Module):
    """Springs of length 2 A between all pairs, behind the interface of nequip-deploy."""

    def forward(self, data: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        pos = data["pos"].requires_grad_(True)
        edges = data["edge_index"]
        vectors = pos[edges[1]] - pos[edges[0]] + data["edge_cell_shift"] @ data["cell"]
        energy = 0.5 * (vectors.square().sum(dim=1).sqrt() - 2.0).square().sum()
        slope = torch.autograd.grad([energy], [pos])[0]
        assert slope is not None
        return {"total_energy": energy.reshape(1, 1), "forces": -slope}


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("DESIGNER_APP_HOME", str(tmp_path / "home"))


@pytest.fixture
def deployed(tmp_path):
    path = tmp_path / "deployed.pth"
    told = {"r_max": str(CUTOFF), "type_names": "H O"}
    torch.jit.script(_Deployed()).save(str(path), _extra_files=told)
    return path


@pytest.fixture
def water():
    positions = np.array([[0.0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
    return Structure(np.array([8, 1, 1]), positions, 8.0 * np.eye(3), (True, True, True))


def test_a_program_does_not_run_before_it_is_allowed(deployed):
    with pytest.raises(CodeNotTrustedError):
        load_potential("script", str(deployed))


def test_an_allowed_program_gives_its_energy_and_forces(deployed, water):
    trust(deployed)
    potential = load_potential("script", str(deployed))
    state = state_from_structures([water, water], torch.device("cpu"))
    said = potential.predict(state, build_neighbors(state, potential.cutoff, half=False))
    apart = np.linalg.norm(water.positions[:, None] - water.positions, axis=2)
    known = 0.5 * ((apart - 2.0) ** 2 * (apart > 0)).sum()
    assert said.energy.tolist() == pytest.approx([known, known], rel=1e-6)
    assert said.forces.shape == (6, 3)


def test_another_file_of_that_name_is_not_allowed(deployed):
    trust(deployed)
    torch.jit.script(_Deployed()).save(
        str(deployed), _extra_files={"r_max": "5", "type_names": "H"}
    )
    with pytest.raises(CodeNotTrustedError):
        load_potential("script", str(deployed))


def test_what_was_allowed_can_be_taken_back(deployed):
    sha256 = trust(deployed)
    distrust(sha256)
    assert not is_trusted(sha256)


def test_a_program_that_does_not_tell_its_elements_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "model.pth"
    torch.jit.script(_Deployed()).save(str(path))
    trust(path)
    with pytest.raises(FileUnreadableError):
        load_potential("script", str(path))


def test_the_command_asks_before_it_allows(deployed, capsys):
    assert main(["allow", str(deployed)]) == 0
    assert "anything that you can do" in capsys.readouterr().out
    with pytest.raises(CodeNotTrustedError):
        load_potential("script", str(deployed))
    assert main(["allow", str(deployed), "--yes"]) == 0
    load_potential("script", str(deployed))


def test_a_run_with_a_program_is_told_from_others():
    assert runs_a_program(MDSpec(potential="script", model="a.pth"))
    assert runs_a_program(MDSpec(potential="ensemble", model="schnet:a+script:b.pth"))
    assert not runs_a_program(MDSpec(potential="chgnet", model="0.3.0"))


def confined(lines, allowed):
    """Run lines in a process that may write in one folder only."""
    begin = (
        "from pathlib import Path\n"
        "from designer_app.running.sandbox import confine\n"
        f"taken = confine([Path({str(allowed)!r})])\n"
    )
    return subprocess.run(
        [sys.executable, "-c", begin + lines], capture_output=True, text=True, check=False
    )


@pytest.fixture
def can_confine(tmp_path):
    """Skips where this system takes nothing away."""
    if not confined("print(taken)", tmp_path).stdout.strip():
        pytest.skip("this system cannot take rights away from a process")


def test_a_confined_process_writes_in_its_folder_alone(tmp_path, can_confine):
    mine, other = tmp_path / "mine", tmp_path / "other"
    mine.mkdir()
    other.mkdir()
    done = confined(f"Path({str(mine / 'a')!r}).write_text('a')", mine)
    assert done.returncode == 0, done.stderr
    done = confined(f"Path({str(other / 'a')!r}).write_text('a')", mine)
    assert "PermissionError" in done.stderr
    assert not (other / "a").exists()


def test_children_of_a_confined_process_are_confined_too(tmp_path, can_confine):
    lines = f"import os\nos.system('touch ' + {str(tmp_path / 'a')!r})"
    (tmp_path / "mine").mkdir()
    confined(lines, tmp_path / "mine")
    assert not (tmp_path / "a").exists()


def test_rights_are_only_given_up_while_there_is_one_thread(tmp_path, can_confine):
    lines = (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(5,), daemon=True).start()\n"
        f"confine([Path({str(tmp_path)!r})])"
    )
    assert "AssertionError" in confined(lines, tmp_path).stderr


def test_a_program_inside_another_model_is_refused_in_an_open_worker(deployed, monkeypatch):
    trust(deployed)
    monkeypatch.setenv("DESIGNER_APP_WORKER", "open")
    with pytest.raises(UnsafeFileError):
        load_potential("script", str(deployed))


def test_a_confined_process_still_reads(tmp_path, can_confine):
    done = confined(f"print(len(Path({__file__!r}).read_text()))", tmp_path)
    assert int(done.stdout) > 0


@pytest.mark.skipif(sys.platform.startswith("linux"), reason="Linux takes rights away")
def test_other_systems_say_that_nothing_is_taken_away():
    assert confine([]) == ""
