"""The funnel of a design: what the search found, through ever dearer judges, to a shortlist.

    made -> valid -> unique -> new -> balanced -> ranked -> relaxed -> hull -> physics -> checked
    -> shortlist

The stages up to `ranked` judge every candidate; from there on only the best go on, and the work is
done by processes side by side. A row keeps what was predicted and what was computed beside each
other, each with its method.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from designer_app.design.packing import groups_of
from designer_app.design.recomputing import Recomputing
from designer_app.design.search.found import Snapshot
from designer_app.design.search.limits import Limits
from designer_app.design.staged import NOT_COMPUTED
from designer_app.explanations import explain_exception
from designer_app.io.formulas import amounts_of, reduced
from designer_app.screening.checks import Checks
from designer_app.screening.duplicates import KnownCrystals
from designer_app.screening.staged_rows import finite_score, key_of
from designer_app.specs.design_tasks import DesignAnswer
from designer_app.specs.screen_rows import LOST, ScreenRow
from designer_app.specs.structure import Structure

_LOOK = 16
"""Rows between two looks at whether the run is to stop."""


class DesignFunnel(Recomputing):
    """One run."""

    def run(self) -> None:
        """All stages; the rows are in `rows`. Raises `Cancelled`, with all that is done kept."""
        for stage, body in (
            ("made", self._make),
            ("valid", self._check),
            ("relaxed", self._relax_best),
            ("physics", self._compute_best),
            ("checked", self.check_best),
        ):
            self.stage_now = stage
            with self.timed(stage):
                body()

    # --- made ---

    def _make(self) -> None:
        made = self.store.decisions().get("made")
        if made is not None:
            self.warnings += made["warnings"]
            return
        found = self.tools.search(self._seen)
        self.warnings += found.warnings
        # A run that was killed while it wrote these writes them again, the same.
        for index, each in enumerate(found.candidates):
            row = ScreenRow(
                id=key_of(index),
                formula=each.formula,
                n_atoms=len(each.structure),
                made_from=each.made_from,
                estimates=each.estimates,
                score=finite_score(each.score),
                known=each.known,
            )
            self.add(row, each.structure)
        self.write()
        self.design_store.write_found(
            (key_of(index), each.strategy, asdict(each.tokens), each.latent.tolist())
            for index, each in enumerate(found.candidates)
        )
        made = {
            "arms": [asdict(each) for each in found.arms],
            "lost": dict(found.lost),
            "warnings": list(found.warnings),
        }
        self.store.decide("made", made)

    def _seen(self, snapshot: Snapshot) -> None:
        """A moment of the search, for whoever watches."""
        self.snapshots = self.design_store.add_snapshot(
            snapshot.positions, snapshot.values, self.spec.seeds
        )
        self.tell(0)

    # --- the cheap stages ---

    def _check(self) -> None:
        """From made to ranked."""
        self.structures = {key: structure for key, structure, _ in self.store.candidates()}
        left = self.alive("made")
        if not left:
            return
        tools = self.tools
        checks = Checks(
            self.spec,
            tools.limits.masks,
            tools.table,
            _Refusal(tools.limits),
            self.control.checkpoint,
            passed="ranked",
        )
        for row in self.rows.values():
            if row.stage != "made":
                checks.remember(row, self.structures[row.id])
        for done, row in enumerate(left):
            if done % _LOOK == 0:
                self.control.checkpoint()
                self.control.progress(done, len(left), "Checking")
            with self.told(row):
                self.keep(checks.checked(row, self.structures[row.id]))
        self.write()

    # --- relaxation and hull ---

    def _relax_best(self) -> None:
        chosen = self.once("relax", lambda: [row.id for row in self.alive("ranked")], "relax_best")
        groups = groups_of(chosen, self.structures)
        left = [group for group in groups if not all(map(self.is_relaxed, group))]
        if not left:
            return
        n_done = sum(map(self.is_relaxed, chosen))
        self.control.progress(n_done, len(chosen), "Relaxing")
        tasks = [self.task("relax", tuple(self.structures[key] for key in group)) for group in left]
        for place, answer in self.tools.executor.answers(tasks, self.control):
            self._place_on_hull(left[place], answer)
            self.write()
            n_done = sum(map(self.is_relaxed, chosen))
            self.control.progress(n_done, len(chosen), "Relaxing")

    def _place_on_hull(self, group: Sequence[str], answer: DesignAnswer | Exception) -> None:
        for place, key in enumerate(group):
            row = self.rows[key]
            if self.is_relaxed(key):
                continue
            if isinstance(answer, Exception):
                why = f"relaxation failed: {explain_exception(answer).sentence}"
                self.keep(replace(row, stage="relaxed", verdict=LOST, reason=why))
                continue
            with self.told(replace(row, stage="relaxed")):
                self.keep(self.placed(row, self.structures[key], answer.relaxed[place]))

    # --- physics ---

    def _compute_best(self) -> None:
        self._without_twins()
        if self.spec.purpose == "own":
            return
        chosen = self.once("physics", lambda: self.best("hull"), "physics_best")
        left = [key for key in chosen if self.rows[key].stage == "hull"]
        tasks = [self.task_of("physics", key) for key in left]
        for n_done, (place, answer) in enumerate(self.answers(tasks, "Computing the best")):
            row = self.rows[left[place]]
            if isinstance(answer, Exception):
                told = f"Not computed by physics: {explain_exception(answer).sentence}"
                marks = (*row.failing, NOT_COMPUTED)
                row = replace(row, warnings=(*row.warnings, told), failing=marks)
            else:
                row = self.computed(row, answer)
            self.keep(replace(row, stage="physics"))
            self.write()
            self.control.progress(n_done + 1, len(tasks), "Computing the best")

    def _without_twins(self) -> None:
        """Candidates that relaxed to one crystal, or to a known one."""
        if "twins" in self.store.decisions():
            return
        seen, library = KnownCrystals(), self.library
        for row in sorted(self.alive("hull"), key=lambda row: row.id):
            self.control.checkpoint()
            structure = self.relaxed(row)
            twin = seen.same_as(structure)
            known = row.known or (library and library.same_as(structure)) or ""
            if twin is not None:
                why = f"duplicate: relaxes to the same crystal as row {twin}"
                self.keep(replace(row, verdict=LOST, reason=why))
                continue
            seen.add(row.id, structure)
            if known and self.spec.only_new:
                why = f"known already: relaxes to the same crystal as {known}"
                self.keep(replace(row, known=known, verdict=LOST, reason=why))
            elif known != row.known:
                self.keep(replace(row, known=known))
        self.write()
        self.store.decide("twins", value=True)


@dataclass(frozen=True)
class _Refusal:
    """What the cheap stages ask of the limits beside elements and charges, which they look at."""

    limits: Limits

    def refusal(self, structure: Structure) -> str:
        why = self.limits.reason(reduced(amounts_of(structure.numbers))[0])
        return "" if why.startswith("charge") else why
