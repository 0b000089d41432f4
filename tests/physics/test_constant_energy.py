"""NVE: velocity Verlet follows a shadow Hamiltonian H + O(dt^2), so the energy error is bounded.

Its standard deviation falls 4x when the step is halved, and it has no slope. No bath, no degrees
of freedom: the total energy is compared with itself.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from designer_app.device import Compute
from designer_app.dynamics.observables import kinetic_energy
from designer_app.potentials import load_potential
from designer_app.specs.structure import Structure

RATIO_TOLERANCE = 0.12
"""Relative; chaos makes the two trajectories part, most of all in the liquid."""
N_BLOCKS = 10
SURE = 1e-3
"""Chance at which a slope among the block means counts as one."""


def argon_krypton(fcc):
    crystal = fcc(18, 5.7, 2)
    numbers = crystal.numbers.copy()
    numbers[::2] = 36
    return replace(crystal, numbers=numbers)


def rock_salt(fcc):
    sodium, chlorine = fcc(11, 5.64), fcc(17, 5.64)
    positions = np.vstack([sodium.positions, chlorine.positions + np.array([2.82, 0, 0])])
    return Structure(np.repeat([11, 17], 4), positions, sodium.cell, sodium.pbc)


def systems(fcc, ring, springs, argon):
    """Structure, potential, temperature in K, time step in fs, steps."""
    reference = Compute("cpu", "float64", 1)
    morse = load_potential("morse", "", reference)
    return {
        "harmonic ring": lambda: (ring, springs, 300.0, 4.0, 600),
        "Lennard-Jones solid": lambda: (fcc(18, 5.4, 2), argon, 40.0, 8.0, 600),
        "Lennard-Jones liquid": lambda: (fcc(18, 5.9, 3), argon, 250.0, 8.0, 600),
        "Lennard-Jones mixture": lambda: (argon_krypton(fcc), argon, 100.0, 8.0, 600),
        "Morse metal": lambda: (fcc(29, 3.63, 2), morse, 600.0, 4.0, 600),
        "CHGNet rock salt": lambda: (
            rock_salt(fcc),
            load_potential("chgnet", "0.3.0", reference),
            600.0,
            1.0,
            200,
        ),
    }


@pytest.mark.parametrize(
    "name",
    [
        "harmonic ring",
        "Lennard-Jones solid",
        "Lennard-Jones liquid",
        "Lennard-Jones mixture",
        "Morse metal",
        "CHGNet rock salt",
    ],
)
def test_energy_error_falls_fourfold_with_half_the_step_and_has_no_slope(
    name, trial, fcc, ring, springs, argon
):
    structure, potential, kelvin, dt, n_steps = systems(fcc, ring, springs, argon)[name]()
    warm = trial(
        [structure],
        potential,
        ensemble="langevin",
        temperature=kelvin,
        timestep=2.0 * dt,
        friction=0.02,
    ).settle(n_steps // 2)
    spreads = []
    for finer in (1, 2):
        cold = trial([structure], potential, ensemble="nve", temperature=0.0, timestep=dt / finer)
        cold.state = cold.evaluate(
            replace(cold.state, positions=warm.state.positions, momenta=warm.state.momenta)
        )
        energies = np.array(
            [float(s.energy + kinetic_energy(s)) for s in cold.run(n_steps * finer)]
        )
        spreads.append(energies.std())
        blocks = energies.reshape(N_BLOCKS, -1).mean(axis=1)
        assert stats.linregress(np.arange(N_BLOCKS), blocks).pvalue > SURE
    assert spreads[0] / spreads[1] == pytest.approx(4.0, rel=RATIO_TOLERANCE)


@pytest.mark.slow
@pytest.mark.parametrize(("kelvin", "lattice"), [(40.0, 5.4), (250.0, 5.9)])
def test_energy_keeps_its_place_for_a_fifth_of_a_nanosecond(kelvin, lattice, trial, fcc, argon):
    """Solid and dense gas of argon: less than 1e-7 eV/atom/ps, where kT is 3e-3 and 2e-2 eV."""
    run = trial(
        [fcc(18, lattice, 2)], argon, ensemble="nve", temperature=2.0 * kelvin, timestep=4.0
    ).settle(2500)
    told = [
        (4e-3 * s.step, float(s.energy + kinetic_energy(s)) / s.n_atoms)
        for s in run.run(50_000, every=50)
    ]
    drift = np.polyfit(*np.array(told).T, 1)[0]
    assert abs(drift) < 1e-7
