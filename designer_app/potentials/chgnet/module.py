"""CHGNet as a module that learns: the arithmetic of `forward`, differentiable twice.

Its parameters are those of the `chgnet` package by their own names. Each pass folds them as
`network` does, so that gradients reach them through the folding, and then works on whole arrays:
torch's autograd writes the gradients, of forces by the weights too, which the hand-written
`backward` does not know. What it learns runs in the fast `CHGNetPotential`, not here.
"""

import math
from dataclasses import replace

import torch
from torch import Tensor, nn

from designer_app.nn.edges import EdgeGraph
from designer_app.nn.silu import silu
from designer_app.potentials.chgnet.forward import site_energies
from designer_app.potentials.chgnet.graph import Angles, Bonds, Pairs, angle_geometry, angles_of
from designer_app.potentials.chgnet.learning_gate import gated
from designer_app.potentials.chgnet.network import (
    N_BASIS,
    AngleUpdate,
    Network,
    PairConvolution,
    network_from_weights,
)
from designer_app.potentials.chgnet.weights import WIDTH, CHGNetWeights, read_weights
from designer_app.potentials.network import EnergyNetwork
from designer_app.specs.networks import CHGNetTuning

REFERENCES = "composition_model.fc.weight"
"""Energies of the elements' atoms before the network speaks; a fit of compositions, not learned."""
_MAGMOM = "site_wise."
_UNUSED = "angle_layers.{}."
"""The last angle update has no way into the energy."""


class CHGNetModule(EnergyNetwork):
    """Site energies in eV without the references of the elements."""

    def __init__(self, settings: CHGNetTuning) -> None:
        super().__init__()
        self.settings = settings
        self._start = read_weights(settings.start)
        self.cutoff = self._start.atom_cutoff
        self._names = tuple(self._start.tensors)
        for name, tensor in self._start.tensors.items():
            _plant(self, name, tensor.clone(), requires_grad=self._learns(name))

    def _learns(self, name: str) -> bool:
        last = self._start.n_layers - 1
        if name == REFERENCES or name.startswith((_MAGMOM, _UNUSED.format(last - 1))):
            return False
        own = (f"atom_conv_layers.{last}.", "readout_norm.", "mlp.")
        return not self.settings.freeze or name.startswith(own)

    @property
    def references(self) -> Tensor:
        """(94,) eV, from hydrogen on."""
        return self._start.double(REFERENCES).flatten()

    def weights(self) -> CHGNetWeights:
        """Its present parameters in the layout of the package."""
        return replace(self._start, tensors=self.state_dict(keep_vars=True))

    def features(self, graph: EdgeGraph) -> Tensor:
        """(n_atoms, 64) what the readout turns into energies."""
        return self._states(graph)[1]

    def forward(self, graph: EdgeGraph) -> Tensor:
        """(n_atoms,) eV."""
        network, v = self._states(graph)
        return site_energies(network.readout, v)

    def _states(self, graph: EdgeGraph) -> tuple[Network, Tensor]:
        dtype = graph.vectors.dtype
        network = network_from_weights(self.weights(), graph.vectors.device, dtype)
        return network, _states(network, self._start, graph)


def _plant(module: nn.Module, name: str, tensor: Tensor, *, requires_grad: bool) -> None:
    """Register a parameter under a dotted name, with the modules on the way to it."""
    *way, leaf = name.split(".")
    for part in way:
        if not hasattr(module, part):
            module.add_module(part, nn.Module())
        module = getattr(module, part)
    module.register_parameter(leaf, nn.Parameter(tensor, requires_grad=requires_grad))


def _states(network: Network, weights: CHGNetWeights, graph: EdgeGraph) -> Tensor:
    """Features of the atoms after the last convolution."""
    bonds = _bonds(graph, weights.bond_cutoff)
    power = weights.envelope_power
    basis = _radial(bonds.lengths, network.bond_frequencies, weights.atom_cutoff, power)
    v = network.atoms[graph.numbers]
    angles = angles_of(bonds)
    if not len(angles.edges):
        angles = None
    e = a = first = smooth = angular = v.new_zeros(0)
    if angles is not None:
        short = _radial(
            bonds.lengths[bonds.short], network.short_frequencies, weights.bond_cutoff, power
        )
        smooth = short @ network.bond_weights
        first = e = basis[bonds.short] @ network.bond_embedding
        angular = _angular(angle_geometry(bonds, angles).angles, network.angle_frequencies)
        a = (angular @ network.angle_embedding).expand(2, -1, -1)
    bond_smooth = basis @ network.atom_weights
    last = len(network.atom_convolutions) - 1
    for number, layer in enumerate(network.atom_convolutions):
        x = basis @ layer.edge_basis
        if number and angles is not None:  # long bonds never change
            x = x.index_add(0, bonds.short, (e - first) @ layer.edge)
        v = v + _atom_sums(layer, v, x, bonds, bond_smooth) @ layer.out
        if angles is None or number == last:
            continue
        convolution = network.bond_convolutions[number]
        x = a @ convolution.edge if number else angular @ convolution.edge_basis
        e = e + _bond_sums(convolution, v, e, x, angles, smooth) @ convolution.out
        if number < len(network.angle_updates):
            update = network.angle_updates[number]
            x = a @ update.edge if number else angular @ update.edge_basis
            h = _gathered(*_edge_tables(update, v, e, angles), angles.edges) + x
            core_and_gate = h.unflatten(-1, (2, WIDTH)).movedim(-2, 0)
            a = a + gated(core_and_gate, update.gate)
    return v


