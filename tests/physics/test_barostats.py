"""NPT: volumes are distributed as exp(-P V / kT) times the number of states at V says.

The momentum of the centre of mass is zero, so N - 1 positions and 3N - 3 momenta are free. For an
ideal gas p(V) ~ V^(N-1) exp(-P V / kT): a Gamma distribution of shape N and scale kT / P. For any
other matter the ratio of two pressures is known (Shirts 2013, doi:10.1021/ct300688p):

    ln [p_2(V) / p_1(V)] = const - (P_2 - P_1) V / kT.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, stats

from designer_app.specs.structure import Structure
from designer_app.units import GPA, KB

SIGMAS = 4.5
"""Standard errors by which a mean may be off: once in 100,000 tests by chance."""
N_GAS = 6
KELVIN = 300.0
GAS_PRESSURE = 0.02
"""GPa."""


def gas_volumes(trial, ideal_gas, ensemble, n_replicas, n_samples, **settings):
    """(samples, replicas) in units of kT / P."""
    scale = KB * KELVIN / (GAS_PRESSURE * GPA)
    edge = (N_GAS * scale) ** (1.0 / 3.0)
    # An oblique cell: its shape must not matter.
    cell = np.linalg.cholesky(np.array([[1, 0.3, 0], [0.3, 1, 0.2], [0, 0.2, 1.0]]))
    cell *= edge / np.linalg.det(cell) ** (1.0 / 3.0)
    positions = np.random.default_rng(1).random((N_GAS, 3)) @ cell
    positions = spread_out(positions, cell)
    gas = Structure(np.full(N_GAS, 18), positions, cell, (True,) * 3)
    run = trial(
        [gas] * n_replicas,
        ideal_gas,
        ensemble=ensemble,
        temperature=KELVIN,
        pressure=GAS_PRESSURE,
        timestep=2.0,
        thermostat_time=50.0,
        barostat_time=60.0,
        compressibility=1.0 / GAS_PRESSURE,
        **settings,
    ).settle(150)
    return np.array([s.volume.numpy() for s in run.run(10 * n_samples, every=10)]) / scale


def spread_out(positions, cell):
    """A start without overlaps: a gas that does not interact may still not begin on one spot."""
    return (np.linalg.solve(cell.T, positions.T).T * 0.2 + np.arange(N_GAS)[:, None] / N_GAS) @ cell


@pytest.mark.parametrize("cell_shape", ["isotropic", "anisotropic"])
def test_an_ideal_gas_has_gamma_distributed_volumes(cell_shape, trial, ideal_gas):
    volumes = gas_volumes(trial, ideal_gas, "npt", 200, 120, cell_shape=cell_shape)
    expected = stats.gamma(N_GAS)
    for moment in (lambda v: v, lambda v: (v - expected.mean()) ** 2):
        of_replicas = moment(volumes).mean(axis=0)
        theory = expected.expect(moment)
        error = of_replicas.std(ddof=1) / np.sqrt(len(of_replicas))
        assert abs(of_replicas.mean() - theory) < SIGMAS * error
    independent = volumes[-1]
    assert stats.kstest(independent, expected.cdf).pvalue > 1e-4


N_SOLID = 100
SOLID_KELVIN = 50.0
PRESSURES = (0.0, 0.06)
"""GPa: the mean volumes differ by about one width of their distributions."""


def solid_volumes(trial, fcc, argon, ensemble, n_samples, pressure, cell_shape):
    """(samples, replicas) A^3. MTK starts where cell rescaling has brought the replicas.

    Its barostat time is long: the cell's period is 2 pi tau sqrt((N_f + 3) kT / 9 B V), 250 fs
    here, and the distribution of V is wide by a factor 1 + (omega dt)^2 / 4 (1 %).
    """
    settings = {
        "temperature": SOLID_KELVIN,
        "pressure": pressure,
        "timestep": 8.0,
        "thermostat_time": 100.0,
        "compressibility": 0.5,
        "seed": round(1000 * pressure),
    }
    start = [fcc(18, 5.5)] * N_SOLID
    run = trial(
        start, argon, ensemble="npt", barostat_time=300.0, cell_shape=cell_shape, **settings
    ).settle(250)
    if ensemble == "npt-mtk":
        there = run.state
        run = trial(start, argon, ensemble=ensemble, barostat_time=600.0, **settings)
        moved = replace(
            run.state, positions=there.positions, momenta=there.momenta, cell=there.cell
        )
        run.state = run.evaluate(moved)
    return np.array([s.volume.numpy() for s in run.run(10 * n_samples, every=10)])


def slope_of_ratio(low, high):
    """Maximum-likelihood slope of ln[p_high(V) / p_low(V)] by logistic regression."""
    volumes = np.concatenate([low.ravel(), high.ravel()])
    centre, width = volumes.mean(), volumes.std()
    x = (volumes - centre) / width
    label = np.concatenate([np.zeros(low.size), np.ones(high.size)])

    def cost(parameters):
        z = parameters[0] + parameters[1] * x
        return np.logaddexp(0.0, z).sum() - (label * z).sum()

    return optimize.minimize(cost, np.zeros(2)).x[1] / width


@pytest.mark.parametrize(
    ("ensemble", "cell_shape", "n_samples"),
    [
        ("npt", "isotropic", 60),
        ("npt-mtk", "isotropic", 60),
        pytest.param("npt", "anisotropic", 100, marks=pytest.mark.slow),
        pytest.param("npt", "isotropic", 300, marks=pytest.mark.slow),
        pytest.param("npt-mtk", "isotropic", 300, marks=pytest.mark.slow),
    ],
)
def test_two_pressures_give_the_ratio_of_boltzmann_factors(
    ensemble, cell_shape, n_samples, trial, fcc, argon
):
    low, high = (
        solid_volumes(trial, fcc, argon, ensemble, n_samples, pressure, cell_shape)
        for pressure in PRESSURES
    )
    expected = -(PRESSURES[1] - PRESSURES[0]) * GPA / (KB * SOLID_KELVIN)
    generator = np.random.default_rng(0)
    chosen = generator.integers(N_SOLID, size=(30, 2, N_SOLID))
    found = slope_of_ratio(low, high)
    error = np.std([slope_of_ratio(low[:, a], high[:, b]) for a, b in chosen], ddof=1)
    assert error < 0.15 * abs(expected)
    assert abs(found - expected) < SIGMAS * error
