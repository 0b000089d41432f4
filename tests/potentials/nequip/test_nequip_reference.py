"""Our network with the weights of mir-group's NequIP, against what that said.

`packaging/tools/reference_nequip.py` tells how the fixture was made.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from designer_app.neighbors.build import build_neighbors
from designer_app.nn.edges import edge_graph
from designer_app.potentials.nequip import NequIP
from designer_app.potentials.network import ScaledNetwork
from designer_app.specs.networks import NequIPSettings
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

PARITY = 1e-5
"""Units of the network, and per A; stored weights are rounded to single precision."""
ARRAYS = np.load(Path(__file__).parent / "nequip-0.6.npz")
STRUCTURES = ("ethanol", "SrTiO3")
each_structure = pytest.mark.parametrize("name", STRUCTURES)


def weights_of(name):
    prefix = f"{name}/weights/"
    return {key.removeprefix(prefix): ARRAYS[key] for key in ARRAYS.files if prefix in key}


@each_structure
def test_the_fixture_holds_the_weights_its_hash_names(name):
    digest = hashlib.sha256()
    for key, each in sorted(weights_of(name).items()):
        digest.update(key.encode() + each.tobytes())
    assert digest.hexdigest() == json.loads(str(ARRAYS["about"]))["weights_sha256"][name]


@each_structure
def test_same_weights_give_the_energies_and_forces_of_nequip(name):
    net = NequIP(
        NequIPSettings(n_features=4, n_layers=3, cutoff=4.0, parity=name == "ethanol")
    ).double()
    state = net.state_dict()
    for key, each in weights_of(name).items():
        rows = torch.from_numpy(ARRAYS[f"{name}/types"]) if key in ("embedding", "species") else ...
        state[key][rows] = torch.from_numpy(each).double()
    net.load_state_dict(state)
    structure = Structure(
        ARRAYS[f"{name}/numbers"],
        ARRAYS[f"{name}/positions"],
        ARRAYS[f"{name}/cell"],
        tuple(bool(each) for each in ARRAYS[f"{name}/pbc"]),
    )
    atoms = state_from_structures([structure], torch.device("cpu"))
    graph = edge_graph(atoms, build_neighbors(atoms, 4.0, half=False), 4.0, torch.float64)
    said = ScaledNetwork(net, torch.zeros(119), 1.0).predict(graph)
    assert float(said.energy[0]) == pytest.approx(float(ARRAYS[f"{name}/energy"]), abs=PARITY)
    forces = torch.from_numpy(ARRAYS[f"{name}/forces"])
    assert float(forces.abs().max()) > 100 * PARITY
    torch.testing.assert_close(said.forces, forces, rtol=0.0, atol=PARITY)
