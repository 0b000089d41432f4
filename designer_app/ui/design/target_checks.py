"""What is wrong or odd about targets before anything runs, each with the change that mends it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from designer_app.errors import InvalidSpecError
from designer_app.specs.contradictions import (
    charge_needed,
    energy_limit,
    guessed,
    told_guessed,
)
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_purposes import purpose_of
from designer_app.specs.design_targets import OWN, Target
from designer_app.specs.distributions import Distribution
from designer_app.ui.design.target_words import (
    is_outside,
    property_of,
    share_meeting,
    value_text,
)
from designer_app.ui.panels.md_outlook import Caution

Known = Callable[[str], Distribution | None]
"""How a property is spread over known materials, by its key."""
_REACHABLE = 0.05
"""Share of known materials that the offered, nearer target leaves."""


def target_cautions(spec: DesignSpec, known: Known) -> tuple[Caution, ...]:
    """Contradictions stop; what is beyond the data, or leads astray, is told."""
    try:
        targets = {each.key: each for each in spec.wanted()}
    except InvalidSpecError as problem:
        usual = purpose_of(spec).targets
        return (Caution(problem.reason, "Take the usual targets", (("targets", usual),), True),)
    found = [*_unlearned(spec, targets), *_guessed(spec, targets)]
    found += _energy_of_charge(spec, targets)
    found += _charge_of_energy(spec, targets, known)
    found += [
        caution
        for each in targets.values()
        if not _is_below_hull(each)
        and (caution := _beyond(spec, each, known(each.key))) is not None
    ]
    return (*found, *_astray(spec, targets))


def _unlearned(spec: DesignSpec, targets: Mapping[str, Target]) -> list[Caution]:
    """Own properties without the heads that learned them."""
    if spec.heads is not None:
        return []
    return [
        Caution(
            f"“{key.removeprefix(OWN)}” is a property of your own: take the folder of the heads "
            "that learned it, where you choose the purpose.",
            "Drop it",
            (("targets", tuple(each.text() for each in targets.values() if each.key != key)),),
            stops=True,
        )
        for key in targets
        if key.startswith(OWN)
    ]


def _guessed(spec: DesignSpec, targets: Mapping[str, Target]) -> list[Caution]:
    """Properties that no head learned of the working ion."""
    ion = spec.ion if spec.has_ion else ""
    unknown = guessed(targets.values(), ion)
    left = tuple(each.text() for each in targets.values() if each not in unknown)
    button, changes = ("Drop it", (("targets", left),)) if left else ("", ())
    if ion and not left:
        button, changes = "Design for Li", (("ion", "Li"),)
    return [Caution(told_guessed(each, ion), button, changes, stops=True) for each in unknown]


def with_target(spec: DesignSpec, target: Target) -> tuple[str, ...]:
    """The targets of a spec with one of them put in, in place of that of the same property."""
    wanted = {each.key: each.text() for each in spec.wanted()}
    return tuple((wanted | {target.key: target.text()}).values())


def _energy_of_charge(spec: DesignSpec, targets: Mapping[str, Target]) -> list[Caution]:
    """Energy density (Wh/kg) is voltage (V) times capacity (mAh/g), whatever the material."""
    limit = energy_limit(targets.values())
    if limit is None:
        return []
    about = property_of("energy_density")
    if limit.is_most:
        nearest, said = math.floor(limit.nearest), "at most"
        wanted = Target(key="energy_density", low=nearest)
    else:
        nearest, said = math.ceil(limit.nearest), "at least"
        wanted = Target(key="energy_density", high=nearest)
    text = (
        f"These contradict each other: {value_text(limit.voltage, property_of('voltage'))} times "
        f"{value_text(limit.capacity, property_of('capacity'))} makes {said} "
        f"{value_text(nearest, about)}."
    )
    weight = targets["energy_density"].weight
    changes = with_target(spec, replace(wanted, weight=weight))
    button = f"Ask for {value_text(nearest, about)}"
    return [Caution(text, button, (("targets", changes),), stops=True)]


def _charge_of_energy(
    spec: DesignSpec, targets: Mapping[str, Target], known: Known
) -> list[Caution]:
    """An energy density that takes more charge than next to all known electrodes store."""
    if not spec.is_electrode or "capacity" in targets:
        return []
    needed = charge_needed(targets.values(), known("capacity"))
    if needed is None:
        return []
    nearer = Target(
        key="energy_density", low=needed.nearest, weight=targets["energy_density"].weight
    )
    button = f"Ask for {value_text(needed.nearest, property_of('energy_density'))}"
    return [Caution(needed.sentence, button, (("targets", with_target(spec, nearer)),))]


def _beyond(spec: DesignSpec, target: Target, known: Distribution | None) -> Caution | None:
    """A target that next to nothing known meets."""
    if known is None or not is_outside(target, known):
        return None
    about = property_of(target.key)
    low, high = target.bounds(about.wide)
    is_above = low > known.quantiles[-1]
    place = 1.0 - _REACHABLE if is_above else _REACHABLE
    value = float(np.quantile(known.quantiles, place))
    value = round(float(f"{value:.2g}"), 9 if about.is_log else about.decimals)
    nearer = replace(target, about=None, low=-math.inf, high=math.inf)
    nearer = replace(nearer, low=value) if is_above else replace(nearer, high=value)
    if math.isfinite(high) and is_above and target.about is None:
        nearer = replace(nearer, high=high)
    text = (
        f"{about.title}: no known material is there (the data end at "
        f"{value_text(float(f'{known.quantiles[-1 if is_above else 0]:.3g}'), about)}), so nothing "
        "tells whether a prediction holds."
    )
    button = f"Ask for {value_text(value, about)}, the best 5 %"
    if share_meeting(nearer, known) <= 0.0:
        return Caution(text)
    return Caution(text, button, (("targets", with_target(spec, nearer)),))


def _is_below_hull(target: Target) -> bool:
    """Whether only what is more stable than all that is known would do."""
    return target.key == "e_above_hull" and target.bounds(0.02)[1] < 0.0


def _astray(spec: DesignSpec, targets: Mapping[str, Target]) -> list[Caution]:
    """Wishes that a search meets in a way that nobody meant."""
    found: list[Caution] = []
    usual = {each.key: each for each in replace(spec, targets=()).wanted()}
    volts = targets.get("voltage")
    is_open = volts is None or not math.isfinite(volts.bounds(0.0)[1])
    if spec.purpose == "cathode" and "energy_density" in targets and is_open:
        window = replace(usual["voltage"], weight=volts.weight if volts else 1.0)
        text = (
            "Without an upper voltage the search drifts to 6 V and more, where no electrolyte "
            "holds."
        )
        changes = with_target(spec, window)
        button = f"Keep below {value_text(window.high, property_of('voltage'))}"
        found.append(Caution(text, button, (("targets", changes),)))
    stable = targets.get("e_above_hull")
    if stable is None and "formation_energy" not in targets:
        text = "Nothing asks for stability: most of what is found would fall apart."
        changes = with_target(spec, Target(key="e_above_hull", high=0.05))
        button = "Ask for stability"
        found.append(Caution(text, button, (("targets", changes),)))
    elif stable is not None and _is_below_hull(stable):
        text = "Only what is more stable than all known phases lies below the hull."
        changes = with_target(spec, replace(stable, low=-math.inf, high=0.05, about=None))
        button = "Ask for at most 0.05 eV/atom"
        found.append(Caution(text, button, (("targets", changes),)))
    return found
