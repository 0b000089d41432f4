"""NVT: energies are distributed as the canonical ensemble says.

N_f quadratic terms share the kinetic energy K: N_f = 3N where a bath acts on every atom (Langevin),
N_f = 3N - 3 where the total momentum is conserved (Nose-Hoover, Bussi, Berendsen). Then

    <K> = N_f kT / 2,    var K = N_f (kT)^2 / 2,    <p_i^2 / m_i> = kT (1 - m_i / M) per direction,

without the factor (1 - m_i / M) for 3N. Replicas are independent: their spread is the error.
"""

from dataclasses import replace

import numpy as np
import pytest

from designer_app.dynamics.integrators import FREEDOMS
from designer_app.dynamics.observables import kinetic_energy
from designer_app.units import KB

CANONICAL = ["langevin", "nose-hoover", "bussi"]
CONSERVES_MOMENTUM = {"langevin": False, "nose-hoover": True, "bussi": True, "berendsen": True}
KELVIN = 60.0
MASSES = np.array([39.948, 39.948, 80.0, 80.0])
SIGMAS = 4.5
"""Standard errors by which a mean may be off: once in 100,000 tests by chance."""


def off(values, expected):
    """Distance of the replicas' mean from a value, in its standard errors."""
    return (values.mean(axis=0) - expected) / (
        values.std(axis=0, ddof=1) / np.sqrt(values.shape[0])
    )


@pytest.fixture
def sampled(trial, fcc, argon):
    """Kinetic energies (samples, replicas) and squares p^2/m (samples, replicas, atoms) in kT."""

    def make(ensemble, n_replicas, n_samples):
        structure = replace(fcc(18, 5.5), masses=MASSES)
        run = trial(
            [structure] * n_replicas,
            argon,
            ensemble=ensemble,
            temperature=KELVIN,
            timestep=8.0,
            thermostat_time=100.0,
        ).settle(300)
        kinetic, squares = [], []
        for state in run.run(10 * n_samples, every=10):
            kinetic.append(kinetic_energy(state).numpy())
            each = (state.momenta.square().mean(dim=1) / state.masses).numpy()
            squares.append(each.reshape(n_replicas, -1))
        freedoms = 9.0 if CONSERVES_MOMENTUM[ensemble] else 12.0
        assert run.state.extended[FREEDOMS].unique().tolist() == [freedoms]
        return freedoms, np.array(kinetic) / (KB * KELVIN), np.array(squares) / (KB * KELVIN)

    return make


SIZES = [(100, 80), pytest.param(200, 500, marks=pytest.mark.slow)]


@pytest.mark.parametrize(("n_replicas", "n_samples"), SIZES)
@pytest.mark.parametrize("ensemble", CANONICAL)
def test_kinetic_energies_are_canonical_and_shared_equally(
    ensemble, n_replicas, n_samples, sampled
):
    freedoms, kinetic, squares = sampled(ensemble, n_replicas, n_samples)
    assert abs(off(kinetic.mean(axis=0), 0.5 * freedoms)) < SIGMAS
    deviations = (kinetic - 0.5 * freedoms) ** 2
    assert abs(off(deviations.mean(axis=0), 0.5 * freedoms)) < SIGMAS
    share = 1.0 - MASSES / MASSES.sum() if CONSERVES_MOMENTUM[ensemble] else np.ones(4)
    assert np.abs(off(squares.mean(axis=0), share)).max() < SIGMAS


def test_berendsen_is_not_canonical(sampled):
    """The mean is right, the variance is not: less than half of N_f (kT)^2 / 2."""
    freedoms, kinetic, _ = sampled("berendsen", 100, 60)
    assert kinetic.mean() == pytest.approx(0.5 * freedoms, rel=0.01)
    variance = ((kinetic - 0.5 * freedoms) ** 2).mean()
    assert variance < 0.5 * (0.5 * freedoms)


def test_positions_in_a_langevin_bath_are_canonical(trial, ring, springs):
    """A harmonic ring of N atoms: <U> = 3(N - 1) kT / 2, at a step of a tenth of the period.

    BAOAB's error in positions is zero for harmonic forces.
    """
    n_replicas, kT = 100, KB * 300.0
    run = trial(
        [ring] * n_replicas,
        springs,
        ensemble="langevin",
        temperature=300.0,
        timestep=14.0,
        friction=0.01,
    ).settle(100)
    told = np.array([state.energy.numpy() for state in run.run(1000, every=5)])
    assert abs(off(told.mean(axis=0), 0.5 * 3 * (len(ring) - 1) * kT)) < SIGMAS


def test_fixed_atoms_leave_three_freedoms_for_each_other_one(trial, fcc, argon):
    """One of four atoms fixed: N_f = 9 for every thermostat, as momentum is not conserved."""
    structure = replace(fcc(18, 5.5), fixed=np.arange(4) == 0)
    for ensemble in ("langevin", "bussi", "nose-hoover"):
        run = trial(
            [structure] * 100, argon, ensemble=ensemble, temperature=KELVIN, timestep=8.0
        ).settle(200)
        kinetic = np.array([kinetic_energy(s).numpy() for s in run.run(400, every=10)])
        assert abs(off(kinetic.mean(axis=0), 4.5 * KB * KELVIN)) < SIGMAS


@pytest.mark.parametrize("ensemble", ["nose-hoover", "npt-mtk"])
def test_the_extended_energy_is_conserved_to_second_order(ensemble, trial, fcc, argon):
    """Atoms, chains, and cell with P_0 V: the spread falls fourfold with half the step."""
    warm = trial(
        [fcc(18, 5.5)] * 12, argon, ensemble="bussi", temperature=KELVIN, timestep=8.0
    ).settle(200)
    spreads = []
    for dt in (8.0, 4.0):
        run = trial(
            [fcc(18, 5.5)] * 12,
            argon,
            ensemble=ensemble,
            temperature=KELVIN,
            timestep=dt,
            thermostat_time=200.0,
            barostat_time=400.0,
        )
        there = replace(run.state, positions=warm.state.positions, momenta=warm.state.momenta)
        run.state = run.evaluate(there)
        told = [run.integrator.conserved(state).numpy() for state in run.run(round(2400 / dt))]
        spreads.append(np.array(told).std(axis=0).mean())
    assert spreads[0] / spreads[1] == pytest.approx(4.0, rel=0.15)
