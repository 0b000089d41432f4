"""Targets in words: what is asked, and how rare that is among known materials."""

import math
import re

from PySide6.QtCore import QCoreApplication

from designer_app.specs.design_targets import OWN, PROPERTIES, DesignProperty, Target
from designer_app.specs.distributions import FAMILY_OF, Distribution
from designer_app.ui.number_editor import THIN, number_text, unit_text
from designer_app.ui.wording import unbroken, with_spaces

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_POWER = re.compile(r"(\d)e(-?\d+)")
_RARE, _AMBITIOUS, _COMMON = 0.03, 0.10, 0.5
_KNOWN = {
    "electrode": "known electrodes",
    "electrolyte": "known ion conductors",
    "catalyst": "known catalysts",
    "any": "known materials",
}


def property_of(key: str) -> DesignProperty:
    """What is known of a property; one that the user trained has a wide range and no unit."""
    if key in PROPERTIES:
        return PROPERTIES[key]
    name = key.removeprefix(OWN)
    return DesignProperty(
        key=key,
        title=name,
        unit="",
        doc="A property of your own table; its unit is that of the table.",
        low=-10.0,
        high=10.0,
        decimals=3,
        wide=0.1,
    )


def value_text(value: float, about: DesignProperty) -> str:
    """A value with its unit; small ones with a power of ten, written as 10⁻⁴."""
    text = with_powers(digits(value, about))
    return f"{text}{THIN}{unit_text(about.unit)}" if about.unit else text


def with_powers(number: str) -> str:
    """A typed number as it is printed: 1e-4 with a raised exponent, and a long minus."""
    number = _POWER.sub(
        lambda found: f"{found[1]}\N{MULTIPLICATION SIGN}10{found[2].translate(_RAISED)}", number
    )
    number = re.sub(r"^(-?)1\N{MULTIPLICATION SIGN}", r"\1", number)
    return number.replace("-", "\N{MINUS SIGN}")


def digits(value: float, about: DesignProperty) -> str:
    """A value as it is typed; small ones with a power of ten."""
    least = 1e-2 if about.is_log else 1e-3
    if value == 0 or least <= abs(value) < 1e5:
        return number_text(value, about.decimals)
    mantissa, _, power = f"{value:.2e}".partition("e")
    return f"{float(mantissa):g}e{int(power)}"


def target_text(target: Target) -> str:
    """E.g. "Energy density at least 600 Wh/kg"."""
    about = property_of(target.key)
    if target.about is not None:
        said = _tr("%s about %s") % (about.title, value_text(target.about, about))
    elif not math.isfinite(target.high):
        said = _tr("%s at least %s") % (about.title, value_text(target.low, about))
    elif not math.isfinite(target.low):
        said = _tr("%s at most %s") % (about.title, value_text(target.high, about))
    else:
        low = value_text(target.low, about).split(THIN)[0]
        high = value_text(target.high, about)
        said = _tr("%s between %s and %s") % (about.title, low, high)
    return said


def rarity_text(target: Target, known: Distribution | None) -> str:
    """How many known materials meet a target, in words."""
    about = property_of(target.key)
    if known is None:
        return _tr("How this is spread over known materials is not known")
    share = share_meeting(target, known)
    kind = _tr(_KNOWN.get(known.family, _KNOWN["any"]))
    n = with_spaces(known.n)
    low, high = target.bounds(about.wide)
    if is_outside(target, known):
        best = known.quantiles[-1] if low > known.quantiles[-1] else known.quantiles[0]
        end = value_text(float(f"{best:.3g}"), about)
        said = _tr("Beyond all %s %s, which end at %s: the models must guess") % (n, kind, end)
    elif share >= _COMMON:
        said = _tr("%s of %s are like this") % (percent(share), kind)
    elif share >= _AMBITIOUS:
        said = _tr("%s of %s reach this") % (percent(share), kind)
    elif share >= _RARE:
        said = _tr("Ambitious: %s of %s") % (_tail(low, high, share), kind)
    else:
        part = _tail(low, high, share)
        said = _tr("This is %s of %s; tail targets rarely hold") % (part, kind)
    return unbroken(said)


def rarity_kind(target: Target, known: Distribution | None) -> str:
    """The role of the style sheet that fits: muted, or warn for what rarely holds."""
    if known is None or share_meeting(target, known) >= _RARE:
        return "muted"
    return "warn"


def share_meeting(target: Target, known: Distribution) -> float:
    """Share of the known materials that meet a target."""
    low, high = target.bounds(property_of(target.key).wide)
    return known.share_within(low, high)


def is_outside(target: Target, known: Distribution) -> bool:
    """Whether no known material meets a target because all lie to one side of it."""
    low, high = target.bounds(property_of(target.key).wide)
    return bool(low > known.quantiles[-1] or high < known.quantiles[0])


def percent(share: float) -> str:
    """A share as a percentage with the digits it deserves."""
    value = 100.0 * share
    return f"{value:.1g}{THIN}%" if value < 1 else f"{value:.0f}{THIN}%"


def family_text(purpose: str) -> str:
    """Whom a purpose's targets are measured against."""
    return _tr(_KNOWN.get(FAMILY_OF.get(purpose, purpose), _KNOWN["any"]))


def _tail(low: float, high: float, share: float) -> str:
    if not math.isfinite(high):
        return _tr("the top %s") % percent(share)
    if not math.isfinite(low):
        return _tr("the lowest %s") % percent(share)
    return _tr("a window with %s") % percent(share)


def _tr(text: str) -> str:
    return QCoreApplication.translate("DesignTargets", text)
