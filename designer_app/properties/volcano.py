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
breaks up, is no electrochemical one, and no potential helps it.
"""  # noqa: E501 - a table row is one line

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import InvalidSpecError, UnknownKeyError
from designer_app.properties.scaling import OOH_OVER_OH, OOH_OVER_OH_ERROR
from designer_app.specs.adsorption import VolcanoPoint
from designer_app.specs.estimates import Estimate

Values = NDArray[np.float64]
Energies = Mapping[str, Estimate]
"""Adsorption energies by adsorbate."""

WATER_SPLITTING = 4.92
"""eV: 2 H2O -> O2 + 2 H2 at standard conditions, 4 x 1.23."""
REVERSIBLE = WATER_SPLITTING / 4
AMMONIA = -0.17
"""eV: 1/2 N2 + 3/2 H2 -> NH3 at standard conditions (-16.4 kJ/mol, NIST Chemistry WebBook)."""
BEST_CO = -0.67
"""eV from CO(g): the top of the volcano for CO2 reduction (Liu et al. 2017, as used by Tran and
Ulissi 2018, doi:10.1038/s41929-018-0142-1)."""
LEVEL_SIGMA = 1.645
"""Standard deviations to each side of a 90 % interval."""
TOO_WIDE = 0.5
"""eV, half of an interval: platinum and silver are 0.6 eV apart on the hydrogen volcano."""
_SAMPLES = 4000
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


def oxygen_steps(oh: Values, o: Values, ooh: Values) -> Values:
    """(4, ...) eV: the four steps of water oxidation from free energies; they add up to 4.92."""
    return np.stack([oh, o - oh, ooh - o, WATER_SPLITTING - ooh])


def _her(energies: Mapping[str, Values]) -> tuple[Values, Values]:
    binding = free_energy("H", energies["H"])
    return binding, -np.abs(binding)


def _steps_of(energies: Mapping[str, Values]) -> Values:
    oh, o = free_energy("OH", energies["OH"]), free_energy("O", energies["O"])
    ooh = energies["OOH by scaling"] + oh
    if "OOH" in energies:
        ooh = free_energy("OOH", energies["OOH"])
    return oxygen_steps(oh, o, ooh)


def _oer(energies: Mapping[str, Values]) -> tuple[Values, Values]:
    steps = _steps_of(energies)
    return steps[1], REVERSIBLE - steps.max(axis=0)


def _orr(energies: Mapping[str, Values]) -> tuple[Values, Values]:
    steps = _steps_of(energies)
    return steps[0], steps.min(axis=0) - REVERSIBLE


def _co2rr(energies: Mapping[str, Values]) -> tuple[Values, Values]:
    return energies["CO"], -np.abs(energies["CO"] - BEST_CO)


def _nrr(energies: Mapping[str, Values]) -> tuple[Values, Values]:
    """Without NH2, the two steps from NH to NH3 are at least as hard as their mean."""
    n, nh = free_energy("N", energies["N"]), free_energy("NH", energies["NH"])
    if "NH2" in energies:
        nh2 = free_energy("NH2", energies["NH2"])
        steps = np.stack([n, nh - n, nh2 - nh, AMMONIA - nh2])
    else:
        steps = np.stack([n, nh - n, 0.5 * (AMMONIA - nh)])
    return energies["N"], -steps.max(axis=0)


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
            _her,
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


def volcano_point(name: str, reaction: str, energies: Energies) -> VolcanoPoint:
    """Where a material lies on the volcano, with the intervals that its energies have.

    Raises `InvalidSpecError` where an adsorbate is missing.
    """
    row = reaction_of(reaction)
    missing = [each for each in row.needs if not _is_known(energies, each)]
    if missing:
        wanted = ", ".join(missing)
        reason = (
            f"{row.title} needs that of {wanted}, which no head knows; slabs give it, from the "
            "crystal and a potential"
        )
        raise InvalidSpecError("adsorbate", None, reason, "Adsorption energy")
    used = [each for each in (*row.needs, *row.helps) if _is_known(energies, each)]
    x, y = row.place(_centres(energies, used))
    x_low, x_high, y_low, y_high = _interval(row, energies, used)
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
    """The height on the volcano, V (of co2rr: eV), higher is better."""
    row, point = reaction_of(reaction), volcano_point(name, reaction, energies)
    used = [each for each in (*row.needs, *row.helps) if _is_known(energies, each)]
    lights = [energies[each].light for each in used]
    is_scaled = "OOH" in row.helps and "OOH" not in used
    has_interval = any(energies[each].low is not None for each in used)
    is_blurred = any(LEVEL_SIGMA * sigma_of(energies[each]) > TOO_WIDE for each in used)
    blurred = " The energies are too uncertain to tell a good catalyst from a bad one."
    scaled = " OOH = OH + 3.2 ± 0.2 eV by scaling." if is_scaled else ""
    return Estimate(
        key=f"activity {row.key}",
        value=point.y,
        unit="eV" if row.key in _IN_EV else "V",
        low=point.y_low if has_interval or is_scaled else None,
        high=point.y_high if has_interval or is_scaled else None,
        method="scaling relation" if is_scaled else "volcano",
        origin=f"{row.source}; " + "; ".join(f"{each}: {energies[each].origin}" for each in used),
        light="red" if "red" in lights or is_blurred else "amber",
        reason=row.limits + scaled + (blurred if is_blurred else ""),
    )


def product_of(energies: Energies) -> tuple[str, float]:
    """(what CO2 becomes, the chance of it) by the signs of E_H and E_CO (Bagger et al. 2017,
    doi:10.1002/cphc.201700736): hydrogen where H binds, CO or formate where neither binds, and
    more reduced products where CO binds and H does not, as on copper alone.

    The chance is of these signs, given the intervals; NaN where there are none.
    """
    for needed in ("H", "CO"):
        if not _is_known(energies, needed):
            reason = f"the product of CO2 follows from those of H and CO, and {needed} is missing"
            raise InvalidSpecError("adsorbate", None, reason, "Adsorption energy")
    h, co = energies["H"], energies["CO"]
    h_binds, co_binds = h.value < 0, co.value < 0
    chance_h, chance_co = _chance_negative(h), _chance_negative(co)
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


# --- intervals ----------------------------------------------------------------------------------


def _is_known(energies: Energies, adsorbate: str) -> bool:
    return adsorbate in energies and math.isfinite(energies[adsorbate].value)


def _centres(energies: Energies, used: list[str]) -> dict[str, Values]:
    found = {each: np.array(energies[each].value) for each in used}
    found["OOH by scaling"] = np.array(OOH_OVER_OH)
    return found


def sigma_of(estimate: Estimate) -> float:
    """EV, half the interval as a standard deviation; 0 where there is none."""
    if estimate.low is None or estimate.high is None:
        return 0.0
    return 0.5 * (estimate.high - estimate.low) / LEVEL_SIGMA


def _chance_negative(estimate: Estimate) -> float:
    sigma = sigma_of(estimate)
    if sigma == 0.0:
        return math.nan
    return 0.5 * math.erfc(estimate.value / (sigma * math.sqrt(2.0)))


def _interval(
    row: Reaction, energies: Energies, used: list[str]
) -> tuple[float, float, float, float]:
    """5th and 95th percentile of x and of y, all errors independent and normal."""
    rng = np.random.default_rng(0)  # the same samples always: an interval is no experiment
    found = {
        each: energies[each].value + sigma_of(energies[each]) * rng.standard_normal(_SAMPLES)
        for each in used
    }
    spread = OOH_OVER_OH_ERROR * rng.standard_normal(_SAMPLES)
    found["OOH by scaling"] = OOH_OVER_OH + spread
    x, y = row.place(found)
    low_x, high_x = np.percentile(x, [5.0, 95.0])
    low_y, high_y = np.percentile(y, [5.0, 95.0])
    return float(low_x), float(high_x), float(low_y), float(high_y)
