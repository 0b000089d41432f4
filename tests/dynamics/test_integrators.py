from dataclasses import replace

import numpy as np
import pytest
import torch

from designer_app.dynamics.ensembles import integrator_for
from designer_app.dynamics.integrators import BATH_ENERGY, FREEDOMS, Bath
from designer_app.dynamics.mtk import sinh_over
from designer_app.dynamics.observables import kinetic_energy, pressure, temperature
from designer_app.dynamics.simulation import ForceField, begin, simulate, start_state
from designer_app.errors import BlowUpError, InvalidSpecError, MissingCellError, NotFiniteError
from designer_app.potentials.base import Potential
from designer_app.specs.md import ENSEMBLES, MDSpec
from designer_app.state import state_from_structures
from designer_app.units import FS, GPA, KB

KEYS = [key for key, _ in ENSEMBLES]
NVT = ["langevin", "nose-hoover", "bussi", "berendsen"]
NPT = ["npt", "npt-mtk"]
CPU = torch.device("cpu")


def setting(ensemble, **changes):
    usual = {
        "temperature": 300.0,
        "timestep": 2.0,
        "thermostat_time": 50.0,
        "barostat_time": 500.0,
        "compressibility": 1.0,
        "pressure": 0.05 if ensemble in NPT else 0.0,
    }
    return MDSpec(ensemble=ensemble, **(usual | changes))


def begun(structures, potential, spec):
    integrator = integrator_for(spec)
    evaluate = ForceField(potential, integrator.wants)
    state = start_state(state_from_structures(structures, CPU), spec.temperature, spec.seed)
    return begin(state, integrator, evaluate), integrator, evaluate


def advanced(structures, potential, spec):
    state, integrator, evaluate = begun(structures, potential, spec)
    *_, last = simulate(state, potential, integrator, spec.steps, evaluate=evaluate)
    return last


@pytest.mark.parametrize("ensemble", KEYS)
def test_a_batch_moves_as_its_members_do_alone(ensemble, chain, springs):
    """With the noise turned off, which a batch draws in another order."""
    spec = setting(ensemble, steps=20, friction=1e-30, compressibility=1e-30)
    if ensemble in ("bussi", "npt"):
        spec = replace(spec, thermostat_time=1e30)
    together, integrator, evaluate = begun([chain(6), chain(6)], springs, spec)
    *_, last = simulate(together, springs, integrator, spec.steps, evaluate=evaluate)
    for system in range(2):
        mine = together.system_idx == system
        alone, integrator, evaluate = begun([chain(6)], springs, spec)
        alone = evaluate(replace(alone, momenta=together.momenta[mine]))
        *_, alone = simulate(alone, springs, integrator, spec.steps, evaluate=evaluate)
        torch.testing.assert_close(last.positions[mine], alone.positions, atol=1e-11, rtol=1e-11)


@pytest.mark.parametrize("ensemble", KEYS)
def test_the_same_seed_gives_the_same_bits(ensemble, chain, springs):
    spec = setting(ensemble, steps=10)
    first, second = (advanced([chain()], springs, spec) for _ in range(2))
    assert torch.equal(first.positions, second.positions)
    assert torch.equal(first.momenta, second.momenta)


@pytest.mark.parametrize("ensemble", ["nve", "nose-hoover", "bussi", "berendsen", *NPT])
def test_total_momentum_is_conserved_where_no_bath_acts_on_single_atoms(ensemble, chain, springs):
    last = advanced([chain()], springs, setting(ensemble, steps=100))
    largest = float(last.momenta.abs().max())
    assert float(last.momenta.sum(dim=0).abs().max()) < 1e-12 * largest * last.n_atoms


def momentum_at_the_start(structure, potential, ensemble):
    """|sum p| of atoms that were given the same velocity, as in the last frame of another run."""
    integrator = integrator_for(setting(ensemble))
    atoms = state_from_structures([structure], CPU)
    state = start_state(atoms, 300.0, 0, torch.full_like(atoms.positions, 0.01))
    moving = begin(state, integrator, ForceField(potential, integrator.wants))
    return float(torch.linalg.vector_norm(moving.momenta.sum(dim=0)))


