"""What a catalyst does besides: one reaction against another."""

import math
from collections.abc import Collection, Sequence

from designer_app.properties.limiting_potentials import limiting_potential
from designer_app.properties.uncertain_energies import LEVEL_SIGMA, sigma_of
from designer_app.properties.volcano import product_of
from designer_app.specs.estimates import Estimate


def by_adsorbate(energies: Sequence[Estimate], needs: Collection[str] = ()) -> dict[str, Estimate]:
    """The finite energies by adsorbate, all of one method: the first that knows all that is
    needed, or else the one that knows most of it.
    """
    methods: dict[str, dict[str, Estimate]] = {}
    for each in energies:
        if math.isfinite(each.value):
            adsorbate = each.key.rpartition(" ")[2]
            methods.setdefault(family(each), {}).setdefault(adsorbate, each)
    known = list(methods.values())
    return max(known, key=lambda found: len(found.keys() & {*needs}), default={})


def family(estimate: Estimate) -> str:
    """The method without the site that it names, e.g. "learned head"."""
    return estimate.method.partition(",")[0]


def head_start(reaction: str, over: str, energies: dict[str, Estimate]) -> Estimate:
    """V by which a reduction sets in before another: the difference of their limiting potentials,
    errors added in squares.
    """
    wanted, competitor = limiting_potential(reaction, energies), limiting_potential(over, energies)
    value = wanted.value - competitor.value
    sigma = math.hypot(sigma_of(wanted), sigma_of(competitor))
    chance = 0.5 * math.erfc(-value / (sigma * math.sqrt(2.0))) if sigma > 0 else None
    has_interval = wanted.low is not None and competitor.low is not None
    return Estimate(
        key=f"over {over.upper()}",
        value=value,
        unit="V",
        low=value - LEVEL_SIGMA * sigma if has_interval else None,
        high=value + LEVEL_SIGMA * sigma if has_interval else None,
        method=wanted.method,
        origin=f"difference of limiting potentials; {wanted.origin}; {competitor.origin}",
        light="red" if "red" in (wanted.light, competitor.light) else "amber",
        reason="Thermodynamic limits alone: barriers, coverage and solvent decide as well. "
        f"{wanted.reason}",
        probability=chance if has_interval else None,
    )


def co2_product(energies: dict[str, Estimate]) -> Estimate:
    """What CO2 becomes, in `reason`, with its chance in `probability`; the value is E_H in eV."""
    product, chance = product_of(energies)
    h, co = energies["H"], energies["CO"]
    return Estimate(
        key="CO2 product",
        value=h.value,
        unit="eV",
        low=h.low,
        high=h.high,
        method="scaling relation",
        origin="signs of the energies of H and CO, doi:10.1002/cphc.201700736; "
        f"H: {h.origin}; CO: {co.origin}",
        light="red" if "red" in (h.light, co.light) else "amber",
        reason=f"{product}: H {h.value:+.2f} eV, CO {co.value:+.2f} eV",
        probability=None if math.isnan(chance) else chance,
    )


def competition(reaction: str, energies: dict[str, Estimate]) -> tuple[Estimate, ...]:
    """Against hydrogen evolution, which competes with every reduction in water."""
    if "H" not in energies:
        return ()
    if reaction == "co2rr":
        return (co2_product(energies),)
    if reaction != "nrr":
        return ()
    return (head_start(reaction, "her", energies),)
