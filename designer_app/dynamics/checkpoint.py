"""Exact restart files: all that the next step depends on, in two files that take turns.

Decision: tensors as safetensors, facts as JSON in its header, so that nothing in a file can run
code. Each file is written beside and put in place, so one whole checkpoint is there at any moment.

A restart is bitwise where potential, device, threads and kernels are the same, because the next
step depends on nothing but: positions, momenta, cell; energy, forces, stress (not computed again);
thermostat and barostat variables; the generator; and the pair list, whose order, and with it every
rounding, follows from the positions and cell at which it was built.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from designer_app.dynamics.simulation import ForceField
from designer_app.errors import ResumeError
from designer_app.io.atomic_write import atomic_write
from designer_app.neighbors.verlet import VerletList
from designer_app.specs.structure import Structure
from designer_app.state import AtomicState, MDState

FORMAT = 1
"""Version of the file format."""
NAMES = ("checkpoint-a.safetensors", "checkpoint-b.safetensors")
_FIELDS = (
    "numbers",
    "positions",
    "cell",
    "pbc",
    "system_idx",
    "masses",
    "fixed",
    "momenta",
    "energy",
    "forces",
    "stress",
    "rng",
)
_EXTENDED = "extended."
_REFERENCE = "reference."


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A moment of a run from which it can go on."""

    state: MDState
    reference: AtomicState | None
    """Atoms and cell at which the pair list was built."""
    skin: float
    facts: dict[str, Any] = field(default_factory=dict)
    """Plain data: what made the run, for whoever decides whether it may go on."""

    @classmethod
    def of(cls, state: MDState, evaluate: ForceField, facts: dict[str, Any]) -> "Checkpoint":
        """The checkpoint of a running simulation."""
        neighbors = evaluate.neighbors
        return cls(state, neighbors.reference, neighbors.skin, facts)

    def neighbors(self, cutoff: float, *, half: bool) -> VerletList | None:
        """The pair list as it was; None where none had been built."""
        if self.reference is None:
            return None
        return VerletList.restored(cutoff, self.skin, half=half, reference=self.reference)


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Put a checkpoint in place of the older of the two in a folder; the path it got.

    Raises `WriteFailedError` with both old files as they were.
    """
    state = checkpoint.state
    tensors = {name: value for name in _FIELDS if (value := getattr(state, name, None)) is not None}
    tensors |= {_EXTENDED + name: value for name, value in state.extended.items()}
    if checkpoint.reference is not None:
        tensors[_REFERENCE + "positions"] = checkpoint.reference.positions
        tensors[_REFERENCE + "cell"] = checkpoint.reference.cell
    facts = {
        **checkpoint.facts,
        "format": FORMAT,
        "step": state.step,
        "skin": checkpoint.skin,
    }
    # A copy each: safetensors refuses tensors that share memory.
    content = save(
        {name: value.detach().cpu().clone() for name, value in tensors.items()},
        {"designer_app": json.dumps(facts)},
    )
    steps = {name: _step_in(folder / name) for name in NAMES}
    path = folder / min(NAMES, key=lambda name: steps[name])
    atomic_write(path, content, backup=False)
    return path


def has_checkpoint(folder: Path) -> bool:
    """Whether a run in this folder can go on."""
    return any(_step_in(folder / name) >= 0 for name in NAMES)


def nothing_to_resume(folder: Path) -> ResumeError:
    """Why no run in this folder can go on."""
    are_there = any((folder / name).exists() for name in NAMES)
    reason = "its checkpoints are damaged" if are_there else "there is no checkpoint in it"
    return ResumeError(str(folder), reason)


def newest_checkpoint(folder: Path, device: torch.device) -> Checkpoint:
    """The newest whole checkpoint of a folder, on a device; raises `ResumeError` without one."""
    steps = {name: _step_in(folder / name) for name in NAMES}
    name = max(NAMES, key=lambda each: steps[each])
    if steps[name] < 0:
        raise nothing_to_resume(folder)
    with safe_open(folder / name, framework="pt") as file:
        facts = json.loads(file.metadata()["designer_app"])
        if facts["format"] > FORMAT:
            raise ResumeError(str(folder), "it was written by a newer version of the program")
        # A copy each: what is mapped from a file is not aligned as torch's own memory is, and
        # alignment decides how sums are vectorised.
        tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118
    rng = tensors.pop("rng")
    there = {key: value.to(device) for key, value in tensors.items()}
    state = MDState(
        **{key: there.get(key) for key in _FIELDS if key != "rng"},  # type: ignore[arg-type]
        rng=rng,
        step=facts["step"],
        extended={
            key.removeprefix(_EXTENDED): value
            for key, value in there.items()
            if key.startswith(_EXTENDED)
        },
    )
    return Checkpoint(state, _reference(state, there), facts["skin"], facts)


def structure_sha256(structure: Structure) -> str:
    """A hash of the atoms a run starts from."""
    digest = hashlib.sha256()
    arrays = (
        structure.numbers,
        structure.positions,
        structure.cell,
        structure.velocities,
        structure.fixed,
        structure.masses,
    )
    for array in arrays:
        digest.update(b"-" if array is None else array.tobytes())
    digest.update(bytes(structure.pbc))
    return digest.hexdigest()


def _reference(state: MDState, tensors: dict[str, Tensor]) -> AtomicState | None:
    if _REFERENCE + "positions" not in tensors:
        return None
    return state.moved(tensors[_REFERENCE + "positions"], tensors[_REFERENCE + "cell"])


def _step_in(path: Path) -> int:
    """Step of a checkpoint file; -1 where it is missing or not whole."""
    try:
        with safe_open(path, framework="pt") as file:
            return int(json.loads(file.metadata()["designer_app"])["step"])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return -1
