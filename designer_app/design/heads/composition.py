"""Numbers that follow from soft tokens exactly, without anything learned.

| number | of tokens with n_e atoms of element e in the cell |
|---|---|
| capacity, mAh/g | s n_ion z F / M: M the mass of all atoms, s the share of the ions that the other elements can make up for (`screening/ion_release.py`) |
| energy density, Wh/kg | voltage x capacity |
| price, USD/kg | sum n_e m_e p_e / M |
| molar mass, g/mol | M / formula units |
| mass density, g/cm^3 | M / V |

All are linear in n_e up to a ratio, so they are differentiable, and exact where tokens are decided.
"""  # noqa: E501 - a table row is one line

from functools import lru_cache
from math import gcd

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from designer_app.design.representation.soft import SoftTokens
from designer_app.design.representation.tokens import N_ELEMENTS
from designer_app.elements import ATOMIC_NUMBERS, STANDARD_MASSES, SYMBOLS
from designer_app.io.element_limits import element_table
from designer_app.properties.working_ions import FARADAY_MAH_MOL
from designer_app.screening.ion_release import highest_charges
from designer_app.specs.screen import LEAST_RELEASE
from designer_app.specs.voltage import ION_CHARGES

KEYS = ("capacity", "price", "molar_mass", "mass_density")
AMU_A3 = 1.66053906660
"""g/cm^3 of one amu/A^3."""
_LEAK = 0.05
"""Slope that a share outside of 0 to 1 passes on, so that a search finds its way back."""


class ExactNumbers:
    """Capacity, price, molar mass and mass density of soft tokens of one library."""

    def __init__(
        self, slot_counts: NDArray[np.floating], atomic_volumes: NDArray[np.float64]
    ) -> None:
        self.slot_counts = np.asarray(slot_counts).round().astype(np.int64)
        self._units = torch.tensor(
            [gcd(*(int(n) for n in row if n)) for row in self.slot_counts], dtype=torch.float32
        )
        self._masses = torch.tensor(STANDARD_MASSES[:N_ELEMENTS].copy(), dtype=torch.float32)
        self._volumes = torch.tensor(np.nan_to_num(atomic_volumes), dtype=torch.float32)
        self._prices = torch.tensor(_prices(), dtype=torch.float32)

    def mass(self, soft: SoftTokens) -> Float[Tensor, " n"]:
        """Amu of the primitive cell."""
        return (soft.amounts @ self._masses).clamp_min(1e-6)

    def capacity(self, soft: SoftTokens, ion: str) -> Float[Tensor, " n"]:
        """mAh/g of the ions that can leave; 0 where nothing can be oxidised in exchange."""
        ions = soft.amounts[:, ATOMIC_NUMBERS[ion]]
        per_cell = self.release(soft, ion) * ions * ION_CHARGES[ion] * FARADAY_MAH_MOL
        return per_cell / self.mass(soft)

    def release(self, soft: SoftTokens, ion: str) -> Float[Tensor, " n"]:
        """Share of the working ions that can leave, 0 to 1, as `screening.ion_release` has it.

        The charges that elements reach are those in the most probable formula.
        """
        amounts = soft.amounts
        number = ATOMIC_NUMBERS[ion]
        charges, is_alloy = self._charges(soft, ion)
        kept = torch.ones(N_ELEMENTS)
        kept[number] = 0.0
        given = (amounts[:, number] * ION_CHARGES[ion]).clamp_min(1e-3)
        share = 1.0 + (amounts * kept * charges).sum(dim=1) / given
        share = torch.where(is_alloy, torch.ones_like(share), share)
        inside = share.clamp(0.0, 1.0)
        inside = torch.where(share >= 1.0 - LEAST_RELEASE, inside.detach() * 0.0 + 1.0, inside)
        inside = torch.where(share <= LEAST_RELEASE, inside.detach() * 0.0, inside)
        return inside + _LEAK * (share - share.detach())

    def price(self, soft: SoftTokens) -> Float[Tensor, " n"]:
        """USD/kg of the elements; one that nobody quotes counts as the dearest quoted."""
        weights = soft.amounts * self._masses
        return (weights @ self._prices) / self.mass(soft)

    def molar_mass(self, soft: SoftTokens) -> Float[Tensor, " n"]:
        """g/mol of a formula unit of the most probable prototype."""
        return self.mass(soft) / self._units[self._likeliest(soft)]

    def mass_density(self, soft: SoftTokens) -> Float[Tensor, " n"]:
        """g/cm^3."""
        expected = (soft.amounts @ self._volumes).clamp_min(1e-6)
        return AMU_A3 * self.mass(soft) / (expected * torch.exp(soft.log_volume))

    def _likeliest(self, soft: SoftTokens) -> Tensor:
        return soft.prototypes.gather(1, soft.shares.argmax(dim=1, keepdim=True))[:, 0]

    @torch.no_grad()
    def _charges(self, soft: SoftTokens, ion: str) -> tuple[Tensor, Tensor]:
        """((n, N_ELEMENTS) highest charges, (n,) where the host is an alloy)."""
        elements = soft.elements.argmax(dim=2).numpy()
        counts = self.slot_counts[self._likeliest(soft).numpy()]
        rows = [_charges_of(_formula(*pair), ion) for pair in zip(elements, counts, strict=True)]
        charges = np.stack([row[0] for row in rows])
        return torch.from_numpy(charges), torch.tensor([row[1] for row in rows])


def _formula(elements: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    """((atomic number, atoms), ...) with the smallest whole amounts."""
    amounts: dict[int, int] = {}
    for number, count in zip(elements.tolist(), counts.tolist(), strict=True):
        if count and number:
            amounts[number] = amounts.get(number, 0) + count
    divisor = gcd(*amounts.values()) or 1
    return tuple(sorted((number, n // divisor) for number, n in amounts.items()))


@lru_cache(maxsize=2**17)
def _charges_of(formula: tuple[tuple[int, int], ...], ion: str) -> tuple[NDArray[np.float32], bool]:
    """Highest charges by atomic number for hosts such as this one, and whether it is an alloy."""
    amounts = {SYMBOLS[number]: float(n) for number, n in formula}
    host = {symbol: n for symbol, n in amounts.items() if symbol != ion}
    charges = _usual_charges().copy()
    if not host:
        return charges, False
    found = highest_charges(host, amounts)
    for symbol, charge in found.items():
        charges[ATOMIC_NUMBERS[symbol]] = charge
    return charges, min(found.values()) >= 0


@lru_cache(maxsize=1)
def _usual_charges() -> NDArray[np.float32]:
    """Of elements that the formula does not hold: alone beside oxygen, as in most electrodes."""
    found = np.zeros(N_ELEMENTS, dtype=np.float32)
    for number in range(1, N_ELEMENTS):
        symbol = SYMBOLS[number]
        host = {symbol: 1.0} if symbol == "O" else {symbol: 1.0, "O": 1.0}
        found[number] = highest_charges(host, host)[symbol]
    return found


def _prices() -> NDArray[np.float64]:
    table = element_table()["price"]
    quoted = {ATOMIC_NUMBERS[symbol]: float(row["usd_kg"]) for symbol, row in table.items()}
    found = np.full(N_ELEMENTS, max(quoted.values()))
    for number, price in quoted.items():
        if number < N_ELEMENTS:
            found[number] = price
    return found
