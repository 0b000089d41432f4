"""What a training tells as it goes: a row an epoch, and the points of its parity plots."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.io.atomic_write import replacing
from designer_app.io.series import SeriesWriter
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.training_progress import COLUMNS, PARITY_FILE, SERIES_FILE
from designer_app.units import GPA

BETWEEN_PARITIES = 10.0
"""Seconds between two files of parity points."""
MOST_PARITY_ATOMS = 50_000
"""Frames beyond are left out, evenly."""
VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


@dataclass(eq=False)
class Said:
    """What the present weights say of frames, frame by frame."""

    energies: list[float] = field(default_factory=list)
    """eV."""
    forces: list[NDArray[np.float64]] = field(default_factory=list)
    """eV/A."""
    stresses: list[NDArray[np.float64]] = field(default_factory=list)
    """(3, 3) eV/A^3, NaN where not computed."""


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

    def parity(self, frames: Sequence[LabelledFrame], said: Said, *, at_last: bool = False) -> None:
        """Write the points of these frames, unless the last are young."""
        now = time.monotonic()
        if not frames or (not at_last and now - self._parity_written < BETWEEN_PARITIES):
            return
        self._parity_written = now
        self._n_parities += 1
        with replacing(self.folder / PARITY_FILE, backup=False) as path, path.open("wb") as file:
            np.savez(file, **parity_arrays(frames, said))

    def close(self) -> None:
        """All rows are on the disk."""
        self._series.sync()
        self._series.close()


def _step(member: int, epoch: int) -> int:
    """Ascending from member to member: their rows share a file."""
    return 10_000_000 * member + epoch


def parity_arrays(frames: Sequence[LabelledFrame], said: Said) -> dict[str, Any]:
    """The arrays of `specs.training_progress.PARITY_ARRAYS`."""
    n_atoms = sum(len(frame) for frame in frames)
    chosen = range(0, len(frames), max(1, math.ceil(n_atoms / MOST_PARITY_ATOMS)))
    kept = [frames[k] for k in chosen]
    sources = sorted({frame.source for frame in kept})
    tags = sorted({frame.tag for frame in kept})
    sizes = np.array([len(frame) for frame in kept])
    energies = [math.nan if frame.energy is None else frame.energy for frame in kept]
    return {
        "energy_reference": np.array(energies) / sizes,
        "energy_predicted": np.array([said.energies[k] for k in chosen]) / sizes,
        "force_reference": np.concatenate([_forces(frame).ravel() for frame in kept]),
        "force_predicted": np.concatenate([said.forces[k].ravel() for k in chosen]),
        "stress_reference": np.array([_voigt(frame.stress) for frame in kept]),
        "stress_predicted": np.array([_voigt(said.stresses[k]) for k in chosen]),
        "n_atoms": sizes,
        "frame_source": np.array([sources.index(frame.source) for frame in kept]),
        "frame_index": np.array([frame.index for frame in kept]),
        "frame_tag": np.array([tags.index(frame.tag) for frame in kept]),
        "numbers": np.concatenate([frame.structure.numbers for frame in kept]),
        "sources": np.array(sources),
        "tags": np.array(tags),
    }


def _forces(frame: LabelledFrame) -> NDArray[np.float64]:
    return np.full((len(frame), 3), math.nan) if frame.forces is None else frame.forces


def _voigt(stress: NDArray[np.float64] | None) -> list[float]:
    """GPa."""
    if stress is None:
        return [math.nan] * 6
    return [float(stress[i, j]) / GPA for i, j in VOIGT]
