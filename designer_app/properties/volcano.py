"""Activity from adsorption energies: volcanoes of the computational hydrogen electrode.

Adsorption energies (eV, counted from H2, H2O, CH4, N2 and CO) become free energies by a constant
each, reaction steps are their differences, and the least favourable step decides. At potential U
a step that takes up an electron and a proton is easier by eU (Nørskov et al. 2004,
doi:10.1021/jp047349j). No solvent, no field, no coverage beyond the one computed, no barriers: an
error of the adsorption energies goes through one to one, and trends are safer than numbers.

| reaction | steps (eV at U = 0) | activity, V |
|---|---|---|
| her | G_H | -|G_H| (Nørskov et al. 2005, doi:10.1149/1.1856988) |
| oer | G_OH, G_O - G_OH, G_OOH - G_O, 4.92 - G_OOH | 1.23 - largest |
| orr | the same, backwards | smallest - 1.23 |
| co2rr | | -|E_CO + 0.67| (Liu et al. 2017, doi:10.1038/ncomms15438) |
| nrr | G_N, G_NH - G_N, G_NH2 - G_NH, G_NH3 - G_NH2 | -largest (dissociative path; Skúlason et al. 2012, doi:10.1039/C1CP22271F) |

The activity is minus the overpotential for her, oer and orr; of co2rr it is minus the distance
from the optimum of the descriptor. Of nrr it is minus the largest step in eV: the first, N2 that
breaks up, is no electrochemical one, and no potential helps it. Activities of two reactions are
counted from two equilibrium potentials: `limiting_potentials` compares reactions.
"""  # noqa: E501 - a table row is one line

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from designer_app.errors import InvalidSpecError, UnknownKeyError
from designer_app.properties.uncertain_energies import (
    LEVEL_SIGMA,
    SCALED_OOH,
    Energies,
    Values,
    centres,
    chance_negative,
    has_interval,
    interval,
    is_known,
    samples,
    sigma_of,
)
from designer_app.specs.adsorption import VolcanoPoint
from designer_app.specs.estimates import Estimate

WATER_SPLITTING = 4.92
"""eV: 2 H2O -> O2 + 2 H2 at standard conditions, 4 x 1.23."""
REVERSIBLE = WATER_SPLITTING / 4
AMMONIA = -0.17
"""eV: 1/2 N2 + 3/2 H2 -> NH3 at standard conditions (-16.4 kJ/mol, NIST Chemistry WebBook)."""
BEST_CO = -0.67
"""eV from CO(g): the top of the volcano for CO2 reduction (Liu et al. 2017, as used by Tran and
Ulissi 2018, doi:10.1038/s41929-018-0142-1)."""
TOO_WIDE = 0.5
"""eV, half of an interval: platinum and silver are 0.6 eV apart on the hydrogen volcano."""
_IN_EV = ("co2rr", "nrr")
"""Reactions whose activity is no potential."""


@dataclass(frozen=True)
class FreeEnergy:
    """What makes a free energy at 298 K of an adsorption energy."""

    correction: float
    """eV: zero-point energy - T S, adsorbed minus free."""
    source: str


HYDROGEN = FreeEnergy(0.24, "Nørskov et al. 2005, doi:10.1149/1.1856988")
_OXYGEN = "Man et al. 2011, doi:10.1002/cctc.201000397"
_NITROGEN = "entropies of N2 and H2 alone (NIST Chemistry WebBook), zero-point energies left out"
# T S at 298.15 K: N2 191.6 J/(mol K) = 0.592 eV, H2 130.7 J/(mol K) = 0.404 eV.
CORRECTIONS = {
    "H": HYDROGEN,
    "O": FreeEnergy(0.05, _OXYGEN),
    "OH": FreeEnergy(0.35, _OXYGEN),
    "OOH": FreeEnergy(0.40, _OXYGEN),
    "N": FreeEnergy(0.30, _NITROGEN),
    "NH": FreeEnergy(0.50, _NITROGEN),
    "NH2": FreeEnergy(0.70, _NITROGEN),
}


@dataclass(frozen=True)
class Reaction:
    """A reaction, the adsorbates it needs, and its volcano."""

    key: str
    title: str
    needs: tuple[str, ...]
    helps: tuple[str, ...]
    """Adsorbates that are used where known, and scaled or bounded where not."""
    x_label: str
    y_label: str
    source: str
    limits: str
    """What the number leaves out; one sentence."""
    place: Callable[[Mapping[str, Values]], tuple[Values, Values]]
    """(x, y) from energies of many samples at once."""


def free_energy(adsorbate: str, energy: Values) -> Values:
    """EV at 298 K and U = 0."""
    return energy + CORRECTIONS[adsorbate].correction