def _bonds(graph: EdgeGraph, short_cutoff: float) -> Bonds:
    """Every pair once; its vector is that of one of its two edges."""
    places = torch.arange(graph.n_edges, device=graph.reverse.device)
    once = (places < graph.reverse).nonzero().squeeze(1)
    vectors = graph.vectors[once]
    lengths = vectors.square().sum(dim=1).sqrt()
    short = (lengths.detach() < short_cutoff).nonzero().squeeze(1)
    return Bonds(
        atoms=Pairs(graph.first[once], graph.second[once], graph.n_atoms),
        vectors=vectors,
        lengths=lengths,
        short=short,
        short_in_list=short,
    )


def _radial(lengths: Tensor, frequencies: Tensor, cutoff: float, p: int) -> Tensor:
    """See `basis.radial_basis`; nothing is written in place."""
    x = lengths / cutoff
    a, b, c = -(p + 1) * (p + 2) / 2, p * (p + 2), -p * (p + 1) / 2
    envelope = (1 + x**p * (a + x * (b + x * c))) * (x < 1)
    waves = torch.outer(lengths, frequencies / cutoff).sin()
    functions = waves * (math.sqrt(2 / cutoff) * envelope / lengths)[:, None]
    return nn.functional.pad(functions, (0, N_BASIS - functions.shape[1]))


def _angular(angles: Tensor, frequencies: Tensor) -> Tensor:
    """See `basis.angular_basis`."""
    phases = torch.outer(angles, frequencies)
    constant = torch.full_like(angles, math.sqrt(0.5))[:, None]
    functions = torch.cat([constant, phases.sin(), phases.cos()], dim=1) / math.sqrt(math.pi)
    return nn.functional.pad(functions, (0, N_BASIS - functions.shape[1]))


def _gathered(first: Tensor, second: Tensor, pairs: Pairs) -> Tensor:
    """(2, n_pairs, 128) sums for the two messages of each pair: to its first end, to its second."""
    forth = first.index_select(0, pairs.first) + second.index_select(0, pairs.second)
    back = first.index_select(0, pairs.second) + second.index_select(0, pairs.first)
    return torch.stack([forth, back])


def _atom_sums(
    layer: PairConvolution, v: Tensor, x: Tensor, bonds: Bonds, smooth: Tensor
) -> Tensor:
    """Sum of the weighted messages to each atom."""
    h = _gathered(v @ layer.first + layer.bias, v @ layer.second, bonds.atoms) + x
    forth, back = (_message(layer, h) * smooth).unbind()
    sums = torch.zeros_like(v)
    return sums.index_add(0, bonds.atoms.first, forth).index_add(0, bonds.atoms.second, back)


def _bond_sums(
    layer: PairConvolution, v: Tensor, e: Tensor, x: Tensor, angles: Angles, smooth: Tensor
) -> Tensor:
    """Sum of the weighted messages to each short bond, from both its ends."""
    pairs, n_short = angles.edges, len(e)
    h = _gathered(*_edge_tables(layer, v, e, angles, layer.bias), pairs) + x
    forth, back = _message(layer, h).unbind()
    to_first, to_second = pairs.first % n_short, pairs.second % n_short
    forth, back = forth * smooth[to_second], back * smooth[to_first]
    sums = torch.zeros_like(e).index_add(0, to_first, forth).index_add(0, to_second, back)
    return sums * smooth


def _edge_tables(
    layer: PairConvolution | AngleUpdate,
    v: Tensor,
    e: Tensor,
    angles: Angles,
    bias: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Products of directed short bonds as receivers, with their atom's, and as senders."""
    assert layer.center is not None
    center = v @ layer.center
    if bias is not None:
        center = center + bias
    first = (e @ layer.first).repeat(2, 1) + center.index_select(0, angles.centers)
    return first, (e @ layer.second).repeat(2, 1)


def _message(layer: PairConvolution, h: Tensor) -> Tensor:
    """(2, n_pairs, 64)."""
    s = silu(h).view(-1, 2, WIDTH).transpose(0, 1)
    y = torch.bmm(s, layer.hidden)
    return gated(y, layer.gate).view(2, -1, WIDTH)
