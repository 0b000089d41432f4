"""Candidates of a screening run: as given, or made from what is given or from known crystals.

Made candidates come most probable first and are the same for the same settings; what became of
proposals that are no candidates is counted by reason.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.running.control import RunControl
from designer_app.screening.charge_balance import balanced
from designer_app.screening.frames import Frame, filled, frame_of
from designer_app.screening.ion_exchange import exchanged, working_ion
from designer_app.screening.masks import Masks
from designer_app.screening.reference.table import ReferenceTable
from designer_app.screening.substitution import Ion, Proposal, ions_of, proposals
from designer_app.specs.candidate_fields import IONS
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.structure import Structure
from designer_app.specs.voltage import ION_CHARGES

_LEAST = 1e-4
"""Probability below which a known crystal is no start: there are thousands of better ones."""
_ROUND = 64
"""Proposals between two looks at whether the run is to stop."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A structure to be screened, and where it comes from in one sentence."""

    structure: Structure
    made_from: str


@dataclass
class Proposed:
    """What became of proposals."""

    counts: Counter[str] = field(default_factory=Counter[str])

    def told(self) -> tuple[tuple[str, int], ...]:
        """(reason, how many), the most frequent first."""
        return tuple(sorted(self.counts.items(), key=lambda each: (-each[1], each[0])))


@dataclass(frozen=True, eq=False)
class Base:
    """A crystal whose elements are replaced; its geometry is found when it is needed."""

    source: str
    elements: tuple[str, ...]
    amounts: tuple[float, ...]
    ions: tuple[Ion, ...]
    frame: Callable[[], Frame]


def made_candidates(
    spec: ScreenSpec,
    given: Sequence[Structure],
    table: ReferenceTable | None,
    masks: Masks,
    control: RunControl,
    proposed: Proposed,
) -> Iterator[Candidate]:
    """Up to `n_candidates` new structures."""
    if spec.make == "exchange":
        yield from _exchanged(spec, given, masks, control, proposed)
        return
    bases = _bases_of_given(given, spec) if spec.make == "substitute" else ()
    if spec.make == "prototypes" and table is not None:
        bases = _bases_of_table(table, spec, control)
    yield from _substituted(spec, list(bases), masks, control, proposed)


# --- substitution ---


def _substituted(
    spec: ScreenSpec,
    bases: Sequence[Base],
    masks: Masks,
    control: RunControl,
    proposed: Proposed,
) -> Iterator[Candidate]:
    """New elements in the bases, most probable first over all of them."""
    frames: dict[int, Frame] = {}
    seen: set[tuple[str, str]] = set()
    n_made = 0
    for looked, (index, proposal) in enumerate(_merged(spec, bases, masks, control)):
        if n_made == spec.n_candidates:
            return
        if looked % _ROUND == 0:
            control.checkpoint()
            control.progress(n_made, spec.n_candidates, "Candidates")
        base = bases[index]
        symbols = [symbol for symbol, _ in proposal.ions]
        amounts = dict(zip(symbols, base.amounts, strict=True))
        key = base.source, formula(amounts)
        if key in seen:
            continue  # the same elements with other charges
        seen.add(key)
        why = masks.reason(symbols)
        if not why and balanced(reduced(amounts)[0], spec.charge) is None:
            why = "charge cannot balance"
        if why:
            proposed.counts[why.partition(":")[0]] += 1
            continue
        if index not in frames:
            frames[index] = base.frame()
        made = filled(frames[index], proposal.ions, formula(reduced(amounts)[0]))
        if made is None:
            proposed.counts["atoms too close"] += 1
            continue
        n_made += 1
        yield Candidate(made, _told(base, proposal))


def _merged(
    spec: ScreenSpec, bases: Sequence[Base], masks: Masks, control: RunControl
) -> Iterator[tuple[int, Proposal]]:
    """Proposals of all bases, the most probable first; the first one asks every base for its own,
    which takes seconds.
    """
    required = spec.ion if spec.rules == "battery" else ""

    def of(index: int, base: Base) -> Iterator[tuple[float, int, Proposal]]:
        if index % _ROUND == 0:
            control.checkpoint()
        found = proposals(
            base.ions,
            base.amounts,
            masks.allowed,
            required=required,
            rule=spec.charge,
            least=_LEAST if spec.make == "prototypes" else 0.0,
        )
        for each in found:
            yield -each.log_probability, index, each

    streams = [of(index, base) for index, base in enumerate(bases)]
    for _, index, proposal in heapq.merge(*streams, key=lambda each: each[:2]):
        yield index, proposal


