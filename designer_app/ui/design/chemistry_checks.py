"""What is wrong or odd about the allowed elements before anything runs, with what mends it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import InvalidSpecError
from designer_app.io.element_limits import abundance, price, refused_elements, symbols_in
from designer_app.specs.design import DesignSpec
from designer_app.ui.design.element_states import (
    MUST,
    all_may,
    allowed_elements,
    element_states,
    is_alloys_only,
)
from designer_app.ui.panels.md_outlook import Caution

MOST_ELEMENTS = 8
"""Different elements that a structure type can hold (`MAX_SLOTS`)."""
_ANIONS = frozenset(("O", "F", "S", "Cl", "Br", "I", "Se", "Te", "N", "P", "C", "H", "As", "Sb"))
"""Elements that take electrons in compounds."""
_REDOX = frozenset((
    "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag",
    "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Ce", "Pr", "U",
))  # fmt: skip
"""Metals with several common charges: they take up what a leaving ion leaves behind."""
_MASKS = ("usual", "no_toxic", "no_cobalt", "cheap", "abundant")
_USUAL_REDOX = ("Mn", "Fe")


def chemistry_cautions(spec: DesignSpec) -> tuple[Caution, ...]:
    """What stops first: elements that are none, contradictions, nothing left; then advice."""
    try:
        states = element_states(spec)
    except InvalidSpecError as problem:
        changes = ((problem.field, ""),)
        return (Caution(problem.reason, "Leave the list empty", changes, stops=True),)
    found = [*_wanted_but_refused(spec)]
    required = [each for each, said in states.items() if said.state == MUST]
    if len(required) > MOST_ELEMENTS:
        text = (
            f"{len(required)} elements must be in, but no structure type holds more than "
            f"{MOST_ELEMENTS}."
        )
        found.append(Caution(text, "Require none", (("require", ""),), stops=True))
    if not found:
        found += _nothing_left(spec, allowed_elements(spec))
    return tuple(found)


def family_cautions(spec: DesignSpec, cells: Mapping[str, int]) -> tuple[Caution, ...]:
    """Families whose cells are larger than any candidate; `cells`: atoms in their smallest."""
    sizes = [cells[name] for name in spec.families if name in cells]
    if not sizes or min(sizes) <= spec.max_atoms:
        return ()
    least = min(sizes)
    text = (
        f"The smallest cell of {' and '.join(spec.families)} has {least} atoms; candidates have "
        f"{spec.max_atoms} at most."
    )
    return (Caution(text, f"Allow {least} atoms", (("max_atoms", least),), stops=True),)


def _wanted_but_refused(spec: DesignSpec) -> list[Caution]:
    """The working ion, or an element that must be in, is left out by another wish."""
    ion = spec.ion if spec.has_ion else ""
    refused = refused_elements(spec, ion)
    states = element_states(spec)
    found: list[Caution] = []
    wanted = [each for each in (ion, *symbols_in(spec, "require")) if each]
    for symbol in dict.fromkeys(wanted):
        why = refused.get(symbol) or states[symbol].why if symbol in states else f"{symbol} is rare"
        if not why:
            continue
        if symbol == ion:
            text = f"{ion} is the working ion, but {why}."
            found.append(Caution(text, f"Allow {ion}", _allowing(spec, symbol), stops=True))
        else:
            text = f"{symbol} must be in, but {why}."
            left = " ".join(each for each in symbols_in(spec, "require") if each != symbol)
            found.append(
                Caution(text, f"Do not require {symbol}", (("require", left),), stops=True)
            )
    return found


def _nothing_left(spec: DesignSpec, allowed: Collection[str]) -> list[Caution]:
    ion = spec.ion if spec.has_ion else ""
    others = set(allowed) - {ion}
    least = 2 if is_alloys_only(spec) else 1
    if len(others) < least:
        text = (
            "No element is left to build crystals from."
            if not others
            else "A single element makes no alloy."
        )
        return [Caution(text, "Allow all elements", _allowing_all(spec), stops=True)]
    if is_alloys_only(spec):
        return []
    if spec.charge != "off" and not others & _ANIONS:
        text = "Nothing that is left takes electrons, so no charges can balance."
        changes = _allowing(spec, "O")
        return [Caution(text, "Allow oxygen", changes, stops=True)]
    if spec.is_electrode and not others & _REDOX:
        text = (
            f"No metal that is left changes its charge: when {ion} leaves, nothing gives up the "
            "electron."
        )
        changes = _allowing(spec, *_USUAL_REDOX)
        return [Caution(text, "Allow Mn and Fe", changes)]
    return []


def _allowing(spec: DesignSpec, *symbols: str) -> tuple[tuple[str, object], ...]:
    """The changes by which elements are allowed; masks that hold them back go."""
    changes: dict[str, object] = {}
    excluded = _left(symbols_in(spec, "exclude"), symbols)
    if excluded != spec.exclude:
        changes["exclude"] = excluded
    listed = symbols_in(spec, "elements")
    if listed:
        changes["elements"] = " ".join(
            sorted({*listed, *symbols}, key=lambda each: ATOMIC_NUMBERS[each])
        )
    for name in _MASKS:
        alone = replace(spec, elements="", exclude="", **{mask: mask == name for mask in _MASKS})
        if getattr(spec, name) and set(symbols) & refused_elements(alone, spec.ion).keys():
            changes[name] = False
    return tuple(changes.items())


def _allowing_all(spec: DesignSpec) -> tuple[tuple[str, object], ...]:
    free = all_may(spec)
    changes: list[tuple[str, object]] = [("elements", free.elements), ("exclude", free.exclude)]
    if len(allowed_elements(free)) <= 1:
        changes += [(name, False) for name in _MASKS]
    return tuple(changes)


def _left(symbols: Iterable[str], gone: Collection[str]) -> str:
    return " ".join(each for each in symbols if each not in gone)


def about_element(symbol: str) -> str:
    """Price and abundance of an element, where they are known."""
    parts: list[str] = []
    cost = price(symbol)
    if cost != float("inf"):
        parts.append(f"{cost:.3g} USD/kg")
    share = abundance(symbol)
    if share:
        parts.append(f"{share:.3g} ppm of the crust")
    return ", ".join(parts)
