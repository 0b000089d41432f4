"""From a graph to atomic energies and magnetic moments, keeping what the gradient needs.

Symbols of Deng et al. 2023 (doi:10.1038/s42256-023-00716-3) -> names here: v_i atom features,
e_ij bond features -> `bonds`, a_ijk angle features -> `angles`. One round is: atoms from their
bonds, short bonds from their angles, angles from their bonds; the last round moves atoms only.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.functional import layer_norm, silu

from designer_app.potentials.chgnet.basis import angular_basis, radial_basis
from designer_app.potentials.chgnet.convolution import (
    BasisTerm,
    Convolver,
    FeatureTerm,
    PairTerm,
    Tables,
)
from designer_app.potentials.chgnet.graph import AngleGeometry, Angles, Bonds
from designer_app.potentials.chgnet.kernels import NORM_EPSILON
from designer_app.potentials.chgnet.network import (
    AngleUpdate,
    Network,
    PairConvolution,
    Readout,
)
from designer_app.potentials.chgnet.weights import WIDTH


@dataclass(frozen=True, eq=False)
class Envelopes:
    """Cutoffs and the power of the envelope, which weights files give."""

    atom_cutoff: float
    bond_cutoff: float
    power: int


@dataclass(frozen=True, eq=False)
class Graph:
    """Everything that positions decide. `angles` is None where no two short bonds meet."""

    numbers: Tensor
    bonds: Bonds
    angles: Angles | None
    geometry: AngleGeometry | None


@dataclass(eq=False)
class Trace:
    """Values on the way from a graph to the energy, as the backward pass wants them."""

    graph: Graph
    bond_basis: Tensor
    atom_weights: Tensor
    short_basis: Tensor
    """Of short bonds, in the atom graph's basis."""
    bond_weights: Tensor
    """Of short bonds, in the sum over angles."""
    angle_basis: Tensor
    short_bounds: tuple[int, ...]
    """Short bonds before each chunk of bonds."""
    atoms: list[Tensor] = field(default_factory=list)
    """v after 0, 1, ... convolutions."""
    bonds: list[Tensor] = field(default_factory=list)
    """Features of short bonds after 0, 1, ... convolutions; long bonds never change."""
    angles: list[Tensor | None] = field(default_factory=list)
    """Features of angles, two rows a pair; None at first, where the basis stands for them."""
    atom_tables: list[Tables] = field(default_factory=list)
    bond_tables: list[Tables] = field(default_factory=list)
    angle_tables: list[Tables] = field(default_factory=list)
    """What every convolution and angle update gathered from."""
    kept_atoms: list[Tensor] = field(default_factory=list)
    kept_bonds: list[Tensor] = field(default_factory=list)
    bond_sums: list[Tensor] = field(default_factory=list)
    """Sums over angles, before their weight and output layer."""


def _atom_tables(layer: PairConvolution, v: Tensor) -> Tables:
    """Products of atom features for a convolution over bonds."""
    tables = v.new_empty(2, v.shape[0], 2 * WIDTH)
    torch.addmm(layer.bias, v, layer.first, out=tables[0])
    torch.mm(v, layer.second, out=tables[1])
    return tables


def _edge_tables(
    layer: PairConvolution | AngleUpdate, v: Tensor, e: Tensor, centers: Tensor
) -> Tables:
    """Products of features of directed short bonds, with the center's, for angles."""
    assert layer.center is not None
    tables = e.new_empty(2, 2, e.shape[0], 2 * WIDTH)
    center = v @ layer.center
    if isinstance(layer, PairConvolution):
        center += layer.bias
    torch.index_select(center, 0, centers, out=tables[0].view(-1, 2 * WIDTH))
    tables[0] += e @ layer.first
    tables[1] = e @ layer.second
    return tables.view(2, -1, 2 * WIDTH)


def bond_term(trace: Trace, layer: PairConvolution, number: int) -> BasisTerm:
    """Bond features in atom convolution `number`: basis functions, and what angles added."""
    if number >= len(trace.bonds) or number == 0:
        return BasisTerm(trace.bond_basis, layer.edge_basis)
    gained = trace.bonds[number] - trace.bonds[0]
    return BasisTerm(
        trace.bond_basis,
        layer.edge_basis,
        trace.graph.bonds.short,
        gained @ layer.edge,
        trace.short_bounds,
    )


def angle_term(trace: Trace, layer: PairConvolution | AngleUpdate, number: int) -> PairTerm:
    """Angle features in round `number`."""
    features = trace.angles[number]
    if features is None:
        return BasisTerm(trace.angle_basis, layer.edge_basis)
    return FeatureTerm(features, layer.edge)


def forward(network: Network, envelopes: Envelopes, graph: Graph, convolver: Convolver) -> Trace:
    """Features after every round; `trace.atoms[-1]` is what the readout turns into energies."""
    trace = _embedded(network, envelopes, graph, convolver)
    last = len(network.atom_convolutions) - 1
    for number, layer in enumerate(network.atom_convolutions):
        _move_atoms(trace, layer, number, convolver)
        if graph.angles is None or number == last:
            continue
        _move_bonds(trace, network.bond_convolutions[number], number, convolver)
        if number < len(network.angle_updates):
            _move_angles(trace, network, number, convolver)
    return trace


