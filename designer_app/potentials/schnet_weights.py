"""SchNet with the weights of PyTorch Geometric's `SchNet` or of SchNetPack's.

Both hold what the cutoff and the Gaussians are, and so the whole of our settings. PyTorch Geometric
looks at the 32 nearest neighbours unless told otherwise; here all within the cutoff count, as in
the paper.
"""

from collections.abc import Mapping
from itertools import count, takewhile

import torch
from torch import Tensor

from designer_app.errors import ModelUnreadableError
from designer_app.potentials.network import N_NUMBERS, ScaledNetwork
from designer_app.potentials.schnet import SchNet
from designer_app.specs.networks import SchNetSettings

_ROUNDING = 1e-4
"""A, of numbers kept in single precision."""


def from_pyg(
    state: Mapping[str, Tensor], *, mean: float = 0.0, std: float = 1.0, unit: float = 1.0
) -> ScaledNetwork:
    """The model of a `state_dict` of `torch_geometric.nn.models.SchNet`, trained on energies.

    `mean` and `std` of an atom's energy are attributes of that class, not in its state; `unit` is
    the unit of its energies in eV.
    """
    names = {
        "outward.0": "conv.lin2",
        "outward.2": "lin",
        "inward": "conv.lin1",
        "filter.1": "mlp.0",
        "filter.2": "mlp.2",
    }
    network = _network(
        state, "embedding", "interactions", names, ("lin1", "lin2"), "distance_expansion.offset"
    )
    references = unit * _by_number(state.get("atomref.weight"))
    return ScaledNetwork(network, references, unit * std, unit * mean)


def from_schnetpack(
    state: Mapping[str, Tensor], *, readout: str = "silu", unit: float = 1.0
) -> ScaledNetwork:
    """The model of a `state_dict` of SchNetPack 2's `NeuralNetworkPotential`.

    `readout` is the activation of its `Atomwise` head, "silu" unless it was chosen otherwise, and
    is not in its state; `unit` is the unit of its energies in eV.
    """
    names = {
        "outward.0": "f2out.0",
        "outward.2": "f2out.1",
        "inward": "in2f",
        "filter.1": "filter_network.0",
        "filter.2": "filter_network.1",
    }
    network = _network(
        state,
        "representation.embedding",
        "representation.interactions",
        names,
        ("output_modules.0.outnet.0", "output_modules.0.outnet.1"),
        "representation.radial_basis.offsets",
        readout,
    )
    cutoff = state.get("representation.cutoff_fn.cutoff")
    if cutoff is not None and abs(float(cutoff) - network.cutoff) > _ROUNDING:
        reason = f"its Gaussians end at {network.cutoff:g}, its cutoff is {float(cutoff):g}"
        raise ModelUnreadableError("state_dict", f"{reason}: ours end together")
    references, mean = torch.zeros(N_NUMBERS), 0.0
    for name, each in state.items():
        if name.startswith("postprocessors.") and name.endswith(".atomref"):
            references += unit * _by_number(each)
        elif name.startswith("postprocessors.") and name.endswith(".mean"):
            mean += unit * float(each.sum())
    return ScaledNetwork(network, references, unit, mean)


def _network(
    state: Mapping[str, Tensor],
    embedding: str,
    interactions: str,
    names: Mapping[str, str],
    readout: tuple[str, str],
    centers: str,
    activation: str = "ssp",
) -> SchNet:
    """The network from the places where each program keeps the parts of ours."""
    try:
        return _filled(state, embedding, interactions, names, readout, centers, activation)
    except KeyError as missing:
        reason = f"it holds no SchNet: {missing.args[0]} is missing"
        raise ModelUnreadableError("state_dict", reason) from missing


def _filled(
    state: Mapping[str, Tensor],
    embedding: str,
    interactions: str,
    names: Mapping[str, str],
    readout: tuple[str, str],
    centers: str,
    activation: str,
) -> SchNet:
    table = state[f"{embedding}.weight"]
    blocks = [
        f"{interactions}.{k}."
        for k in takewhile(
            lambda k: f"{interactions}.{k}.{names['inward']}.weight" in state, count()
        )
    ]
    if not blocks:
        raise KeyError(f"{interactions}.0.{names['inward']}.weight")
    offsets = state[centers].double().cpu()
    even = torch.linspace(0.0, float(offsets[-1]), len(offsets), dtype=offsets.dtype)
    if not torch.allclose(offsets, even, rtol=0.0, atol=_ROUNDING):
        raise ModelUnreadableError("state_dict", "its Gaussians do not stand evenly from 0 on")
    n_filters, n_features = state[f"{blocks[0]}{names['inward']}.weight"].shape
    network = SchNet(
        SchNetSettings(
            n_features=n_features,
            n_filters=n_filters,
            n_interactions=len(blocks),
            n_gaussians=len(offsets),
            cutoff=float(offsets[-1]),
            readout=activation,
        )
    ).to(table.dtype)
    ours = {
        "embedding.weight": _by_number(table),
        **{f"readout.0.{kind}": state[f"{readout[0]}.{kind}"] for kind in ("weight", "bias")},
        **{f"readout.2.{kind}": state[f"{readout[1]}.{kind}"] for kind in ("weight", "bias")},
    }
    for k, block in enumerate(blocks):
        ours[f"interactions.{k}.inward.weight"] = state[f"{block}{names['inward']}.weight"]
        for part in ("outward.0", "outward.2"):
            for kind in ("weight", "bias"):
                ours[f"interactions.{k}.{part}.{kind}"] = state[f"{block}{names[part]}.{kind}"]
    for layer in (1, 2):
        part = names[f"filter.{layer}"]
        ours[f"filters.weight_{layer}"] = torch.stack(
            [state[f"{block}{part}.weight"].T for block in blocks]
        )
        ours[f"filters.bias_{layer}"] = torch.stack(
            [state[f"{block}{part}.bias"] for block in blocks]
        )
    network.load_state_dict(ours)
    return network


def _by_number(table: Tensor | None) -> Tensor:
    """A table by atomic number with as many rows as ours; those it does not have are 0."""
    if table is None:
        return torch.zeros(N_NUMBERS)
    rows = table.squeeze(-1) if table.ndim > 1 and table.shape[1] == 1 else table
    found = rows.new_zeros(N_NUMBERS, *rows.shape[1:])
    found[: len(rows)] = rows[:N_NUMBERS]
    return found
