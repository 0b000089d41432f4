"""Must, may or never: what a spec says about each element, and specs that say it otherwise."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.errors import InvalidSpecError
from designer_app.io.element_limits import radioactive, refused_elements, symbols_in
from designer_app.specs.design import DesignSpec
from designer_app.specs.potentials import POTENTIALS

MUST, MAY, NEVER = "must", "may", "never"
_ORDER = {MAY: MUST, MUST: NEVER, NEVER: MAY}
NON_METALS = frozenset((
    "H", "He", "B", "C", "N", "O", "F", "Ne", "Si", "P", "S", "Cl", "Ar", "Ge", "As",
    "Se", "Br", "Kr", "Sb", "Te", "I", "Xe", "Po", "At", "Rn",
))  # fmt: skip
"""Elements that are no metals; half-metals count among them, as pymatgen has it."""


@dataclass(frozen=True)
class ElementState:
    """What is asked of one element."""

    state: str
    why: str = ""
    """The reason of a never that was not clicked: a mask, or that no model knows it."""
    is_ion: bool = False
    """Whether it is the working ion: it must be in whatever is clicked."""
    is_unusual: bool = False
    """Whether nothing but being unusual keeps it out: it is in where it must be."""

    @property
    def is_fixed(self) -> bool:
        """Whether a click cannot change it."""
        is_out = bool(self.why) and self.state == NEVER and not self.is_unusual
        return self.is_ion or is_out


def offered_elements(spec: DesignSpec) -> frozenset[str]:
    """Symbols of the elements that the potential of a run knows."""
    known = frozenset(SYMBOLS[1:95])
    row = POTENTIALS.get(spec.potential)
    covered = row.elements(spec.model) if row is not None else None
    return known if covered is None else known & covered


def is_alloys_only(spec: DesignSpec) -> bool:
    """Whether a run looks for metals alone: catalysts, unless charges are to balance."""
    return spec.purpose == "catalyst" and spec.charge == "off"


def element_states(spec: DesignSpec) -> dict[str, ElementState]:
    """What a spec says of each element up to plutonium. Raises `InvalidSpecError`."""
    ion = spec.ion if spec.has_ion else ""
    is_usual = spec.chemistry is not None
    masked = refused_elements(replace(spec, elements="", exclude="", usual=is_usual), ion)
    listed, required = symbols_in(spec, "elements"), symbols_in(spec, "require")
    excluded = symbols_in(spec, "exclude")
    offered = offered_elements(spec)
    usual = replace(spec, require="").chemistry
    unasked = radioactive().difference(symbols_in(spec, "include"))
    every = " ".join(radioactive())
    free = replace(spec, elements="", exclude="", usual=False, include=every)
    unmasked = refused_elements(free, ion)
    found: dict[str, ElementState] = {}
    for symbol in SYMBOLS[1:95]:
        why = masked.get(symbol, "")
        if symbol not in offered:
            why = f"the potential does not know {symbol}"
        elif is_alloys_only(spec) and symbol in NON_METALS:
            why = f"{symbol} is no metal, and only alloys are searched"
        is_rare = usual is not None and symbol not in usual.elements
        is_rare |= symbol in unasked
        is_rare &= symbol in offered and symbol not in unmasked
        is_rare &= not (is_alloys_only(spec) and symbol in NON_METALS)
        if symbol in required or symbol == ion:
            found[symbol] = ElementState(MUST, why, is_ion=symbol == ion, is_unusual=is_rare)
        elif why:
            found[symbol] = ElementState(NEVER, why, is_unusual=is_rare)
        elif symbol in excluded or (listed and symbol not in listed):
            found[symbol] = ElementState(NEVER)
        else:
            found[symbol] = ElementState(MAY)
    return found


def clicked(spec: DesignSpec, symbol: str) -> DesignSpec:
    """The spec after a click on an element: may, must, never, may ...; what is unusual is asked
    for, or not.
    """
    present = element_states(spec)[symbol]
    wanted = _ORDER[present.state]
    if present.is_unusual and present.state == NEVER:
        wanted = MUST
    return spec if present.is_fixed else with_states(spec, [symbol], wanted)


def with_states(spec: DesignSpec, symbols: Iterable[str], state: str) -> DesignSpec:
    """The spec with some elements put into a state; those that are fixed stay."""
    states = element_states(spec)
    changed = [each for each in symbols if each in states and not states[each].is_fixed]
    required = _without(symbols_in(spec, "require"), changed)
    excluded = _without(symbols_in(spec, "exclude"), changed)
    listed = symbols_in(spec, "elements")
    if state == MUST:
        required += tuple(changed)
    else:  # what is unusual is out again
        changed = [each for each in changed if not states[each].is_unusual]
    if state == NEVER:
        # With a list of allowed elements, leaving it is enough.
        excluded += () if listed else tuple(changed)
        listed = _without(listed, changed)
    elif listed:
        listed = (*_without(listed, changed), *changed)
    return replace(spec, require=_text(required), exclude=_text(excluded), elements=_text(listed))


def all_may(spec: DesignSpec) -> DesignSpec:
    """Every element allowed; what must be in stays."""
    return replace(spec, elements="", exclude="")


def only_required(spec: DesignSpec) -> DesignSpec:
    """Nothing allowed but the working ion and what must be in: the rest is clicked in."""
    wanted = symbols_in(spec, "require")
    ion = (spec.ion,) if spec.has_ion and spec.ion not in wanted else ()
    listed = (*ion, *wanted)
    return replace(spec, elements=_text(listed), exclude="") if listed else spec


def allowed_elements(spec: DesignSpec) -> frozenset[str]:
    """Symbols of all that a candidate may hold; empty where the spec cannot be read."""
    try:
        states = element_states(spec)
    except InvalidSpecError:
        return frozenset()
    return frozenset(each for each, said in states.items() if said.state != NEVER and not said.why)


def _without(symbols: tuple[str, ...], gone: Iterable[str]) -> tuple[str, ...]:
    left_out = set(gone)
    return tuple(each for each in symbols if each not in left_out)


def _text(symbols: Iterable[str]) -> str:
    return " ".join(sorted(symbols, key=lambda each: ATOMIC_NUMBERS[each]))
