import numpy as np
import pytest
import torch

from designer_app.dynamics.observables import degrees_of_freedom, sum_by_system
from designer_app.dynamics.velocities import maxwell_boltzmann
from designer_app.state import state_from_structures
from designer_app.units import KB

KELVIN = 500.0


def momenta_of(structures, **settings):
    state = state_from_structures(structures, torch.device("cpu"))
    generator = torch.Generator().manual_seed(1)
    return state, maxwell_boltzmann(state, KELVIN, generator, **settings)


def test_each_component_is_normal_with_variance_mass_times_kt(chain):
    """40,000 components: the variance to 4 standard errors of sqrt(2 / n)."""
    masses = np.repeat([10.0, 40.0], 20_000 // 3)
    state, momenta = momenta_of([chain(len(masses), masses=masses)], at_rest=False)
    scaled = momenta / torch.sqrt(KB * KELVIN * state.masses)[:, None]
    for half in (scaled[: len(scaled) // 2], scaled[len(scaled) // 2 :]):
        allowed = 4.0 * (2.0 / half.numel()) ** 0.5
        assert float(half.var()) == pytest.approx(1.0, abs=allowed)
        assert abs(float(half.mean())) < 4.0 / half.numel() ** 0.5


def test_the_centre_of_mass_of_each_system_rests(chain):
    state, momenta = momenta_of([chain(5), chain(9)])
    assert float(sum_by_system(state, momenta).abs().max()) < 1e-12 * float(momenta.abs().max())


def test_fixed_atoms_have_no_momentum_and_let_the_others_keep_theirs(chain):
    fixed = np.arange(6) == 2
    _, momenta = momenta_of([chain(6, fixed=fixed)])
    assert float(momenta[2].abs().max()) == 0.0
    _, free = momenta_of([chain(6)], at_rest=False)
    assert torch.equal(momenta[~torch.from_numpy(fixed)], free[~torch.from_numpy(fixed)])


def test_the_temperature_can_be_met_exactly(chain):
    state, momenta = momenta_of([chain(5), chain(9)], exact=True)
    freedoms = degrees_of_freedom(state, conserves_momentum=True)
    twice_kinetic = sum_by_system(state, momenta.square().sum(dim=1) / state.masses)
    torch.testing.assert_close(twice_kinetic / (freedoms * KB), torch.full((2,), KELVIN).double())


def test_the_same_seed_gives_the_same_momenta(chain):
    assert torch.equal(momenta_of([chain()])[1], momenta_of([chain()])[1])
