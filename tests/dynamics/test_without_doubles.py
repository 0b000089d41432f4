"""Apple GPUs have no double precision: a state in single precision must never make a double.

The path of all devices but the CPU runs here on the CPU, and every tensor that torch makes on the
way is looked at. Only what comes from numpy may be double, until it is sent to its device.
"""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from designer_app.device import Compute
from designer_app.dynamics.ensembles import integrator_for
from designer_app.dynamics.simulation import ForceField, begin, simulate, start_state
from designer_app.potentials import load_potential
from designer_app.potentials.base import ENERGY_FORCES_STRESS
from designer_app.potentials.lennard_jones import LennardJones
from designer_app.relaxation import Goal, relax
from designer_app.specs.md import ENSEMBLES, MDSpec
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

CPU = torch.device("cpu")
ON_THE_WAY = ("aten.lift_fresh", "aten._to_copy", "aten.detach")


class NoDoubles(TorchDispatchMode):
    """Fails at the operation that makes a double."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        for each in made if isinstance(made, tuple | list) else [made]:
            is_double = isinstance(each, torch.Tensor) and each.dtype == torch.float64
            assert not is_double or str(func).startswith(ON_THE_WAY), func
        return made


@pytest.fixture(autouse=True)
def path_of_other_devices(monkeypatch):
    monkeypatch.setattr("designer_app.state.state_dtype", lambda _: torch.float32)
    monkeypatch.setattr("designer_app.neighbors.build.HAS_COMPILER", False)


def copper_like(number, lattice):
    corners = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    return Structure(np.full(4, number), corners * lattice, np.eye(3) * lattice, (True,) * 3)


def single(key):
    """A potential on the path of other devices, and two crystals for it."""
    compute = Compute("cpu", "float32", 1)
    if key == "chgnet":
        chgnet = load_potential("chgnet", "0.3.0", compute)
        chgnet.use_kernels({"kernels": "torch"})
        return chgnet, [copper_like(29, 3.6), copper_like(28, 3.5)]
    argon = LennardJones("noble-gases", compute, use_compiled=False)
    return argon, [copper_like(18, 5.4), copper_like(36, 5.7)]


@pytest.mark.parametrize("ensemble", [key for key, _ in ENSEMBLES])
def test_a_run_makes_no_doubles(ensemble):
    potential, structures = single("lennard-jones")
    integrator = integrator_for(MDSpec(ensemble=ensemble, temperature=50.0))
    evaluate = ForceField(potential, integrator.wants)
    with NoDoubles():
        start = start_state(state_from_structures(structures, CPU), 50.0, 1)
        state = begin(start, integrator, evaluate)
        states = list(simulate(state, potential, integrator, 3, evaluate=evaluate))
        kept = integrator.conserved(states[-1])
    assert {states[-1].positions.dtype, states[-1].cell.dtype, kept.dtype} == {torch.float32}


@pytest.mark.parametrize("optimizer", ["fire", "lbfgs"])
def test_a_relaxation_makes_no_doubles(optimizer):
    potential, structures = single("lennard-jones")
    with NoDoubles():
        found = relax(structures, potential, Goal(steps=3), optimizer=optimizer)
    assert [each.error for each in found] == [None, None]


def test_chgnet_makes_no_doubles():
    potential, structures = single("chgnet")
    with NoDoubles():
        state = state_from_structures(structures, CPU)
        evaluate = ForceField(potential, ENERGY_FORCES_STRESS)
        found = evaluate(start_state(state, 300.0, 0))
    assert {found.energy.dtype, found.forces.dtype, found.stress.dtype} == {torch.float32}
