"""Whether a run stays within what its potential learned from, looked at while it goes.

The distance of each atom's surroundings from those learned from (`trust.surroundings`), in units of
what one in a hundred atoms of the frames kept back exceeds. A look costs about a step, so looks
take no more than `SHARE` of the run's time, and what leaves and comes back between two is not seen.
"""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import SYMBOLS
from designer_app.io.series import SeriesWriter
from designer_app.potentials.base import Potential
from designer_app.specs.trust import TrustAxis, TrustReport
from designer_app.state import MDState
from designer_app.trust.judging import FAR, RARE, Knowledge, level_of

REGION = "trust.csv"
"""File of a run's folder: one line a look."""
COLUMNS = ("step", "time_fs", "farthest", "atom", "n_outside")
"""`farthest` in the unit above, `atom` the one that has it, counted from 1."""
SHARE = 0.02
EVERY = 10
"""Steps between looks at least."""
_NAMED = 3
"""Atoms that a sentence names."""


def left_behind(trajectory: Path) -> str:
    """What the looks beside a trajectory say to who uses it; "" where no atom was outside."""
    looks = _looks_in(trajectory.with_name(REGION))
    outside = [look for look in looks if look.n_outside]
    if not outside:
        return ""
    return (
        f"In this run atoms were outside what their potential learned from at {len(outside)} of "
        f"{len(looks)} looks, first at step {outside[0].step}: trust its figures no more than that."
    )


