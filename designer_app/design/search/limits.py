"""What no candidate may break: elements, ion, charge balance, structure family, size."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from designer_app.io.element_limits import refused_elements, symbols_in
from designer_app.screening.charge_balance import balanced
from designer_app.screening.ion_release import NOTHING, ion_release
from designer_app.screening.masks import Masks
from designer_app.specs.design import DesignSpec
from designer_app.specs.fields import refusal
from designer_app.specs.screen import LEAST_RELEASE
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
        found = self.masks.allowed
        return frozenset(each for each in found if _is_metal(each)) if self.metals_only else found

    @cached_property
    def _told(self) -> dict[tuple[tuple[str, float], ...], str]:
        return {}

    def reason(self, amounts: Mapping[str, float]) -> str:
        """Why a composition (atoms of each element) is no candidate; "" where it is one."""
        key = tuple(sorted(amounts.items()))
        if key not in self._told:
            self._told[key] = self._reason(amounts)
        return self._told[key]

    def _reason(self, amounts: Mapping[str, float]) -> str:  # noqa: PLR0911 - one for each limit
        missing = [each for each in self.required if each not in amounts]
        if missing:
            return f"element missing: {', '.join(missing)}"
        why = self.masks.reason(amounts)
        if why or not self.allowed.issuperset(amounts):
            return why or "not a metal"
        balance = balanced(amounts, self.charge)
        if balance is None:
            return "charge cannot balance"
        if not self.ion:
            return ""
        if balance.states and balance.states[self.ion] != ION_CHARGES[self.ion]:
            return f"{self.ion} without its charge"
        if self.charge != "off" and not balance.states:
            return "an alloy"
        if self.releases and ion_release(amounts, self.ion).value <= LEAST_RELEASE:
            return NOTHING
        return ""


def limits_of(spec: DesignSpec, known: Collection[str] = ()) -> Limits:
    """The limits of a run; `known` are the elements that its models know, if not all.

    Raises `InvalidSpecError` for what is no element, or where nothing is left.
    """
    ion = spec.ion if spec.has_ion else ""
    refused = refused_elements(spec, ion)
    if known:
        unknown = Masks(refused).allowed.difference(known)
        refused |= {each: f"the models do not know {each}" for each in sorted(unknown)}
    masks = Masks(refused)
    if not masks.allowed:
        raise refusal(spec, "elements", "no element is left after all exclusions")
    required = symbols_in(spec, "require")
    if ion and ion not in required:
        required = (ion, *required)
    for each in required:
        if each in masks.refused:
            where = "ion" if each == ion else "require"
            raise refusal(spec, where, f"{masks.refused[each]}, but every candidate is to hold it")
    limits = Limits(
        masks=masks,
        required=required,
        ion=ion,
        releases=spec.is_electrode,
        charge=spec.charge,
        metals_only=spec.purpose == "catalyst" and spec.charge == "off",
        families=spec.families,
        max_atoms=spec.max_atoms,
    )
    if limits.metals_only and not limits.allowed:
        raise refusal(spec, "elements", "no metal is left, and only alloys are searched")
    return limits


def _is_metal(symbol: str) -> bool:
    from pymatgen.core import Element

    return bool(Element(symbol).is_metal)
