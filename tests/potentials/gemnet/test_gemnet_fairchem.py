"""The same weights say here what they say in fairchem-core 1.10.0.

The fixture is what packaging/tools/reference_gemnet.py wrote in an environment of its own.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from designer_app.jobs import convert
from designer_app.neighbors.build import build_neighbors
from designer_app.nn.edges import edge_graph
from designer_app.potentials import load_potential
from designer_app.potentials.gemnet.fairchem_weights import from_fairchem
from designer_app.potentials.network import ScaledNetwork
from designer_app.running.control import RunControl
from designer_app.specs.convert import ConvertSpec
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

FIXTURE = Path(__file__).parent / "fairchem_gemnet_t.npz"
DOUBLE = 1e-9
"""Of energies of order 1 computed in double precision by both."""
SINGLE = 1e-5
NAMES = ("CH3CH2OH", "C6H6", "H2O2", "NaCl")
kinds = pytest.mark.parametrize("kind", ["gradient", "direct"])
each_structure = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def reference():
    with np.load(FIXTURE) as arrays:
        return dict(arrays)


def model_of(reference, kind, dtype=torch.float64):
    start = f"{kind}/weights/"
    weights = {
        name.removeprefix(start): torch.from_numpy(each).to(dtype)
        for name, each in reference.items()
        if name.startswith(start)
    }
    network = from_fairchem(weights, json.loads(str(reference["about"]))["cutoff"])
    return ScaledNetwork(network, torch.zeros(119), 1.0)


def graph_of(reference, name, cutoff, dtype=torch.float64):
    cell = reference[f"cell/{name}"]
    structure = Structure(
        reference[f"numbers/{name}"], reference[f"positions/{name}"], cell, (cell.any(),) * 3
    )
    state = state_from_structures([structure], torch.device("cpu"))
    return edge_graph(state, build_neighbors(state, cutoff, half=False), cutoff, dtype)


def test_the_weights_are_those_that_the_fixture_names(reference):
    digest = hashlib.sha256()
    for name in sorted(reference):
        if "/weights/" in name:
            digest.update(name.encode() + reference[name].tobytes())
    assert digest.hexdigest() == json.loads(str(reference["about"]))["weights_sha256"]


@kinds
@each_structure
def test_energy_and_forces_are_those_of_fairchem(reference, kind, name):
    model = model_of(reference, kind)
    found = model.predict(graph_of(reference, name, model.network.cutoff))
    assert float(found.energy) == pytest.approx(
        float(reference[f"{kind}/energy/{name}"]), abs=DOUBLE
    )
    assert found.forces.numpy() == pytest.approx(reference[f"{kind}/forces/{name}"], abs=DOUBLE)


@each_structure
def test_single_precision_is_as_near_as_it_can_be(reference, name):
    model = model_of(reference, "gradient", torch.float32)
    graph = graph_of(reference, name, model.network.cutoff, torch.float32)
    found = model.predict(graph)
    energy, forces = reference[f"gradient/energy/{name}"], reference[f"gradient/forces/{name}"]
    assert float(found.energy) == pytest.approx(float(energy), abs=SINGLE * max(1, abs(energy)))
    assert found.forces.numpy() == pytest.approx(forces, abs=SINGLE * max(1, np.abs(forces).max()))


def test_a_checkpoint_of_fairchem_becomes_a_potential(reference, tmp_path):
    start = "gradient/weights/"
    weights = {
        f"module.module.{name.removeprefix(start)}": torch.from_numpy(each)
        for name, each in reference.items()
        if name.startswith(start)
    }
    torch.save({"epoch": 3, "state_dict": weights}, tmp_path / "best.pt")
    spec = ConvertSpec(
        path=tmp_path / "best.pt", out=tmp_path / "out", elements=("H", "O"), cutoff=5.0
    )
    assert convert.run(spec, RunControl())["family"] == "gemnet"
    potential = load_potential("gemnet", str(tmp_path / "out"))
    structure = Structure(
        reference["numbers/H2O2"], reference["positions/H2O2"], np.zeros((3, 3)), (False,) * 3
    )
    state = state_from_structures([structure], torch.device("cpu"))
    said = potential.predict(state, build_neighbors(state, potential.cutoff, half=False))
    known = float(reference["gradient/energy/H2O2"])
    assert float(said.energy) == pytest.approx(known, abs=SINGLE)