@pytest.mark.parametrize("ensemble", KEYS)
def test_what_flies_as_a_whole_comes_to_rest_where_it_would_never_stop(ensemble, chain, springs):
    is_flying = momentum_at_the_start(chain(6), springs, ensemble) > 1e-12
    assert is_flying == (ensemble == "langevin")


def test_atoms_beside_fixed_ones_keep_their_velocities(chain, springs):
    fixed = np.arange(6) == 0
    kept = momentum_at_the_start(chain(6, fixed=fixed), springs, "nve")
    assert kept == pytest.approx(5 * 39.948 * 0.01 * 3**0.5)


@pytest.mark.parametrize(
    ("ensemble", "n_fixed", "freedoms"),
    [
        ("nve", 0, 21),
        ("nose-hoover", 0, 21),
        ("langevin", 0, 24),
        ("nve", 2, 18),
        ("langevin", 2, 18),
    ],
)
def test_degrees_of_freedom_of_eight_atoms(ensemble, n_fixed, freedoms, chain, springs):
    fixed = np.arange(8) < n_fixed
    state, _, _ = begun([chain(8, fixed=fixed)], springs, setting(ensemble))
    assert state.extended[FREEDOMS].tolist() == [freedoms]


@pytest.mark.parametrize("ensemble", ["nve", *NVT])
def test_fixed_atoms_stay(ensemble, chain, springs):
    fixed = np.array([True, False] * 4)
    structure = chain(8, fixed=fixed)
    last = advanced([structure], springs, setting(ensemble, steps=50))
    moved = (last.positions - torch.from_numpy(structure.positions.copy())).abs().amax(dim=1)
    assert moved[fixed].max() == 0.0
    assert moved[~fixed].min() > 0.0


@pytest.mark.parametrize("ensemble", KEYS)
def test_what_the_ensemble_conserves_hardly_moves(ensemble, chain, springs):
    """Against the energy that flows: the kinetic energy fluctuates by more than 0.1 eV."""
    spec = setting(ensemble, timestep=1.0, steps=300)
    state, integrator, evaluate = begun([chain()] * 20, springs, spec)
    start = integrator.conserved(state)
    *_, last = simulate(state, springs, integrator, spec.steps, evaluate=evaluate)
    allowed_eV = 2e-3
    assert float((integrator.conserved(last) - start).abs().max()) < allowed_eV


def test_the_bath_gives_what_the_atoms_get(chain, springs):
    """Cold atoms in a Langevin bath: the energy they gain is the heat that was booked."""
    spec = setting("langevin", timestep=1.0, steps=400, friction=0.02)
    state, integrator, evaluate = begun([chain()] * 10, springs, spec)
    state = evaluate(replace(state, momenta=torch.zeros_like(state.momenta)))
    before = state.energy + kinetic_energy(state)
    *_, last = simulate(state, springs, integrator, spec.steps, evaluate=evaluate)
    gained = last.energy + kinetic_energy(last) - before
    assert float(gained.min()) > 0.2
    torch.testing.assert_close(gained, last.extended[BATH_ENERGY], atol=2e-3, rtol=0.0)


def test_a_ramp_changes_the_bath_linearly_and_then_holds():
    bath = Bath(temperature=100.0, temperature_end=300.0, ramp_steps=10)
    asked = [bath.kT(step) / KB for step in (0, 5, 10, 99)]
    assert asked == pytest.approx([100.0, 200.0, 300.0, 300.0])


@pytest.mark.parametrize("ensemble", NVT)
def test_a_ramp_heats(ensemble, chain, springs):
    spec = setting(ensemble, temperature=150.0, temperature_end=600.0, steps=500, friction=0.05)
    state, integrator, evaluate = begun([chain()] * 20, springs, spec)
    told = [
        float(temperature(state, state.extended[FREEDOMS]).mean())
        for state in simulate(state, springs, integrator, 1000, evaluate=evaluate)
    ]
    assert np.mean(told[600:]) == pytest.approx(600.0, rel=0.1)


@pytest.mark.parametrize("ensemble", ["nose-hoover", "bussi", "berendsen", *NPT])
def test_thermostats_that_scale_refuse_to_heat_from_rest(ensemble):
    with pytest.raises(InvalidSpecError):
        integrator_for(setting(ensemble, temperature=0.0, temperature_end=300.0))