def _embedded(network: Network, envelopes: Envelopes, graph: Graph, convolver: Convolver) -> Trace:
    """The first features of everything, and the smooth weights."""
    dtype = network.atoms.dtype
    bonds, power = graph.bonds, envelopes.power
    lengths = bonds.lengths.to(dtype)
    basis = radial_basis(lengths, network.bond_frequencies, envelopes.atom_cutoff, power)
    short_basis = basis.index_select(0, bonds.short)
    trace = Trace(
        graph=graph,
        bond_basis=basis,
        atom_weights=basis @ network.atom_weights,
        short_basis=short_basis,
        bond_weights=short_basis,
        angle_basis=short_basis,
        short_bounds=(),
        atoms=[network.atoms.index_select(0, graph.numbers)],
    )
    if graph.angles is None or graph.geometry is None:
        return trace
    short = radial_basis(
        lengths.index_select(0, bonds.short),
        network.short_frequencies,
        envelopes.bond_cutoff,
        power,
    )
    trace.bond_weights = short @ network.bond_weights
    trace.bonds = [short_basis @ network.bond_embedding]
    trace.angle_basis = angular_basis(graph.geometry.angles.to(dtype), network.angle_frequencies)
    trace.angles = [None]
    n_bonds = len(bonds.atoms)
    lows = [low for _, low, _ in convolver.chunks(n_bonds)]
    ends = torch.tensor([*lows, n_bonds], device=bonds.short.device)
    trace.short_bounds = tuple(torch.searchsorted(bonds.short, ends).tolist())
    return trace


def _move_atoms(trace: Trace, layer: PairConvolution, number: int, convolver: Convolver) -> None:
    v = trace.atoms[-1]
    trace.atom_tables.append(_atom_tables(layer, v))
    summed, kept = convolver.convolve(
        layer,
        trace.atom_tables[-1],
        bond_term(trace, layer, number),
        trace.graph.bonds.atoms,
        trace.atom_weights,
        True,
        f"atoms {number}",
    )
    trace.kept_atoms.append(kept)
    trace.atoms.append(torch.addmm(v, summed, layer.out))


def _move_bonds(trace: Trace, layer: PairConvolution, number: int, convolver: Convolver) -> None:
    angles = trace.graph.angles
    assert angles is not None
    e = trace.bonds[-1]
    trace.bond_tables.append(_edge_tables(layer, trace.atoms[-1], e, angles.centers))
    summed, kept = convolver.convolve(
        layer,
        trace.bond_tables[-1],
        angle_term(trace, layer, number),
        angles.edges,
        trace.bond_weights.repeat(2, 1),
        False,
        f"bonds {number}",
    )
    forth, back = summed.chunk(2)
    total = forth + back
    trace.kept_bonds.append(kept)
    trace.bond_sums.append(total)
    # the receiving bond's own weight is common to all its angles
    trace.bonds.append(torch.addmm(e, total * trace.bond_weights, layer.out))


def _move_angles(trace: Trace, network: Network, number: int, convolver: Convolver) -> None:
    angles = trace.graph.angles
    assert angles is not None
    layer, n_pairs = network.angle_updates[number], len(angles.edges)
    rows = convolver.workspace.take(f"angles {number}", 2 * n_pairs, WIDTH)
    old = trace.angles[-1]
    if old is None:
        embedded = trace.angle_basis @ network.angle_embedding
        rows.view(n_pairs, 2, WIDTH).copy_(embedded[:, None].expand(n_pairs, 2, WIDTH))
    else:
        rows.copy_(old)
    tables = _edge_tables(layer, trace.atoms[-1], trace.bonds[-1], angles.centers)
    trace.angle_tables.append(tables)
    convolver.update(layer, tables, angle_term(trace, layer, number), angles.edges, rows)
    trace.angles.append(rows)


def site_energies(readout: Readout, v: Tensor) -> Tensor:
    """Energy of each atom without its element's reference, eV."""
    x = layer_norm(v, (WIDTH,), readout.gamma, readout.beta, NORM_EPSILON)
    *hidden, (weight, bias) = readout.layers
    for matrix, shift in hidden:
        x = silu(torch.addmm(shift, x, matrix))
    return torch.addmm(bias, x, weight).squeeze(1)


def site_energies_and_gradient(readout: Readout, v: Tensor) -> tuple[Tensor, Tensor]:
    """The energies, and dE/dv of their sum."""
    with torch.enable_grad():
        v = v.detach().requires_grad_()
        energies = site_energies(readout, v)
        (gradient,) = torch.autograd.grad(energies.sum(), v)
    return energies.detach(), gradient


def magnetic_moments(network: Network, trace: Trace) -> Tensor:
    """|m| of each atom in Bohr magnetons, from the features before the last convolution."""
    weight, bias = network.magmom
    return torch.addmm(bias, trace.atoms[-2], weight).squeeze(1).abs()
