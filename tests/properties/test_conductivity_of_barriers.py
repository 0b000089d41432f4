import math

import pytest
from ase.build import bulk

from designer_app.errors import InvalidSpecError
from designer_app.io.documents import structure_from_atoms
from designer_app.properties.conductivity import (
    estimates_of,
    hop_length,
    in_words,
    log_conductivity,
    mobile_ion,
)
from designer_app.specs.conductivity import BARRIER, BOND_VALENCE, CONDUCTIVITY, NEB
from designer_app.units import KB

_SALT = structure_from_atoms(bulk("NaCl", "rocksalt", a=5.64, cubic=True), "NaCl")


def _pair(method, *barriers, kelvin=300.0):
    return estimates_of(
        method, barriers, _SALT, "Na", kelvin, dimensions=3, origin="here", reason="so"
    )


def test_a_barrier_lower_by_kt_ln_10_is_a_decade_of_conductivity():
    step = KB * 300.0 * math.log(10)
    low, high = (log_conductivity(each, _SALT, "Na", 300.0, 3) for each in (0.5 + step, 0.5))
    assert high - low == pytest.approx(1.0)


def test_hops_without_a_barrier_conduct_as_a_lattice_gas_does():
    """sigma = n q^2 c a^2 nu / (6 kT) by hand: n = 4 / (5.64 A)^3, a = 3.988 A, kT = 25.85 meV."""
    per_m3, hop_m, kt_j = 4 / 5.64e-10**3, 5.64e-10 / math.sqrt(2), 0.025852 * 1.602e-19
    siemens_m = per_m3 * 1.602e-19**2 * 0.01 * hop_m**2 * 1e13 / (6 * kt_j)
    expected = math.log10(0.01 * siemens_m)
    assert log_conductivity(0.0, _SALT, "Na", 300.0, 3) == pytest.approx(expected, abs=1e-3)


def test_hops_lead_to_the_nearest_site():
    assert hop_length(_SALT, "Na") == pytest.approx(5.64 / math.sqrt(2))


def test_a_barrier_stands_before_the_conductivity_made_of_it():
    barrier, conductivity = _pair(BOND_VALENCE, 0.4, 0.6, 0.6)
    assert (barrier.key, barrier.value) == (BARRIER, 0.4)
    assert conductivity.key == CONDUCTIVITY
    assert barrier.method == conductivity.method == BOND_VALENCE


def test_the_interval_holds_the_error_of_the_barrier_and_of_the_carriers():
    barrier, conductivity = _pair(NEB, 0.4, 0.4, 0.4)
    decades = (barrier.high - barrier.value) / (KB * 300.0 * math.log(10))
    assert conductivity.value - conductivity.low == pytest.approx(math.hypot(decades, 2.0))


def test_no_interval_reaches_beyond_hops_without_a_barrier():
    barrier, conductivity = _pair(NEB, 0.1, 0.1, 0.1)
    assert barrier.low == 0.0
    assert conductivity.high <= log_conductivity(0.0, _SALT, "Na", 300.0, 3) + 2.0


def test_a_barrier_too_uncertain_for_a_conductivity_gives_none():
    barrier, conductivity = _pair(BOND_VALENCE, 0.4, 0.6, 0.6)
    assert barrier.value == 0.4
    assert math.isnan(conductivity.value)
    assert "decades of conductivity open" in conductivity.reason


def test_a_crystal_without_a_way_has_no_number():
    for estimate in _pair(NEB, math.inf, math.inf, math.inf):
        assert math.isnan(estimate.value)
        assert estimate.light == "red"
        assert estimate.reason


@pytest.mark.parametrize(
    ("barriers", "told"),
    [
        ((0.3, 0.3, 0.3), "0.30 eV in 3 directions"),
        ((0.3, 0.3, 2.0), "0.30 eV in 2 directions, 2.00 eV in 3 directions"),
        ((0.3, math.inf, math.inf), "0.30 eV in 1 direction"),
        ((math.inf,) * 3, "no way through the crystal"),
    ],
)
def test_barriers_in_words_name_what_opens(barriers, told):
    assert in_words(barriers) == told


def test_lithium_is_taken_before_sodium():
    assert mobile_ion({"Na": 1, "Li": 1, "O": 1}) == "Li"


def test_the_ion_that_is_named_is_taken():
    assert mobile_ion({"Na": 1, "Li": 1, "F": 1}, "f") == "F"


@pytest.mark.parametrize("asked", ["", "Li"])
def test_a_material_without_the_ion_is_refused(asked):
    with pytest.raises(InvalidSpecError) as told:
        mobile_ion({"Si": 1, "O": 2}, asked)
    assert told.value.field == "ion"
