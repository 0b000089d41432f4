"""Energies and forces of mir-group's NequIP, for `tests/potentials/nequip/nequip-0.6.npz`.

Run it with the Python of an environment of its own that has nequip 0.6.2 with e3nn < 0.6 beside
jaxtyping, scipy and numba: `python packaging/tools/reference_nequip.py OUT.npz`. Random weights
that single precision holds, computed in double; e3nn's gains of silu and tanh, which it draws by
chance, are set to their exact values, and gates are silu for both parities. Weights are stored
under our names, embeddings by type.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import e3nn
import nequip
import numpy as np
import torch
from ase import Atoms
from ase.build import molecule
from e3nn import o3
from nequip.data import AtomicData, AtomicDataDict
from nequip.model import EnergyModel

sys.path.insert(0, str(Path(__file__).parents[2]))

from designer_app.potentials.nequip.gate import SILU_GAIN
from designer_app.potentials.nequip.irreps import SCALAR, hidden_irreps
from designer_app.potentials.nequip.model import N_SPECIES, TANH_GAIN, NequIP
from designer_app.specs.networks import NequIPSettings

CHANNELS, LAYERS, NEIGHBORS = 4, 3, 9.0
GATES = {"e": "silu", "o": "silu"}


def structures() -> dict[str, Atoms]:
    """A molecule, and a crystal in a cell smaller than the cutoff."""
    rng = np.random.default_rng(0)
    perovskite = Atoms(
        "SrTiO3",
        scaled_positions=[(0, 0, 0), (0.5,) * 3, (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)],
        cell=[3.9] * 3,
        pbc=True,
    )
    found = {"ethanol": molecule("CH3CH2OH"), "SrTiO3": perovskite}
    for atoms in found.values():
        atoms.positions += rng.normal(0.0, 0.08, (len(atoms), 3))
    return found


def reference(settings: NequIPSettings, n_types: int) -> Any:
    """Their model of our sizes."""
    hidden = hidden_irreps(settings.l_max, parity=settings.parity)
    config = {
        "r_max": settings.cutoff,
        "num_layers": settings.n_layers,
        "num_types": n_types,
        "chemical_embedding_irreps_out": f"{CHANNELS}x0e",
        "feature_irreps_hidden": str(o3.Irreps([(CHANNELS, tuple(each)) for each in hidden])),
        "irreps_edge_sh": str(o3.Irreps.spherical_harmonics(settings.l_max)),
        "conv_to_output_hidden_irreps_out": f"{CHANNELS // 2}x0e",
        "num_basis": settings.n_bessel,
        "invariant_layers": 2,
        "invariant_neurons": 64,
        "avg_num_neighbors": NEIGHBORS,
        "nonlinearity_gates": GATES,
    }
    model = EnergyModel(config, initialize=False)
    for each in model.modules():
        if hasattr(each, "cst") and hasattr(each, "f"):
            each.cst = TANH_GAIN if each.f is torch.tanh else SILU_GAIN
        act = getattr(each, "act", None)
        if hasattr(act, "cst"):
            act.cst = SILU_GAIN
    return model


@torch.no_grad()
def taken_over(model: Any, settings: NequIPSettings, types: list[int]) -> NequIP:
    """Our network with the weights of theirs; atomic number of each type."""
    ours, C = NequIP(settings).double(), CHANNELS
    ours.neighbors.fill_(NEIGHBORS)
    embedding = model.chemical_embedding.linear.weight.view(len(types), C)
    ours.embedding.zero_()
    ours.species.zero_()
    for place, number in enumerate(types):
        ours.embedding[number] = embedding[place] / len(types) ** 0.5
        ours.species[number, place] = 1.0
    ours.radial.frequencies.copy_(model.radial_basis.basis.bessel_weights)
    for place, layer in enumerate(ours.layers):
        theirs = getattr(model, f"layer{place}_convnet").conv
        _take_layer(ours, place, layer, theirs, len(types))
    first = model.conv_to_output_hidden.linear.weight.view(C, C // 2) / C**0.5
    second = model.output_hidden_to_scalar.linear.weight / (C // 2) ** 0.5
    ours.readout.copy_(first @ second * C**0.5)
    return ours


def _kind(channels: Any) -> tuple[int, int]:
    return channels.ir.l, channels.ir.p


def _take_layer(ours: NequIP, place: int, layer: Any, theirs: Any, n_types: int) -> None:
    C = CHANNELS
    for into, (_, _, weights) in zip(
        layer.mixing, theirs.linear_1.weight_views(yield_instruction=True), strict=True
    ):
        into.copy_(weights)
    # Of their paths: (source, degree, kind) -> (place among weights, row in linear_2).
    tp, radial = theirs.tp, theirs.fc
    known: dict[tuple[int, int, tuple[int, int]], tuple[int, int]] = {}
    for number, each in enumerate(tp.instructions):
        kind = _kind(tp.irreps_out[each.i_out])
        same = [n for n in range(len(tp.irreps_out)) if _kind(tp.irreps_out[n]) == kind]
        known[each.i_in1, each.i_in2, kind] = number, same.index(each.i_out)
    seen = dict.fromkeys(range(len(layer.outgoing)), 0)
    linear = {
        _kind(theirs.linear_2.irreps_out[each.i_out]): weights
        for _, each, weights in theirs.linear_2.weight_views(yield_instruction=True)
    }
    ours.radial.first[place] = radial.layer0.weight
    ours.radial.second[place] = radial.layer1.weight
    for number, path in enumerate(layer.convolution.paths):
        kind = layer.outgoing[path.target]
        at, row = known[path.source, path.degree, tuple(kind)]
        weights = radial.layer2.weight[:, at * C : (at + 1) * C]
        ours.radial.last[place][:, number * C : (number + 1) * C] = weights
        into = layer.paths[path.target]
        into[seen[path.target] : seen[path.target] + C] = linear[tuple(kind)][
            row * C : (row + 1) * C, : into.shape[1]
        ]
        seen[path.target] += C
    kinds = iter(layer.own)
    own = {
        _kind(theirs.sc.irreps_out[each.i_out]): weights
        for _, each, weights in theirs.sc.weight_views(yield_instruction=True)
    }
    for kind in layer.outgoing:
        if kind in layer.incoming:
            into = next(kinds)
            into.zero_()
            weights = own[tuple(kind)][:, :, : into.shape[1]].transpose(0, 1)
            into[: n_types * C] = weights.reshape(n_types * C, -1) * (N_SPECIES / n_types) ** 0.5
    assert layer.outgoing[0] == SCALAR


def said(model: Any, atoms: Atoms, cutoff: float, types: list[int]) -> tuple[float, np.ndarray]:
    """Their energy and forces."""
    data = AtomicData.from_ase(atoms, r_max=cutoff)
    batch = AtomicData.to_AtomicDataDict(data)
    batch[AtomicDataDict.POSITIONS_KEY] = batch[AtomicDataDict.POSITIONS_KEY].double()
    batch[AtomicDataDict.POSITIONS_KEY].requires_grad_()
    numbers = [types.index(number) for number in atoms.numbers]
    batch[AtomicDataDict.ATOM_TYPE_KEY] = torch.tensor(numbers)[:, None]
    positions = batch[AtomicDataDict.POSITIONS_KEY]
    energy = model(batch)[AtomicDataDict.TOTAL_ENERGY_KEY].sum()
    (slope,) = torch.autograd.grad(energy, positions)
    return float(energy.detach()), -slope.numpy()


def main() -> None:
    """Write the fixture."""
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    arrays: dict[str, np.ndarray] = {}
    hashes = {}
    for name, atoms in structures().items():
        types = sorted(set(atoms.numbers.tolist()))
        settings = NequIPSettings(
            n_features=CHANNELS, n_layers=LAYERS, cutoff=4.0, parity=name == "ethanol"
        )
        model = reference(settings, len(types))
        for each in model.parameters():
            each.data = each.data.float().double()
        ours = taken_over(model, settings, types)
        energy, forces = said(model, atoms, settings.cutoff, types)
        digest = hashlib.sha256()
        for key, each in sorted(ours.state_dict().items()):
            rows = each[types] if key in ("embedding", "species") else each
            arrays[f"{name}/weights/{key}"] = rows.float().numpy()
            digest.update(key.encode() + arrays[f"{name}/weights/{key}"].tobytes())
        hashes[name] = digest.hexdigest()
        arrays |= {
            f"{name}/numbers": atoms.numbers,
            f"{name}/positions": atoms.positions,
            f"{name}/cell": np.asarray(atoms.cell),
            f"{name}/pbc": atoms.pbc,
            f"{name}/types": np.array(types),
            f"{name}/energy": np.array(energy),
            f"{name}/forces": forces,
        }
    about = {
        "nequip": nequip.__version__,
        "e3nn": e3nn.__version__,
        "torch": torch.__version__,
        "weights_sha256": hashes,
    }
    np.savez_compressed(sys.argv[1], about=np.array(json.dumps(about)), **arrays)


if __name__ == "__main__":
    main()
