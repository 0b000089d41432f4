"""Which elements candidates of a run may hold."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from designer_app.io.element_limits import KNOWN, refused_elements, symbols_in
from designer_app.specs.design import DesignSpec
from designer_app.specs.fields import refusal
from designer_app.specs.screen import ScreenSpec

__all__ = ["Masks", "masks_of", "symbols_in"]


@dataclass(frozen=True)
class Masks:
    """What is left out, each element with the reason."""

    refused: Mapping[str, str]
    """Why an element may not be in a candidate, e.g. "cobalt is left out"."""

    @property
    def allowed(self) -> frozenset[str]:
        """Symbols that may be in a candidate."""
        return frozenset(KNOWN) - self.refused.keys()

    def reason(self, elements: Collection[str]) -> str:
        """Why a material of these elements is left out; "" where it is not."""
        told = [self.refused[each] for each in sorted(elements) if each in self.refused]
        return "element not allowed: " + ", ".join(told) if told else ""


def masks_of(spec: ScreenSpec | DesignSpec) -> Masks:
    """The masks of a run. Price and abundance do not count for the working ion.

    Raises `InvalidSpecError` for what is no element, or where nothing is left.
    """
    has_ion = spec.has_ion if isinstance(spec, DesignSpec) else spec.rules == "battery"
    ion = spec.ion if has_ion else ""
    found = Masks(refused_elements(spec, ion))
    if not found.allowed:
        raise refusal(spec, "elements", "no element is left after all exclusions")
    if ion in found.refused:
        raise refusal(spec, "ion", f"{found.refused[ion]}, but it is the working ion")
    return found
