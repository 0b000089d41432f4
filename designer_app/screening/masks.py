"""Which elements candidates may hold: those allowed, cheap, abundant, not toxic.

Prices and hazards: `resources/data/elements.toml`, each with its source. Abundance in the Earth's
crust: CRC Handbook of Chemistry and Physics, 92nd edition (2011), as tabulated in SMACT.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.io.toml import read_toml
from designer_app.resources import resource
from designer_app.specs.fields import refusal
from designer_app.specs.screen import ScreenSpec

_KNOWN = SYMBOLS[1:104]


@dataclass(frozen=True)
class Masks:
    """What is left out, each element with the reason."""

    refused: Mapping[str, str]
    """Why an element may not be in a candidate, e.g. "cobalt is left out"."""

    @property
    def allowed(self) -> frozenset[str]:
        """Symbols that may be in a candidate."""
        return frozenset(_KNOWN) - self.refused.keys()

    def reason(self, elements: Collection[str]) -> str:
        """Why a material of these elements is left out; "" where it is not."""
        told = [self.refused[each] for each in sorted(elements) if each in self.refused]
        return "element not allowed: " + ", ".join(told) if told else ""


def masks_of(spec: ScreenSpec) -> Masks:
    """The masks of a run. Price and abundance do not count for the working ion.

    Raises `InvalidSpecError` for what is no element, or where nothing is left.
    """
    listed = symbols_in(spec, "elements")
    refused: dict[str, str] = {}
    for symbol in _KNOWN:
        if listed and symbol not in listed:
            refused[symbol] = f"{symbol} is not among the allowed elements"
    if spec.no_toxic:
        table = element_table()["hazard"]
        refused |= {each: f"{each} counts as toxic ({_because(each)})" for each in table}
    if spec.no_cobalt:
        refused["Co"] = "cobalt is left out"
    is_ion = {spec.ion} if spec.rules == "battery" else set[str]()
    if spec.cheap:
        refused |= {
            each: f"{each} costs {_priced(each)}"
            for each in _KNOWN
            if each not in is_ion and price(each) > spec.max_price
        }
    if spec.abundant:
        refused |= {
            each: f"{each} makes {abundance(each):.3g} ppm of the crust"
            for each in _KNOWN
            if each not in is_ion and abundance(each) < spec.min_abundance
        }
    refused |= {each: f"{each} is excluded" for each in symbols_in(spec, "exclude")}
    found = Masks(refused)
    if not found.allowed:
        raise refusal(spec, "elements", "no element is left after all exclusions")
    if is_ion & refused.keys():
        raise refusal(spec, "ion", f"{refused[spec.ion]}, but it is the working ion")
    return found


def symbols_in(spec: ScreenSpec, name: str) -> tuple[str, ...]:
    """The elements of a text field. Raises `InvalidSpecError` for what is none."""
    found = tuple(re.findall(r"[^\s,;]+", getattr(spec, name)))
    for symbol in found:
        if symbol not in ATOMIC_NUMBERS or symbol == "X":
            raise refusal(spec, name, f"“{symbol}” is no element")
    return found


def price(symbol: str) -> float:
    """USD/kg of the element; infinity where nobody quotes one."""
    row = element_table()["price"].get(symbol)
    return float("inf") if row is None else float(row["usd_kg"])


def abundance(symbol: str) -> float:
    """Share of the Earth's crust by mass, ppm; 0 where there is no figure."""
    import smact

    found = smact.Element(symbol).crustal_abundance
    return 0.0 if found is None else float(found)


@cache
def element_table() -> dict[str, Any]:
    """The table of prices and hazards with its sources."""
    return read_toml(resource("data/elements.toml"))


def _priced(symbol: str) -> str:
    row = element_table()["price"].get(symbol)
    return f"{row['usd_kg']:g} USD/kg ({row['year']})" if row else "nobody knows what"


def _because(symbol: str) -> str:
    table = element_table()
    return "; ".join(table["sources"][source] for source in table["hazard"][symbol])
