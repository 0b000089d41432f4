"""Ionic conductivity: the ion that moves, and what a barrier says about it.

A barrier alone gives an order of magnitude. With hops of length a in d directions, tried at a
frequency nu, by the fraction c of the ions that have an empty site beside them,

    D = c a^2 nu exp(-E / kT) / (2 d),    sigma = n q^2 D / kT

(Nernst-Einstein). What is assumed, nu = 1e13 / s and c = 0.01 within two decades either way, and
the error of the barrier make the interval.
"""

import math
from collections.abc import Mapping

import numpy as np

from designer_app.dynamics.diffusion import COMMON_CHARGES, nernst_einstein
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import InvalidSpecError
from designer_app.io.formulas import formula
from designer_app.potentials.base import Potential
from designer_app.properties.bond_valence import Barriers
from designer_app.properties.migration import Migration
from designer_app.specs.conductivity import BARRIER, BOND_VALENCE, CONDUCTIVITY, LOG_UNIT, NEB
from designer_app.specs.estimates import Estimate
from designer_app.specs.structure import Structure
from designer_app.units import CM, KB

MOBILE_IONS = ("Li", "Na", "K", "Ag", "Cu", "Mg", "Zn", "Ca", "Rb", "Cs", "Al")
"""Which ion is taken for the one that moves, where none is named: the first that is there."""
ATTEMPTS = 1e13
"""Hz, a phonon's frequency (Vineyard 1957, doi:10.1016/0022-3697(57)90059-8)."""
CARRIERS, CARRIER_DECADES = 0.01, 2.0
"""Fraction of the ions that can hop, and how far it may be off, either way."""
BARRIER_ERROR = {BOND_VALENCE: 0.78, NEB: 0.26}
"""eV, mean absolute, against published barriers of 46 and 10 hops: `designer-app bench
bond-valence` and `barrier`, the latter with CHGNet and where the band converged."""
MOST_DECADES = 20.0
"""A wider interval reaches from an insulator to a metal, and says nothing."""
_90_PERCENT = 2.06
"""Half width of 90 % of a normal distribution, in mean absolute deviations."""


def mobile_ion(amounts: Mapping[str, float], asked: str = "") -> str:
    """The element that moves; raises `InvalidSpecError` where it is not there."""
    if asked:
        found = next((each for each in amounts if each.casefold() == asked.casefold()), None)
        reason = f"{formula(amounts)} holds none"
    else:
        found = next((each for each in MOBILE_IONS if each in amounts), None)
        reason = f"{formula(amounts)} holds none of {', '.join(MOBILE_IONS)}; name what moves"
    if found is None:
        raise InvalidSpecError("ion", asked, reason, "Moving ion")
    return found


def log_conductivity(
    barrier: float, structure: Structure, ion: str, kelvin: float, dimensions: int
) -> float:
    """log10 of the conductivity in S/cm by attempted hops and Nernst-Einstein."""
    n_ions = int((structure.numbers == ATOMIC_NUMBERS[ion]).sum())
    hop = hop_length(structure, ion)
    rate = ATTEMPTS * math.exp(-barrier / (KB * kelvin))
    coefficient = CARRIERS * (hop / CM) ** 2 * rate / (2 * max(dimensions, 1))
    charge = COMMON_CHARGES.get(ion, 1)
    sigma = nernst_einstein(coefficient, charge, n_ions, structure.volume, kelvin)
    return math.log10(max(sigma, 1e-300))


def hop_length(structure: Structure, ion: str) -> float:
    """The shortest distance between sites of the ion, A."""
    sites = structure.positions[structure.numbers == ATOMIC_NUMBERS[ion]]
    shifts = np.array([(a, b, c) for a in (-1, 0, 1) for b in (-1, 0, 1) for c in (-1, 0, 1)])
    fractions = sites @ np.linalg.inv(structure.cell)
    apart = fractions[:, None] - fractions[None]
    apart -= np.rint(apart)
    lengths = np.linalg.norm((apart[:, :, None] + shifts) @ structure.cell, axis=-1)
    return float(lengths[lengths > 0.1].min())


