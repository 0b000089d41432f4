"""Ask PyTorch Geometric's or SchNetPack's SchNet once, and keep what it says for the tests.

    python packaging/tools/reference_schnet.py pyg FIXTURES/schnet-pyg.npz
    python packaging/tools/reference_schnet.py schnetpack FIXTURES/schnet-schnetpack.npz

where FIXTURES is tests/potentials/fixtures.

Run it with the Python of an environment that has the package (torch 2.13.0 with torch-geometric
2.8.1, or with schnetpack 2.1.1); it needs nothing of this program. Written are the structures, the
random weights by their names there, energies and forces in double precision, versions, and the
SHA-256 of the weights. Neighbours are ASE's, all within the cutoff: PyTorch Geometric's own search
stops at 32. Its energies are unitless; they are taken as eV.
"""

import argparse
import hashlib
import json
import platform
import typing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ase
import numpy as np
import torch
from ase import Atoms
from ase.build import bulk, molecule
from ase.neighborlist import neighbor_list

CUTOFF, N_FEATURES, N_FILTERS, N_INTERACTIONS, N_GAUSSIANS, SEED = 5.0, 16, 12, 3, 20, 7


def structures() -> dict[str, Atoms]:
    """A molecule, a crystal of one atom that sees its own images, and a rattled oxide."""
    ethanol = molecule("CH3CH2OH")
    silicon = bulk("Si")
    places = [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)]
    cell = [[3.9, 0.1, 0], [0, 3.9, 0.2], [-0.1, 0, 4.0]]
    oxide = Atoms("SrTiO3", scaled_positions=places, cell=cell, pbc=True)
    single = bulk("Cu")
    for number, atoms in enumerate((ethanol, silicon, oxide)):
        atoms.rattle(0.08, seed=number)
    return {"ethanol": ethanol, "Si2": silicon, "SrTiO3": oxide, "Cu": single}


def edges(atoms: Atoms) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(i, j, translation of j in A) of every pair within the cutoff."""
    i, j, shifts = neighbor_list("ijS", atoms, CUTOFF)
    return i, j, shifts @ atoms.cell.array


class PyG:
    """PyTorch Geometric's model."""

    packages = ("torch-geometric", "torch", "ase", "numpy")

    def __init__(self) -> None:
        from torch_geometric.nn.models import SchNet

        self.model = SchNet(
            N_FEATURES, N_FILTERS, N_INTERACTIONS, N_GAUSSIANS, CUTOFF, interaction_graph=self.graph
        )

    def graph(self, positions: torch.Tensor, batch: torch.Tensor) -> tuple[Any, Any]:
        """Edges j -> i with their lengths."""
        del batch
        i, j, shift = self.edges
        length = (positions[j] + shift - positions[i]).norm(dim=-1)
        return torch.stack([j, i]), length

    def energy_and_forces(self, atoms: Atoms) -> tuple[float, np.ndarray]:
        """What the model says."""
        i, j, shift = edges(atoms)
        self.edges = torch.tensor(i), torch.tensor(j), torch.tensor(shift)
        positions = torch.tensor(atoms.positions, requires_grad=True)
        energy = self.model(torch.tensor(atoms.numbers, dtype=torch.long), positions).sum()
        (slope,) = torch.autograd.grad(energy, positions)
        return float(energy.detach()), -slope.numpy()


class SchNetPack:
    """SchNetPack's model, with the readout that its `Atomwise` has unless told otherwise (SiLU)."""

    packages = ("schnetpack", "torch", "ase", "numpy")

    def __init__(self) -> None:
        # schnetpack 2.1.1 imports a type variable that torch 2.13 no longer has there.
        import torch.utils.data.dataloader as loader

        loader.T_co = typing.TypeVar("T_co", covariant=True)  # type: ignore[attr-defined]
        import schnetpack as spk  # pyright: ignore[reportMissingImports]

        self.names = spk.properties
        self.model = spk.model.NeuralNetworkPotential(
            representation=spk.representation.SchNet(
                n_atom_basis=N_FEATURES,
                n_interactions=N_INTERACTIONS,
                radial_basis=spk.nn.GaussianRBF(N_GAUSSIANS, CUTOFF),
                cutoff_fn=spk.nn.CosineCutoff(CUTOFF),
                n_filters=N_FILTERS,
            ),
            input_modules=[spk.atomistic.PairwiseDistances()],
            output_modules=[
                spk.atomistic.Atomwise(N_FEATURES, output_key="energy"),
                spk.atomistic.Forces(),
            ],
        )

    def energy_and_forces(self, atoms: Atoms) -> tuple[float, np.ndarray]:
        """What the model says."""
        i, j, shift = edges(atoms)
        n = len(atoms)
        said = self.model(
            {
                self.names.Z: torch.tensor(atoms.numbers, dtype=torch.long),
                self.names.R: torch.tensor(atoms.positions),
                self.names.cell: torch.tensor(atoms.cell.array)[None],
                self.names.pbc: torch.tensor(atoms.pbc)[None],
                self.names.idx_i: torch.tensor(i),
                self.names.idx_j: torch.tensor(j),
                self.names.offsets: torch.tensor(shift),
                self.names.idx_m: torch.zeros(n, dtype=torch.long),
                self.names.n_atoms: torch.tensor([n]),
            }
        )
        return float(said["energy"].detach()), said["forces"].detach().numpy()


def main() -> None:
    """Ask, and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("package", choices=["pyg", "schnetpack"])
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    reference = {"pyg": PyG, "schnetpack": SchNetPack}[given.package]()
    for name, each in reference.model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(each, std=0.3)  # zeros would hide a bias in the wrong place
    state = {name: each.numpy().copy() for name, each in reference.model.state_dict().items()}
    digest = hashlib.sha256()
    for name in sorted(state):
        digest.update(name.encode() + state[name].tobytes())
    reference.model.double().eval()
    arrays: dict[str, np.ndarray] = {f"weights/{name}": each for name, each in state.items()}
    for name, atoms in structures().items():
        energy, forces = reference.energy_and_forces(atoms)
        arrays[f"{name}/numbers"] = atoms.numbers
        arrays[f"{name}/positions"] = atoms.positions
        arrays[f"{name}/cell"] = atoms.cell.array
        arrays[f"{name}/pbc"] = atoms.pbc
        arrays[f"{name}/energy"] = np.array(energy)
        arrays[f"{name}/forces"] = forces
    about = {
        "versions": {each: version(each) for each in reference.packages},
        "python": platform.python_version(),
        "weights_sha256": digest.hexdigest(),
        "structures": list(structures()),
        "cutoff_A": CUTOFF,
    }
    arrays["about"] = np.array(json.dumps(about))
    given.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(given.out, **arrays)  # type: ignore[arg-type]
    print(json.dumps(about, indent=1), f"ASE {ase.__version__}")


if __name__ == "__main__":
    main()
