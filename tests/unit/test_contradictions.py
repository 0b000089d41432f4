import numpy as np
import pytest

from designer_app.specs.contradictions import charge_needed, energy_limit, guessed, idle
from designer_app.specs.design_targets import targets_from
from designer_app.specs.distributions import Distribution

CAPACITIES = Distribution(
    key="capacity", family="electrode", ion="Li", unit="mAh/g", origin="made up", n=999,
    quantiles=np.linspace(0.0, 400.0, 201),
)  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "nearest", "is_most"),
    [
        (("energy_density=900..", "voltage=2..4", "capacity=..150"), 600.0, True),
        (("energy_density=..100", "voltage=3..4", "capacity=200.."), 600.0, False),
        (("energy_density=900..", "voltage=..0", "capacity=100.."), 0.0, True),
    ],
)
def test_energy_is_voltage_times_charge_whatever_the_material(texts, nearest, is_most):
    found = energy_limit(targets_from(texts))
    assert (found.nearest, found.is_most) == (nearest, is_most)


@pytest.mark.parametrize(
    "texts",
    [
        ("energy_density=600..", "voltage=2..4", "capacity=150.."),
        ("energy_density=900..", "voltage=2..4"),
        ("energy_density=610", "voltage=..4", "capacity=..150"),  # about reaches 30 Wh/kg
    ],
)
def test_what_can_be_is_no_contradiction(texts):
    assert energy_limit(targets_from(texts)) is None


@pytest.mark.parametrize(
    ("texts", "capacity", "word"),
    [
        (("energy_density=1560..", "voltage=2..4"), 390.0, "only 3 % of the 999 known Li"),
        (("energy_density=3000..", "voltage=..4.6"), 652.2, "none of the 999 known Li"),
    ],
)
def test_an_energy_density_is_told_by_the_charge_it_takes(texts, capacity, word):
    found = charge_needed(targets_from(texts), CAPACITIES)
    assert found.capacity == pytest.approx(capacity, abs=0.1)
    assert word in found.sentence
    assert f"could give {found.nearest:.0f} Wh/kg" in found.sentence
    assert (
        charge_needed(targets_from((f"energy_density={found.nearest}..", texts[1])), CAPACITIES)
        is None
    )


@pytest.mark.parametrize(
    "texts", [("energy_density=600..", "voltage=2..4"), ("energy_density=3000..", "voltage=2..")]
)
def test_charge_that_electrodes_have_or_that_nothing_asks_is_not_told(texts):
    assert charge_needed(targets_from(texts), CAPACITIES) is None


@pytest.mark.parametrize(("ion", "keys"), [("Li", []), ("Na", ["ionic_conductivity"])])
def test_conductivities_were_learned_of_lithium_alone(ion, keys):
    targets = targets_from(("ionic_conductivity=1e-4..", "band_gap=2.."))
    assert [each.key for each in guessed(targets, ion)] == keys


@pytest.mark.parametrize(
    ("strategy", "only_new", "has_start", "word"),
    [
        ("retrieval", True, False, "known materials alone"),
        ("best-of-n", False, True, "begins nowhere"),
        ("retrieval", False, False, ""),
        ("gradient", True, True, ""),
    ],
)
def test_a_strategy_that_cannot_give_what_is_asked_is_told_of(strategy, only_new, has_start, word):
    told = idle(strategy, only_new=only_new, has_start=has_start)
    assert word in told
    assert bool(told) == bool(word)
