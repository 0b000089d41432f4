"""NequIP's side of `bench calculators`: run as a program by a Python that has nequip 0.6.

It deploys a model with random weights to the file that the case names, then answers `md STEPS` with
seconds of processor time of ASE's velocity Verlet with NequIP's own calculator.
"""
# pyright: reportMissingImports=false

import json
import sys
import time
from typing import Any

import numpy as np
import torch
from ase import Atoms, units
from ase.md.verlet import VelocityVerlet
from e3nn.util.jit import script
from nequip.ase import NequIPCalculator
from nequip.model import EnergyModel, StressForceOutput


def main(path: str) -> None:
    """Answer until nothing more is asked."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    arrays = np.load(path)
    case = json.loads(str(arrays["case"]))
    deploy(case)
    atoms = Atoms(
        arrays["0/numbers"], arrays["0/positions"], cell=arrays["0/cell"], pbc=arrays["0/pbc"]
    )
    atoms.set_velocities(arrays["0/velocities"])
    atoms.calc = NequIPCalculator.from_deployed_model(
        case["file"], species_to_type_name={case["symbol"]: case["symbol"]}
    )
    say(
        energy=float(atoms.get_potential_energy()),
        forces=atoms.get_forces().tolist(),
        version="0.6",
    )
    dynamics = VelocityVerlet(atoms, timestep=case["time_step_fs"] * units.fs)
    for line in sys.stdin:
        began = time.process_time()
        dynamics.run(int(line.split()[1]))
        say(seconds=time.process_time() - began)


def say(**what: Any) -> None:
    """One line for who asked."""
    print(json.dumps(what), flush=True)


def deploy(case: dict[str, Any]) -> None:
    """A network of usual size, as `nequip-deploy` leaves it."""
    config = {
        "r_max": case["cutoff"],
        "num_layers": 3,
        "num_types": 1,
        "type_names": [case["symbol"]],
        "chemical_embedding_irreps_out": "16x0e",
        "feature_irreps_hidden": "16x0e+16x1o+16x2e",
        "irreps_edge_sh": "0e+1o+2e",
        "conv_to_output_hidden_irreps_out": "8x0e",
        "num_basis": 8,
        "invariant_layers": 2,
        "invariant_neurons": 64,
        "avg_num_neighbors": 16.0,
    }
    model = StressForceOutput(EnergyModel(config, initialize=False))
    told = {
        "r_max": str(case["cutoff"]),
        "n_species": "1",
        "type_names": case["symbol"],
        "nequip_version": "0.6.2",
        "config": "",
        "_jit_bailout_depth": "",
        "_jit_fusion_strategy": "",
        "allow_tf32": "0",
        "default_dtype": "float32",
        "model_dtype": "float32",
    }
    told = {name: text.encode("ascii") for name, text in told.items()}
    torch.jit.save(torch.jit.freeze(script(model.eval())), case["file"], _extra_files=told)


if __name__ == "__main__":
    main(sys.argv[1])