def _looks_in(path: Path) -> list["Look"]:
    """Looks of the whole lines of a file; none where it is no file of a run."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    header, *lines = text.split("\n")[:-1] or [""]
    found = []
    for line in lines if header == ",".join(COLUMNS) else ():
        with suppress(ValueError, OverflowError):  # a line that a power cut left
            step, time_fs, farthest, atom, n_outside = map(float, line.split(","))
            found.append(Look(int(step), time_fs, farthest, int(atom), int(n_outside)))
    return found


@dataclass(frozen=True)
class Look:
    """How far the farthest atom was from what was learned, at a step."""

    step: int
    time_fs: float
    farthest: float
    atom: int
    """From 1."""
    n_outside: int
    outside: tuple[int, ...] = ()
    """Atoms beyond `FAR`, the farthest first."""

    @classmethod
    def at(cls, step: int, time_fs: float, distances: NDArray[np.float64]) -> "Look":
        """From the distance of each atom."""
        order = np.argsort(-distances) + 1
        n_outside = int((distances > FAR).sum())
        farthest, atom = float(distances.max()), int(order[0])
        return cls(step, time_fs, farthest, atom, n_outside, tuple(order[:n_outside].tolist()))

    @property
    def level(self) -> str:
        """The light of this moment."""
        return level_of(self.farthest)

    @property
    def when(self) -> str:
        """The step and its time."""
        return f"step {self.step} ({1e-3 * self.time_fs:.4g} ps)"

    def row(self) -> dict[str, float]:
        """For the file."""
        return {name: getattr(self, name) for name in COLUMNS}


class LearnedRegion:
    """Looks at a run, speaks when atoms leave, and sums up."""

    def __init__(
        self,
        potential: Potential,
        known: Knowledge,
        numbers: Sequence[int],
        log: logging.Logger,
    ) -> None:
        self._potential, self._known, self._log = potential, known, log
        self._symbols = [SYMBOLS[number] for number in numbers]
        self._file: SeriesWriter | None = None
        self._looked_s = 0.0
        self._n_looks = self._n_outside = 0
        self._first: Look | None = None
        """The first that was outside."""
        self._farthest: Look | None = None
        self._newest: Look | None = None

    def keep_in(self, folder: Path, *, until: int | None, resumed_at: int | None) -> None:
        """Write looks into a folder; those of the run that goes on at a step count already."""
        path = folder / REGION
        self._file = SeriesWriter(path, COLUMNS, until)
        if resumed_at is not None:
            for look in _looks_in(path):
                if look.step <= resumed_at:
                    self._count(look)

    def look_if_due(self, state: MDState, timestep_fs: float, seconds: float) -> None:
        """Look where the step is one of those, and `seconds` of the run pay for it."""
        if state.step % EVERY == 0 and self._looked_s <= SHARE * seconds:
            self.look(state, timestep_fs)

    def look(self, state: MDState, timestep_fs: float) -> None:
        """Judge a state, once."""
        if self._newest is not None and self._newest.step >= state.step:
            return
        began = time.perf_counter()
        distances = self._known.distances(self._potential, state)
        self._looked_s += time.perf_counter() - began
        if distances is None:
            return
        before = "good" if self._farthest is None else self._farthest.level
        look = Look.at(state.step, state.step * timestep_fs, distances)
        self._count(look)
        if look.level != before and self._farthest is look:
            self._log.warning("%s", self._alarm(look))
        if self._file is not None:
            self._file.extend([look.row()])

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def report(self) -> TrustReport | None:
        """The light of the newest look; amber where atoms were outside and came back."""
        now, first = self._newest, self._first
        if now is None:
            return None
        if now.n_outside:
            level, sentence = now.level, f"At {now.when} {self._outside(now)}. {self._said(now)}"
        elif first is not None and self._farthest is not None:
            level = "care"
            sentence = (
                f"At {first.when} {self._outside(first)}; they came back. "
                f"{self._said(self._farthest)}"
            )
        else:
            level = "good"
            looks = "one look, at" if self._n_looks == 1 else f"{self._n_looks} looks until"
            sentence = (
                f"At the {looks} {now.when}, all surroundings were like those it learned from."
            )
        axis = TrustAxis(key="distance", level=level, sentence=sentence)
        return TrustReport(level=level, axes=(axis,))

    def summary(self) -> dict[str, Any] | None:
        """Figures and a sentence for the result; None where nothing could be seen."""
        first, farthest = self._first, self._farthest
        if farthest is None:
            return None
        return {
            "level": farthest.level,
            "sentence": self._closing(first, farthest),
            "first_step_outside": None if first is None else first.step,
            "first_time_fs": None if first is None else first.time_fs,
            "farthest": farthest.farthest,
            "farthest_step": farthest.step,
            "farthest_atom": farthest.atom,
            "farthest_element": self._symbols[farthest.atom - 1],
            "n_looks": self._n_looks,
            "n_outside": self._n_outside,
        }

    def _count(self, look: Look) -> None:
        self._n_looks += 1
        self._newest = look
        if self._farthest is None or look.farthest > self._farthest.farthest:
            self._farthest = look
        if look.n_outside:
            self._n_outside += 1
            self._first = self._first or look

    # --- sentences ---

    def _alarm(self, look: Look) -> str:
        advice = "Forces on them are guesses."
        if look.level == "no":
            advice = "Do not trust what the run shows from here on."
        return f"At {look.when} {self._outside(look)}. {self._said(look)} {advice}"

    def _outside(self, look: Look) -> str:
        """How many atoms, and some by name."""
        named = [self._name(atom) for atom in look.outside[:_NAMED]]
        more = ", ..." if look.n_outside > _NAMED else ""
        who = f": {', '.join(named)}{more}" if named else ""
        lie = "lies" if look.n_outside == 1 else "lie"
        return (
            f"{look.n_outside} of {len(self._symbols)} atoms {lie} outside what the potential "
            f"learned from{who}"
        )

    def _said(self, look: Look) -> str:
        return f"{self._name(look.atom)} is {look.farthest:.1f} times as far away as {RARE}."

    def _name(self, atom: int) -> str:
        return f"{self._symbols[atom - 1]} (atom {atom})"

    def _closing(self, first: Look | None, farthest: Look) -> str:
        looks = f"{self._n_looks} looks"
        if first is None:
            return (
                f"All atoms stayed within what the potential learned from ({looks}; the farthest, "
                f"{self._name(farthest.atom)}, {farthest.farthest:.1f} of {FAR:g} allowed)."
            )
        advice = (
            "Do not trust what the run shows since: add such structures to the training data."
            if farthest.level == "no"
            else "Compare such frames with reference calculations."
        )
        return (
            f"Atoms were outside what the potential learned from at {self._n_outside} of {looks}, "
            f"first at {first.when}. Farthest at {farthest.when}: {self._said(farthest)} {advice}"
        )
