"""The targets of a design as rules of its table, and what stands for them in words."""

import math

from designer_app.errors import InvalidSpecError
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_purposes import purpose_of
from designer_app.specs.design_targets import PROPERTIES, Target
from designer_app.ui.screening.columns import Criterion


def subject_of(spec: DesignSpec) -> str:
    """What is designed, with its article: a Li-ion cathode, a catalyst for hydrogen evolution."""
    title = purpose_of(spec).title
    if spec.purpose == "own":
        return "a material"
    if "-" not in title.partition(" ")[0]:
        title = title[:1].lower() + title[1:]
    if spec.purpose == "catalyst":
        return f"a catalyst for {title}"
    return f"an {title}" if title[:1] in "aeiou" else f"a {title}"


def targets_of(spec: DesignSpec) -> tuple[Target, ...]:
    """What a run aims at; nothing where it cannot be read, as in a run of a newer program."""
    try:
        return spec.wanted()
    except InvalidSpecError:
        return ()


def criteria_of(spec: DesignSpec) -> dict[str, Criterion]:
    """The range of each target, by property."""
    return {target.key: _criterion(target) for target in targets_of(spec)}


def _criterion(target: Target) -> Criterion:
    low, high = ends_of(target)
    return Criterion(
        target.key,
        low=low if math.isfinite(low) else None,
        high=high if math.isfinite(high) else None,
    )


def ends_of(target: Target) -> tuple[float, float]:
    """The range that counts as a hit, in the property's unit."""
    said = PROPERTIES.get(target.key)
    if target.about is None or said is None:
        return target.low, target.high
    if said.is_log:
        return target.about / 10.0**said.wide, target.about * 10.0**said.wide
    return target.bounds(said.wide)
