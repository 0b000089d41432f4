"""How many sparse points a GAP is given: by the preset, the data, and the speed of this machine."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.potentials.gap_basis import basis_of
from designer_app.specs.fields import spec_from_settings
from designer_app.specs.networks import GAPSettings
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.training.frames import SplitFrames
from designer_app.training.gap_frames import Described
from designer_app.training.gap_rows import frame_rows
from designer_app.training.plans import family_settings, seconds_for

SPARSE_POINTS = {"minutes": 1000, "lunch": 2000, "overnight": 4000}
"""Of each preset, where the settings name no number."""
FEWEST_POINTS = 250
ATOMS_A_POINT = 4
"""At least so many atoms of the data stand behind a sparse point."""
ROWS_SHARE = 0.5
"""Of the time of a preset for rows of the training frames; the rest solves and judges."""
OVERRUN = 1.2
"""Times the longest time from which it is told."""
ROTATIONS_A_SECOND = 1e10
"""Numbers times columns that a QR decomposition takes in, one core."""


def settings_for(frames: SplitFrames, spec: TrainPotentialSpec) -> GAPSettings:
    """The settings of a spec; the preset chooses how many sparse points, where they do not."""
    size: dict[str, Any] = {}
    if spec.preset in SPARSE_POINTS:
        size["n_sparse"] = SPARSE_POINTS[spec.preset]
    found: GAPSettings = spec_from_settings(GAPSettings, family_settings(spec, size))
    n_atoms = sum(len(frame) for frame in frames.train)
    most = max(5, n_atoms // ATOMS_A_POINT)
    return replace(found, n_sparse=min(found.n_sparse, most))


def affordable(
    learned: Sequence[Described], n_kinds: int, settings: GAPSettings, spec: TrainPotentialSpec
) -> GAPSettings:
    """As many sparse points as fit into the time of the preset and the longest time.

    One frame is timed. Never fewer than `FEWEST_POINTS`: with many large frames it then takes
    longer than it should.
    """
    seconds = ROWS_SHARE * seconds_for(spec)
    if not seconds or any(
        option.replace("-", "_").startswith("n_sparse") for option in spec.options
    ):
        return settings
    while settings.n_sparse > FEWEST_POINTS and _seconds(learned, n_kinds, settings) > seconds:
        settings = replace(settings, n_sparse=max(FEWEST_POINTS, settings.n_sparse // 2))
    return settings


def plan_lines(
    learned: Sequence[Described], n_kinds: int, settings: GAPSettings, spec: TrainPotentialSpec
) -> tuple[tuple[str, str], ...]:
    """(what, value) of what will be fitted, and where even the least takes too long."""
    total, limit = _seconds(learned, n_kinds, settings) / ROWS_SHARE, seconds_for(spec)
    lines = (
        ("Sparse points", f"{settings.n_sparse:,}"),
        ("Learned from", f"{len(learned):,} frames"),
        ("Time", f"about {in_words(total)} here"),
    )
    if not limit or total <= limit:
        return lines
    return (*lines, ("Short of time", f"{in_words(limit)} were given: take fewer frames or points"))


def overrun(seconds: float, spec: TrainPotentialSpec) -> str:
    """A sentence where a fit took longer than it was given; else empty."""
    limit = seconds_for(spec)
    if not limit or seconds <= OVERRUN * limit:
        return ""
    return (
        f"The fit took {in_words(seconds)} where {in_words(limit)} were given: a GAP cannot stop "
        "before its frames are taken in."
    )


def in_words(seconds: float) -> str:
    """E.g. "40 s" or "5.4 min"."""
    return f"{seconds:.0f} s" if seconds < 100.0 else f"{seconds / 60.0:.1f} min"


def _seconds(learned: Sequence[Described], n_kinds: int, settings: GAPSettings) -> float:
    """Of rows and rotations of all frames, by that of an average one."""
    n_atoms = [each.n_atoms for each in learned]
    typical = learned[int(np.argsort(n_atoms)[len(n_atoms) // 2])]
    took = 0.0
    for n_sparse in (n_kinds, settings.n_sparse):  # the first loads machine code
        basis = basis_of(settings, n_kinds, _any_points(settings, n_kinds, n_sparse))
        began = time.perf_counter()
        frame_rows(typical.near, basis)
        took = time.perf_counter() - began
    rotated = 3.0 * sum(n_atoms) * settings.n_sparse**2 / ROTATIONS_A_SECOND
    return took * sum(n_atoms) / typical.n_atoms + rotated


def _any_points(
    settings: GAPSettings, n_kinds: int, n_sparse: int
) -> dict[str, NDArray[np.float64]]:
    """Sparse points that mean nothing, as many as there will be."""
    channels = n_kinds * settings.n_max
    n_features = (settings.l_max + 1) * channels * (channels + 1) // 2
    each = np.full((max(1, n_sparse // n_kinds), n_features), 1.0 / np.sqrt(n_features))
    return {f"sparse.{kind}": each for kind in range(n_kinds)}
