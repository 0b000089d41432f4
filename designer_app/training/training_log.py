"""What a training tells as it goes: a row an epoch, and the points of its parity plots."""

import json
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from designer_app.io.atomic_write import atomic_write, replacing
from designer_app.io.near_paths import told_from
from designer_app.io.series import SeriesWriter
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.training_progress import (
    COLUMNS,
    PARITY_FILE,
    PLAN_FILE,
    SERIES_FILE,
)
from designer_app.training.metrics import Labels, labels_of

BETWEEN_PARITIES = 10.0
"""Seconds between two files of parity points."""
MOST_PARITY_ATOMS = 50_000
"""Frames beyond are left out, evenly."""


class TrainingLog:
    """Rows go to the control and to the series file of a training's folder, members together."""

    def __init__(
        self, folder: Path, control: RunControl, *, member: int = 0, after: int = 0
    ) -> None:
        """Go on after an epoch of a member: rows of later ones are written anew."""
        self.folder, self.control = folder, control
        self._member = member
        self._n_parities = 0
        self._parity_written = -math.inf
        path, keep_until = folder / SERIES_FILE, _step(member, after)
        self._series = SeriesWriter(path, ("step", *COLUMNS), keep_until)

    def row(self, values: Mapping[str, float]) -> None:
        """One epoch; columns that are not named are NaN."""
        told = dict.fromkeys(COLUMNS, math.nan) | dict(values)
        told |= {"member": float(self._member), "parity": float(self._n_parities)}
        self.control.series.append(told)
        self._series.extend([{"step": _step(self._member, int(told["epoch"])), **told}])

    def parity(
        self, frames: Sequence[LabelledFrame], said: Labels, *, at_last: bool = False
    ) -> None:
        """Write the points of these frames, unless the last are young."""
        now = time.monotonic()
        if not frames or (not at_last and now - self._parity_written < BETWEEN_PARITIES):
            return
        self._parity_written = now
        self._n_parities += 1
        with replacing(self.folder / PARITY_FILE, backup=False) as path, path.open("wb") as file:
            arrays = parity_arrays(frames, said)
            told = [told_from(self.folder, Path(each)) for each in arrays["sources"]]
            arrays["sources"] = np.array(told)
            np.savez(file, **arrays)

    def close(self) -> None:
        """All rows are on the disk."""
        self._series.sync()
        self._series.close()


def tell_plan(folder: Path, lines: Sequence[tuple[str, str]], control: RunControl) -> None:
    """Log the plan of a training that begins, and keep it in its folder for the window."""
    for what, value in lines:
        control.log.info("%s: %s", what, value)
    told = json.dumps([list(line) for line in lines], ensure_ascii=False)
    atomic_write(folder / PLAN_FILE, told, backup=False)


def _step(member: int, epoch: int) -> int:
    """Ascending from member to member: their rows share a file."""
    return 10_000_000 * member + epoch


def parity_arrays(frames: Sequence[LabelledFrame], said: Labels) -> dict[str, Any]:
    """The arrays of `specs.training_progress.PARITY_ARRAYS`."""
    known = labels_of(frames)
    step = max(1, math.ceil(len(known.numbers) / MOST_PARITY_ATOMS))
    rows = list(range(0, len(frames), step))
    atoms = np.isin(known.frame_of_atom, rows)
    kept = [frames[row] for row in rows]
    sources = sorted({frame.source for frame in kept})
    tags = sorted({frame.tag for frame in kept})
    return {
        "energy_reference": known.energies[rows],
        "energy_predicted": said.energies[rows],
        "force_reference": known.forces[atoms].ravel(),
        "force_predicted": said.forces[atoms].ravel(),
        "stress_reference": known.stresses[rows],
        "stress_predicted": said.stresses[rows],
        "n_atoms": known.n_atoms[rows],
        "frame_source": np.array([sources.index(frame.source) for frame in kept]),
        "frame_index": np.array([frame.index for frame in kept]),
        "frame_tag": np.array([tags.index(frame.tag) for frame in kept]),
        "numbers": known.numbers[atoms],
        "sources": np.array(sources),
        "tags": np.array(tags),
    }
