"""The parameters of CHGNet in the form in which they are applied: multiplied out and folded.

A layer on concatenated features, W [v_i, e_ij, v_j] + b, is W_i v_i + W_e e_ij + W_j v_j + b, so
each part is applied once per atom or bond and gathered per edge. Products of fixed matrices are
formed once, in double precision. Layer normalisation subtracts a row's mean; where its input is
linear, that mean is folded into the matrix.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from designer_app.potentials.chgnet.weights import WIDTH, CHGNetWeights

N_BASIS = 32
"""Basis functions with one column of zeros: 31 are trained, 32 fill the vector registers."""


@dataclass(frozen=True, eq=False)
class Gate:
    """silu(LN(core + b)) sigmoid(LN(gate + b)) of rows of 2 x 64."""

    bias: Tensor
    """(2, 64)."""
    gamma: Tensor
    """(2, 64)."""
    beta: Tensor
    """(2, 64)."""


@dataclass(frozen=True, eq=False)
class PairConvolution:
    """Messages between two ends of a pair: two atoms of a bond, or two bonds of an angle."""

    first: Tensor
    """(64, 128): features of the receiving end."""
    second: Tensor
    """(64, 128): features of the other end."""
    center: Tensor | None
    """(64, 128): features of the atom between two bonds."""
    edge: Tensor
    """(64, 128): features of the pair itself."""
    edge_basis: Tensor
    """(32, 128): basis functions of the pair, through its embedding."""
    bias: Tensor
    """(128,)."""
    hidden: Tensor
    """(2, 64, 64): second layer of core and gate, row means folded away."""
    gate: Gate
    out: Tensor
    """(64, 64)."""


@dataclass(frozen=True, eq=False)
class AngleUpdate:
    """New features of angles from their bonds, their atom and themselves; one layer, no sum."""

    first: Tensor
    second: Tensor
    center: Tensor
    edge: Tensor
    edge_basis: Tensor
    gate: Gate


@dataclass(frozen=True, eq=False)
class Readout:
    """Energy of an atom from its features: layer norm, then 64-64-64-64-1 with silu between."""

    gamma: Tensor
    beta: Tensor
    layers: tuple[tuple[Tensor, Tensor], ...]
    """(weight (in, out), bias) in order."""


@dataclass(frozen=True, eq=False)
class Network:
    """All of CHGNet's parameters on one device in one number type."""

    atoms: Tensor
    """(95, 64): initial features by atomic number; row 0 is empty."""
    reference: Tensor
    """(95,): energy of an element's atom before the network speaks, eV; trained in single."""
    bond_frequencies: Tensor
    short_frequencies: Tensor
    angle_frequencies: Tensor
    bond_embedding: Tensor
    """(32, 64)."""
    atom_weights: Tensor
    """(32, 64): smooth weight of a bond in the sum over neighbours."""
    bond_weights: Tensor
    """(32, 64): smooth weight of a short bond in the sum over angles."""
    angle_embedding: Tensor
    """(32, 64)."""
    atom_convolutions: tuple[PairConvolution, ...]
    bond_convolutions: tuple[PairConvolution, ...]
    angle_updates: tuple[AngleUpdate, ...]
    """One fewer than bond convolutions: the last has no way into the energy."""
    readout: Readout
    magmom: tuple[Tensor, Tensor]
    """(64, 1) and (1,)."""


def _matrix(weights: CHGNetWeights, name: str) -> Tensor:
    """A weight as (in, out)."""
    return weights.double(name).T


def _padded(matrix: Tensor) -> Tensor:
    return torch.nn.functional.pad(matrix, (0, 0, 0, N_BASIS - matrix.shape[0]))


def _centered(tensor: Tensor) -> Tensor:
    """Without the mean of each row of 64 outputs, which layer normalisation removes anyway."""
    halves = tensor.reshape(*tensor.shape[:-1], -1, WIDTH)
    return (halves - halves.mean(dim=-1, keepdim=True)).reshape(tensor.shape)


def _both(weights: CHGNetWeights, prefix: str, layer: int) -> tuple[Tensor, Tensor]:
    """First layers of core and gate side by side: weight (in, 128), bias (128,)."""
    names = [f"{prefix}.mlp_{part}.layers.{layer}" for part in ("core", "gate")]
    matrix = torch.cat([_matrix(weights, f"{name}.weight") for name in names], dim=1)
    return matrix, torch.cat([weights.double(f"{name}.bias") for name in names])