def free_energy_estimate(adsorbate: str, energy: Estimate) -> Estimate:
    """The free energy at 298 K, eV, of an adsorption energy; of CO, whose volcano is drawn so, and
    of what has no published correction, the energy from the gas.
    """
    known = CORRECTIONS.get(adsorbate)
    shift = 0.0 if known is None else known.correction
    ends = {
        name: None if getattr(energy, name) is None else getattr(energy, name) + shift
        for name in ("low", "high")
    }
    source = "" if known is None else f"; {shift:+.2f} eV of free energy ({known.source})"
    return replace(
        energy,
        key="adsorption_free_energy",
        value=energy.value + shift,
        origin=f"{energy.origin}{source}",
        **ends,
    )


def oxygen_steps(oh: Values, o: Values, ooh: Values) -> Values:
    """(4, ...) eV: the four steps of water oxidation from free energies; they add up to 4.92."""
    return np.stack([oh, o - oh, ooh - o, WATER_SPLITTING - ooh])


def place_of_hydrogen(energies: Mapping[str, Values]) -> tuple[Values, Values]:
    """(G_H in eV, -|G_H| in V)."""
    binding = free_energy("H", energies["H"])
    return binding, -np.abs(binding)


def steps_of_water(energies: Mapping[str, Values]) -> Values:
    """(4, ...) eV, with OOH by scaling where it is not known."""
    oh, o = free_energy("OH", energies["OH"]), free_energy("O", energies["O"])
    ooh = energies[SCALED_OOH] + oh
    if "OOH" in energies:
        ooh = free_energy("OOH", energies["OOH"])
    return oxygen_steps(oh, o, ooh)


def _oer(energies: Mapping[str, Values]) -> tuple[Values, Values]:
    steps = steps_of_water(energies)
    return steps[1], REVERSIBLE - steps.max(axis=0)


def _orr(energies: Mapping[str, Values]) -> tuple[Values, Values]:
    steps = steps_of_water(energies)
    return steps[0], steps.min(axis=0) - REVERSIBLE


def _co2rr(energies: Mapping[str, Values]) -> tuple[Values, Values]:
    return energies["CO"], -np.abs(energies["CO"] - BEST_CO)


def _nrr(energies: Mapping[str, Values]) -> tuple[Values, Values]:
    hardest = np.maximum(free_energy("N", energies["N"]), hydrogenation_of(energies).max(axis=0))
    return energies["N"], -hardest


def hydrogenation_of(energies: Mapping[str, Values]) -> Values:
    """(2 or 3, ...) eV: the steps of N to NH3 that take up an electron each.

    Without NH2, the two steps from NH to NH3 are at least as hard as their mean.
    """
    n, nh = free_energy("N", energies["N"]), free_energy("NH", energies["NH"])
    if "NH2" not in energies:
        return np.stack([nh - n, 0.5 * (AMMONIA - nh)])
    nh2 = free_energy("NH2", energies["NH2"])
    return np.stack([nh - n, nh2 - nh, AMMONIA - nh2])


REACTIONS = {
    row.key: row
    for row in (
        Reaction(
            "her",
            "Hydrogen evolution",
            ("H",),
            (),
            "ΔG_H, eV",
            "minus overpotential, V",
            "ΔG_H = ΔE_H + 0.24 eV, doi:10.1149/1.1856988",
            "One binding energy stands for the whole rate; barriers and coverage are left out.",
            place_of_hydrogen,
        ),
        Reaction(
            "oer",
            "Oxygen evolution",
            ("O", "OH"),
            ("OOH",),
            "ΔG_O - ΔG_OH, eV",
            "minus overpotential, V",
            "four steps of the hydrogen electrode, doi:10.1021/jp047349j, "
            "doi:10.1002/cctc.201000397",
            "For the surface as cut; under such potentials most metals oxidise or dissolve.",
            _oer,
        ),
        Reaction(
            "orr",
            "Oxygen reduction",
            ("O", "OH"),
            ("OOH",),
            "ΔG_OH, eV",
            "minus overpotential, V",
            "four steps of the hydrogen electrode, doi:10.1021/jp047349j",
            "Without the water that stabilises OH by some tenths of an eV.",
            _orr,
        ),
        Reaction(
            "co2rr",
            "CO2 reduction beyond CO",
            ("CO",),
            (),
            "ΔE_CO, eV",
            "minus distance from the optimum, eV",
            "optimum ΔE_CO = -0.67 eV, doi:10.1038/ncomms15438, doi:10.1038/s41929-018-0142-1",
            "A distance on the descriptor's axis and no overpotential.",
            _co2rr,
        ),
        Reaction(
            "nrr",
            "Nitrogen reduction",
            ("N", "NH"),
            ("NH2",),
            "ΔE_N, eV",
            "minus largest step, eV",
            "dissociative path of the hydrogen electrode, doi:10.1039/C1CP22271F",
            "No potential helps N2 to break up, and its barrier is not in it: see the activation "
            "energy.",
            _nrr,
        ),
    )
}


