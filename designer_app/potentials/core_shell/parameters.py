"""Parameters of ions with shells: TOML files, shipped or the user's, checked.

form = "core-shell"
source = "where the numbers come from"
[cutoff]                            # A; Coulomb forces have none
begin = 11.0                        # from here short-ranged energies are switched off
end = 12.0
[ions]
O = { core = 0.86902, shell = -2.86902, k2 = 74.92 }    # charges in e, spring in eV/A^2
Mg = { charge = 2.0 }                                   # without a shell
[pairs]                             # pairs that are not named feel charges only
O-O = { A = 22764.0, rho = 0.149, C = 27.879 }          # eV, A, eV A^6; D in eV A^8
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import InvalidSpecError
from designer_app.provenance import sha256_of
from designer_app.resources import resource

KEY = "core-shell"
_LARGEST_FILE = 1_000_000
_SHELL, _RIGID, _PAIR = ("core", "shell", "k2"), ("charge",), ("A", "rho")
_LONGEST_CUTOFF = 40.0
_CLOSEST = 0.2
"""A; no ions come nearer, so no maximum of a pair energy is looked for below it."""


@dataclass(frozen=True, eq=False)
class CoreShellParameters:
    """Parameters of all kinds of ions and their pairs, in eV, A and e."""

    model: str
    sha256: str
    symbols: tuple[str, ...]
    core: NDArray[np.float64]
    """(n_kinds,) charge of the core; 0 for an ion without a shell."""
    shell: NDArray[np.float64]
    """(n_kinds,) charge of the shell, or of the whole ion where it has none."""
    springs: NDArray[np.float64]
    """(n_kinds, 2) k2 in eV/A^2 and k4 in eV/A^4."""
    has_shell: NDArray[np.bool_]
    pairs: NDArray[np.float64]
    """(n_kinds, n_kinds, 5): A, 1/rho, C, D, and the distance of the maximum of the pair energy,
    below which the ions would fall into each other (0 where there is none)."""
    begin: float
    end: float
    """A where short-ranged energies begin to be switched off, and are 0."""

    def kind_of_number(self) -> NDArray[np.int64]:
        """(119,) kind of each atomic number, -1 where unknown."""
        kinds = np.full(len(ATOMIC_NUMBERS), -1)
        kinds[[ATOMIC_NUMBERS[symbol] for symbol in self.symbols]] = range(len(self.symbols))
        return kinds


class _Wrong(Exception):  # noqa: N818 - a reason on its way into an InvalidSpecError
    """What is wrong with a file, in words."""


def read_parameters(model: str) -> CoreShellParameters:
    """A shipped set by name, or a file; raises `InvalidSpecError` with the reason."""
    path = _path_of(model)
    if path.stat().st_size > _LARGEST_FILE:
        raise InvalidSpecError("model", model, "the file is too large for a table of parameters")
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidSpecError("model", model, f"it is not readable as TOML ({error})") from error
    try:
        return _parameters(told, model, sha256_of(path))
    except _Wrong as wrong:
        raise InvalidSpecError("model", model, str(wrong)) from None


def _path_of(model: str) -> Path:
    shipped = resource("potentials") / KEY
    names = sorted(path.stem for path in shipped.glob("*.toml"))
    if model in names:
        return shipped / f"{model}.toml"
    path = Path(model).expanduser()
    if not path.is_file():
        reason = f"there is no such file, and the shipped sets are {', '.join(names)}"
        raise InvalidSpecError("model", model, reason)
    return path


def _parameters(told: Mapping[str, Any], model: str, sha256: str) -> CoreShellParameters:
    if told.get("form") != KEY:
        raise _Wrong(f'it must say form = "{KEY}", and says {told.get("form")!r}')
    ions = _table(told, "ions")
    if not ions:
        raise _Wrong("it names no ions")
    symbols = tuple(ions)
    for symbol in symbols:
        if ATOMIC_NUMBERS.get(symbol, 0) == 0:
            raise _Wrong(f"{symbol!r} is not the symbol of an element")
    cutoff = _numbers(told.get("cutoff"), "the cutoff", ("begin", "end"))
    if not 0.0 < cutoff["begin"] < cutoff["end"] <= _LONGEST_CUTOFF:
        raise _Wrong(
            f"its cutoff must begin above 0, and end behind that, up to {_LONGEST_CUTOFF:g} A"
        )
    core, shell, springs, has_shell = [], [], [], []
    for symbol in symbols:
        given = ions[symbol]
        movable = isinstance(given, dict) and "charge" not in given
        ion = _numbers(given, symbol, _SHELL if movable else _RIGID, ("k4",) if movable else ())
        if movable and (ion["k2"] <= 0.0 or ion.get("k4", 0.0) < 0.0):
            raise _Wrong(f"the springs of {symbol} must not be negative, and k2 be above 0")
        core.append(ion["core"] if movable else 0.0)
        shell.append(ion["shell"] if movable else ion["charge"])
        springs.append((ion["k2"], ion.get("k4", 0.0)) if movable else (1.0, 0.0))
        has_shell.append(movable)
    return CoreShellParameters(
        model=model,
        sha256=sha256,
        symbols=symbols,
        core=np.array(core),
        shell=np.array(shell),
        springs=np.array(springs),
        has_shell=np.array(has_shell),
        pairs=_pairs(told, symbols),
        begin=cutoff["begin"],
        end=cutoff["end"],
    )


def _pairs(told: Mapping[str, Any], symbols: tuple[str, ...]) -> NDArray[np.float64]:
    found = np.zeros((len(symbols), len(symbols), 5))
    found[..., 1] = 1.0
    seen: set[frozenset[str]] = set()
    for name, given in _table(told, "pairs").items():
        ends = name.split("-")
        if len(ends) != 2 or not set(ends) <= set(symbols):
            raise _Wrong(f"{name!r} is no pair of its ions {', '.join(symbols)}")
        if frozenset(ends) in seen:
            raise _Wrong(f"the pair {name} is given twice")
        seen.add(frozenset(ends))
        pair = _numbers(given, name, _PAIR, ("C", "D"))
        if pair["rho"] <= 0.0 or min(pair["A"], pair.get("C", 0.0), pair.get("D", 0.0)) < 0.0:
            raise _Wrong(f"A, C and D of {name} must not be negative, and rho be above 0")
        values = np.array([pair["A"], 1.0 / pair["rho"], pair.get("C", 0.0), pair.get("D", 0.0)])
        i, j = (symbols.index(end) for end in ends)
        found[i, j, :4] = found[j, i, :4] = values
        found[i, j, 4] = found[j, i, 4] = _maximum(*values)
    return found


def _maximum(height: float, steep: float, six: float, eight: float) -> float:
    """Distance in A of the maximum of A exp(-r/rho) - C/r^6 - D/r^8; 0 where there is none.

    At shorter distances it falls to minus infinity.
    """
    if height == 0.0 or (six == 0.0 and eight == 0.0):
        return 0.0
    r = np.linspace(_CLOSEST, 6.0, 2000)
    slope = -height * steep * np.exp(-steep * r) + 6.0 * six / r**7 + 8.0 * eight / r**9
    falls = np.flatnonzero(slope < 0.0)
    return float(r[falls[0]]) if falls.size and falls[0] > 0 else 0.0


def _table(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    given = told.get(name)
    if not isinstance(given, dict):
        raise _Wrong(f"it has no table [{name}]")
    return cast("Mapping[str, Any]", given)


def _numbers(
    given: object, name: str, needed: tuple[str, ...], allowed: tuple[str, ...] = ()
) -> dict[str, float]:
    """Finite numbers by name: those needed, and none but these and those allowed."""
    if not isinstance(given, dict):
        raise _Wrong(f"{name} must be a table with {', '.join(needed)}")
    table = cast("dict[str, Any]", given)
    if not set(needed) <= set(table) <= set(needed + allowed):
        raise _Wrong(f"{name} must have {', '.join(needed)}, and has {', '.join(table)}")
    for key, value in table.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value):
            raise _Wrong(f"{key} of {name} is not a number: {value!r}")
    return {key: float(value) for key, value in table.items()}
