import warnings

import numpy as np
import pytest
import torch

from designer_app.errors import FileUnreadableError, InvalidSpecError
from designer_app.jobs import convert
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials import load_potential
from designer_app.running.control import RunControl
from designer_app.specs.convert import ConvertSpec
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of a torch function it still calls
    from torch_geometric.nn.models import SchNet as PyGSchNet

WATER = Structure(
    np.array([8, 1, 1]),
    np.array([[0.0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]),
    np.zeros((3, 3)),
    (False, False, False),
)


def all_pairs(positions, _batch):
    """Every atom of a small molecule sees every other."""
    first, second = (~torch.eye(len(positions), dtype=torch.bool)).nonzero().T
    return torch.stack([first, second]), (positions[first] - positions[second]).norm(dim=1)


@pytest.fixture
def pyg():
    torch.manual_seed(0)
    return PyGSchNet(16, 16, 2, 12, cutoff=4.0, interaction_graph=all_pairs)


def test_weights_of_another_program_become_a_potential(tmp_path, pyg):
    torch.save({"epoch": 3, "state_dict": pyg.state_dict()}, tmp_path / "best.pt")
    spec = ConvertSpec(path=tmp_path / "best.pt", out=tmp_path / "out", elements=("O", "H"))
    told = convert.run(spec, RunControl())
    assert told["elements"] == ["H", "O"]
    potential = load_potential("schnet", str(tmp_path / "out"))
    state = state_from_structures([WATER], torch.device("cpu"))
    said = potential.predict(state, build_neighbors(state, potential.cutoff, half=False))
    numbers, positions = torch.from_numpy(WATER.numbers.copy()), state.positions.float()
    known = pyg(numbers, positions).detach()
    assert float(said.energy) == pytest.approx(float(known), abs=1e-5)


def test_a_whole_pickled_model_gives_its_weights(tmp_path, pyg):
    torch.save(pyg, tmp_path / "model.pt")
    spec = ConvertSpec(path=tmp_path / "model.pt", out=tmp_path / "out", elements=("H",), unit="Ha")
    told = convert.run(spec, RunControl())
    assert any("SchNet" in name for name in told["classes_not_run"])
    assert told["family"] == "schnet"


def test_the_elements_must_be_named(tmp_path, pyg):
    torch.save(pyg.state_dict(), tmp_path / "best.pt")
    spec = ConvertSpec(path=tmp_path / "best.pt", out=tmp_path / "out")
    with pytest.raises(InvalidSpecError, match="elements"):
        convert.run(spec, RunControl())
    assert not (tmp_path / "out").exists()


def test_what_is_no_element_is_told_before_the_file_is_opened(tmp_path):
    spec = ConvertSpec(path=tmp_path / "nowhere.pt", out=tmp_path / "out", elements=("H", "Xx"))
    with pytest.raises(InvalidSpecError, match="Xx is no element"):
        convert.run(spec, RunControl())


def test_unknown_weights_are_told_apart(tmp_path):
    torch.save(torch.nn.Linear(3, 3).state_dict(), tmp_path / "best.pt")
    spec = ConvertSpec(path=tmp_path / "best.pt", out=tmp_path / "out", elements=("H",))
    with pytest.raises(FileUnreadableError, match="SchNet"):
        convert.run(spec, RunControl())


@pytest.mark.parametrize(("mean", "is_taken"), [(0.0, True), (-0.7, False)])
def test_normalizers_of_fairchem_are_kept_or_refused(tmp_path, mean, is_taken):
    from designer_app.potentials.foreign import _target_width

    spec = ConvertSpec(path=tmp_path / "best.pt", out=tmp_path / "out", elements=("H",))
    told = {"normalizers": {"target": {"mean": mean, "std": 2.887}}}
    if is_taken:
        assert _target_width(told, spec) == 2.887
        assert _target_width({}, spec) == 1.0
    else:
        with pytest.raises(FileUnreadableError, match="mean"):
            _target_width(told, spec)
