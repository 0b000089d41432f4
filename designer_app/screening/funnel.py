"""The funnel: candidates go through ever dearer stages, the best of each to the next.

made -> valid -> unique -> new -> balanced -> network -> relaxed -> hull -> rules
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from designer_app.errors import Cancelled
from designer_app.explanations import explain_exception
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.io.screen_store import ScreenStore
from designer_app.running.control import RunControl
from designer_app.screening.candidates import Candidate, Proposed, made_candidates
from designer_app.screening.checks import Checks
from designer_app.screening.masks import masks_of
from designer_app.screening.network import Network
from designer_app.screening.placing import Placing
from designer_app.screening.reference.table import ReferenceTable
from designer_app.screening.rules import Rules, judged, worst_light
from designer_app.screening.staged_rows import StagedRows, finite_score, key_of
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import LOST, STAGES, WAITS, ScreenRow
from designer_app.specs.structure import Structure

SMALL_CHUNK = 16
"""Rows between two looks at whether the run is to stop: a network takes 0.1 s for them."""
RELAXED_TOGETHER = 4
"""Candidates relaxed before their rows are written."""


@dataclass(frozen=True, eq=False)
class Given:
    """What a file or an open structure came to."""

    name: str
    structure: Structure | None = None
    made_from: str = ""
    error: str = ""
    """Why there is no structure."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Tools:
    """What a run works with; what is None is left out and told of."""

    rules: Rules
    network: Network | None
    table: ReferenceTable | None
    placing: Callable[[], Placing]
    """Relaxation and hull; called when the first candidate is relaxed."""


