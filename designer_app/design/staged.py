"""What the stages of a design share: tasks for the workers, hulls, choices that are made once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from designer_app.design.criteria import Judge
from designer_app.design.physics import FRAMEWORK, SLAB
from designer_app.design.search.diversity import Traits, spread_out
from designer_app.design.search.found import Found, Snapshot
from designer_app.design.search.limits import Limits
from designer_app.elements import SYMBOLS
from designer_app.io.design_store import DesignStore
from designer_app.io.screen_store import STRUCTURES, RowReader
from designer_app.running.control import RunControl
from designer_app.running.executor import Executor
from designer_app.screening.checks import ReferenceCrystals
from designer_app.screening.placing import Placing
from designer_app.screening.reference.ledger import RelaxedPhase
from designer_app.screening.reference.table import ReferenceTable
from designer_app.screening.staged_rows import StagedRows, finite_score
from designer_app.specs.conductivity import BARRIER
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_rows import STAGES, Check
from designer_app.specs.design_tasks import DesignAnswer, DesignTask, RelaxedCrystal
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure


@dataclass(frozen=True, eq=False)
class Tools:
    """What a run works with."""

    search: Callable[[Callable[[Snapshot], None]], Found]
    """Candidates, best first."""
    limits: Limits
    judge: Judge
    table: ReferenceTable | None
    placing: Callable[[], Placing]
    """Hulls; called when the first crystal is relaxed."""
    executor: Executor


DOES_NOT_HOLD, UNSURE = "holding when shaken", "agreement of learned and computed numbers"
NO_WAY, BARE_HULL = "a way for the ions", "a known hull"
SWELLS, CHARGED_FALLS = "keeping its volume", "a charged state that lasts"
LOSES_FRAMEWORK, NOT_COMPUTED = "keeping its framework", "numbers that can be computed"
"""What a candidate may miss beside its targets, as it is told."""
MARKS: Mapping[str, str] = {
    DOES_NOT_HOLD: "does not hold when it is shaken",
    UNSURE: "unsure: learned and computed numbers disagree",
    NO_WAY: "its ions meet a barrier above 1 eV",
    SWELLS: "its volume changes by more than 20 % when its ions leave",
    LOSES_FRAMEWORK: "its framework becomes another one when its ions leave",
    NOT_COMPUTED: "its numbers could not be computed: the calculation failed",
    CHARGED_FALLS: "charged, it lies more than 100 meV/atom above the hull and may fall apart",
    BARE_HULL: "known compounds of its elements are missing, so that its hull says nothing",
}
"""The reason of each in a sentence."""
LEARNED_DECIDES = frozenset(("adsorption_free_energy", "ionic_conductivity"))
"""Properties of which the learned number decides and the computed one only checks it: slabs are off
by more than what learned from tables, and a barrier's 0.3 eV are five powers of ten."""
_ALL = 10_000
"""Known crystals of one formula: what is told as new is compared with all of them."""
_HIGHEST_BARRIER = 1.0
"""eV, by relaxed images where they were made, else by bond valence: at room temperature about
1e-14 S/cm, which no error of either method makes a conductor."""
FALLEN = "-shaken"
"""Behind the id in the name of the file of a crystal that fell to another one."""


