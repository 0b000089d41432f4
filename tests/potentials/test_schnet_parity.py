"""SchNet with the weights of other programs, against what those said of the same structures.

`packaging/tools/reference_schnet.py` tells how the fixtures were made.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from designer_app.errors import FileUnreadableError
from designer_app.neighbors.build import build_neighbors
from designer_app.nn.edges import edge_graph
from designer_app.potentials.schnet_weights import from_pyg, from_schnetpack
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

PARITY = 1e-5
"""eV and eV/A; both sides in double precision, the Gaussians' width rounded to single in theirs."""
FOLDER = Path(__file__).parent / "fixtures"
LOADERS = {"pyg": from_pyg, "schnetpack": from_schnetpack}
STRUCTURES = ("ethanol", "Si2", "SrTiO3", "Cu")
each_package = pytest.mark.parametrize("package", LOADERS)


def fixture_of(package):
    arrays = np.load(FOLDER / f"schnet-{package}.npz")
    return arrays, json.loads(str(arrays["about"]))


def weights_of(arrays):
    found = {}
    for name in arrays.files:
        if name.startswith("weights/"):
            found[name.removeprefix("weights/")] = torch.from_numpy(arrays[name])
    return found


@each_package
def test_the_fixture_holds_the_weights_its_hash_names(package):
    arrays, about = fixture_of(package)
    digest = hashlib.sha256()
    for name, each in sorted(weights_of(arrays).items()):
        digest.update(name.encode() + each.numpy().tobytes())
    assert digest.hexdigest() == about["weights_sha256"]


@each_package
@pytest.mark.parametrize("name", STRUCTURES)
def test_same_weights_give_the_same_energies_and_forces(package, name):
    arrays, about = fixture_of(package)
    model = LOADERS[package](weights_of(arrays))
    model.network.double()
    numbers, positions, cell, pbc = (
        arrays[f"{name}/{part}"] for part in ("numbers", "positions", "cell", "pbc")
    )
    structure = Structure(numbers, positions, cell, tuple(bool(each) for each in pbc))
    state = state_from_structures([structure], torch.device("cpu"))
    cutoff = about["cutoff_A"]
    neighbors = build_neighbors(state, cutoff, half=False)
    said = model.predict(edge_graph(state, neighbors, cutoff, torch.float64))
    assert float(said.energy) == pytest.approx(float(arrays[f"{name}/energy"]), abs=PARITY)
    np.testing.assert_allclose(said.forces.numpy(), arrays[f"{name}/forces"], atol=PARITY, rtol=0)


def test_units_mean_spread_and_free_atoms_of_others_are_taken_over():
    arrays, _ = fixture_of("pyg")
    atomref = torch.arange(100.0)[:, None]
    model = from_pyg({**weights_of(arrays), "atomref.weight": atomref}, mean=2.0, std=3.0, unit=0.5)
    assert (float(model.scale), float(model.shift)) == (1.5, 1.0)
    assert float(model.references[14]) == pytest.approx(7.0)


def test_weights_of_something_else_are_refused():
    with pytest.raises(FileUnreadableError, match=r"interactions.0.conv.lin1"):
        from_pyg({"embedding.weight": torch.zeros(100, 4)})


def test_a_cutoff_other_than_the_end_of_the_gaussians_is_refused():
    arrays, _ = fixture_of("schnetpack")
    other = {**weights_of(arrays), "representation.cutoff_fn.cutoff": torch.tensor([6.0])}
    with pytest.raises(FileUnreadableError, match="its cutoff is 6"):
        from_schnetpack(other)


def test_gaussians_that_do_not_begin_at_nought_are_refused():
    arrays, _ = fixture_of("pyg")
    weights = weights_of(arrays)
    offsets = torch.linspace(0.5, 5.0, len(weights["distance_expansion.offset"]))
    with pytest.raises(FileUnreadableError, match="evenly"):
        from_pyg({**weights, "distance_expansion.offset": offsets})
