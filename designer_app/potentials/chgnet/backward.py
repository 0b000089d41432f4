"""dE/d(vector of each bond), from which forces and stress follow without another pass.

The rounds of `forward` in reverse, with respect to features only: parameters are fixed.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from designer_app.potentials.chgnet.basis import angular_slope, radial_slope
from designer_app.potentials.chgnet.convolution import Convolver, Tables
from designer_app.potentials.chgnet.forward import (
    Envelopes,
    Trace,
    angle_term,
    bond_term,
)
from designer_app.potentials.chgnet.graph import angle_gradient
from designer_app.potentials.chgnet.network import AngleUpdate, Network, PairConvolution
from designer_app.potentials.chgnet.weights import WIDTH


@dataclass(eq=False)
class _Gradients:
    """dE/d(each thing), growing while the rounds are undone."""

    atoms: Tensor
    bond_basis: Tensor
    atom_weights: Tensor
    gained: Tensor
    """Of what angles have added to short bonds by the present round."""
    bonds_at_first: Tensor
    """Of the first features of short bonds, where they stand in products for angles."""
    bond_weights: Tensor
    """Two rows a short bond, one per directed edge."""
    angle_basis: Tensor
    angles: Tensor | None


def backward(
    network: Network,
    envelopes: Envelopes,
    trace: Trace,
    g_atoms: Tensor,
    convolver: Convolver,
) -> Tensor:
    """dE/d(vector) of every bond, eV/A, in the state's number type; uses `trace` up."""
    take = convolver.workspace.zeros
    short_shape = trace.short_basis.shape[0], WIDTH
    g = _Gradients(
        atoms=g_atoms,
        bond_basis=take("g_bond_basis", *trace.bond_basis.shape),
        atom_weights=take("g_atom_weights", *trace.atom_weights.shape),
        gained=g_atoms.new_zeros(short_shape),
        bonds_at_first=g_atoms.new_zeros(short_shape),
        bond_weights=g_atoms.new_zeros(2 * short_shape[0], WIDTH),
        angle_basis=take("g_angle_basis", *trace.angle_basis.shape),
        angles=None,
    )
    has_angles = trace.graph.angles is not None
    for number in reversed(range(len(network.atom_convolutions))):
        if has_angles and number < len(network.angle_updates):
            _undo_angles(g, trace, network, number, convolver)
        if has_angles and number < len(network.bond_convolutions):
            _undo_bonds(g, trace, network.bond_convolutions[number], number, convolver)
        _undo_atoms(g, trace, network.atom_convolutions[number], number, convolver)
    return _to_vectors(g, network, envelopes, trace)


def _undo_atoms(
    g: _Gradients, trace: Trace, layer: PairConvolution, number: int, convolver: Convolver
) -> None:
    term = bond_term(trace, layer, number)
    g_correction = g.gained.new_empty(g.gained.shape[0], 2 * WIDTH)
    g_tables = convolver.convolve_backward(
        layer,
        trace.atom_tables[number],
        term,
        trace.graph.bonds.atoms,
        trace.atom_weights,
        True,
        trace.kept_atoms[number],
        g.atoms @ layer.out.T,
        g.atom_weights,
        g.bond_basis,
        g_correction,
        tables_too=number > 0,
    )
    if term.corrected is not None:
        g.gained = torch.addmm(g.gained, g_correction, layer.edge.T)
    if g_tables is not None:
        g.atoms = g.atoms.addmm(g_tables[0], layer.first.T).addmm(g_tables[1], layer.second.T)


def _undo_bonds(
    g: _Gradients, trace: Trace, layer: PairConvolution, number: int, convolver: Convolver
) -> None:
    angles = trace.graph.angles
    assert angles is not None
    g_weighted = g.gained @ layer.out.T
    n_short = g.gained.shape[0]
    g.bond_weights[:n_short].addcmul_(g_weighted, trace.bond_sums[number])
    if number > 0 and g.angles is None:
        g.angles = convolver.workspace.zeros("g_angles", 2 * len(angles.edges), WIDTH)
    g_features = g.angle_basis if number == 0 else g.angles
    assert g_features is not None
    g_tables = convolver.convolve_backward(
        layer,
        trace.bond_tables[number],
        angle_term(trace, layer, number),
        angles.edges,
        trace.bond_weights.repeat(2, 1),
        False,
        trace.kept_bonds[number],
        (g_weighted * trace.bond_weights).repeat(2, 1),
        g.bond_weights,
        g_features,
        g_features,
        tables_too=True,
    )
    assert g_tables is not None
    _undo_edge_tables(g, layer, g_tables, angles.centers)


def _undo_angles(
    g: _Gradients, trace: Trace, network: Network, number: int, convolver: Convolver
) -> None:
    angles = trace.graph.angles
    assert angles is not None
    assert g.angles is not None
    layer = network.angle_updates[number]
    g_features = g.angle_basis if number == 0 else g.angles
    if number == 0:
        by_pair = g.angles.view(-1, 2, WIDTH).sum(dim=1)
        g.angle_basis.addmm_(by_pair, network.angle_embedding.T)
    g_tables = convolver.update_backward(
        layer,
        trace.angle_tables[number],
        angle_term(trace, layer, number),
        angles.edges,
        g.angles,
        g_features,
    )
    _undo_edge_tables(g, layer, g_tables, angles.centers)


def _undo_edge_tables(
    g: _Gradients,
    layer: PairConvolution | AngleUpdate,
    g_tables: Tables,
    centers: Tensor,
) -> None:
    assert layer.center is not None
    forth, back = g_tables[0].chunk(2)
    g_bonds = (forth + back) @ layer.first.T
    forth, back = g_tables[1].chunk(2)
    g_bonds.addmm_(forth + back, layer.second.T)
    # a short bond's features are its first ones, which the basis decides, plus what angles added
    g.bonds_at_first += g_bonds
    g.gained += g_bonds
    g_center = g_bonds.new_zeros(g.atoms.shape[0], 2 * WIDTH)
    g_center.index_add_(0, centers, g_tables[0])
    g.atoms = g.atoms.addmm(g_center, layer.center.T)


def _to_vectors(g: _Gradients, network: Network, envelopes: Envelopes, trace: Trace) -> Tensor:
    graph, bonds = trace.graph, trace.graph.bonds
    dtype, power = network.atoms.dtype, envelopes.power
    lengths = bonds.lengths.to(dtype)
    g.bond_basis.addmm_(g.atom_weights, network.atom_weights.T)
    if graph.angles is not None:
        g_first = g.bonds_at_first @ network.bond_embedding.T
        g.bond_basis.index_add_(0, bonds.short, g_first)
    g_lengths = radial_slope(
        lengths, network.bond_frequencies, envelopes.atom_cutoff, power, g.bond_basis
    )
    if graph.angles is not None:
        forth, back = g.bond_weights.chunk(2)
        g_lengths.index_add_(
            0,
            bonds.short,
            radial_slope(
                lengths.index_select(0, bonds.short),
                network.short_frequencies,
                envelopes.bond_cutoff,
                power,
                (forth + back) @ network.bond_weights.T,
            ),
        )
    g_vectors = bonds.vectors * (g_lengths.to(bonds.lengths.dtype) / bonds.lengths)[:, None]
    if graph.angles is not None and graph.geometry is not None:
        g_angles = angular_slope(trace.angle_basis, network.angle_frequencies, g.angle_basis)
        by_short = angle_gradient(graph.geometry, graph.angles.edges, g_angles)
        g_vectors.index_add_(0, bonds.short, by_short)
    return g_vectors
