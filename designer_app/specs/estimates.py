"""A number with what makes it believable: unit, error, method and origin."""

from dataclasses import dataclass

LIGHTS = ("green", "amber", "red")
"""How far a number can be believed; always shown with a sign and the sentence beside it."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One number for one property of one material by one method. Different methods stand side by
    side; they are never averaged.
    """

    key: str
    """Key of the property, e.g. "voltage"."""
    value: float
    """In `unit`; NaN where the method gave none, and `reason` says why."""
    unit: str
    """Lab unit: V, mAh/g, Wh/kg, eV/atom, S/cm, ..."""
    low: float | None = None
    high: float | None = None
    """Bounds of the interval at `level`."""
    level: float = 0.9
    error: float | None = None
    """Mean absolute error on data kept back, in `unit`, where it was measured."""
    method: str = ""
    """How it was got: "relaxation", "crystal network", "learned head", "bond valence", "NEB",
    "molecular dynamics", "scaling relation", "tabulated"."""
    origin: str = ""
    """Potential or head with version and hash, reference set, correction, source with DOI."""
    light: str = "green"
    reason: str = ""
    """Why the light is not green, or why there is no value; one sentence."""
    probability: float | None = None
    """Chance that the value passes the threshold it was asked against."""
