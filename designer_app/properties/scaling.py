"""Relations that give what was not computed: OOH from OH, barriers from reaction energies.

Brønsted, Evans and Polanyi: E_a = slope x dE + intercept, eV, where dE is the energy of the
dissociation step (negative where it releases energy). The relations are fits to calculations with
RPBE; a barrier is never below 0 nor below dE.
"""

import math
from dataclasses import dataclass

from designer_app.errors import InvalidSpecError, UnknownKeyError
from designer_app.specs.estimates import Estimate

OOH_OVER_OH = 3.2
OOH_OVER_OH_ERROR = 0.2
"""eV, free energies: G_OOH - G_OH is the same on all surfaces (Man et al. 2011,
doi:10.1002/cctc.201000397)."""
BOLTZMANN = 8.617333e-5
"""eV/K."""


@dataclass(frozen=True)
class BepRelation:
    """A line through barriers of one class of reactions."""

    key: str
    title: str
    slope: float
    slope_error: float
    intercept: float
    intercept_error: float
    """eV; both errors as the source gives them."""
    source: str
    holds_for: str

    def barrier(self, reaction_energy: float) -> float:
        """EV."""
        return max(self.slope * reaction_energy + self.intercept, reaction_energy, 0.0)


_UNIVERSAL = "Nørskov et al. 2002, doi:10.1006/jcat.2002.3615"
BEP_RELATIONS = {
    row.key: row
    for row in (
        BepRelation(
            "flat",
            "Dissociation of N2, CO, NO and O2 on close-packed surfaces",
            0.90,
            0.04,
            2.07,
            0.07,
            _UNIVERSAL,
            "N2, CO, NO and O2 on close-packed faces of metals",
        ),
        BepRelation(
            "step",
            "Dissociation of N2, CO, NO and O2 at steps",
            0.87,
            0.05,
            1.34,
            0.09,
            _UNIVERSAL,
            "N2, CO, NO and O2 at steps of metals",
        ),
    )
}


def activation_energy(reaction_energy: Estimate, relation: str = "flat") -> Estimate:
    """EV, with the errors of the line and of the reaction energy added in squares."""
    if relation not in BEP_RELATIONS:
        raise UnknownKeyError("BEP relation", relation, tuple(BEP_RELATIONS))
    row, energy = BEP_RELATIONS[relation], reaction_energy.value
    value = row.barrier(energy) if math.isfinite(energy) else math.nan
    half = 0.0
    if reaction_energy.low is not None and reaction_energy.high is not None:
        half = 0.5 * (reaction_energy.high - reaction_energy.low)
    sigma = math.hypot(row.slope_error * energy, row.intercept_error)
    width = math.hypot(row.slope * half, 1.645 * sigma)
    return Estimate(
        key="activation energy",
        value=value,
        unit="eV",
        low=max(value - width, 0.0),
        high=value + width,
        method="scaling relation",
        origin=f"E_a = {row.slope:.2f} dE + {row.intercept:.2f} eV, {row.source}; dE: "
        f"{reaction_energy.origin}",
        light="red" if reaction_energy.light == "red" else "amber",
        reason=f"a line fitted to {row.holds_for}",
    )


def dissociation_energy(adsorbate: Estimate, molecule: str = "N2") -> Estimate:
    """EV of 1 x A2(g) -> 2 A*, from the energy of one A counted from half of A2."""
    if molecule != "N2":
        reason = "adsorption energies are counted from N2 alone among the diatomic molecules"
        raise InvalidSpecError("molecule", molecule, reason, "Molecule")

    def twice(value: float | None) -> float | None:
        return None if value is None else 2.0 * value

    return Estimate(
        key="dissociation N2",
        value=2.0 * adsorbate.value,
        unit="eV",
        low=twice(adsorbate.low),
        high=twice(adsorbate.high),
        method=adsorbate.method,
        origin=adsorbate.origin,
        light=adsorbate.light,
        reason=adsorbate.reason,
    )


def boltzmann_ratio(difference: Estimate, temperature: float = 298.15) -> Estimate:
    """Log10 of how much faster one reaction is than another, from the difference of what limits
    them, eV or V: exp(difference / kT).

    An interval of 0.1 eV is a factor of 50 at room temperature, so it is given beside.
    """
    scale = 1.0 / (BOLTZMANN * temperature * math.log(10.0))

    def scaled(value: float | None) -> float | None:
        return None if value is None else value * scale

    return Estimate(
        key=difference.key.replace("over", "log10 ratio over"),
        value=difference.value * scale,
        unit="decades",
        low=scaled(difference.low),
        high=scaled(difference.high),
        method=difference.method,
        origin=f"exp(difference / kT) at {temperature:.0f} K; {difference.origin}",
        light=difference.light,
        reason=difference.reason,
    )
