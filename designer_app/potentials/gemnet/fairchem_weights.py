"""GemNet-T with the weights of fairchem-core's `GemNetT` (1.x, MIT licence)."""

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from designer_app.potentials.gemnet.model import GemNet
from designer_app.potentials.network import N_NUMBERS
from designer_app.specs.networks import GemNetSettings

_NAMES = (
    (r"^(module\.)+", ""),
    (r"(^|\.)out_blocks\.", r"\1outputs."),
    (r"(^|\.)int_blocks\.", r"\1blocks."),
    (r"^cbf_basis3\.radial_basis\.rbf\.", "circular."),
    (r"^radial_basis\.rbf\.", "radial."),
    (r"^mlp_rbf3\.", "down_triplets."),
    (r"^mlp_cbf3\.", "down_circular."),
    (r"^mlp_rbf_h\.", "down_atoms."),
    (r"^mlp_rbf_out\.", "down_output."),
    (r"^atom_emb\.embeddings\.", "atoms."),
    (r"^edge_emb\.dense\.", "edges."),
    (r"^(outputs\.\d+)\.(dense_rbf|scale_sum|layers)\.", r"\1.update.\2."),
    (r"\.out_energy\.", ".energy."),
    (r"\.out_forces\.", ".force."),
    (r"\.seq_forces\.", ".force_layers."),
    (r"\.dense_rbf_F\.", ".force_radial."),
    (r"\.scale_rbf_F\.", ".scale_force."),
    (r"\.dense_ca\.", ".dense."),
    (r"\.trip_interaction\.", ".triplets."),
    (r"\.dense_ba\.", ".dense."),
    (r"\.scale_rbf\.", ".scale_radial."),
    (r"\.scale_cbf_sum\.", ".scale_sum."),
    (r"\.mlp_rbf\.", ".radial."),
    (r"\.dense_rbf\.", ".radial."),
    (r"\.mlp_cbf\.", ".bilinear."),
    (r"\.down_projection\.", ".down."),
    (r"\.up_projection_ca\.", ".up.own."),
    (r"\.up_projection_ac\.", ".up.reversed."),
    (r"\.layers_before_skip\.", ".before_skip."),
    (r"\.layers_after_skip\.", ".after_skip."),
    (r"\.concat_layer\.dense\.", ".concat."),
    (r"\.residual_m\.", ".after_concat."),
    (r"\.dense_mlp\.", ".dense."),
    (r"\.linear\.weight$", ".weight"),
    (r"\.scale_factor$", ".value"),
)
"""Patterns of fairchem's names and ours, applied one after the other."""


def from_fairchem(state: Mapping[str, Tensor], cutoff: float) -> GemNet:
    """The network of a `state_dict`; the cutoff in A is not part of it.

    It must have Bessel functions, polynomial envelope of power 5 and spherical harmonics, as
    published; a scaling factor of 0 means there that none was fitted.
    """
    ours: dict[str, Tensor] = {}
    for name, values in state.items():
        if ".seq_energy." in name:
            continue  # a second name of `layers`
        for pattern, replacement in _NAMES:
            name = re.sub(pattern, replacement, name)  # noqa: PLW2901
        ours[name] = values
    elements = ours["atoms.weight"]  # their first row is hydrogen, ours is nobody's
    ours["atoms.weight"] = elements.new_zeros(N_NUMBERS, elements.shape[1])
    ours["atoms.weight"][1 : len(elements) + 1] = elements
    for name, value in ours.items():
        if name.endswith(".value") and not value:
            ours[name] = torch.ones(())
    network = GemNet(_settings(ours, cutoff)).to(elements.dtype)
    network.load_state_dict(ours)
    return network


def _settings(ours: Mapping[str, Tensor], cutoff: float) -> GemNetSettings:
    """Sizes by the shapes of the weights."""
    n_spherical, n_radial, n_cbf = ours["down_circular.weight"].shape
    return GemNetSettings(
        n_atom=ours["atoms.weight"].shape[1],
        n_edge=ours["edges.weight"].shape[0],
        n_blocks=_count(ours, r"blocks\.(\d+)\."),
        n_radial=n_radial,
        n_spherical=n_spherical,
        cutoff=cutoff,
        direct_forces="outputs.0.force.weight" in ours,
        n_triplet=ours["blocks.0.triplets.down.weight"].shape[0],
        n_rbf=ours["down_atoms.weight"].shape[0],
        n_cbf=n_cbf,
        n_before_skip=_count(ours, r"blocks\.0\.before_skip\.(\d+)\."),
        n_after_skip=_count(ours, r"blocks\.0\.after_skip\.(\d+)\."),
        n_concat=_count(ours, r"blocks\.0\.after_concat\.(\d+)\."),
        n_atom_residual=_count(ours, r"outputs\.0\.update\.layers\.(\d+)\.") - 1,
        radial_by_degree=False,
    )


def _count(names: Mapping[str, Tensor], pattern: str) -> int:
    found = (re.match(pattern, name) for name in names)
    return len({each.group(1) for each in found if each})
