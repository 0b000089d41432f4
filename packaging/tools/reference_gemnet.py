"""Energies and forces of fairchem-core 1.10's GemNet-T, for a fixture of the tests.

    python -m venv REF
    REF/bin/pip install torch torch_geometric ase sympy pyyaml matplotlib huggingface_hub pydantic
    REF/bin/pip install --no-deps fairchem-core==1.10.0
    REF/bin/python packaging/tools/reference_gemnet.py tests/potentials/gemnet/fairchem_gemnet_t.npz

It runs in an environment of its own and needs nothing of this program installed. With --published
the published size is computed instead, a file of 15 MB that is not kept.
"""

import argparse
import hashlib
import importlib.metadata
import json
import sys
from pathlib import Path

import numpy as np
import torch
from ase import Atoms
from ase.build import bulk, molecule
from ase.neighborlist import neighbor_list

BENCHES = Path(__file__).parents[2] / "designer_app" / "cli" / "benches"
sys.path.insert(0, str(BENCHES))
from fairchem_stand_ins import stand_ins  # noqa: E402

CUTOFF = 5.0
SMALL = {
    "num_spherical": 5,
    "num_radial": 4,
    "num_blocks": 2,
    "emb_size_atom": 10,
    "emb_size_edge": 12,
    "emb_size_trip": 8,
    "emb_size_rbf": 5,
    "emb_size_cbf": 6,
    "emb_size_bil_trip": 8,
    "num_before_skip": 1,
    "num_after_skip": 1,
    "num_concat": 1,
    "num_atom": 2,
    "num_elements": 20,
}
PUBLISHED = {
    "num_spherical": 7,
    "num_radial": 6,
    "num_blocks": 4,
    "emb_size_atom": 128,
    "emb_size_edge": 128,
    "emb_size_trip": 64,
    "emb_size_rbf": 16,
    "emb_size_cbf": 16,
    "emb_size_bil_trip": 64,
    "num_before_skip": 1,
    "num_after_skip": 1,
    "num_concat": 1,
    "num_atom": 2,
    "num_elements": 93,
}


def matter() -> dict[str, Atoms]:
    """Three molecules, and a rattled crystal thinner than the cutoff."""
    rng = np.random.default_rng(11)
    found = {name: molecule(name) for name in ("CH3CH2OH", "C6H6", "H2O2")}
    crystal = bulk("NaCl", "rocksalt", a=5.6)
    cell = crystal.cell.array + rng.normal(0, 0.1, (3, 3))
    exact = np.round(cell * 1024) / 1024  # fairchem rounds cells to single precision
    crystal.set_cell(exact, scale_atoms=True)
    found["NaCl"] = crystal
    for atoms in found.values():
        atoms.positions += rng.normal(0, 0.08, atoms.positions.shape)
    return found


def model(sizes: dict[str, int], *, direct: bool) -> torch.nn.Module:
    """A GemNet-T in double precision with random weights and scaling factors."""
    from fairchem.core.models.gemnet.gemnet import GemNetT

    torch.manual_seed(5)
    made = GemNetT(
        **sizes,
        cutoff=CUTOFF,
        rbf={"name": "spherical_bessel"},
        cbf={"name": "spherical_harmonics"},
        envelope={"name": "polynomial", "exponent": 5},
        direct_forces=direct,
        use_pbc=True,
    )
    generator = torch.Generator().manual_seed(6)
    with torch.no_grad():
        for name, each in made.named_parameters():
            if name.endswith("scale_factor"):
                each.fill_(0.5 + float(torch.rand((), generator=generator)))
            if name.endswith("frequencies"):
                each.mul_(1.0 + 0.1 * torch.rand(each.shape, generator=generator))
    return made.double()


def said(made: torch.nn.Module, atoms: Atoms) -> tuple[float, np.ndarray]:
    """(energy, forces) without units."""
    from torch_geometric.data import Batch, Data

    boxed = atoms.copy()
    if not boxed.pbc.any():
        boxed.set_cell(40.0 * np.eye(3))
    first, second, shifts = neighbor_list("ijS", boxed, CUTOFF)  # fairchem's own are in float32
    frame = Data(
        edge_index=torch.from_numpy(np.stack([second, first])),
        cell_offsets=torch.tensor(shifts, dtype=torch.float64),
        neighbors=torch.tensor([len(first)]),
        pos=torch.tensor(boxed.positions, dtype=torch.float64),
        cell=torch.tensor(boxed.cell.array, dtype=torch.float64)[None],
        atomic_numbers=torch.tensor(boxed.numbers, dtype=torch.float64),
        natoms=len(boxed),
    )
    found = made(Batch.from_data_list([frame]))
    return float(found["energy"].detach()), found["forces"].detach().numpy()


def main() -> None:
    """Write weights, structures, energies and forces, with versions and hash."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--published", action="store_true")
    given = parser.parse_args()
    stand_ins()
    sizes = PUBLISHED if given.published else SMALL
    arrays: dict[str, np.ndarray] = {}
    for kind, direct in (("gradient", False), ("direct", True)):
        made = model(sizes, direct=direct)
        for name, each in made.state_dict().items():
            arrays[f"{kind}/weights/{name}"] = each.numpy().astype(np.float32)
        made.load_state_dict(
            {
                name.removeprefix(f"{kind}/weights/"): torch.from_numpy(each).double()
                for name, each in arrays.items()
                if name.startswith(f"{kind}/weights/")
            }
        )
        for name, atoms in matter().items():
            energy, forces = said(made, atoms)
            arrays[f"{kind}/energy/{name}"] = np.array(energy)
            arrays[f"{kind}/forces/{name}"] = forces
            arrays[f"numbers/{name}"] = atoms.numbers
            arrays[f"positions/{name}"] = atoms.positions
            arrays[f"cell/{name}"] = atoms.cell.array
    digest = hashlib.sha256()
    for name in sorted(arrays):
        if "/weights/" in name:
            digest.update(name.encode() + arrays[name].tobytes())
    about = {
        "sizes": sizes,
        "cutoff": CUTOFF,
        "weights_sha256": digest.hexdigest(),
        "versions": {
            name: importlib.metadata.version(name)
            for name in ("fairchem-core", "torch", "torch_geometric", "numpy", "ase")
        },
    }
    arrays["about"] = np.array(json.dumps(about))
    np.savez_compressed(given.out, **arrays)
    print(json.dumps(about, indent=1))


if __name__ == "__main__":
    main()
