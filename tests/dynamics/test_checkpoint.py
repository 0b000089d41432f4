import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from designer_app.dynamics.checkpoint import (
    NAMES,
    Checkpoint,
    has_checkpoint,
    newest_checkpoint,
    structure_sha256,
    write_checkpoint,
)
from designer_app.dynamics.ensembles import integrator_for
from designer_app.dynamics.simulation import ForceField, begin, start_state
from designer_app.errors import ResumeError
from designer_app.specs.md import MDSpec
from designer_app.state import state_from_structures

CPU = torch.device("cpu")


@pytest.fixture
def checkpoint(chain, springs):
    def make(step=0):
        integrator = integrator_for(MDSpec(ensemble="npt-mtk"))
        evaluate = ForceField(springs, integrator.wants)
        state = start_state(state_from_structures([chain()], CPU), 300.0, 0)
        state = begin(state, integrator, evaluate)
        return Checkpoint.of(type(state)(**{**vars(state), "step": step}), evaluate, {"told": step})

    return make


def test_everything_comes_back_to_the_last_bit(checkpoint, tmp_path):
    written = checkpoint(7)
    write_checkpoint(tmp_path, written)
    read = newest_checkpoint(tmp_path, CPU)
    for name, value in vars(written.state).items():
        other = getattr(read.state, name)
        if name == "extended":
            assert value.keys() == other.keys()
            assert all(torch.equal(value[key], other[key]) for key in value)
        else:
            assert torch.equal(value, other) if isinstance(value, torch.Tensor) else value == other
    assert torch.equal(written.reference.positions, read.reference.positions)
    assert (read.facts["told"], read.skin) == (7, written.skin)


def test_two_files_take_turns_and_the_newest_is_read(checkpoint, tmp_path):
    places = [write_checkpoint(tmp_path, checkpoint(step)).name for step in (0, 1, 2, 3)]
    assert places == [*NAMES, *NAMES]
    assert newest_checkpoint(tmp_path, CPU).state.step == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(NAMES)


def test_nothing_but_rubbish_is_no_checkpoint(tmp_path):
    (tmp_path / NAMES[0]).write_bytes(b"rubbish")
    assert not has_checkpoint(tmp_path)
    with pytest.raises(ResumeError):
        newest_checkpoint(tmp_path, CPU)


def test_a_newer_format_is_refused(checkpoint, tmp_path):
    path = write_checkpoint(tmp_path, checkpoint())
    with safe_open(path, framework="pt") as file:
        facts = json.loads(file.metadata()["designer_app"]) | {"format": 99}
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    save_file(tensors, path, {"designer_app": json.dumps(facts)})
    with pytest.raises(ResumeError, match="newer"):
        newest_checkpoint(tmp_path, CPU)


def test_the_hash_tells_structures_apart(chain):
    assert structure_sha256(chain()) == structure_sha256(chain())
    others = {structure_sha256(chain(n)) for n in (7, 8, 9)}
    assert len(others) == 3
