"""Ranked ion substitution into known crystals, as tokens: the baseline, and seeds for the search.

Each known crystal that keeps its charge balance is a base; its ions are replaced by those that
known crystals show in their place (`screening/substitution.py`). Prototype, shape and free numbers
stay those of the base, the volume follows the ionic radii.
"""

import heapq
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.tokens import CrystalTokens, TokenTable
from designer_app.design.search.restricting import Restricted
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.io.formulas import formula, reduced
from designer_app.running.control import RunControl
from designer_app.screening.charge_balance import balanced
from designer_app.screening.frames import Frame, filled, frame_of
from designer_app.screening.substitution import Ion, Proposal, ions_of, proposals

LEAST = 1e-5
"""Probability below which a substitution is no proposal."""
_ROUND = 64
"""Proposals between two looks at whether the run is to stop."""


@dataclass(frozen=True, eq=False)
class Substituted:
    """Substituted crystals, the most probable first."""

    table: TokenTable
    log_probability: NDArray[np.float64]
    made_from: tuple[str, ...]
    lost: Counter[str]
    """Proposals that keep no limits, by reason."""

    def __len__(self) -> int:
        return len(self.table)


@dataclass(frozen=True, eq=False)
class Base:
    """A known crystal into which elements are put."""

    tokens: CrystalTokens
    source: str
    symbols: tuple[str, ...]
    """Of its slots, in order."""
    amounts: tuple[float, ...]
    charges: dict[str, float]
    ions: tuple[Ion, ...]


def substituted(
    library: PrototypeLibrary,
    bases: Sequence[Base],
    restricted: Restricted,
    n: int,
    control: RunControl,
    *,
    least: float = LEAST,
) -> Substituted:
    """Up to n new crystals that keep all limits."""
    limits = restricted.limits
    frames: dict[int, Frame] = {}
    seen: set[tuple[int, tuple[str, ...]]] = set()
    made: list[CrystalTokens] = []
    chances: list[float] = []
    told: list[str] = []
    lost: Counter[str] = Counter()
    for looked, (index, proposal) in enumerate(_merged(bases, restricted, control, least)):
        if len(made) == n:
            break
        if looked % _ROUND == 0:
            control.checkpoint()
            control.progress(len(made), n, "Substituting ions")
        base = bases[index]
        symbols = tuple(symbol for symbol, _ in proposal.ions)
        key = base.tokens.prototype, symbols
        if key in seen:
            continue
        seen.add(key)
        why = limits.reason(dict(zip(symbols, base.amounts, strict=True)))
        if why:
            lost[why.partition(":")[0]] += 1
            continue
        if index not in frames:
            structure = library.structure_of(base.tokens)
            frames[index] = frame_of(structure, base.charges, base.source).ordered(base.symbols)
        crystal = filled(frames[index], proposal.ions, "")
        if crystal is None:
            lost["atoms too close"] += 1
            continue
        stretch = crystal.volume / frames[index].structure.volume
        made.append(
            CrystalTokens(
                base.tokens.prototype,
                tuple(ATOMIC_NUMBERS[symbol] for symbol in symbols),
                base.tokens.volume * stretch,
                base.tokens.shape,
                base.tokens.free,
            )
        )
        chances.append(proposal.log_probability)
        told.append(_told(base, proposal))
    return Substituted(library.table_of(made), np.array(chances), tuple(told), lost)


def bases_of(
    library: PrototypeLibrary,
    known: TokenTable,
    sources: Sequence[str],
    restricted: Restricted,
    control: RunControl,
) -> list[Base]:
    """Known crystals that may hold the candidates: of an allowed prototype, and neutral."""
    allowed = restricted.allowed.prototypes.numpy()
    rule = restricted.limits.charge
    found = []
    for row in np.flatnonzero(allowed[known.prototype]).tolist():
        if row % 256 == 0:
            control.checkpoint()
            control.progress(float(row), len(known), "Known crystals")
        base = base_of(library, known, row, sources[row], rule)
        if base is not None:
            found.append(base)
    return found


def base_of(
    library: PrototypeLibrary, table: TokenTable, row: int, source: str, rule: str
) -> Base | None:
    """One crystal of a table as a base; None where its charges do not balance."""
    counts = library.slot_counts[table.prototype[row]]
    n_slots = int((counts > 0).sum())
    symbols = tuple(SYMBOLS[number] for number in table.elements[row, :n_slots].tolist())
    amounts = tuple(float(count) for count in counts[:n_slots])
    if n_slots < 2 or len(set(symbols)) < n_slots:
        return None
    balance = balanced(dict(zip(symbols, amounts, strict=True)), rule)
    if balance is None or (rule == "strict" and not balance.states):
        return None
    charges = dict(balance.states)
    name = formula(reduced(dict(zip(symbols, amounts, strict=True)))[0])
    return Base(
        library.tokens(table, row),
        f"{name} ({source})" if source else name,
        symbols,
        amounts,
        charges,
        ions_of(charges, symbols),
    )


def _merged(
    bases: Sequence[Base], restricted: Restricted, control: RunControl, least: float
) -> Iterator[tuple[int, Proposal]]:
    """Proposals of all bases, the most probable first."""
    limits = restricted.limits
    required = limits.ion or (limits.required[0] if limits.required else "")

    def of(index: int, base: Base) -> Iterator[tuple[float, int, Proposal]]:
        if index % _ROUND == 0:
            control.checkpoint()
        found = proposals(
            base.ions,
            base.amounts,
            limits.allowed,
            required=required,
            rule=limits.charge,
            least=least,
        )
        for each in found:
            yield -each.log_probability, index, each

    streams = [of(index, base) for index, base in enumerate(bases)]
    for _, index, proposal in heapq.merge(*streams, key=lambda each: each[:2]):
        yield index, proposal


def _told(base: Base, proposal: Proposal) -> str:
    pairs = zip(base.ions, proposal.ions, strict=True)
    changes = [f"{old} for {new}" for (new, _), (old, _) in pairs if old != new]
    is_likeness = all(charge == 0 for _, charge in proposal.ions)
    how = "likeness" if is_likeness else "probability"
    return (
        f"{base.source} with {', '.join(changes)} ({how} {math.exp(proposal.log_probability):.2g})"
    )
