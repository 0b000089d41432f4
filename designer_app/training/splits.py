"""Which rows are trained on and which are kept back: one rule for every table.

A formula has one share in [0, 1) by its hash, whatever the table it stands in, so that what one
model learned from never judges another one that is built on it. Rows that are alike for another
reason (a framework, an alloy, a family) are kept together besides by `grouped_folds`.
"""

import hashlib
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import InvalidSpecError
from designer_app.io.formulas import formula, reduced

TEST_BELOW = 0.10
"""Formulas with a smaller share judge and are never trained on."""
VALIDATION_BELOW = 0.20
"""Formulas with a share from `TEST_BELOW` to here stop the training and set the intervals."""

_TOKEN = re.compile(r"([A-Z][a-z]?)(\d*\.?\d*)|([(\[])|([)\]])(\d*\.?\d*)")
_LARGEST_SCALE = 20
_WHOLE = 1e-3


def reduced_formula(text: str) -> str:
    """The formula with the smallest whole amounts, elements by electronegativity: Li2O2 -> LiO.

    Broken amounts are scaled to whole ones where a factor of at most 20 does it, so that
    Li0.5CoO2 and LiCo2O4 are the same. Brackets are multiplied out.
    Raises `InvalidSpecError` for what is no formula.
    """
    return formula_of(amounts_in(text))


@lru_cache(maxsize=2**18)
def share_of(text: str) -> float:
    """Place of a formula in [0, 1): the hash of its reduced form, the same in every table."""
    digest = hashlib.sha256(reduced_formula(text).encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2.0**56


def split_of(text: str) -> str:
    """Which part a formula belongs to: "test", "validation" or "train"."""
    share = share_of(text)
    if share < TEST_BELOW:
        return "test"
    return "validation" if share < VALIDATION_BELOW else "train"


def grouped_folds(
    groups: Sequence[Hashable], n_folds: int, seed: int = 0
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(training rows, held-out rows) of each fold; no group stands on both sides.

    Groups are dealt out the largest first to the fold with the fewest rows; the seed orders
    groups of one size. Raises `InvalidSpecError` where there are fewer groups than folds.
    """
    rows: dict[Hashable, list[int]] = {}
    for row, group in enumerate(groups):
        rows.setdefault(group, []).append(row)
    if n_folds < 2 or len(rows) < n_folds:
        raise InvalidSpecError("n_folds", n_folds, f"there are {len(rows)} groups to deal out")
    names = list(rows)
    shuffled = [names[index] for index in np.random.default_rng(seed).permutation(len(names))]
    folds: list[list[int]] = [[] for _ in range(n_folds)]
    for name in sorted(shuffled, key=lambda each: -len(rows[each])):
        min(folds, key=len).extend(rows[name])
    everything = np.arange(len(groups))
    for fold in folds:
        held = np.array(sorted(fold), dtype=np.int64)
        yield np.setdiff1d(everything, held), held


def amounts_in(text: str) -> dict[str, float]:
    """Atoms of each element in a formula, brackets multiplied out."""
    bare = text.replace(" ", "")
    stack: list[dict[str, float]] = [{}]
    end = 0
    for match in _TOKEN.finditer(bare):
        symbol, amount, opens, _closes, times = match.groups()
        if match.start() != end or (symbol and symbol not in ATOMIC_NUMBERS):
            break
        if symbol:
            _add(stack[-1], {symbol: 1.0}, amount)
        elif opens:
            stack.append({})
        elif len(stack) > 1:
            inner = stack.pop()
            _add(stack[-1], inner, times)
        else:
            break
        end = match.end()
    if end != len(bare) or len(stack) != 1 or not stack[0]:
        raise InvalidSpecError("formula", text, "write it as in LiFePO4 or Ca(OH)2")
    return {symbol: amount for symbol, amount in stack[0].items() if amount > 0}


def formula_of(amounts: Mapping[str, float]) -> str:
    """The reduced formula of a composition, broken amounts made whole where that is easy."""
    for scale in range(1, _LARGEST_SCALE + 1):
        scaled = {symbol: amount * scale for symbol, amount in amounts.items()}
        if all(abs(each - round(each)) < _WHOLE * scale for each in scaled.values()) and all(
            round(each) > 0 for each in scaled.values()
        ):
            whole = {symbol: float(round(each)) for symbol, each in scaled.items()}
            return formula(reduced(whole)[0])
    total = sum(amounts.values())
    return formula({symbol: amount / total for symbol, amount in amounts.items()})


def _add(found: dict[str, float], more: Mapping[str, float], times: str) -> None:
    factor = float(times) if times else 1.0
    for symbol, amount in more.items():
        found[symbol] = found.get(symbol, 0.0) + amount * factor
