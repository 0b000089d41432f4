"""Models that are programs: TorchScript files with the interface of NequIP and Allegro.

Such a file (`nequip-deploy`, versions 0.5 and 0.6) is called with a dictionary of `pos` (n, 3) A,
`edge_index` (2, m), `edge_cell_shift` (m, 3), `cell` (3, 3) A and `atom_types` (n,), answers with
`total_energy` eV, `forces` eV/A and, where it was trained for it, `stress` eV/A^3, and tells its
cutoff `r_max` and its `type_names` beside its code. It is run only where the user allowed this very
file; its code is not ours, so restarts are not bitwise.
"""

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from designer_app.device import Compute
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import (
    CannotProvideError,
    InvalidSpecError,
    ModelUnreadableError,
    UnsafeFileError,
)
from designer_app.io.model_files import sniff_model
from designer_app.io.trusted_code import check_trusted
from designer_app.neighbors.pairs import NeighborList, pair_vectors
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential, Prediction
from designer_app.running.sandbox import WORKER
from designer_app.state import AtomicState, compute_device, set_threads

_TOLD = ("r_max", "type_names")


def load(model: str, compute: Compute) -> "ScriptPotential":
    """The model in a TorchScript file. Raises `CodeNotTrustedError` where it may not run."""
    if not model:
        raise InvalidSpecError("model", model, "name a TorchScript file", "Model")
    path = Path(model).expanduser()
    file = sniff_model(path)
    if file.kind != "torchscript":
        raise ModelUnreadableError(model, f"it is {file.words}, not a TorchScript program")
    if os.environ.get(WORKER) == "open":
        raise UnsafeFileError(model, "it is a program inside of another model; choose it by itself")
    content = path.read_bytes()
    sha256 = check_trusted(file, content)
    device = compute_device(compute)
    set_threads(compute)
    told: dict[str, Any] = dict.fromkeys(_TOLD, "")
    try:
        script = torch.jit.load(io.BytesIO(content), map_location=device, _extra_files=told)
    except RuntimeError as error:
        raise ModelUnreadableError(model, "PyTorch cannot load this TorchScript program") from error
    return ScriptPotential(script.eval(), _texts(told), path.name, sha256, device)


def _texts(told: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each)
        for name, each in told.items()
    }


class ScriptPotential(Potential):
    """A TorchScript model behind the interface of NequIP's deployed files."""

    key: ClassVar[str] = "script"
    gives: ClassVar[frozenset[str]] = frozenset({"energy", "forces", "stress"})
    half_list: ClassVar[bool] = False
    native: ClassVar[bool] = False

    def __init__(
        self,
        script: Any,
        told: Mapping[str, str],
        name: str,
        sha256: str,
        device: torch.device,
    ) -> None:
        try:
            cutoff = float(told["r_max"])
            symbols = told["type_names"].split()
            numbers = [ATOMIC_NUMBERS[symbol] for symbol in symbols]
        except (ValueError, KeyError) as error:
            reason = "it does not tell cutoff and elements as the files of nequip-deploy do"
            raise ModelUnreadableError(name, reason) from error
        super().__init__(
            model=name,
            model_sha256=sha256,
            cutoff=cutoff,
            elements=frozenset(numbers),
            device=device,
        )
        self._script = script
        self._type_of = torch.full((max(ATOMIC_NUMBERS.values()) + 1,), -1, device=device)
        self._type_of[numbers] = torch.arange(len(numbers), device=device)

    def predict(
        self, state: AtomicState, neighbors: NeighborList, want: frozenset[str] = ENERGY_AND_FORCES
    ) -> Prediction:
        """Each structure of the batch on its own, as the file takes them."""
        self.check(state, want)
        vectors = pair_vectors(state, neighbors).detach()
        near = vectors.square().sum(dim=1) < self.cutoff**2
        system = state.system_idx[neighbors.first]
        answers = []
        starts = torch.cumsum(state.atoms_per_system, 0) - state.atoms_per_system
        for index in range(state.n_systems):
            atoms = state.system_idx == index
            pairs = near & (system == index)
            edges = torch.stack([neighbors.first[pairs], neighbors.second[pairs]]) - starts[index]
            answers.append(self._answer(state, index, atoms, edges, neighbors.shifts[pairs]))
        kind = state.dtype

        def joined(name: str) -> Tensor:
            if any(name not in answer for answer in answers):
                raise CannotProvideError(f"{self.key} {self.model}", name)
            return torch.cat([answer[name].detach().to(kind) for answer in answers])

        return Prediction(
            energy=joined("total_energy").reshape(-1),
            forces=joined("forces") if "forces" in want else None,
            stress=joined("stress").reshape(-1, 3, 3) if "stress" in want else None,
        )

    def _answer(
        self, state: AtomicState, index: int, atoms: Tensor, edges: Tensor, shifts: Tensor
    ) -> dict[str, Tensor]:
        kind = torch.get_default_dtype()
        given = {
            "pos": state.positions[atoms].to(kind),
            "edge_index": edges,
            "edge_cell_shift": shifts.to(kind),
            "cell": state.cell[index].to(kind),
            "pbc": state.pbc[index],
            "atom_types": self._type_of[state.numbers[atoms]],
        }
        found: dict[str, Tensor] = self._script(given)
        return found