def _told(base: Base, proposal: Proposal) -> str:
    pairs = zip(base.ions, proposal.ions, strict=True)
    changes = [f"{old} for {new}" for (new, _), (old, _) in pairs if old != new]
    how = f"probability {proposal.probability:.2g}"
    if all(charge == 0 for _, charge in proposal.ions):
        how = f"likeness {proposal.probability:.2g}"
    return f"{base.source} with {', '.join(changes)} ({how})"


# --- what elements are put into ---


def _bases_of_given(given: Iterable[Structure], spec: ScreenSpec) -> Iterator[Base]:
    for structure in given:
        amounts = amounts_of(structure.numbers)
        states = balanced(amounts, spec.charge)
        charges = dict(states.states) if states is not None else {}
        source = structure.name or formula(reduced(amounts)[0])
        yield _base(frame_of(structure, charges, source))


def _base(frame: Frame) -> Base:
    return Base(
        source=frame.source,
        elements=frame.elements,
        amounts=frame.amounts,
        ions=ions_of(frame.charges, frame.elements),
        frame=lambda: frame,
    )


def _bases_of_table(table: ReferenceTable, spec: ScreenSpec, control: RunControl) -> Iterator[Base]:
    """Known crystals that may hold the candidates, one for each class and composition."""
    for index in range(len(table)):
        if index % _ROUND == 0:
            control.checkpoint()
            control.progress(index, len(table), "Known structures")
        phase = table.phase(index)
        if len(phase.composition) == 1 or phase.n_atoms > spec.max_atoms:
            continue
        states = balanced(phase.composition, spec.charge)
        if states is None or bool(states.states) == (spec.rules == "catalyst"):
            continue  # alloys catalyse, the others have ions
        elements = tuple(sorted(phase.composition))
        charges = dict(states.states)
        yield Base(
            source=f"{phase.formula} ({phase.source})",
            elements=elements,
            amounts=tuple(phase.composition[each] for each in elements),
            ions=ions_of(charges, elements),
            frame=_unpacker(table, index, charges, elements),
        )


def _unpacker(
    table: ReferenceTable, index: int, charges: dict[str, float], elements: tuple[str, ...]
) -> Callable[[], Frame]:
    def unpacked() -> Frame:
        frame = frame_of(table.structure(index), charges, table.sources[index])
        return frame.ordered(elements)

    return unpacked


# --- ion exchange ---


def _exchanged(
    spec: ScreenSpec,
    given: Sequence[Structure],
    masks: Masks,
    control: RunControl,
    proposed: Proposed,
) -> Iterator[Candidate]:
    """The asked ion in the place of another one; where it is there, the others in its place."""
    n_made = 0
    for structure in given:
        amounts = amounts_of(structure.numbers)
        states = balanced(amounts, spec.charge)
        name = structure.name or formula(reduced(amounts)[0])
        if states is None:
            proposed.counts["charge cannot balance"] += 1
            continue
        frame = frame_of(structure, states.states, name)
        old = working_ion(frame)
        wanted = [ion for ion in IONS if ion != old] if old == spec.ion else [spec.ion]
        for new in wanted:
            control.checkpoint()
            why = masks.reason([new])
            made = why or exchanged(frame, new, spec.seed, control)
            if isinstance(made, str):
                proposed.counts[made.partition(":")[0]] += 1
                continue
            if n_made == spec.n_candidates:
                return
            n_made += 1
            told = f"{name} with {old} exchanged for {new}"
            if ION_CHARGES[new] > ION_CHARGES[old]:
                told += ", every second place empty to keep the charge"
            yield Candidate(replace(made, name=_formula(made)), told)


def _formula(structure: Structure) -> str:
    return formula(reduced(amounts_of(structure.numbers))[0])