def estimates_of(
    method: str,
    barriers: tuple[float, float, float],
    structure: Structure,
    ion: str,
    kelvin: float,
    *,
    dimensions: int,
    origin: str,
    reason: str,
) -> tuple[Estimate, Estimate]:
    """The barrier of the easiest way, and the order of magnitude of the conductivity it allows."""
    error = BARRIER_ERROR[method]
    value, half = barriers[0], _90_PERCENT * error
    barrier = Estimate(
        key=BARRIER,
        value=value if math.isfinite(value) else math.nan,
        unit="eV",
        low=max(value - half, 0.0) if math.isfinite(value) else None,
        high=value + half if math.isfinite(value) else None,
        error=error,
        method=method,
        origin=origin,
        light="amber" if math.isfinite(value) else "red",
        reason=reason,
    )
    return barrier, _conductivity(barrier, structure, ion, kelvin, dimensions)


def _conductivity(
    barrier: Estimate, structure: Structure, ion: str, kelvin: float, dimensions: int
) -> Estimate:
    if math.isnan(barrier.value):
        return unanswered(barrier.method, barrier.reason, barrier.origin)
    value = log_conductivity(barrier.value, structure, ion, kelvin, dimensions)
    assert barrier.low is not None
    assert barrier.high is not None
    decades = 1.0 / (KB * kelvin * math.log(10))
    below = math.hypot((barrier.high - barrier.value) * decades, CARRIER_DECADES)
    above = math.hypot((barrier.value - barrier.low) * decades, CARRIER_DECADES)
    if below + above > MOST_DECADES:
        why = (
            f"The barrier's error of {barrier.error:.2f} eV leaves {below + above:.0f} decades of "
            f"conductivity open at {kelvin:.0f} K: that is no number. The barrier tells which "
            "directions are easy."
        )
        return unanswered(barrier.method, why, barrier.origin)
    return Estimate(
        key=CONDUCTIVITY,
        value=value,
        unit=LOG_UNIT,
        low=value - below,
        high=value + above,
        method=barrier.method,
        origin=barrier.origin,
        light="amber",
        reason=f"An order of magnitude at {kelvin:.0f} K, by Nernst-Einstein: {ATTEMPTS:.0e} "
        f"attempts a second, and {100 * CARRIERS:g} % of the ions beside an empty site, are "
        "assumed; the interval holds these and the error of the barrier.",
    )


def unanswered(method: str, reason: str, origin: str = "", key: str = CONDUCTIVITY) -> Estimate:
    """An estimate that a method could not give, and why."""
    unit = LOG_UNIT if key == CONDUCTIVITY else "eV"
    return Estimate(
        key=key, value=math.nan, unit=unit, method=method, origin=origin, light="red", reason=reason
    )


def in_words(barriers: tuple[float, float, float]) -> str:
    """The barriers by the number of directions in which ways connect."""
    told: list[str] = []
    for count, value in enumerate(barriers, start=1):
        opens_more = count == 3 or barriers[count] > value + 0.005
        if math.isfinite(value) and opens_more:
            told.append(f"{value:.2f} eV in {count} direction{'s' * (count > 1)}")
    return ", ".join(told) if told else "no way through the crystal"


def bond_valence_reason(found: Barriers) -> str:
    """What the number rests on."""
    return (
        f"Percolation: {in_words(found.barriers)}. The framework is rigid and the other mobile "
        f"ions are left out; grid of {found.spacing:.2f} A."
    )


def band_reason(found: Migration, potential: Potential) -> str:
    """What the number rests on, and which way it is off."""
    hops = "1 hop" if len(found.hops) == 1 else f"{len(found.hops)} hops"
    told = (
        f"Ways by vacancy hops: {in_words(found.barriers)}; {hops} distinct by symmetry, in "
        f"{found.n_atoms} atoms. Neutral vacancy; its formation, interstitials and concerted hops "
        "are left out."
    )
    if found.n_lost:
        told += f" For {found.n_lost} more no pass was found: the atoms around them moved away."
    if not found.is_complete:
        told += " Some bands have not converged or were left out."
    if potential.key == "chgnet":
        told += (
            " CHGNet's energy surface is too soft (Deng et al. 2025,"
            " doi:10.1038/s41524-024-01500-6); against bands of density-functional theory its"
            " barriers are off either way."
        )
    return told
