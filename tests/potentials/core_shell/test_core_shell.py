"""Cores and shells: Ewald's sums, shells at rest, collapse, bad input."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from ase.build import bulk

from designer_app.device import Compute
from designer_app.dynamics.checkpoint import Checkpoint, newest_checkpoint, write_checkpoint
from designer_app.dynamics.integrators import NVE
from designer_app.dynamics.simulation import ForceField, begin, simulate, start_state
from designer_app.errors import (
    ChargedCellError,
    InvalidSpecError,
    MissingCellError,
    ShellsLostError,
    UnsupportedElementError,
)
from designer_app.explanations import explain_exception
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.core_shell import SHELLS, load
from designer_app.potentials.core_shell.shells import RESIDUAL, settled
from designer_app.potentials.nuclear_repulsion import COULOMB_EV_A
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures
from designer_app.units import FS

CPU = Compute(device="cpu")
MADELUNG = 1.74756459463318
"""Of rocksalt, by the distance of neighbours (Crandall 1999, 10.1080/10586458.1999.10504625)."""
EWALD = 1e-9
"""Relative error of the Coulomb energy: waves and pairs end where exp(-25) is left."""
CHARGES_ONLY = """
form = "core-shell"
[cutoff]
begin = 7.0
end = 8.0
[ions]
Na = { charge = 1.0 }
Cl = { charge = -1.0 }
[pairs]
"""


def crystal(name="MgO", a=4.24, rattle=0.0, repeats=(1, 1, 1), kind="rocksalt"):
    atoms = bulk(name, kind, a=a, cubic=True) * repeats
    atoms.rattle(rattle, seed=0)
    return Structure(atoms.numbers, atoms.positions, atoms.cell.array, (True, True, True))


def state_of(structure):
    return state_from_structures([structure], torch.device("cpu"))


def said(potential, structure, want=("energy", "forces")):
    state = state_of(structure)
    neighbors = build_neighbors(state, potential.cutoff, potential.half_list)
    return potential.predict(state, neighbors, frozenset(want))


@pytest.fixture
def magnesia():
    return load("mgo-gale", CPU)


@pytest.fixture
def table(tmp_path):
    def written(text):
        path = tmp_path / "set.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return written


def test_charges_alone_have_the_madelung_energy_of_rocksalt(table):
    potential = load(table(CHARGES_ONLY), CPU)
    energy = float(said(potential, crystal("NaCl", 5.64)).energy) / 4
    assert energy == pytest.approx(-COULOMB_EV_A * MADELUNG / 2.82, rel=EWALD)


def test_the_energy_does_not_depend_on_where_ewald_splits_it(table):
    structure = crystal("NaCl", 5.64, rattle=0.2)
    near = load(table(CHARGES_ONLY), CPU)
    far = load(table(CHARGES_ONLY.replace("8.0", "11.0")), CPU)
    assert float(said(near, structure).energy) == pytest.approx(
        float(said(far, structure).energy), rel=EWALD
    )


def cores_of(potential, structure):
    state = state_of(structure)
    return potential.cores_of(state, build_neighbors(state, potential.cutoff, half=True), 0)


def test_shells_are_at_rest(magnesia):
    cores = cores_of(magnesia, crystal(rattle=0.05))
    moved = settled(cores, torch.zeros_like(cores.positions[cores.ions.movable]))
    assert float(moved.u.abs().max()) > 0.01
    assert float(moved.on_shells.abs().max()) < RESIDUAL


def test_another_start_leads_the_shells_to_the_same_rest(magnesia):
    cores = cores_of(magnesia, crystal(rattle=0.05))
    start = torch.zeros_like(cores.positions[cores.ions.movable])
    one, other = settled(cores, start), settled(cores, start + 0.05)
    assert float((one.u - other.u).abs().max()) < 1e3 * RESIDUAL


def test_ions_without_shells_keep_none(magnesia):
    state = start_state(state_of(crystal(rattle=0.05)), 300.0, 1)
    found = magnesia.predict(state, build_neighbors(state, magnesia.cutoff, half=True))
    assert found.internal is not None
    assert float(found.internal[SHELLS][state.numbers == 12].abs().max()) == 0.0


def test_a_restart_with_shells_is_bitwise(magnesia, tmp_path):
    integrator = NVE(dt=1.0 * FS)
    evaluate = ForceField(magnesia, integrator.wants)
    start = begin(start_state(state_of(crystal(rattle=0.03)), 300.0, 1), integrator, evaluate)
    run = simulate(start, magnesia, integrator, 6, evaluate=evaluate)
    for _ in range(3):
        middle = next(run)
    write_checkpoint(tmp_path, Checkpoint.of(middle, evaluate, {}))
    *_, last = run
    kept = newest_checkpoint(tmp_path, torch.device("cpu"))
    fresh = ForceField(
        load("mgo-gale", CPU), integrator.wants, kept.neighbors(magnesia.cutoff, half=True)
    )
    *_, again = simulate(kept.state, fresh.potential, integrator, 3, evaluate=fresh)
    assert torch.equal(again.positions, last.positions)
    assert torch.equal(again.extended[SHELLS], last.extended[SHELLS])


def test_short_ranged_energy_has_no_step_at_the_cutoff(table):
    text = CHARGES_ONLY.replace("[pairs]", "[pairs]\nNa-Cl = { A = 1e6, rho = 2.0 }").replace(
        "1.0 }", "0.0 }"
    )
    potential = load(table(text), CPU)

    def at(distance):
        box = 30.0 * np.eye(3)
        positions = np.array([[0.0, 0, 0], [distance, 0, 0]])
        return float(
            said(potential, Structure(np.array([11, 17]), positions, box, (True,) * 3)).energy
        )

    assert at(7.999) == pytest.approx(0.0, abs=1e-3)
    assert at(8.001) == 0.0
    assert at(6.9) == pytest.approx(1e6 * math.exp(-3.45), rel=1e-12)


def test_a_soft_spring_collapses_with_a_sentence(table):
    soft = "Cl = { core = 2.0, shell = -3.0, k2 = 1.0 }"
    potential = load(table(CHARGES_ONLY.replace("Cl = { charge = -1.0 }", soft)), CPU)
    with pytest.raises(ShellsLostError) as caught:
        said(potential, crystal("NaCl", 5.64, rattle=0.1))
    assert "collapsed" in explain_exception(caught.value).sentence


def test_ions_that_fall_into_each_other_are_told():
    potential = load("bush", CPU)
    structure = crystal("OLi2", 4.6, kind="fluorite")
    oxygen = np.flatnonzero(structure.numbers == 8)
    positions = structure.positions.copy()
    positions[oxygen[1]] = positions[oxygen[0]] + [0.9, 0.0, 0.0]
    with pytest.raises(ShellsLostError) as caught:
        said(potential, replace(structure, positions=positions))
    assert explain_exception(caught.value).sentence


def test_a_charged_cell_is_refused(magnesia):
    structure = crystal()
    keep = np.arange(len(structure)) != int(np.flatnonzero(structure.numbers == 8)[0])
    missing = Structure(
        structure.numbers[keep], structure.positions[keep], structure.cell, structure.pbc
    )
    with pytest.raises(ChargedCellError) as caught:
        magnesia.check(state_of(missing))
    assert caught.value.charge_e == pytest.approx(2.0)


def test_without_a_cell_there_is_no_energy(magnesia):
    with pytest.raises(MissingCellError):
        magnesia.check(state_of(replace(crystal(), pbc=(True, True, False))))


def test_an_unknown_element_is_told(magnesia):
    with pytest.raises(UnsupportedElementError):
        magnesia.check(state_of(crystal("CaO", 4.8)))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('form = "core-shell"', 'form = "morse"', "form"),
        ("charge = 1.0", "charge = nan", "not a number"),
        ("Na = { charge = 1.0 }", "Na = { core = 1.0, shell = 0.5 }", "must have core, shell, k2"),
        ("Na = {", "Qq = {", "not the symbol"),
        ("[pairs]", "[pairs]\nNa-K = { A = 1.0, rho = 0.3 }", "no pair of its ions"),
        ("[pairs]", "[pairs]\nNa-Cl = { A = 1.0, rho = 0.0 }", "rho be above 0"),
        ("end = 8.0", "end = 6.0", "cutoff"),
    ],
)
def test_a_wrong_table_is_refused_with_the_reason(table, old, new, told):
    with pytest.raises(InvalidSpecError, match=told):
        load(table(CHARGES_ONLY.replace(old, new)), CPU)
