"""Numbers and formulas as people write them."""

import math
import re
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import SYMBOLS
from designer_app.io.formulas import written_in
from designer_app.specs.structure import Structure

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
THIN = "\N{NARROW NO-BREAK SPACE}"
DASH = "\N{EN DASH}"
"""What does not exist, in a table."""
_ANGSTROM = re.compile(r"(?<=eV/)A(?![a-z])|(?<=\d )A(?![A-Za-z])|\bA(?=\^?3\b)")
_CUBED = re.compile(r"\^3|(?<=Å)3")
_NOTHING = re.compile(r"-(?=0\.?0*(?![\d.]))")
"""The sign of a number that rounds to nothing."""
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_SOURCE = re.compile(r"\b(textbook|hypothetical)-[A-Z][A-Za-z0-9.]*(?:-([^\s()]+))?")
_UNIT = re.compile(r"(?<=\d) (?=(?:GPa|K|e?V|meV|ps|fs|%)(?![A-Za-z]))")
_INTERVAL = re.compile(r"\([^() ]+ to [^() ]+\)")


def with_indices(symbol: str) -> str:
    """A space group or structure type whose indices are lowered: P2_1/c, L1_2."""
    return re.sub(r"_(\d)", lambda m: m[1].translate(_SUBSCRIPTS), symbol)


def with_sources_told(sentence: str) -> str:
    """Formulas as chemists write them; crystals of our own by their kind instead of their id, as
    textbook-Nb3Sn-A15.
    """
    kinds = _SOURCE.sub(lambda m: f"{m[1]}, {m[2]}" if m[2] else m[1], sentence)
    return written_in(kinds)


def element_counts(structure: Structure) -> dict[str, int]:
    """Atoms of each element, by symbol."""
    numbers, counts = np.unique(structure.numbers, return_counts=True)
    return {SYMBOLS[int(n)]: int(c) for n, c in zip(numbers, counts, strict=True)}


def with_spaces(number: int) -> str:
    """A count with its thousands apart."""
    return f"{number:,}".replace(",", THIN)


def printed(text: str) -> str:
    """A sentence of the science core as a window writes it: Å, Å³, and thousands apart."""
    text = _NOTHING.sub("", text)
    told = _CUBED.sub("³", _ANGSTROM.sub("Å", text)).replace(" Å", "\N{NO-BREAK SPACE}Å")
    return _THOUSANDS.sub(THIN, told)


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: a, b and c."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def unbroken(text: str) -> str:
    """The same where no line ends within a unit, an error or an interval in brackets: Qt would
    break meV/atom after its stroke.
    """
    text = text.replace("/", "/\N{WORD JOINER}").replace("± ", "±\N{NO-BREAK SPACE}")
    text = _UNIT.sub("\N{NO-BREAK SPACE}", text)
    return _INTERVAL.sub(lambda m: m[0].replace(" ", "\N{NO-BREAK SPACE}"), text)


def three_figures(value: float) -> str:
    """A number with three figures, or whole from 1000 on, so that columns keep their width."""
    size = abs(value)
    decimals = 3 if size < 1 else 2 if size < 10 else 1 if size < 100 else 0
    return f"{value:.{decimals}f}" if size < 1000 else with_spaces(round(value))


def quantity(value: float, unit: str = "", digits: int = 4) -> str:
    """A number with its unit, thin-spaced."""
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        text = f"{mantissa}e{int(exponent)}"
    return f"{text}{THIN}{unit}" if unit else text


def with_error(value: float, error: float) -> str:
    """A value with its standard error in brackets, e.g. 601(5)."""
    if not (math.isfinite(error) and error > 0.0):
        return f"{value:.4g}"
    place = math.floor(math.log10(error))
    if round(error / 10**place) == 10:
        place += 1
    if place >= 0:
        scale = 10**place
        return f"{round(value / scale) * scale:.0f}({round(error / scale) * scale:.0f})"
    return f"{value:.{-place}f}({round(error / 10**place):.0f})"


def with_margin(value: float, margin: float) -> str:
    """A value and how sure it is, to two figures of that: 59 ± 11."""
    decimals = max(0, 1 - math.floor(math.log10(margin))) if margin > 0 else 0
    return f"{value:.{decimals}f} ± {margin:.{decimals}f}"


def duration(seconds: float) -> str:
    """A time span in words of one or two units."""
    if seconds < 1.5:
        return f"{max(seconds, 0.1):.1f}{THIN}s"
    if seconds < 100:
        return f"{seconds:.0f}{THIN}s"
    if seconds < 5400:
        return f"{seconds / 60:.0f}{THIN}min"
    if seconds < 36 * 3600:
        return f"{seconds / 3600:.1f}{THIN}h"
    return f"{seconds / 86400:.1f}{THIN}days"


def moment(stamp: str) -> str:
    """A time of the past, given as ISO 8601, by the clock of this place; empty for none."""
    return f"{datetime.fromisoformat(stamp).astimezone():%Y-%m-%d %H:%M}" if stamp else ""


def clock(seconds: float) -> str:
    """A time span as 2:10 or 1:02:10."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


def size_text(n_bytes: float) -> str:
    """A file size in the largest unit that leaves a number above 1."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g}{THIN}{unit}"
        n_bytes /= 1000
    return f"{n_bytes:.3g}{THIN}TB"


def simulated_time(fs: float) -> str:
    """A simulated time in fs, ps or ns."""
    for unit, scale in (("fs", 1.0), ("ps", 1e3), ("ns", 1e6)):
        if abs(fs) < 1000 * scale or unit == "ns":
            return f"{fs / scale:.4g}{THIN}{unit}"
    return ""


def rate_text(steps_per_s: float) -> str:
    """A speed of a run."""
    number = f"{steps_per_s:.3g}" if steps_per_s < 1000 else f"{steps_per_s:.0f}"
    return f"{number}{THIN}steps/s"


def fractional(structure: Structure) -> NDArray[np.float64] | None:
    """(n_atoms, 3) fractional coordinates, or None without a cell."""
    if structure.volume < 1e-9:
        return None
    return np.asarray(structure.positions @ np.linalg.inv(structure.cell), dtype=np.float64)
