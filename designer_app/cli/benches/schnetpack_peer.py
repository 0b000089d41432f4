"""SchNetPack's side of `bench schnet`: run as a program by a Python that has schnetpack.

It reads the case from a file of arrays, then answers one line for each line it is asked: `epoch` or
`md STEPS`, both with seconds of processor time. Neighbours of training frames are found once
before; an epoch is collation, steps of AdamW and the gradient of energies and forces. Dynamics is
ASE's velocity Verlet with SchNetPack's calculator and its list with a skin.
"""
# pyright: reportMissingImports=false

import json
import sys
import time
import typing
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.utils.data.dataloader

# schnetpack 2.1.1 imports a type variable that torch 2.13 no longer has there.
torch.utils.data.dataloader.T_co = typing.TypeVar("T_co", covariant=True)  # type: ignore[attr-defined]

import schnetpack as spk  # noqa: E402
from schnetpack import properties, transform  # noqa: E402
from schnetpack.data.loader import _atoms_collate_fn  # noqa: E402

SKIN = 0.3
"""A; what SchNetPack takes unless told otherwise."""


def main(path: str) -> None:
    """Answer until nothing more is asked."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    arrays = np.load(path)
    case = json.loads(str(arrays["case"]))
    model = network(case)
    if case["frames"]:
        work = Epochs(model, case, arrays)
    else:
        work = Dynamics(model, case, arrays, Path(path).parent)
    say(version=spk.__version__)
    for line in sys.stdin:
        began = time.process_time()
        work.run(line.split())
        say(seconds=time.process_time() - began)


def say(**what: Any) -> None:
    """One line for who asked."""
    print(json.dumps(what), flush=True)


def network(case: dict[str, Any]) -> Any:
    """SchNetPack's model of the same size."""
    cutoff = case["cutoff"]
    return spk.model.NeuralNetworkPotential(
        representation=spk.representation.SchNet(
            n_atom_basis=case["n_features"],
            n_interactions=case["n_interactions"],
            radial_basis=spk.nn.GaussianRBF(case["n_gaussians"], cutoff),
            cutoff_fn=spk.nn.CosineCutoff(cutoff),
            n_filters=case["n_filters"],
        ),
        input_modules=[spk.atomistic.PairwiseDistances()],
        output_modules=[
            spk.atomistic.Atomwise(case["n_features"], output_key="energy"),
            spk.atomistic.Forces(),
        ],
    )


def inputs_of(arrays: Any, frame: int) -> dict[str, torch.Tensor]:
    """A frame as SchNetPack's transforms take it."""
    numbers = torch.from_numpy(arrays[f"{frame}/numbers"]).long()
    return {
        properties.idx: torch.tensor([frame]),
        properties.n_atoms: torch.tensor([len(numbers)]),
        properties.Z: numbers,
        properties.R: torch.from_numpy(arrays[f"{frame}/positions"]),
        properties.cell: torch.from_numpy(arrays[f"{frame}/cell"])[None],
        properties.pbc: torch.from_numpy(arrays[f"{frame}/pbc"]),
    }


class Epochs:
    """Training with lists of neighbours that are kept."""

    def __init__(self, model: Any, case: dict[str, Any], arrays: Any) -> None:
        self.model, self.batch_size = model.train(), case["batch_size"]
        steps = [transform.MatScipyNeighborList(case["cutoff"]), transform.CastTo32()]
        self.frames = []
        for number in range(case["frames"]):
            frame = inputs_of(arrays, number)
            frame["wanted"] = torch.from_numpy(arrays[f"{number}/energy"])[None]
            frame["wanted_forces"] = torch.from_numpy(arrays[f"{number}/forces"])
            for step in steps:
                frame = step(frame)
            self.frames.append(frame)
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

    def run(self, asked: list[str]) -> None:
        """One pass over the frames."""
        assert asked == ["epoch"]
        order = torch.randperm(len(self.frames)).tolist()
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            batch = _atoms_collate_fn([dict(self.frames[row]) for row in rows])
            self.optimizer.zero_grad()
            said = self.model(batch)
            loss = 0.01 * (said["energy"] - batch["wanted"]).square().mean()
            loss = loss + 0.99 * (said["forces"] - batch["wanted_forces"]).square().mean()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 10.0)
            self.optimizer.step()


class Dynamics:
    """A run that goes on where it stopped; its weights are written for the other side."""

    def __init__(self, model: Any, case: dict[str, Any], arrays: Any, folder: Path) -> None:
        from ase import Atoms, units
        from ase.md.verlet import VelocityVerlet
        from schnetpack.interfaces import SpkCalculator

        state = {name: each.numpy() for name, each in model.state_dict().items()}
        np.savez(folder / "weights.npz", **state)

        class Calculator(SpkCalculator):
            """With a model that is there already."""

            def _load_model(self, _file: str) -> Any:
                return model.eval()

        atoms = Atoms(
            arrays["0/numbers"], arrays["0/positions"], cell=arrays["0/cell"], pbc=arrays["0/pbc"]
        )
        atoms.set_velocities(arrays["0/velocities"])
        lists = transform.SkinNeighborList(
            transform.MatScipyNeighborList(case["cutoff"]), cutoff_skin=SKIN
        )
        atoms.calc = Calculator("", lists, energy_unit="eV")
        say(energy=atoms.get_potential_energy(), forces=atoms.get_forces().tolist())
        self.md = VelocityVerlet(atoms, timestep=case["time_step_fs"] * units.fs)

    def run(self, asked: list[str]) -> None:
        """So many steps."""
        self.md.run(int(asked[1]))


if __name__ == "__main__":
    main(sys.argv[1])
