"""The parameters of a CHGNet, read from a file in the layout of the `chgnet` package."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from designer_app.errors import InvalidSpecError, ModelUnreadableError
from designer_app.provenance import sha256_of
from designer_app.weights.packaged import CHGNET_WEIGHTS
from designer_app.weights.reading import read_tensors

WIDTH = 64
"""Features of an atom, a bond, an angle and of every hidden layer."""

N_ELEMENTS = 94
"""Elements up to plutonium have parameters."""

_EXPECTED_ARGUMENTS: dict[str, object] = {
    "atom_fea_dim": WIDTH,
    "bond_fea_dim": WIDTH,
    "angle_fea_dim": WIDTH,
    "atom_conv_hidden_dim": WIDTH,
    "bond_conv_hidden_dim": WIDTH,
    "angle_layer_hidden_dim": 0,
    "num_radial": 31,
    "num_angular": 31,
    "update_bond": True,
    "update_angle": True,
    "mlp_first": True,
    "is_intensive": True,
    "non_linearity": "silu",
    "gMLP_norm": "layer",
    "readout_norm": "layer",
}
"""Arguments of the architecture that 0.3.0 and r2SCAN share; others would be another network."""


@dataclass(frozen=True, eq=False)
class CHGNetWeights:
    """Parameters as they were trained, on the host, with the settings that are no tensors."""

    tensors: dict[str, Tensor]
    n_layers: int
    """Atom convolutions; bond convolutions and angle updates are one fewer."""
    atom_cutoff: float
    """A."""
    bond_cutoff: float
    """A; bonds shorter than this carry angles."""
    envelope_power: int
    sha256: str

    def double(self, name: str) -> Tensor:
        """A parameter in double precision, so that products of parameters round once."""
        return self.tensors[name].to(torch.float64)


def read_weights(model: str) -> CHGNetWeights:
    """Weights of a packaged model ("0.3.0", "r2scan") or of a file of the same layout."""
    if model in CHGNET_WEIGHTS:
        packaged = CHGNET_WEIGHTS[model]
        path, sha256 = packaged.path(), packaged.sha256
        return weights_from_checkpoint(read_tensors(path, sha256), path, sha256)
    path = Path(model).expanduser()
    if not path.is_file():
        choices = ", ".join(CHGNET_WEIGHTS)
        raise InvalidSpecError("model", model, f"choose {choices}, or name a weights file")
    return weights_from_checkpoint(read_tensors(path), path, sha256_of(path))


def weights_from_checkpoint(checkpoint: dict[str, Any], path: Path, sha256: str) -> CHGNetWeights:
    """Weights of a checkpoint dictionary; raises where it is another architecture."""
    model = checkpoint.get("model")
    model = model if isinstance(model, dict) else {}
    tensors, arguments = model.get("state_dict"), model.get("model_args")
    if not isinstance(tensors, dict) or not isinstance(arguments, dict):
        raise ModelUnreadableError(str(path), "no CHGNet weights in it")
    for name, expected in _EXPECTED_ARGUMENTS.items():
        if arguments.get(name) != expected:
            reason = f"{name} is {arguments.get(name)}, the program computes only {expected}"
            raise InvalidSpecError("model", str(path), reason)
    if any(".mlp_out.layers.1.bias" in name for name in tensors):
        # 0.2.0 had this bias; it shifts energies by the number of neighbours
        raise InvalidSpecError("model", str(path), "CHGNet before 0.3.0 is not supported")
    return CHGNetWeights(
        tensors=tensors,
        n_layers=int(arguments["n_conv"]),
        atom_cutoff=float(arguments["atom_graph_cutoff"]),
        bond_cutoff=float(arguments["bond_graph_cutoff"]),
        envelope_power=int(arguments["cutoff_coeff"]),
        sha256=sha256,
    )
