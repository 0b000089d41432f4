"""What a material is to be: properties with units, and targets written as people write them."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from designer_app.errors import InvalidSpecError

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_TARGET = re.compile(
    rf"^\s*(?P<key>[^=\s]+)\s*=\s*"
    rf"(?:(?P<low>{_NUMBER})?\s*(?P<range>\.\.)\s*(?P<high>{_NUMBER})?|(?P<about>{_NUMBER}))"
    rf"(?:\s*\*\s*(?P<weight>{_NUMBER}))?\s*$"
)


@dataclass(frozen=True, kw_only=True)
class DesignProperty:
    """A property that may be aimed at."""

    key: str
    title: str
    unit: str
    doc: str
    """What it is and what is usual, in one or two sentences."""
    low: float
    high: float
    """Ends of the slider; targets may lie outside."""
    decimals: int
    wide: float
    """How far "about" reaches to each side, and one unit of the loss."""
    is_log: bool = False
    """Whether the slider and the loss run in log10."""
    purposes: tuple[str, ...] = ()
    """Keys of the purposes it is offered for; empty: all."""
    is_exact: bool = False
    """Whether it follows from the formula alone."""


ELECTRODES = ("cathode", "anode")

_ROWS = (
    DesignProperty(
        key="energy_density", title="Energy density", unit="Wh/kg",
        doc="Of the active material against the metal of the working ion. LiFePO4 has 580, "
        "LiCoO2 about 1,000 when all lithium leaves.",
        low=0.0, high=1500.0, decimals=0, wide=30.0, purposes=ELECTRODES,
    ),
    DesignProperty(
        key="voltage", title="Voltage", unit="V",
        doc="Average over the ions that can leave, against the metal of the working ion. Liquid "
        "electrolytes bear up to about 4.5 V.",
        low=0.0, high=6.0, decimals=2, wide=0.2, purposes=ELECTRODES,
    ),
    DesignProperty(
        key="capacity", title="Capacity", unit="mAh/g",
        doc="Charge of the ions that can leave, per mass of the discharged material; exact "
        "from the formula. LiFePO4 has 170.",
        low=0.0, high=600.0, decimals=0, wide=10.0, purposes=ELECTRODES, is_exact=True,
    ),
    DesignProperty(
        key="volume_change", title="Volume change", unit="%",
        doc="Of the host when the ions leave that can; below 5 % particles hardly crack.",
        low=0.0, high=40.0, decimals=1, wide=2.0, purposes=ELECTRODES,
    ),
    DesignProperty(
        key="ionic_conductivity", title="Ionic conductivity", unit="S/cm",
        doc="At room temperature. Good solid electrolytes reach 1e-3; the error is a factor "
        "of ten or more.",
        low=1e-12, high=1e-1, decimals=6, wide=0.5, is_log=True,
        purposes=("electrolyte", "cathode"),
    ),
    DesignProperty(
        key="band_gap", title="Band gap", unit="eV",
        doc="Of semilocal density functional theory, which is about 40 % too small. "
        "Electrolytes want more than 2, so that no electrons pass.",
        low=0.0, high=8.0, decimals=2, wide=0.3,
    ),
    DesignProperty(
        key="adsorption_free_energy", title="Adsorption free energy", unit="eV",
        doc="Of the reaction's leading intermediate on the surface, such as H for hydrogen "
        "evolution, where 0 is best.",
        low=-2.0, high=2.0, decimals=2, wide=0.1, purposes=("catalyst",),
    ),
    DesignProperty(
        key="e_above_hull", title="Energy above hull", unit="eV/atom",
        doc="How much would be gained by falling apart into known phases; below 0.05 a "
        "material can often be made.",
        low=0.0, high=0.5, decimals=3, wide=0.02,
    ),
    DesignProperty(
        key="formation_energy", title="Formation energy", unit="eV/atom",
        doc="Against the elements; more negative is more tightly bound, not more stable "
        "against other compounds.",
        low=-4.0, high=1.0, decimals=2, wide=0.1,
    ),
    DesignProperty(
        key="bulk_modulus", title="Bulk modulus", unit="GPa",
        doc="Resistance to compression; soft electrolytes keep contact, hard ones hold back "
        "dendrites.",
        low=0.0, high=400.0, decimals=0, wide=10.0,
    ),
    DesignProperty(
        key="price", title="Raw material price", unit="USD/kg",
        doc="Of the elements by mass; what synthesis costs is not in it.",
        low=0.0, high=100.0, decimals=1, wide=2.0, is_exact=True,
    ),
)  # fmt: skip
PROPERTIES: Mapping[str, DesignProperty] = {row.key: row for row in _ROWS}
"""By key, in the order in which they are offered."""
UNITS_TOLD = ", ".join(f"{row.key} in {row.unit}" for row in _ROWS)
"""The names that targets may have, for a sentence."""
LEADING: Mapping[str, str] = {"HER": "H", "OER": "OH", "ORR": "OH", "NRR": "N"}
"""The intermediate whose free energy a catalyst is designed by. CO, that of CO2 reduction, has
fewer labels than a head needs.
"""
OWN = "own:"
"""Before the name of a property that the user trained."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """At least, at most, between, or about."""

    key: str
    low: float = -math.inf
    high: float = math.inf
    about: float | None = None
    weight: float = 1.0

    def text(self) -> str:
        """As the command line takes it, e.g. "energy_density=600.." or "voltage=3.4*2"."""
        if self.about is not None:
            said = f"{self.about:g}"
        else:
            low = f"{self.low:g}" if math.isfinite(self.low) else ""
            high = f"{self.high:g}" if math.isfinite(self.high) else ""
            said = f"{low}..{high}"
        return f"{self.key}={said}" + ("" if self.weight == 1.0 else f"*{self.weight:g}")

    def bounds(self, wide: float) -> tuple[float, float]:
        """The range in which a value counts as a hit; "about" reaches `wide` to each side."""
        if self.about is None:
            return self.low, self.high
        return self.about - wide, self.about + wide


def target_from(text: str) -> Target:
    """A target from "name=min..max", "name=min..", "name=..max" or "name=value", "*weight" behind.

    Raises `InvalidSpecError` where it is none, or where its range is empty.
    """
    match = _TARGET.match(text)
    if match is None:
        raise InvalidSpecError("target", text, _why_none(text))
    key = match["key"]
    if key not in PROPERTIES and not key.startswith(OWN):
        known = ", ".join(PROPERTIES)
        raise InvalidSpecError("target", text, f"there is no property “{key}”; known: {known}")
    found = Target(key=key, weight=float(match["weight"] or 1.0))
    if match["about"] is not None:
        return replace(found, about=float(match["about"]))
    found = replace(
        found, low=float(match["low"] or -math.inf), high=float(match["high"] or math.inf)
    )
    if found.low > found.high:
        raise InvalidSpecError("target", text, "the lower end is above the upper one")
    if not (math.isfinite(found.low) or math.isfinite(found.high)):
        raise InvalidSpecError("target", text, "it asks for nothing: give an end of the range")
    if found.weight < 0:
        raise InvalidSpecError("target", text, "the weight must not be negative")
    return found


def _why_none(text: str) -> str:
    """What is wrong with a text that is no target."""
    wanted = "write name=min..max, name=min.., name=..max or name=value"
    known = PROPERTIES.get(text.partition("=")[0].strip())
    if known is None or known.unit not in text:
        return wanted
    without = text.replace(known.unit, "").strip()
    if not _TARGET.match(without):
        return wanted
    return f"leave the unit out: {without}, which is in {known.unit}"


def targets_from(texts: tuple[str, ...]) -> tuple[Target, ...]:
    """All targets; raises `InvalidSpecError`, also where a property is named twice."""
    found = tuple(target_from(text) for text in texts)
    for place, each in enumerate(found):
        if any(each.key == other.key for other in found[:place]):
            raise InvalidSpecError("target", each.text(), "the property has a target already")
    return found


def in_words(target: Target) -> str:
    """A target as a sentence has it, e.g. "energy density at least 600 Wh/kg"."""
    known = PROPERTIES.get(target.key)
    name = known.title.lower() if known else target.key.removeprefix(OWN)
    unit = f" {known.unit}" if known else ""
    low, high = math.isfinite(target.low), math.isfinite(target.high)
    if target.about is not None:
        return f"{name} about {target.about:g}{unit}"
    if low and high:
        return f"{name} {target.low:g} to {target.high:g}{unit}"
    return (
        f"{name} at least {target.low:g}{unit}" if low else f"{name} at most {target.high:g}{unit}"
    )
