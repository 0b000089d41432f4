"""How many sparse points and frames a GAP takes: by time, data, and the speed of this machine."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.potentials.gap_basis import basis_of
from designer_app.specs.fields import refusal, spec_from_settings
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
TAKE_IN_UNTIL = 0.75
"""Of that time: frames that were not taken in by then are left out."""
LEAST_FRAMES = 10
"""A fit to fewer frames, where there are more, is refused for lack of time."""
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
) -> tuple[GAPSettings, float]:
    """(settings with as many sparse points as fit into the time, seconds that all rows take).

    One frame is timed. Never fewer than `FEWEST_POINTS`: it is frames that are left out then.
    """
    limit, takes = ROWS_SHARE * seconds_for(spec), _seconds(learned, n_kinds, settings)
    is_named = any(each.replace("-", "_").startswith("n_sparse") for each in spec.options)
    while limit and not is_named and settings.n_sparse > FEWEST_POINTS and takes > limit:
        settings = replace(settings, n_sparse=max(FEWEST_POINTS, settings.n_sparse // 2))
        takes = _seconds(learned, n_kinds, settings)
    return settings, takes


def frames_in_time(
    frames: Sequence[Described],
    n_kinds: int,
    spec: TrainPotentialSpec,
    *,
    takes: float,
    spent: float,
) -> tuple[tuple[int, ...], int]:
    """(all rows in the order in which they are taken in, how many fit into the time).

    `takes` are the seconds that the rows of all frames take, `spent` those that are gone.
    With a limit that order is one of chance, so that its begin stands for all; each element and a
    known energy come first. Raises `InvalidSpecError` where too few fit.
    """
    n, limit = len(frames), seconds_for(spec)
    if not limit:
        return tuple(range(n)), n
    order = np.random.default_rng(spec.seed).permutation(n).tolist()
    first = [
        next(row for row in order if (frames[row].near.kinds == kind).any())
        for kind in range(n_kinds)
    ]
    first.append(next(row for row in order if frames[row].energy is not None))
    rows = tuple(dict.fromkeys([*first, *order]))
    fit = min(n, int(n * ROWS_SHARE * max(0.0, limit - spent) / takes))
    least = min(n, max(LEAST_FRAMES, len(set(first))))
    if fit < least:
        alone = in_words(spent + takes * least / n / ROWS_SHARE)
        reason = f"a GAP of {least} frames alone takes about {alone} here: give more time"
        raise refusal(spec, "max_minutes" if spec.max_minutes else "preset", reason)
    return rows, fit


def plan_lines(
    n_points: int, n: int, n_all: int, spec: TrainPotentialSpec, *, takes: float, spent: float
) -> tuple[tuple[str, str], ...]:
    """(what, value) of what will be fitted, and to how many of all frames.

    `takes` are the seconds that the rows of all frames take, `spent` those that are gone.
    """
    total, limit = spent + takes * n / n_all / ROWS_SHARE, seconds_for(spec)
    of_all = ""
    if n < n_all:
        of_all = f" of {n_all:,}, chosen by chance: more do not fit into {in_words(limit)}"
    given = f", at most {in_words(limit)} by the clock" if limit else ""
    return (
        ("Sparse points", f"{n_points:,}"),
        ("Learned from", f"{n:,} frames{of_all}"),
        ("Time", f"about {in_words(min(total, limit or total))} here{given}"),
    )


def left_out(n_learned: int, n_all: int) -> str:
    """A sentence where the time did not suffice for all frames; else empty."""
    if n_learned == n_all:
        return ""
    return (
        f"The time sufficed for {n_learned:,} of {n_all:,} frames, chosen by chance; going on with "
        "this training takes in the others."
    )


def overrun(seconds: float, spec: TrainPotentialSpec) -> str:
    """A sentence where a fit took longer than it was given; else empty."""
    limit = seconds_for(spec)
    if not limit or seconds <= OVERRUN * limit:
        return ""
    return (
        f"The fit took {in_words(seconds)} where {in_words(limit)} were given: solving for the "
        "frames that were taken in cannot be stopped half-way."
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