class Funnel(StagedRows):
    """One run."""

    stages = STAGES

    def __init__(
        self, spec: ScreenSpec, store: ScreenStore, tools: Tools, control: RunControl
    ) -> None:
        super().__init__(store, control)
        self.spec, self.tools = spec, tools

    def run(self, n_given: int, read: Callable[[int], Given]) -> list[ScreenRow]:
        """All rows, in the order of their ids."""
        with self.timed("made"):
            self._make(n_given, read)
        self.structures = {key: structure for key, structure, _ in self.store.candidates()}
        with self.timed("checks"):
            self._check()
        with self.timed("network"):
            self._ask_network()
        with self.timed("relaxed"):
            self._relax_best()
        with self.timed("rules"):
            self._judge()
        return list(self.rows.values())

    # --- made ---

    def _make(self, n_given: int, read: Callable[[int], Given]) -> None:
        if "proposed" in self.store.decisions():
            return
        for index in range(n_given):
            self.control.checkpoint()
            if key_of(index) not in self.rows:
                self._take(key_of(index), read(index))
            if index % SMALL_CHUNK == 0:
                self.control.progress(index, n_given, "Reading files")
        self.write()
        proposed = Proposed()
        if self.spec.make != "given":
            self._make_new(n_given, proposed)
        self.write()
        self.store.decide("proposed", proposed.told())

    def _take(self, key: str, given: Given) -> None:
        if given.structure is None:
            lost = ScreenRow(id=key, formula=given.name, verdict=LOST, reason=given.error)
            self.keep(lost)
            return
        row = self._row(key, Candidate(given.structure, given.made_from), given.warnings)
        self.add(row, given.structure)

    def _make_new(self, n_given: int, proposed: Proposed) -> None:
        # A run that was killed between two files may have written a structure twice.
        given = {
            key: structure
            for key, structure, _ in self.store.candidates()
            if int(key) < n_given and self.rows[key].verdict != LOST
        }
        made = made_candidates(
            self.spec,
            list(given.values()),
            self.tools.table,
            masks_of(self.spec),
            self.control,
            proposed,
        )
        for index, candidate in enumerate(made, n_given):
            if key_of(index) not in self.rows:
                self.add(self._row(key_of(index), candidate), candidate.structure)

    def _row(self, key: str, candidate: Candidate, warnings: tuple[str, ...] = ()) -> ScreenRow:
        return ScreenRow(
            id=key,
            formula=formula(reduced(amounts_of(candidate.structure.numbers))[0]),
            n_atoms=len(candidate.structure),
            made_from=candidate.made_from,
            warnings=warnings,
        )

    # --- the cheap stages ---

    def _check(self) -> None:
        """From made to balanced."""
        left = [row for row in self.alive("made") if row.id in self.structures]
        masks = masks_of(self.spec)
        tools, stop = self.tools, self.control.checkpoint
        checks = Checks(self.spec, masks, tools.table if left else None, tools.rules, stop)
        if left:
            for row in self.rows.values():
                if row.stage != "made" and row.id in self.structures:
                    checks.remember(row, self.structures[row.id])
        for done, row in enumerate(left):
            self.control.checkpoint()
            if done % SMALL_CHUNK == 0:
                self.control.progress(done, len(left), "Checking")
            with self.told(row):
                self.keep(checks.checked(row, self.structures[row.id]))
        self.write()

    # --- network ---

    def _ask_network(self) -> None:
        if "asked" in self.store.decisions():
            return
        network = self.tools.network
        entered = [row.id for row in self.rows.values() if self.is_past(row, "network")]

        def is_done(row: ScreenRow) -> bool:
            return row.stage != "network" or row.verdict == LOST or bool(row.estimates)

        if network is None:
            self.warnings.append("There is no crystal network; nothing was estimated by it.")
        for number, rows in self.open_chunks(entered, SMALL_CHUNK, is_done):
            self.control.progress(number, len(entered), "Crystal network")
            structures = [self.structures[row.id] for row in rows]
            asked = rows if network is None else network.estimated(rows, structures)
            fine = [(row, self.structures[row.id]) for row in asked if row.verdict != LOST]
            found = [row for row in asked if row.verdict == LOST]
            found += self._with_quick([row for row, _ in fine], [each for _, each in fine])
            for row in sorted(found, key=lambda row: row.id):
                if not is_done(self.rows[row.id]):
                    self.keep(row)
        self.write()
        self.store.decide("asked", value=True)

    def _with_quick(
        self, rows: Sequence[ScreenRow], structures: Sequence[Structure]
    ) -> Iterator[ScreenRow]:
        if not rows:
            return
        found = self.tools.rules.quick(structures, rows, self.control)
        for row, estimates in zip(rows, found, strict=True):
            yield self._scored(replace(row, estimates=(*row.estimates, *estimates)))

    # --- relaxation and hull ---

    def _relax_best(self) -> None:
        if self.spec.relax_best == 0:
            return
        chosen = self.decided("relax", self.spec.relax_best, ("network",))

        def is_done(row: ScreenRow) -> bool:
            return row.stage != "network"

        placing: Placing | None = None
        for number, rows in self.open_chunks(chosen, RELAXED_TOGETHER, is_done):
            if placing is None:
                self.control.progress(number, len(chosen), "Loading the potential")
                placing = self.tools.placing()
                self.warnings += placing.warnings
            self.control.progress(number, len(chosen), "Relaxing")
            for row in self._relaxed(rows, placing):
                if not is_done(self.rows[row.id]):
                    self.keep(row)
            self.write()

    def _relaxed(self, rows: Sequence[ScreenRow], placing: Placing) -> list[ScreenRow]:
        """Rows with what relaxation, hull and the network say of the relaxed structures."""
        begun = [replace(row, stage="network", verdict=WAITS) for row in rows]
        structures = [self.structures[row.id] for row in rows]
        found = []
        for row, relaxed in placing.placed(begun, structures, self.control):
            if relaxed is None:
                found.append(row)
                continue
            kept = replace(row, structure_file=self.store.write_cif(row.id, relaxed))
            if self.tools.network is not None and kept.verdict != LOST:
                (kept,) = self.tools.network.estimated([kept], [relaxed], is_relaxed=True)
            found.append(self._scored(kept))
        return found

    # --- rules ---

    def _judge(self) -> None:
        rules = self.tools.rules
        before = "network" if self.spec.relax_best == 0 else "hull"
        self._compute_best(before)
        for done, row in enumerate(self.alive(before)):
            if done % SMALL_CHUNK == 0:
                self.control.checkpoint()
            verdict, failing, told = judged(row, rules.criteria)
            light = worst_light(row, rules.criteria)
            self.keep(
                replace(
                    row, stage="rules", verdict=verdict, failing=failing, reason=told, light=light
                )
            )
        self.write()

    def _compute_best(self, stage: str) -> None:
        """Numbers from relaxations for the best few."""
        chosen = self.decided("physics", self.spec.physics_best, (stage,))
        done = set(self.store.decisions().get("computed", ()))
        left = [self.rows[key] for key in chosen if key not in done]
        for number, row in enumerate(left):
            self.control.checkpoint()
            self.control.progress(number, len(left), "Computing the best")
            structure = self.store.relaxed(row) or self.structures[row.id]
            try:
                found = self.tools.rules.physics(structure, row, self.control)
                row = replace(row, estimates=(*row.estimates, *found))  # noqa: PLW2901
            except Cancelled:
                raise
            except Exception as error:  # noqa: BLE001 - told in its row; the others go on
                told = f"Not computed by relaxations: {explain_exception(error).sentence}"
                row = replace(row, warnings=(*row.warnings, told))  # noqa: PLW2901
            self.keep(self._scored(row))
            self.write()
            done.add(row.id)
            self.store.decide("computed", sorted(done))

    def _scored(self, row: ScreenRow) -> ScreenRow:
        return replace(row, score=finite_score(self.tools.rules.score(row)))
