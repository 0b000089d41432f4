"""At which potential a reduction sets in, so that one can be held against another.

The potential, against the reversible hydrogen electrode, at which every step that takes up an
electron has become downhill (Nørskov et al. 2004, doi:10.1021/jp047349j):

| reaction | V |
|---|---|
| her | -|G_H|: H must come and go |
| orr | the smallest of the four steps of water, which run backwards |
| nrr | -the largest step from N to NH3; that N2 breaks up first is no matter of the potential |

Of two reductions the one with the higher potential sets in first.
"""

from collections.abc import Callable, Mapping

from designer_app.errors import InvalidSpecError
from designer_app.properties.uncertain_energies import (
    Energies,
    Values,
    centres,
    has_interval,
    interval,
    samples,
)
from designer_app.properties.volcano import (
    hydrogenation_of,
    place_of_hydrogen,
    reaction_of,
    steps_of_water,
    used_by,
)
from designer_app.specs.estimates import Estimate


def _orr(energies: Mapping[str, Values]) -> Values:
    return steps_of_water(energies).min(axis=0)


def _nrr(energies: Mapping[str, Values]) -> Values:
    return -hydrogenation_of(energies).max(axis=0)


LIMITS: Mapping[str, Callable[[Mapping[str, Values]], Values]] = {
    "her": lambda energies: place_of_hydrogen(energies)[1],
    "orr": _orr,
    "nrr": _nrr,
}
"""V from energies of many samples at once."""
_NITROGEN = " N2 must break up first, which no potential helps: see the activation energy."


def limiting_potential(reaction: str, energies: Energies) -> Estimate:
    """V against the reversible hydrogen electrode at which a reduction sets in.

    Raises `InvalidSpecError` where an adsorbate is missing, and for reactions that set in at no
    potential of reduction.
    """
    row = reaction_of(reaction)
    if row.key not in LIMITS:
        reason = f"choose one of {', '.join(LIMITS)}, which are reductions with known steps"
        raise InvalidSpecError("reaction", reaction, reason, "Reaction")
    used = used_by(row, energies)
    is_told = all(has_interval(energies[each]) for each in used)
    low, high = interval(LIMITS[row.key](samples(energies, used)))
    origin = "; ".join(f"{each}: {energies[each].origin}" for each in used)
    return Estimate(
        key=f"limiting potential {row.key}",
        value=float(LIMITS[row.key](centres(energies, used))),
        unit="V",
        low=low if is_told else None,
        high=high if is_told else None,
        method="volcano",
        origin=f"{row.source}; {origin}",
        light="red" if any(energies[each].light == "red" for each in used) else "amber",
        reason=row.limits if row.key != "nrr" else _NITROGEN.strip(),
    )
