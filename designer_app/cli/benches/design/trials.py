"""Proposals judged by relaxation, each crystal once, kept in append-only files."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from designer_app.cli.benches.design.electrodes import Electrode, Electrodes
from designer_app.cli.benches.design.proposing import Proposal, unique
from designer_app.design.packing import groups_of
from designer_app.elements import ATOMIC_NUMBERS, STANDARD_MASSES, SYMBOLS
from designer_app.errors import DesignerAppError, MissingReferenceError
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
from designer_app.training.published.folder import data_folder

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
    same: str = ""
    """Key of the first hit of any arm that relaxed to this crystal; its own where it is the first.
    """


class Trials:
    """Relaxations side by side; as a context manager it ends its processes."""

    def __init__(self, folder: Path, data: Path | None, control: RunControl) -> None:
        self._control = control
        self._crystals = Ledger(folder / "relaxed.jsonl")
        self._relaxed = {each.source: each for each in self._crystals.read()}
        self._electrodes = Electrodes(folder / "electrodes.json")
        table = load_reference("chgnet", "")
        assert table is not None
        self._table = table
        self._known = ReferenceCrystals(table, control.checkpoint, _ALL)
        self._published = _Published(data)
        self._hulls: dict[tuple[str, ...], Hull | None] = {}
        self._judged: dict[str, Trial] = {}
        self._hits = KnownCrystals()
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
        """Relax what is new here, then compute the electrodes that may be hits."""
        several = unique(proposals)
        left = {key: each.structure for key, each in several.items() if key not in self._relaxed}
        self._relax(left, say)
        self._charge([key for key in several if self._is_open(key)], say)

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
                same = self._hits.same_as(phase.structure)
                if same is None:
                    self._hits.add(key, phase.structure)
                trial = replace(_with_traits(trial, phase.structure), same=same or key)
            self._judged[key] = trial
        return self._judged[key]

    def is_judged(self, proposal: Proposal) -> bool:
        """Whether everything is there that says what became of a proposal."""
        key = proposal.key
        return key in self._relaxed and not self._is_open(key)

    # --- computation ---

    def _relax(self, structures: Mapping[str, Structure], say: Callable[[str], None]) -> None:
        if not structures:
            return
        say(f"Relaxing {len(structures)} crystals.")
        lost = self._relax_groups(groups_of(list(structures), structures), structures)
        # What a group failed of may be one of its members: the others are not lost with it.
        self._relax_groups([[key] for key in lost], structures)

    def _relax_groups(
        self, groups: Sequence[Sequence[str]], structures: Mapping[str, Structure]
    ) -> list[str]:
        """Relax groups; the keys of those that failed together."""
        lost: list[str] = []
        tasks = [
            ("design-task", DesignTask(kind="relax", structures=tuple(structures[k] for k in each)))
            for each in groups
        ]
        for place, answer in self._executor.answers(tasks, self._control):
            keys = groups[place]
            if isinstance(answer, Exception) and len(keys) > 1:
                lost.extend(keys)
                continue
            if isinstance(answer, Exception):
                found = [_failed(keys[0], repr(answer))]
            else:
                pairs = zip(keys, answer.relaxed, strict=True)
                found = [_phase(key, crystal) for key, crystal in pairs]
            self._crystals.append(found)
            self._relaxed.update({each.source: each for each in found})
        return lost

    def _charge(self, keys: Sequence[str], say: Callable[[str], None]) -> None:
        """Voltage and energy density, by the task that a run of a design gives."""
        if not keys:
            return
        say(f"Computing {len(keys)} electrodes.")
        crystals = [(key, self._relaxed[key].structure) for key in keys]
        whole = [(key, structure) for key, structure in crystals if structure is not None]
        tasks = [
            (
                "design-task",
                DesignTask(kind="physics", structures=(structure,), purpose="cathode", ion=ION),
            )
            for _, structure in whole
        ]
        for place, answer in self._executor.answers(tasks, self._control):
            if isinstance(answer, Exception) and not isinstance(answer, DesignerAppError):
                raise answer
            told = () if isinstance(answer, Exception) else answer.estimates
            values = {each.key: each.value for each in told}
            found = Electrode(
                values.get("voltage", math.nan), values.get("energy_density", math.nan)
            )
            self._electrodes.keep(whole[place][0], found)

    def _is_open(self, key: str) -> bool:
        """Whether the voltage of a relaxed crystal decides about a hit and is not computed yet."""
        phase = self._relaxed[key]
        structure = phase.structure
        if key in self._electrodes or structure is None or not self._distance(phase) < NEAR:
            return False
        return self._capacity(structure) * VOLTAGES[1] >= DENSITY and self._is_new(structure)

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
        found = self._electrodes.get(key)
        if found is None:
            return False
        low, high = VOLTAGES
        return low <= found.voltage <= high and found.energy_density >= DENSITY


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
    """Crystals of the data folder, read when first asked for."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    @cached_property
    def _by_formula(self) -> dict[str, list[Structure]]:
        found: dict[str, list[Structure]] = {}
        for each in read_crystals(data_folder(self._folder)):
            found.setdefault(reduced_formula(each.structure), []).append(each.structure)
        return found

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
