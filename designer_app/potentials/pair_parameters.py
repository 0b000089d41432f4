"""Parameters for pairs of elements: TOML files, shipped or the user's, checked and mixed.

form = "lennard-jones"              # or "morse", "second-moment"
source = "where the numbers come from"
[cutoff]
unit = "A"                          # or "sigma", "decay", "r0": of the form, in order
begin = 10.0                        # from here the energy is switched off
end = 12.0
[elements]
Ar = { sigma = 3.40, epsilon = 0.0104 }
Kr = { sigma = 3.65, epsilon = 0.0140 }
[pairs]                             # instead of the mixing rule, where known
Ar-Kr = { sigma = 3.52, epsilon = 0.0121 }

Lengths are in A, energies in eV, `a` of Morse in 1/A; p and q of second-moment have no unit. "any"
in place of a symbol stands for all.
"""

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import InvalidSpecError
from designer_app.provenance import sha256_of
from designer_app.resources import resource

ANY = "any"
"""The one entry of a set that takes every element alike."""
_LARGEST_FILE = 1_000_000
_MIXING = {"arithmetic": lambda a, b: 0.5 * (a + b), "geometric": lambda a, b: math.sqrt(a * b)}


@dataclass(frozen=True)
class PairForm:
    """What a family of potentials needs to know of a pair of elements."""

    key: str
    parameters: Mapping[str, str]
    """Names, all above 0, and how each is mixed: arithmetic or geometric mean."""
    unit: str
    """Name of the length in which cutoffs may be given, beside A."""
    distance: Callable[[Mapping[str, float], float], float]
    """A, from a pair's parameters and a cutoff in that unit."""


@dataclass(frozen=True, eq=False)
class PairParameters:
    """Parameters of all pairs of kinds of atoms; the same kinds along both axes."""

    model: str
    sha256: str
    symbols: tuple[str, ...]
    """Element of each kind, or only `ANY`."""
    values: NDArray[np.float64]
    """(n_kinds, n_kinds, n_parameters) in eV and A, in the order of the form."""
    begin: NDArray[np.float64]
    """(n_kinds, n_kinds) A where switching off begins."""
    end: NDArray[np.float64]
    """(n_kinds, n_kinds) A where the pair's energy is 0."""

    def kind_of_number(self) -> NDArray[np.int64]:
        """(119,) kind of each atomic number, -1 where unknown."""
        kinds = np.full(len(ATOMIC_NUMBERS), 0 if self.symbols == (ANY,) else -1)
        if self.symbols != (ANY,):
            kinds[[ATOMIC_NUMBERS[symbol] for symbol in self.symbols]] = range(len(self.symbols))
        return kinds


def read_parameters(model: str, form: PairForm) -> PairParameters:
    """A shipped set by name, or a file; raises `InvalidSpecError` with the reason."""
    path = _path_of(model, form)
    if path.stat().st_size > _LARGEST_FILE:
        raise InvalidSpecError("model", model, "the file is too large for a table of parameters")
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidSpecError("model", model, f"it is not readable as TOML ({error})") from error
    try:
        return _parameters(told, model, sha256_of(path), form)
    except _Wrong as wrong:
        raise InvalidSpecError("model", model, str(wrong)) from None


class _Wrong(Exception):  # noqa: N818 - a reason on its way into an InvalidSpecError
    """What is wrong with a table, in words."""


def _path_of(model: str, form: PairForm) -> Path:
    shipped = resource("potentials") / form.key
    names = sorted(path.stem for path in shipped.glob("*.toml"))
    if model in names:
        return shipped / f"{model}.toml"
    path = Path(model).expanduser()
    if not path.is_file():
        reason = f"there is no such file, and the shipped sets are {', '.join(names)}"
        raise InvalidSpecError("model", model, reason)
    return path


def _parameters(told: Mapping[str, Any], model: str, sha256: str, form: PairForm) -> PairParameters:
    if told.get("form") != form.key:
        raise _Wrong(f'it must say form = "{form.key}", and says {told.get("form")!r}')
    elements = _table(told, "elements")
    if not elements:
        raise _Wrong("it names no elements")
    symbols = tuple(elements)
    if symbols != (ANY,):
        for symbol in symbols:
            if ATOMIC_NUMBERS.get(symbol, 0) == 0:
                raise _Wrong(f"{symbol!r} is not the symbol of an element")
    own = {symbol: _values(elements[symbol], symbol, form) for symbol in symbols}
    known = _known_pairs(told, symbols, form)
    begin_told, end_told, unit = _cutoff(told, form)
    n = len(symbols)
    values = np.zeros((n, n, len(form.parameters)))
    begin, end = np.zeros((n, n)), np.zeros((n, n))
    for i, one in enumerate(symbols):
        for j, other in enumerate(symbols):
            pair = known.get(frozenset((one, other))) or {
                name: _MIXING[rule](own[one][name], own[other][name])
                for name, rule in form.parameters.items()
            }
            values[i, j] = [pair[name] for name in form.parameters]
            in_unit = unit == form.unit
            begin[i, j] = form.distance(pair, begin_told) if in_unit else begin_told
            end[i, j] = form.distance(pair, end_told) if in_unit else end_told
    return PairParameters(model, sha256, symbols, values, begin, end)


def _known_pairs(
    told: Mapping[str, Any], symbols: tuple[str, ...], form: PairForm
) -> dict[frozenset[str], dict[str, float]]:
    found: dict[frozenset[str], dict[str, float]] = {}
    for name, given in (_table(told, "pairs") if "pairs" in told else {}).items():
        ends = name.split("-")
        if len(ends) != 2 or not set(ends) <= set(symbols):
            raise _Wrong(f"{name!r} is no pair of its elements {', '.join(symbols)}")
        if frozenset(ends) in found:
            raise _Wrong(f"the pair {name} is given twice")
        found[frozenset(ends)] = _values(given, name, form)
    return found


def _cutoff(told: Mapping[str, Any], form: PairForm) -> tuple[float, float, str]:
    """Begin, end and unit of the switching."""
    given = _table(told, "cutoff")
    unit = given.get("unit")
    if unit not in ("A", form.unit):
        raise _Wrong(f'the unit of its cutoff must be "A" or "{form.unit}", and is {unit!r}')
    begin = _positive(given, "begin", "the cutoff")
    end = _positive(given, "end", "the cutoff")
    if begin >= end:
        raise _Wrong(f"the cutoff ends at {end:g} before it begins at {begin:g}")
    return begin, end, unit


def _values(given: object, owner: str, form: PairForm) -> dict[str, float]:
    if not isinstance(given, dict):
        raise _Wrong(f"{owner} needs {' and '.join(form.parameters)}")
    table = cast("dict[str, Any]", given)
    for name in table:
        if name not in form.parameters:
            raise _Wrong(f"{owner} has no parameter {name!r}, only {', '.join(form.parameters)}")
    return {name: _positive(table, name, owner) for name in form.parameters}


def _positive(table: Mapping[str, Any], name: str, owner: str) -> float:
    value = table.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(f"{name} of {owner} is missing or not a number")
    if not (math.isfinite(value) and value > 0):
        raise _Wrong(f"{name} of {owner} is {value:g} and must be above 0")
    return float(value)


def _table(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name)
    if not isinstance(found, dict):
        raise _Wrong(f"the table [{name}] is missing")
    return cast("dict[str, Any]", found)
