"""The last stage of a design: the best recomputed from shaken cells, then asked of a second judge.

What falls to another crystal when it is shaken is shown as that crystal. So it is compared with
the known ones again, its numbers are computed again, and then the second judge is asked about what
is shown. Each step waits for all of the one before: a run that was stopped comes to the same
rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from designer_app.design.shortlist import computed_stages, first_to_check
from designer_app.design.staged import DOES_NOT_HOLD, FALLEN, DesignRows, with_answer
from designer_app.explanations import explain_exception
from designer_app.screening.duplicates import KnownCrystals
from designer_app.specs.design_tasks import DesignAnswer
from designer_app.specs.screen_rows import LOST, ScreenRow

_STALE = "Its other computed numbers are those of the structure before it fell."
_ANEW = ("cathode", "anode", "electrolyte")
"""Purposes whose numbers are computed again for a structure that a candidate fell to: slabs take
minutes, and only check what was learned."""
_LAST = "second"
"""Kind of the last task of a row."""


class Recomputing(DesignRows):
    """A run in its last stage."""

    def check_best(self) -> None:
        """From computed to checked."""
        chosen = self.once("check", lambda: first_to_check(self), "check_best")
        self._ask("check", chosen, "Shaking the best", self._take_shaken)
        self._compare_fallen(chosen)
        self._compute_fallen(chosen)
        self._ask(_LAST, chosen, "Asking a second judge", with_answer)

    def _ask(
        self,
        kind: str,
        chosen: Sequence[str],
        text: str,
        taken: Callable[[ScreenRow, DesignAnswer], ScreenRow],
    ) -> None:
        """One task for each that is left of the chosen; `taken` makes a row of its answer."""
        answered: dict[str, list[str]] = self.store.decisions().get("answered", {})
        left = [key for key in chosen if kind not in answered.get(key, ()) and self._is_alive(key)]
        tasks = [self.task_of(kind, key) for key in left]
        for n_done, (place, answer) in enumerate(self.answers(tasks, text)):
            key = left[place]
            row = self.rows[key]
            stage = "checked" if kind == _LAST else row.stage
            if isinstance(answer, Exception):
                told = f"Not recomputed: {explain_exception(answer).sentence}"
                row = replace(row, warnings=(*row.warnings, told))
            else:
                self.keep_checks(key, answer.checks)
                row = self.scored(taken(row, answer))
            self.keep(replace(row, stage=stage))
            self.write()
            answered = {**answered, key: [*answered.get(key, ()), kind]}
            self.store.decide("answered", answered)
            self.control.progress(n_done + 1, len(tasks), text)

    def _is_alive(self, key: str) -> bool:
        return self.rows[key].verdict != LOST

    def _has_fallen(self, key: str) -> bool:
        return self._is_alive(key) and self.rows[key].structure_file.endswith(f"{FALLEN}.cif")

    def _take_shaken(self, row: ScreenRow, answer: DesignAnswer) -> ScreenRow:
        """The row after it was shaken, on the hull as what it fell to where it fell."""
        row = with_answer(row, answer)
        missed = [check.sentence for check in answer.checks if not check.holds]
        if missed:
            failing = tuple(dict.fromkeys((*row.failing, DOES_NOT_HOLD)))
            row = replace(row, failing=failing, warnings=(*row.warnings, *missed))
        for fallen in answer.relaxed:
            if fallen.structure is not None:
                row = self.placed(row, fallen.structure, fallen, f"{row.id}{FALLEN}")
                row = replace(row, warnings=(*row.warnings, _STALE))
        # A run that was killed before it noted the answer gets it again.
        return replace(
            row,
            estimates=tuple(dict.fromkeys(row.estimates)),
            warnings=tuple(dict.fromkeys(row.warnings)),
        )

    def _compare_fallen(self, chosen: Sequence[str]) -> None:
        """What fell may be a known crystal now, or the twin of another candidate."""
        fallen = sorted(filter(self._has_fallen, chosen))
        if not fallen:
            return
        formulas = {self.rows[key].formula for key in fallen}
        seen = KnownCrystals()
        for row in self.alive(*computed_stages(self.spec.purpose)):
            if row.formula in formulas and row.id not in fallen:
                seen.add(row.id, self.relaxed(row))
        for key in fallen:
            self.control.checkpoint()
            row, structure = self.rows[key], self.relaxed(self.rows[key])
            known = (self.library and self.library.same_as(structure)) or ""
            twin = seen.same_as(structure)
            if known and self.spec.only_new:
                why = f"known already: when it is shaken it falls into the known {known}"
                self.keep(replace(row, stage="checked", known=known, verdict=LOST, reason=why))
                continue
            if twin is not None:
                why = f"duplicate: when it is shaken it falls to the same crystal as row {twin}"
                self.keep(replace(row, stage="checked", verdict=LOST, reason=why))
                continue
            seen.add(key, structure)
            told = (f"When it is shaken it falls into the known {known}.",) if known else ()
            warnings = tuple(dict.fromkeys((*row.warnings, *told)))
            self.keep(replace(row, known=known, warnings=warnings))
        self.write()

    def _compute_fallen(self, chosen: Sequence[str]) -> None:
        """Numbers of electrodes and electrolytes for the structures that they fell to."""
        if self.spec.purpose not in _ANEW:
            return
        left = [key for key in chosen if self._is_alive(key) and _STALE in self.rows[key].warnings]
        tasks = [self.task("physics", (self.relaxed(self.rows[key]),)) for key in left]
        for place, answer in self.answers(tasks, "Computing what fell"):
            row = self.rows[left[place]]
            if isinstance(answer, Exception):
                continue  # the row says that its numbers are of the structure before
            row = replace(row, warnings=tuple(each for each in row.warnings if each != _STALE))
            self.keep(self.computed(row, answer))
            self.write()