def reaction_of(key: str) -> Reaction:
    """The row of a reaction, in any case; raises `UnknownKeyError`."""
    if key.casefold() not in REACTIONS:
        raise UnknownKeyError("reaction", key, tuple(REACTIONS))
    return REACTIONS[key.casefold()]


def used_by(row: Reaction, energies: Energies) -> list[str]:
    """The adsorbates whose energies a reaction takes; raises `InvalidSpecError` where it lacks one
    that it needs.
    """
    missing = [each for each in row.needs if not is_known(energies, each)]
    if missing:
        wanted = ", ".join(missing)
        reason = (
            f"{row.title} needs that of {wanted}, which no head knows; slabs give it, from the "
            "crystal and a potential"
        )
        raise InvalidSpecError("adsorbate", None, reason, "Adsorption energy")
    return [each for each in (*row.needs, *row.helps) if is_known(energies, each)]


def volcano_point(name: str, reaction: str, energies: Energies) -> VolcanoPoint:
    """Where a material lies on the volcano, with the intervals that its energies have.

    Raises `InvalidSpecError` where an adsorbate is missing.
    """
    row = reaction_of(reaction)
    used = used_by(row, energies)
    x, y = row.place(centres(energies, used))
    spread_x, spread_y = row.place(samples(energies, used))
    (x_low, x_high), (y_low, y_high) = interval(spread_x), interval(spread_y)
    return VolcanoPoint(
        name=name,
        reaction=row.key,
        x=float(x),
        x_low=x_low,
        x_high=x_high,
        y=float(y),
        y_low=y_low,
        y_high=y_high,
        x_label=row.x_label,
        y_label=row.y_label,
        source=row.source,
    )


def activity(name: str, reaction: str, energies: Energies) -> Estimate:
    """The height on the volcano, V (of co2rr and nrr: eV), higher is better.

    It has an interval where every energy that it was made of has one.
    """
    row, point = reaction_of(reaction), volcano_point(name, reaction, energies)
    used = used_by(row, energies)
    lights = [energies[each].light for each in used]
    is_scaled = "OOH" in row.helps and "OOH" not in used
    blind = [each for each in used if not has_interval(energies[each])]
    is_blurred = any(LEVEL_SIGMA * sigma_of(energies[each]) > TOO_WIDE for each in used)
    blurred = " The energies are too uncertain to tell a good catalyst from a bad one."
    unsure = f" How far {', '.join(blind)} may be off is not known." if blind else ""
    scaled = " OOH = OH + 3.2 ± 0.2 eV by scaling." if is_scaled else ""
    return Estimate(
        key=f"activity {row.key}",
        value=point.y,
        unit="eV" if row.key in _IN_EV else "V",
        low=None if blind else point.y_low,
        high=None if blind else point.y_high,
        method="scaling relation" if is_scaled else "volcano",
        origin=f"{row.source}; " + "; ".join(f"{each}: {energies[each].origin}" for each in used),
        light="red" if "red" in lights or is_blurred else "amber",
        reason=row.limits + scaled + unsure + (blurred if is_blurred else ""),
    )


def product_of(energies: Energies) -> tuple[str, float]:
    """(what CO2 becomes, the chance of it) by the signs of E_H and E_CO (Bagger et al. 2017,
    doi:10.1002/cphc.201700736): hydrogen where H binds, CO or formate where neither binds, and
    more reduced products where CO binds and H does not, as on copper alone.

    The chance is of these signs, given the intervals; NaN where there are none.
    """
    for needed in ("H", "CO"):
        if not is_known(energies, needed):
            reason = f"the product of CO2 follows from those of H and CO, and {needed} is missing"
            raise InvalidSpecError("adsorbate", None, reason, "Adsorption energy")
    h, co = energies["H"], energies["CO"]
    h_binds, co_binds = h.value < 0, co.value < 0
    chance_h, chance_co = chance_negative(h), chance_negative(co)
    if h_binds:
        return "hydrogen", chance_h
    if co_binds:
        return "beyond CO", (1.0 - chance_h) * chance_co
    return "CO or formate", (1.0 - chance_h) * (1.0 - chance_co)


def exchange_current(binding: float, temperature: float = 298.15) -> float:
    """Log10 of the exchange current of hydrogen in A/cm^2 from G_H in eV.

    i0 = e k0 n / (1 + exp(-G/kT)), times exp(-G/kT) where G > 0, with k0 = 200 per second and site
    fitted to experiment (Nørskov et al. 2005, doi:10.1149/1.1856988) and n = 1.5e15 sites/cm^2.
    """
    boltzmann, charge, sites, rate = 8.617333e-5, 1.602177e-19, 1.5e15, 200.0
    scaled = binding / (boltzmann * temperature)
    # log(1 / (1 + exp(-s))) for s < 0, and that of exp(-s) / (1 + exp(-s)) for s > 0, are the same.
    share = -float(np.logaddexp(0.0, abs(scaled)))
    return math.log10(charge * rate * sites) + share / math.log(10.0)
