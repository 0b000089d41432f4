"""Proposals judged by relaxation, each crystal once, kept in append-only files."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from designer_app.cli.benches.design.proposing import Proposal, unique
from designer_app.design.packing import groups_of
from designer_app.elements import ATOMIC_NUMBERS, STANDARD_MASSES, SYMBOLS
from designer_app.errors import MissingReferenceError
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.io.space_groups import symmetry_dataset
from designer_app.properties.working_ions import FARADAY_MAH_MOL
from designer_app.running.control import RunControl
from designer_app.running.executor import Executor
from designer_app.screening.checks import ReferenceCrystals
from designer_app.screening.convex_hull import Hull, hull_for
from designer_app.screening.duplicates import KnownCrystals, reduced_formula
from designer_app.screening.ion_release import ion_release
from designer_app.screening.reference.ledger import Ledger, RelaxedPhase
from designer_app.screening.reference.table import load_reference
from designer_app.specs.design_tasks import DesignTask, RelaxedCrystal
from designer_app.specs.structure import Structure
from designer_app.training.published.crystals import read_crystals

ION = "Li"
LOW, NEAR = 0.100, 0.050
"""eV/atom above the hull."""
DENSITY, VOLTAGES = 600.0, (2.0, 4.6)
"""Wh/kg; V."""
_SYMMETRY = 0.1
"""A, to which relaxed crystals keep their symmetry."""
_ALL = 10_000


@dataclass(frozen=True)
class Trial:
    """What one relaxation came to."""

    key: str
    converged: bool
    is_low: bool
    """New and below 100 meV/atom."""
    is_hit: bool
    formula: str = ""
    """Of the relaxed crystal, as are the next ones; empty where it is no hit."""
    elements: frozenset[str] = frozenset()
    prototype: str = ""
    """Anonymous formula and space group."""


class Trials:
    """Relaxations side by side; as a context manager it ends its processes."""

    def __init__(self, folder: Path, data: Path | None, control: RunControl) -> None:
        self._control = control
        self._crystals = Ledger(folder / "relaxed.jsonl")
        self._hosts = Ledger(folder / "hosts.jsonl")
        self._relaxed = {each.source: each for each in self._crystals.read()}
        self._emptied = {each.source: each for each in self._hosts.read()}
        table = load_reference("chgnet", "")
        assert table is not None
        self._table = table
        self._known = ReferenceCrystals(table, control.checkpoint, _ALL)
        self._published = _Published(data)
        self._hulls: dict[tuple[str, ...], Hull | None] = {}
        self._judged: dict[str, Trial] = {}
        self._processes = ExitStack()

    def __enter__(self) -> Self:
        warm = ("designer_app.jobs.design_task", "designer_app.potentials.chgnet")
        self._executor = self._processes.enter_context(Executor(2, warm=warm))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._processes.close()

    def judge(self, proposals: Sequence[Proposal], say: Callable[[str], None]) -> None:
        """Relax what is new here, then the hosts of those that may be hits."""
        several = unique(proposals)
        left = {key: each.structure for key, each in several.items() if key not in self._relaxed}
        self._relax(left, self._crystals, self._relaxed, say, "crystals")
        hosts = {
            key: host
            for key in several
            if key not in self._emptied and (host := self._host(key)) is not None
        }
        self._relax(hosts, self._hosts, self._emptied, say, "hosts")

    def of(self, proposal: Proposal) -> Trial:
        """What became of a proposal that was judged."""
        key = proposal.key
        if key not in self._judged:
            phase = self._relaxed[key]
            distance = self._distance(phase)
            is_low = distance < LOW and self._is_new(phase.structure)
            is_hit = is_low and distance < NEAR and self._is_useful(key)
            trial = Trial(key, phase.converged, is_low, is_hit)
            if is_hit and phase.structure is not None:
                trial = _with_traits(trial, phase.structure)
            self._judged[key] = trial
        return self._judged[key]

    def is_judged(self, proposal: Proposal) -> bool:
        """Whether everything is there that says what became of a proposal."""
        key = proposal.key
        return key in self._relaxed and (key in self._emptied or self._host(key) is None)

    # --- relaxation ---

    def _relax(
        self,
        structures: Mapping[str, Structure],
        ledger: Ledger,
        done: dict[str, RelaxedPhase],
        say: Callable[[str], None],
        what: str,
    ) -> None:
        if not structures:
            return
        say(f"Relaxing {len(structures)} {what}.")
        groups = groups_of(list(structures), structures)
        tasks = [
            ("design-task", DesignTask(kind="relax", structures=tuple(structures[k] for k in each)))
            for each in groups
        ]
        for place, answer in self._executor.answers(tasks, self._control):
            if isinstance(answer, Exception):
                found = [_failed(key, repr(answer)) for key in groups[place]]
            else:
                found = [
                    _phase(key, crystal)
                    for key, crystal in zip(groups[place], answer.relaxed, strict=True)
                ]
            ledger.append(found)
            done.update({each.source: each for each in found})

    def _host(self, key: str) -> Structure | None:
        """The relaxed crystal without lithium, where its voltage decides about a hit."""
        phase = self._relaxed[key]
        structure = phase.structure
        if structure is None or not self._distance(phase) < NEAR:
            return None
        if self._capacity(structure) * VOLTAGES[1] < DENSITY or not self._is_new(structure):
            return None
        stays = structure.numbers != ATOMIC_NUMBERS[ION]
        return replace(
            structure, numbers=structure.numbers[stays], positions=structure.positions[stays]
        )

    # --- what a crystal is ---

    def _distance(self, phase: RelaxedPhase) -> float:
        """eV/atom above the hull, negative below; infinite where it was lost."""
        if phase.structure is None or not phase.converged:
            return math.inf
        hull = self._hull(phase.structure)
        if hull is None:
            return math.inf
        energy = phase.energy / len(phase.structure)
        placed = hull.place(amounts_of(phase.structure.numbers), energy)
        return placed.e_above_hull - placed.below_hull

    def _hull(self, structure: Structure) -> Hull | None:
        elements = tuple(sorted({SYMBOLS[number] for number in structure.numbers.tolist()}))
        if elements not in self._hulls:
            try:
                found = hull_for(elements, self._table.in_system(elements), self._table.origin)
            except MissingReferenceError:
                found = None
            self._hulls[elements] = found
        return self._hulls[elements]

    def _is_new(self, structure: Structure | None) -> bool:
        return (
            structure is not None
            and self._known.same_as(structure) is None
            and not self._published.holds(structure)
        )

    def _capacity(self, structure: Structure) -> float:
        """mAh/g of the lithium that the other elements can make up for."""
        amounts = reduced(amounts_of(structure.numbers))[0]
        mass = sum(n * STANDARD_MASSES[ATOMIC_NUMBERS[each]] for each, n in amounts.items())
        share = ion_release(amounts, ION).value
        return float(FARADAY_MAH_MOL * share * amounts[ION] / mass)

    def _is_useful(self, key: str) -> bool:
        host, crystal = self._emptied.get(key), self._relaxed[key]
        if host is None or not host.converged or crystal.structure is None:
            return False
        n = int((crystal.structure.numbers == ATOMIC_NUMBERS[ION]).sum())
        metal = hull_for((ION,), self._table.in_system((ION,)), self._table.origin)
        voltage = (host.energy + n * float(metal.element_energies[0]) - crystal.energy) / n
        density = voltage * self._capacity(crystal.structure)
        return VOLTAGES[0] <= voltage <= VOLTAGES[1] and density >= DENSITY


def _with_traits(trial: Trial, structure: Structure) -> Trial:
    amounts = reduced(amounts_of(structure.numbers))[0]
    shape = "-".join(f"{n:g}" for n in sorted(amounts.values()))
    fractional = structure.positions @ np.linalg.inv(structure.cell)
    found = symmetry_dataset(structure.cell, fractional, structure.numbers, _SYMMETRY)
    group = 1 if found is None else int(found.number)
    return replace(
        trial,
        formula=formula(amounts),
        elements=frozenset(amounts),
        prototype=f"{shape} in {group}",
    )


class _Published:
    """Crystals of the data folder; none without one."""

    def __init__(self, folder: Path | None) -> None:
        self._by_formula: dict[str, list[Structure]] = {}
        for each in read_crystals(folder) if folder is not None else ():
            self._by_formula.setdefault(reduced_formula(each.structure), []).append(each.structure)

    def holds(self, structure: Structure) -> bool:
        known = KnownCrystals()
        for place, each in enumerate(self._by_formula.get(reduced_formula(structure), ())):
            known.add(str(place), each)
        return known.same_as(structure) is not None


def _phase(key: str, crystal: RelaxedCrystal) -> RelaxedPhase:
    structure = crystal.structure
    return RelaxedPhase(
        key,
        structure,
        crystal.energy,
        float(np.nan),
        crystal.n_steps,
        crystal.converged,
        crystal.error,
    )


def _failed(key: str, error: str) -> RelaxedPhase:
    return RelaxedPhase(key, None, math.nan, math.nan, 0, False, error)
