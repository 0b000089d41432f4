"""Numbers that follow from tokens alone: equal to those of the rest of the program."""

import numpy as np
import pytest
import torch

from designer_app.design.heads.composition import ExactNumbers
from designer_app.design.heads.proposals import amounts_of_slots
from designer_app.design.representation.library import known_tokens, load_library
from designer_app.design.representation.soft import SoftTokens, certain
from designer_app.design.representation.tokens import TokenTable
from designer_app.elements import ATOMIC_NUMBERS, STANDARD_MASSES
from designer_app.io.element_limits import price
from designer_app.io.formulas import reduced
from designer_app.properties.working_ions import capacity
from designer_app.screening.ion_release import ion_release

SINGLE = 1e-4
"""Relative, of sums in single precision."""
N = 60


@pytest.fixture(scope="module")
def exact() -> ExactNumbers:
    library = load_library()
    return ExactNumbers(library.slot_counts, library.atomic_volumes)


def electrodes(ion: str) -> TokenTable:
    """Some known crystals with the ion and two more elements."""
    table, _ = known_tokens(load_library())
    number = ATOMIC_NUMBERS[ion]
    holds = (table.elements == number).any(axis=1) & ((table.elements > 0).sum(axis=1) > 2)
    rows = np.flatnonzero(holds)
    return table.rows(rows[:: max(len(rows) // N, 1)][:N])


def soft(table: TokenTable) -> SoftTokens:
    return certain(table, torch.from_numpy(load_library().slot_counts))


@pytest.mark.parametrize("ion", ["Li", "Na", "Mg"])
def test_capacities_are_those_of_a_screening(exact: ExactNumbers, ion: str) -> None:
    table, library = electrodes(ion), load_library()
    wanted = []
    for row in range(len(table)):
        counts = library.slot_counts[table.prototype[row]]
        unit, _ = reduced(amounts_of_slots(table.elements[row], counts))
        host = {symbol: n for symbol, n in unit.items() if symbol != ion}
        share = ion_release(unit, ion).value
        wanted.append(share * capacity(host, ion, 0.0, unit[ion]))
    found = exact.capacity(soft(table), ion).numpy()
    assert found == pytest.approx(np.array(wanted), rel=SINGLE, abs=1e-3)


def test_the_mass_density_is_mass_over_volume(exact: ExactNumbers) -> None:
    table, library = electrodes("Li"), load_library()
    structure = library.structure_of(library.tokens(table, 0))
    wanted = 1.66053906660 * STANDARD_MASSES[structure.numbers].sum() / structure.volume
    assert float(exact.mass_density(soft(table))[0]) == pytest.approx(wanted, rel=SINGLE)


def test_the_price_is_a_mean_by_mass(exact: ExactNumbers) -> None:
    table = electrodes("Li")
    library = load_library()
    amounts = amounts_of_slots(table.elements[0], library.slot_counts[table.prototype[0]])
    masses = {each: n * STANDARD_MASSES[ATOMIC_NUMBERS[each]] for each, n in amounts.items()}
    wanted = sum(masses[each] * price(each) for each in masses) / sum(masses.values())
    if np.isfinite(wanted):
        assert float(exact.price(soft(table))[0]) == pytest.approx(wanted, rel=SINGLE)


def test_capacity_rises_as_a_slot_leans_towards_the_ion(exact: ExactNumbers) -> None:
    tokens = soft(electrodes("Li"))
    chances = tokens.elements.clone().requires_grad_(True)
    moved = SoftTokens(
        tokens.prototypes, tokens.shares, tokens.counts, chances, tokens.log_volume,
        tokens.geometry,
    )  # fmt: skip
    exact.capacity(moved, "Li").sum().backward()
    assert chances.grad is not None
    assert torch.isfinite(chances.grad).all()
    assert (chances.grad[..., 3] > 0).any()
