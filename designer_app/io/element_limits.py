"""Which elements candidates may hold, and why the others may not.

Prices, hazards and abundance in the Earth's crust: `resources/data/elements.toml`, each with its
source.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.io.element_names import meant
from designer_app.io.toml import read_toml
from designer_app.resources import resource
from designer_app.specs.design import DesignSpec
from designer_app.specs.fields import refusal

KNOWN = SYMBOLS[1:104]


class ElementLimits(Protocol):
    """What the specs of screening and design have in common about elements."""

    @property
    def elements(self) -> str:
        """Symbols of those allowed; empty allows all."""
        ...

    @property
    def exclude(self) -> str:
        """Symbols of those left out."""
        ...

    @property
    def include(self) -> str:
        """Symbols of radioactive elements that are let in."""
        ...

    @property
    def no_toxic(self) -> bool:
        """Whether what counts as toxic is left out."""
        ...

    @property
    def no_cobalt(self) -> bool:
        """Whether cobalt is left out."""
        ...

    @property
    def cheap(self) -> bool:
        """Whether the price counts."""
        ...

    @property
    def max_price(self) -> float:
        """USD/kg."""
        ...

    @property
    def abundant(self) -> bool:
        """Whether abundance counts."""
        ...

    @property
    def min_abundance(self) -> float:
        """Share of the crust by mass, ppm."""
        ...


def refused_elements(spec: ElementLimits, ion: str = "") -> dict[str, str]:
    """Why each element that is left out is, by symbol, e.g. "cobalt is left out".

    Radioactive elements are, unless somebody names them. Price and abundance do not count for a
    working ion. Raises `InvalidSpecError` for what is no element.
    """
    listed = symbols_in(spec, "elements")
    asked = {*listed, *symbols_in(spec, "include")}
    if isinstance(spec, DesignSpec):
        asked.update(symbols_in(spec, "require"))
    refused = {each: f"{each} is radioactive" for each in sorted(radioactive() - asked)}
    for symbol in KNOWN:
        if listed and symbol not in listed:
            refused[symbol] = f"{symbol} is not among the allowed elements"
    usual = spec.chemistry if isinstance(spec, DesignSpec) else None
    if usual is not None:
        rest = [each for each in KNOWN if each not in usual.elements and each != ion]
        refused |= {each: f"{each} is not usual in {usual.of}" for each in rest}
    if spec.no_toxic:
        refused |= {each: f"{each} counts as toxic ({_because(each)})" for each in _hazardous()}
    if spec.no_cobalt:
        refused["Co"] = "cobalt is left out"
    if spec.cheap:
        refused |= {
            each: f"{each} costs {_priced(each)}"
            for each in KNOWN
            if each != ion and price(each) > spec.max_price
        }
    if spec.abundant:
        refused |= {
            each: f"{each} makes {abundance(each):.3g} ppm of the crust"
            for each in KNOWN
            if each != ion and abundance(each) < spec.min_abundance
        }
    return refused | {each: f"{each} is excluded" for each in symbols_in(spec, "exclude")}


def symbols_in(spec: Any, name: str) -> tuple[str, ...]:
    """The elements of a text field. Raises `InvalidSpecError` for what is none."""
    found = tuple(re.findall(r"[^\s,;]+", getattr(spec, name)))
    for symbol in found:
        if symbol not in ATOMIC_NUMBERS or symbol == "X":
            near = meant(symbol)
            told = f"; did you mean {near}?" if near else ""
            raise refusal(spec, name, f"“{symbol}” is no element{told}")
    return found


def price(symbol: str) -> float:
    """USD/kg of the element; infinity where nobody quotes one."""
    row = element_table()["price"].get(symbol)
    return float("inf") if row is None else float(row["usd_kg"])


def abundance(symbol: str) -> float:
    """Share of the Earth's crust by mass, ppm; 0 where there is no figure."""
    return float(element_table()["abundance"].get(symbol, 0.0))


@cache
def radioactive() -> frozenset[str]:
    """Elements without a stable isotope; bismuth, nearly stable, is not among them."""
    return frozenset(each for each, why in _hazardous().items() if "unstable" in why)


@cache
def element_table() -> Mapping[str, Any]:
    """The table of prices, hazards and abundances with its sources."""
    return read_toml(resource("data/elements.toml"))


def _hazardous() -> Mapping[str, Any]:
    return element_table()["hazard"]


def _priced(symbol: str) -> str:
    row = element_table()["price"].get(symbol)
    return f"{row['usd_kg']:g} USD/kg ({row['year']})" if row else "nobody knows what"


def _because(symbol: str) -> str:
    table = element_table()
    return "; ".join(table["sources"][source] for source in _hazardous()[symbol])
