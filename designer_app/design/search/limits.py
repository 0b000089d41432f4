"""What no candidate may break: elements, ion, charge balance, structure family, size."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from designer_app.design.representation.tokens import N_ELEMENTS
from designer_app.elements import SYMBOLS
from designer_app.errors import DesignerAppError
from designer_app.io.element_limits import KNOWN, refused_elements, symbols_in
from designer_app.properties.heads import adsorption_head
from designer_app.screening.charge_balance import Balance, balanced
from designer_app.screening.ion_release import NOTHING, ion_release
from designer_app.screening.masks import Masks
from designer_app.specs.design import DesignSpec
from designer_app.specs.fields import refusal
from designer_app.specs.screen import LEAST_RELEASE
from designer_app.specs.usual_chemistry import UsualChemistry
from designer_app.specs.voltage import ION_CHARGES


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Hard limits of a search; unlike targets they are never traded against anything."""

    masks: Masks
    required: tuple[str, ...] = ()
    """Elements that every candidate holds, the working ion among them."""
    ion: str = ""
    """Working ion; empty where none is asked."""
    releases: bool = False
    """Whether the ion must be able to leave with something oxidised in exchange."""
    usual: UsualChemistry | None = None
    """What materials of the purpose are made of; None takes any."""
    charge: str = "strict"
    """As in `screening/charge_balance.py`."""
    metals_only: bool = False
    """Whether only alloys are asked."""
    families: tuple[str, ...] = ()
    """Names of prototypes; empty allows all."""
    max_atoms: int = 40
    """Of the primitive cell."""

    @cached_property
    def allowed(self) -> frozenset[str]:
        """Symbols that may be in a candidate."""
        return self.masks.allowed

    @cached_property
    def _told(self) -> dict[tuple[tuple[str, float], ...], str]:
        return {}

    def reason(self, amounts: Mapping[str, float]) -> str:
        """Why a composition (atoms of each element) is no candidate; "" where it is one."""
        key = tuple(sorted(amounts.items()))
        if key not in self._told:
            self._told[key] = self._reason(amounts)
        return self._told[key]

    def _reason(self, amounts: Mapping[str, float]) -> str:
        missing = [each for each in self.required if each not in amounts]
        if missing:
            return f"element missing: {', '.join(missing)}"
        why = self.masks.reason(amounts)
        if why:
            return why
        if self.metals_only and len(amounts) == 1:
            return "an element alone"
        balance = balanced(amounts, self.charge)
        if balance is None:
            return "charge cannot balance"
        why = "" if self.usual is None else self.usual.reason(amounts, balance.states)
        return why or (self._reason_of_ion(amounts, balance) if self.ion else "")

    def _reason_of_ion(self, amounts: Mapping[str, float], balance: Balance) -> str:
        """Why the working ion cannot do its work."""
        if balance.states and balance.states[self.ion] != ION_CHARGES[self.ion]:
            return f"{self.ion} without its charge"
        if self.charge != "off" and all(_is_metal(each) for each in amounts):
            return "an alloy"
        if self.releases and ion_release(amounts, self.ion).value <= LEAST_RELEASE:
            return NOTHING
        return ""


def limits_of(spec: DesignSpec, known: Collection[str] = ()) -> Limits:
    """The limits of a run; `known` are the elements that its models know: where none are named,
    those that tokens have, of alloys for catalysts those on whose surfaces adsorption was learned.

    Raises `InvalidSpecError` for what is no element, or where nothing is left.
    """
    ion = spec.ion if spec.has_ion else ""
    refused = refused_elements(spec, ion)
    metals_only = spec.purpose == "catalyst" and spec.charge == "off"
    if metals_only:
        refused |= {each: f"{each} is not a metal" for each in KNOWN if not _is_metal(each)}
        known = known or _elements_of_surfaces()
    unknown = Masks(refused).allowed.difference(known or SYMBOLS[1:N_ELEMENTS])
    refused |= {each: f"the models do not know {each}" for each in sorted(unknown)}
    masks = Masks(refused)
    if not masks.allowed:
        raise refusal(spec, "elements", "no element is left after all exclusions")
    required = symbols_in(spec, "require")
    if ion and ion not in required:
        required = (ion, *required)
    for each in required:
        if each in masks.refused:
            where = _named_by(spec, each, ion)
            raise refusal(spec, where, f"{masks.refused[each]}, but every candidate is to hold it")
    return Limits(
        masks=masks,
        required=required,
        ion=ion,
        releases=spec.is_electrode,
        usual=spec.chemistry,
        charge=spec.charge,
        metals_only=metals_only,
        families=spec.families,
        max_atoms=spec.max_atoms,
    )


def _named_by(spec: DesignSpec, symbol: str, ion: str) -> str:
    """Name of the field that leaves out an element which every candidate is to hold."""
    if symbol in symbols_in(spec, "exclude"):
        return "exclude"
    listed = symbols_in(spec, "elements")
    if listed and symbol not in listed:
        return "elements"
    return "ion" if symbol == ion else "require"


def _elements_of_surfaces() -> frozenset[str]:
    """Metals on whose surfaces adsorption was learned; empty where that head is not there."""
    try:
        card = adsorption_head().card
    except DesignerAppError:
        return frozenset()
    return frozenset((*card.elements, *(each for head in card.heads for each in head.elements)))


@cache
def _is_metal(symbol: str) -> bool:
    from pymatgen.core import Element

    return bool(Element(symbol).is_metal)