class DesignRows(StagedRows):
    """The rows of one run, with what its stages share."""

    stages = STAGES

    def __init__(
        self, spec: DesignSpec, store: DesignStore, tools: Tools, control: RunControl
    ) -> None:
        super().__init__(store, control)
        self.spec, self.tools = spec, tools
        self.design_store = store
        self.snapshots = 0
        """Records of the search."""
        self.stage_now = STAGES[0][0]
        """Key of the stage that is worked on."""
        self._placing: Placing | None = None
        self._take_back_shortlist()

    def _take_back_shortlist(self) -> None:
        """A run that ended, or was stopped, and goes on: rows as they were before it ended."""
        listed = [key for key, row in self.rows.items() if row.stage == STAGES[-1][0]]
        if listed:
            history = RowReader(self.store.folder).new_rows()
            before = {row.id: row for row in history if row.stage != STAGES[-1][0]}
            for key in listed:
                self.keep(before[key])
            self.write()

    @cached_property
    def library(self) -> ReferenceCrystals | None:
        """All known crystals; None where there is no reference set."""
        table = self.tools.table
        return None if table is None else ReferenceCrystals(table, self.control.checkpoint, _ALL)

    @cached_property
    def found(self) -> Mapping[str, Mapping[str, Any]]:
        """Strategy, tokens and place in the latent space of each candidate."""
        return self.design_store.found()

    def further(self) -> Mapping[str, float]:
        """Snapshots of the search and relaxations so far."""
        relaxed = sum(self.is_past(row, "relaxed") for row in self.rows.values())
        return {"snapshots": self.snapshots, "relaxed": relaxed}

    def placed(
        self, row: ScreenRow, given: Structure, crystal: RelaxedCrystal, name: str = ""
    ) -> ScreenRow:
        """The row on the hull, its relaxed crystal kept; or lost in `relaxed`."""
        if self._placing is None:
            self._placing = self.tools.placing()
            self.warnings += self._placing.warnings
        phase = RelaxedPhase(
            source=row.id,
            structure=crystal.structure,
            energy=crystal.energy,
            magmom=float("nan"),
            n_steps=crystal.n_steps,
            converged=crystal.converged,
            error=crystal.error,
        )
        found, relaxed = self._placing.placed_phase(row, given, phase, self.control)
        if relaxed is not None:
            found = replace(found, structure_file=self.store.write_cif(name or row.id, relaxed))
        return self.scored(found)

    def is_relaxed(self, key: str) -> bool:
        """Whether a row has left the search behind, for good or as lost."""
        return self.is_past(self.rows[key], "relaxed")

    def once(self, name: str, choose: Callable[[], list[str]], most: str) -> list[str]:
        """A choice of rows that is made once, so that a run that goes on makes no other."""
        decisions = self.store.decisions()
        if name not in decisions:
            self.store.decide(name, choose()[: getattr(self.spec, most)])
            decisions = self.store.decisions()
        return list(decisions[name])

    def best(self, stage: str) -> list[str]:
        """Rows of a stage by score, spread out."""
        rows = sorted(self.alive(stage), key=lambda row: (-order_of(row.score), row.id))
        return [rows[place].id for place in self.spread(rows, len(rows))]

    def spread(self, rows: Sequence[ScreenRow], n: int) -> list[int]:
        """Places of up to n rows, the best first, as different as is asked."""
        if not rows or n == 0:
            return []
        found = self.found
        latent = np.array([found[row.id]["latent"] for row in rows], dtype=np.float32)
        family = np.array([found[row.id]["tokens"]["prototype"] for row in rows], dtype=np.int64)
        numbers = [np.unique(self.structures[row.id].numbers) for row in rows]
        elements = np.zeros((len(rows), len(SYMBOLS)), dtype=bool)
        for place, each in enumerate(numbers):
            elements[place, each] = True
        score = np.array([order_of(row.score) for row in rows])
        traits = Traits(family=family, elements=elements, latent=latent)
        return spread_out(score, traits, n, self.spec.diversity).tolist()

    def answers(
        self, tasks: Sequence[tuple[str, DesignTask]], text: str
    ) -> Iterable[tuple[int, DesignAnswer | Exception]]:
        """(place, answer or error) of tasks as they come."""
        if tasks:
            self.control.progress(0, len(tasks), text)
        return self.tools.executor.answers(tasks, self.control)

    def task_of(self, kind: str, key: str) -> tuple[str, DesignTask]:
        """A task about a relaxed candidate: as it is shown for the second judge, else as it was
        before it was shaken.
        """
        row = self.rows[key]
        asked = row
        if kind != "second":
            asked = replace(row, structure_file=f"{STRUCTURES}/{key}.cif")
        energies = [each.value for each in row.estimates if each.key == "energy"]
        distance, learned = row.estimate("e_above_hull"), row.estimate("adsorption_free_energy")
        return self.task(
            kind,
            (self.relaxed(asked),),
            energy=energies[0] if energies else float("nan"),
            e_above_hull=float("nan") if distance is None else distance.value,
            expected=float("nan") if learned is None else learned.value,
            seed=self.spec.seed + int(key),
        )

    def task(
        self, kind: str, structures: tuple[Structure, ...], **given: float
    ) -> tuple[str, DesignTask]:
        """A task with what the run asks."""
        spec = self.spec
        task = DesignTask(
            kind=kind,
            structures=structures,
            purpose=spec.purpose,
            ion=spec.ion if spec.has_ion else "",
            reaction=spec.reaction,
            potential=spec.potential,
            model=spec.model,
            device=spec.device,
            dtype=spec.dtype,
            **given,  # type: ignore[arg-type]
        )
        return "design-task", task

    def computed(self, row: ScreenRow, answer: DesignAnswer) -> ScreenRow:
        """The row with what physics says; marks and warnings that only physics gives are its new
        ones.
        """
        before = self.design_store.checks().get(row.id, ())
        stale = {check.sentence for check in before if check.name in (FRAMEWORK, SLAB)}
        row = replace(row, warnings=tuple(each for each in row.warnings if each not in stale))
        row = with_answer(row, answer)
        self.keep_checks(row.id, answer.checks)
        missed = {check.name: check.sentence for check in answer.checks if not check.holds}
        marks = [LOSES_FRAMEWORK if name == FRAMEWORK else UNSURE for name in missed]
        barrier = row.estimate(BARRIER)
        if barrier is not None and barrier.value > _HIGHEST_BARRIER:
            marks.append(NO_WAY)
        held = [each for each in row.failing if each == DOES_NOT_HOLD]
        warnings = dict.fromkeys((*row.warnings, *missed.values()))
        return self.scored(replace(row, failing=(*held, *marks), warnings=tuple(warnings)))

    def keep_checks(self, key: str, checks: Sequence[Check]) -> None:
        """Add what recomputations of a candidate said; of one name the newest stays."""
        known = self.design_store.checks()
        by_name = {each.name: each for each in (*known.get(key, ()), *checks)}
        self.design_store.write_checks({**known, key: tuple(by_name.values())})

    def relaxed(self, row: ScreenRow) -> Structure:
        """The crystal of a row, relaxed where it was."""
        return self.store.relaxed(row) or self.structures[row.id]

    def scored(self, row: ScreenRow) -> ScreenRow:
        """The row with its score by what is known now."""
        return replace(row, score=finite_score(self.tools.judge.score(row)))


def with_answer(row: ScreenRow, answer: DesignAnswer) -> ScreenRow:
    """The row with what was answered; once, also where a run that goes on asks again.

    The last estimate of a property decides. What only checks stands before the others.
    """
    checks = [each for each in answer.estimates if each.key in LEARNED_DECIDES]
    rest = [each for each in answer.estimates if each.key not in LEARNED_DECIDES]
    return replace(
        row,
        estimates=tuple(dict.fromkeys((*checks, *row.estimates, *rest))),
        warnings=tuple(dict.fromkeys((*row.warnings, *answer.warnings))),
    )


def order_of(score: float) -> float:
    """A score to sort by; unknown ones come last."""
    return score if np.isfinite(score) else -1e9