@pytest.mark.parametrize("ensemble", ["bussi", "berendsen", "langevin", "nve"])
def test_atoms_at_absolute_zero_stay_at_rest(ensemble, chain, springs):
    last = advanced([chain()], springs, setting(ensemble, temperature=0.0, steps=5))
    assert float(last.momenta.abs().max()) < 1e-12


@pytest.mark.parametrize("ensemble", NPT)
def test_a_barostat_needs_a_cell(ensemble, chain, springs):
    structure = replace(chain(), pbc=(True, True, False))
    with pytest.raises(MissingCellError):
        begun([structure], springs, setting(ensemble))


@pytest.mark.parametrize("ensemble", NPT)
def test_a_barostat_refuses_fixed_atoms(ensemble, chain, springs):
    with pytest.raises(InvalidSpecError):
        begun([chain(8, fixed=np.arange(8) == 0)], springs, setting(ensemble))


def test_one_atom_whose_momentum_is_conserved_is_refused(chain, springs):
    with pytest.raises(InvalidSpecError):
        begun([chain(1)], springs, setting("nve"))


@pytest.mark.parametrize(("cell_shape", "ratio"), [("isotropic", 0.0), ("anisotropic", 1e-3)])
def test_only_the_anisotropic_cell_changes_its_shape(cell_shape, ratio, chain, springs):
    spec = setting("npt", cell_shape=cell_shape, steps=200, compressibility=20.0)
    last = advanced([chain()], springs, spec)
    lengths = last.cell[0].diagonal()
    spread = float((lengths.max() - lengths.min()) / lengths.mean())
    assert spread >= ratio
    assert (spread < 1e-12) == (cell_shape == "isotropic")


@pytest.mark.parametrize("key", NPT)
def test_a_barostat_brings_the_pressure(key, chain, springs):
    """The mean over chains and time, to 15 % of what 8 atoms at 300 K and this pressure need."""
    spec = setting(key, steps=900, timestep=4.0, barostat_time=100.0, compressibility=10.0)
    state, integrator, evaluate = begun([chain()] * 50, springs, spec)
    told = [
        float(pressure(state).mean())
        for state in simulate(state, springs, integrator, spec.steps, evaluate=evaluate)
    ]
    assert np.mean(told[200:]) / GPA == pytest.approx(0.05, rel=0.15)


def test_the_series_of_a_growing_cell_is_exact_to_rounding():
    x = torch.tensor([1e-8, 1e-3, 0.03, -0.1], dtype=torch.float64)
    torch.testing.assert_close(sinh_over(x), torch.sinh(x) / x, rtol=4e-16, atol=0.0)


class Broken(Potential):
    """Wraps a potential and spoils one quantity."""

    key = "springs"

    def __init__(self, potential, **spoiled):
        self._potential, self._spoiled = potential, spoiled

    def __getattr__(self, name):
        return getattr(self._potential, name)

    def predict(self, state, neighbors, want):
        found = self._potential.predict(state, neighbors, want)
        return replace(found, **{name: make(found) for name, make in self._spoiled.items()})


@pytest.mark.parametrize("quantity", ["energy", "forces"])
def test_a_potential_that_returns_nan_is_named(quantity, chain, springs):
    broken = Broken(springs, **{quantity: lambda found: getattr(found, quantity) * torch.nan})
    with pytest.raises(NotFiniteError) as caught:
        advanced([chain()], broken, setting("nve", steps=3))
    assert (caught.value.potential, caught.value.quantity) == ("springs", quantity)


def test_a_blow_up_tells_the_last_good_step(chain, springs):
    """A step of a third of the period is beyond velocity Verlet's limit of stability."""
    omega = 2.0 * (springs.stiffness / 39.948) ** 0.5
    spec = setting("nve", timestep=2.2 / omega / FS, steps=5000)
    with pytest.raises(BlowUpError) as caught:
        advanced([chain()], springs, spec)
    assert caught.value.last_good_step == caught.value.step - 1


def test_a_run_hotter_than_allowed_stops(chain, springs):
    from designer_app.dynamics.simulation import Guard

    spec = setting("nve", steps=10)
    state, integrator, evaluate = begun([chain()], springs, spec)
    guard = Guard(max_temperature=10.0)
    with pytest.raises(BlowUpError) as caught:
        next(simulate(state, springs, integrator, 10, evaluate=evaluate, guard=guard))
    assert caught.value.reason == "temperature"
