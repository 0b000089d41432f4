"""fairchem-core's side of `bench gemnet`: run as a program by a Python that has fairchem-core 1.10.

It reads the case from a file of arrays, writes its weights and what it says of the frames, then
answers `forces` and `train` with seconds of processor time. Edges are known before; triplets are
found in the network, as on the other side.
"""
# pyright: reportMissingImports=false

import importlib.metadata
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ase import Atoms
from ase.neighborlist import neighbor_list
from fairchem_stand_ins import stand_ins

BOX = 40.0
"""A, around molecules: fairchem's network is asked with periodic edges."""


def main(path: str) -> None:
    """Answer until nothing more is asked."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    stand_ins()
    from torch_geometric.data import Batch

    arrays = np.load(path)
    case = json.loads(str(arrays["case"]))
    frames = [frame_of(arrays, number, case["cutoff"]) for number in range(case["frames"])]
    network = network_of(case)
    weights = {name: each.numpy() for name, each in network.state_dict().items()}
    np.savez(Path(path).with_name("weights.npz"), **weights)
    found = network(Batch.from_data_list(frames))
    say(energies=found["energy"].flatten().tolist(), forces=found["forces"].tolist())
    say(version=importlib.metadata.version("fairchem-core"))
    for line in sys.stdin:
        batch = Batch.from_data_list(frames)
        began = time.process_time()
        found = network(batch)
        if line.strip() == "train":
            network.zero_grad()
            (found["energy"].square().sum() + found["forces"].square().sum()).backward()
        say(seconds=time.process_time() - began)


def say(**what: Any) -> None:
    """One line for who asked."""
    print(json.dumps(what), flush=True)


def network_of(case: dict[str, Any]) -> Any:
    """A GemNet-T of the same size, every scaling factor 1."""
    from fairchem.core.models.gemnet.gemnet import GemNetT

    made = GemNetT(
        num_spherical=case["n_spherical"],
        num_radial=case["n_radial"],
        num_blocks=case["n_blocks"],
        emb_size_atom=case["n_atom"],
        emb_size_edge=case["n_edge"],
        emb_size_trip=case["n_triplet"],
        emb_size_rbf=case["n_rbf"],
        emb_size_cbf=case["n_cbf"],
        emb_size_bil_trip=case["n_triplet"],
        num_before_skip=case["n_before_skip"],
        num_after_skip=case["n_after_skip"],
        num_concat=case["n_concat"],
        num_atom=case["n_atom_residual"],
        cutoff=case["cutoff"],
        rbf={"name": "spherical_bessel"},
        cbf={"name": "spherical_harmonics"},
        envelope={"name": "polynomial", "exponent": 5},
        direct_forces=False,
        use_pbc=True,
    )
    with torch.no_grad():
        for name, each in made.named_parameters():
            if name.endswith("scale_factor"):
                each.fill_(1.0)
    return made.float()


def frame_of(arrays: Any, number: int, cutoff: float) -> Any:
    """A molecule with its edges, as fairchem's batches take it."""
    from torch_geometric.data import Data

    atoms = Atoms(
        arrays[f"{number}/numbers"], arrays[f"{number}/positions"], cell=BOX * np.eye(3), pbc=True
    )
    first, second, shifts = neighbor_list("ijS", atoms, cutoff)
    return Data(
        edge_index=torch.from_numpy(np.stack([second, first])),
        cell_offsets=torch.tensor(shifts, dtype=torch.float32),
        neighbors=torch.tensor([len(first)]),
        pos=torch.tensor(atoms.positions, dtype=torch.float32),
        cell=torch.tensor(atoms.cell.array, dtype=torch.float32)[None],
        atomic_numbers=torch.tensor(atoms.numbers, dtype=torch.float32),
        natoms=len(atoms),
    )


if __name__ == "__main__":
    main(sys.argv[1])