def _gate(weights: CHGNetWeights, prefix: str, bias: Tensor) -> Gate:
    norms = [(f"{prefix}.{norm}.weight", f"{prefix}.{norm}.bias") for norm in ("bn1", "bn2")]
    return Gate(
        bias=_centered(bias).reshape(2, WIDTH),
        gamma=torch.stack([weights.double(gamma) for gamma, _ in norms]),
        beta=torch.stack([weights.double(beta) for _, beta in norms]),
    )


def _convolution(
    weights: CHGNetWeights, prefix: str, block: str, embedding: Tensor
) -> PairConvolution:
    matrix, bias = _both(weights, f"{prefix}.{block}", 0)
    parts = matrix.split(WIDTH)
    if block == "twoBody_atom":  # concatenated as center, bond, neighbour
        (first, edge, second), center = parts, None
    else:  # bond, other bond, angle, center
        first, second, edge, center = parts
    hidden, hidden_bias = _both(weights, f"{prefix}.{block}", 3)
    return PairConvolution(
        first=first,
        second=second,
        center=center,
        edge=edge,
        edge_basis=embedding @ edge,
        bias=bias,
        hidden=torch.stack(_centered(hidden).split(WIDTH, dim=1)),
        gate=_gate(weights, f"{prefix}.{block}", hidden_bias),
        out=_matrix(weights, f"{prefix}.mlp_out.layers.1.weight"),
    )


def _angle_update(weights: CHGNetWeights, prefix: str, embedding: Tensor) -> AngleUpdate:
    matrix, bias = _both(weights, f"{prefix}.twoBody_bond", 1)
    first, second, edge, center = _centered(matrix).split(WIDTH)
    return AngleUpdate(
        first=first,
        second=second,
        center=center,
        edge=edge,
        edge_basis=embedding @ edge,
        gate=_gate(weights, f"{prefix}.twoBody_bond", bias),
    )


def _readout(weights: CHGNetWeights) -> Readout:
    names = sorted(
        {name.rsplit(".", 1)[0] for name in weights.tensors if name.startswith("mlp.layers.")},
        key=lambda name: int(name.rsplit(".", 1)[1]),
    )
    return Readout(
        gamma=weights.double("readout_norm.weight"),
        beta=weights.double("readout_norm.bias"),
        layers=tuple(
            (_matrix(weights, f"{name}.weight"), weights.double(f"{name}.bias")) for name in names
        ),
    )


def network_from_weights(
    weights: CHGNetWeights, device: torch.device, dtype: torch.dtype
) -> Network:
    """The network of a set of weights, folded in double precision, then cast."""
    bond_embedding = _padded(_matrix(weights, "bond_embedding.weight"))
    angle_embedding = _padded(_matrix(weights, "angle_embedding.weight"))
    rbf = "bond_basis_expansion.rbf_expansion"
    unlabelled = torch.zeros(1, WIDTH, dtype=torch.float64)
    reference = weights.double("composition_model.fc.weight").flatten()
    network = Network(
        atoms=torch.cat([unlabelled, weights.double("atom_embedding.embedding.weight")]),
        reference=torch.cat([torch.zeros(1, dtype=torch.float64), reference]),
        bond_frequencies=weights.double(f"{rbf}_ag.frequencies"),
        short_frequencies=weights.double(f"{rbf}_bg.frequencies"),
        angle_frequencies=weights.double("angle_basis_expansion.fourier_expansion.frequencies"),
        bond_embedding=bond_embedding,
        atom_weights=_padded(_matrix(weights, "bond_weights_ag.weight")),
        bond_weights=_padded(_matrix(weights, "bond_weights_bg.weight")),
        angle_embedding=angle_embedding,
        atom_convolutions=tuple(
            _convolution(weights, f"atom_conv_layers.{k}", "twoBody_atom", bond_embedding)
            for k in range(weights.n_layers)
        ),
        bond_convolutions=tuple(
            _convolution(weights, f"bond_conv_layers.{k}", "twoBody_bond", angle_embedding)
            for k in range(weights.n_layers - 1)
        ),
        angle_updates=tuple(
            _angle_update(weights, f"angle_layers.{k}", angle_embedding)
            for k in range(weights.n_layers - 2)
        ),
        readout=_readout(weights),
        magmom=(_matrix(weights, "site_wise.weight"), weights.double("site_wise.bias")),
    )
    return _cast(network, device, dtype)


def _cast(part: Any, device: torch.device, dtype: torch.dtype) -> Any:
    """A copy of a nest of dataclasses, tuples and tensors on a device."""
    if isinstance(part, Tensor):
        return part.to(device=device, dtype=dtype).contiguous()
    if isinstance(part, tuple):
        return tuple(_cast(item, device, dtype) for item in part)
    if part is None:
        return None
    return type(part)(**{name: _cast(item, device, dtype) for name, item in vars(part).items()})
