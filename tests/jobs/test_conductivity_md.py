import math

import pytest
from ase.build import bulk

from designer_app.dynamics.diffusion import nernst_einstein
from designer_app.io.documents import structure_from_atoms
from designer_app.jobs.conductivity_md import extrapolated, temperatures
from designer_app.specs.conductivity import ConductivitySpec, DiffusionRun
from designer_app.units import KB

_SALT = structure_from_atoms(bulk("NaCl", "rocksalt", a=5.64, cubic=True), "NaCl")
_PREFACTOR, _BARRIER = 1e-3, 0.25
"""cm^2/s and eV of a made-up crystal that follows Arrhenius exactly."""


def _spec(**settings):
    return ConductivitySpec(structure=_SALT, md=True, **settings)


def _run(kelvin, *, is_seen=True):
    coefficient = _PREFACTOR * math.exp(-_BARRIER / (KB * kelvin))
    return DiffusionRun(
        temperature=kelvin,
        picoseconds=100.0,
        is_seen=is_seen,
        coefficient=coefficient if is_seen else None,
        error=0.1 * coefficient if is_seen else None,
        upper_bound=None if is_seen else 1e-6,
        folder="",
    )


def test_temperatures_are_evenly_spaced_in_their_inverse():
    chosen = temperatures(_spec(md_from=600.0, md_to=1200.0))
    assert chosen == [1200.0, 800.0, 600.0]


def test_one_temperature_is_the_highest():
    assert temperatures(_spec(md_runs=1)) == [1200.0]


def test_a_crystal_that_follows_arrhenius_is_extrapolated_exactly():
    found = extrapolated(_spec(temperature=300.0), "Na", [_run(t) for t in (1200, 900, 700)])
    coefficient = _PREFACTOR * math.exp(-_BARRIER / (KB * 300.0))
    sigma = nernst_einstein(coefficient, 1.0, 4, _SALT.volume, 300.0)
    assert found.value == pytest.approx(math.log10(sigma), abs=1e-6)
    assert found.low < found.value < found.high


def test_two_temperatures_are_too_few():
    found = extrapolated(_spec(), "Na", [_run(1200), _run(900), _run(700, is_seen=False)])
    assert math.isnan(found.value)
    assert "three temperatures" in found.reason
    assert "no diffusion of Na seen, D below 1.0e-06" in found.reason


def test_the_method_is_named_with_what_it_leaves_out():
    found = extrapolated(_spec(), "Na", [_run(t) for t in (1200, 900, 700)])
    assert "Nernst-Einstein, without correlation" in found.origin
