"""Barriers on a surface: an adsorbate that goes to another site, or breaks up."""

import math
from dataclasses import dataclass, replace

import numpy as np

from designer_app.errors import InvalidSpecError, LostBandError, NotConvergedError
from designer_app.potentials import Potential
from designer_app.properties.band import interpolated, relaxed_band
from designer_app.relaxation import Goal, relax
from designer_app.running.control import RunControl
from designer_app.specs.estimates import Estimate
from designer_app.specs.structure import Structure

N_BETWEEN = 5
"""Images between the two ends."""
SAME_PLACE = 0.3
"""A: ends that differ by less after relaxing are one minimum, and there is no pass."""


@dataclass(frozen=True, eq=False)
class SurfaceBarrier:
    """The pass between two minima on a surface."""

    activation: Estimate
    """eV over the first minimum."""
    reaction_energy: float
    """eV, second minimum minus first."""
    energies: tuple[float, ...]
    """eV over the first minimum, of each image."""
    converged: bool
    n_steps: int


def surface_barrier(
    start: Structure,
    end: Structure,
    potential: Potential,
    *,
    fmax: float = 0.05,
    steps: int = 300,
    control: RunControl | None = None,
) -> SurfaceBarrier:
    """The lowest pass between two slabs with the same atoms in the same order, both relaxed first.

    Raises `InvalidSpecError` where they hold other atoms or fall into one minimum,
    `NotConvergedError` where an end does not come to rest, and `LostBandError`.
    """
    control = control or RunControl()
    if not np.array_equal(start.numbers, end.numbers) or not np.allclose(start.cell, end.cell):
        reason = "start and end must hold the same atoms, in the same order and cell"
        raise InvalidSpecError("structure", end.name or "end", reason, "End")
    ends = relax([start, _nearest(start, end)], potential, Goal(fmax=fmax, fix_cell=True))
    for each in ends:
        if each.error is not None:
            raise each.error
        if not each.converged:
            raise NotConvergedError(each.n_steps, each.fmax)
    first, last = (each.structure for each in ends)
    moved = float(np.linalg.norm(last.positions - first.positions, axis=1).max())
    if moved < SAME_PLACE:
        reason = f"both ends relax to one place ({moved:.2f} Å apart), and there is no pass"
        raise InvalidSpecError("structure", end.name or "end", reason, "End")
    band = relaxed_band(
        interpolated(first, last, N_BETWEEN),
        potential,
        fmax=fmax,
        steps=steps,
        control=control,
    )
    heights = [float(each - band.energies[0]) for each in band.energies]
    named = f"{potential.key} {potential.model} ({potential.model_sha256[:12]})"
    origin = f"{named}; climbing-image band of {len(heights)} images, {band.n_steps} steps"
    light, reason = "amber", "a barrier of this potential was not compared with tables here"
    if band.is_lost:
        raise LostBandError("the way from start to end", band.times_longer)
    if not band.converged:
        light, reason = "red", f"the band is not converged: {band.fmax:.2f} eV/Å are left"
    elif band.highest in (0, len(heights) - 1):
        reason = "the way goes over no pass: the higher end is the top"
    return SurfaceBarrier(
        activation=Estimate(
            key="activation energy",
            value=max(heights) if math.isfinite(max(heights)) else math.nan,
            unit="eV",
            method="NEB",
            origin=origin,
            light=light,
            reason=reason,
        ),
        reaction_energy=heights[-1],
        energies=tuple(heights),
        converged=band.converged,
        n_steps=band.n_steps,
    )


def _nearest(start: Structure, end: Structure) -> Structure:
    """The end with each atom at the image nearest to where it starts."""
    fractions = (end.positions - start.positions) @ np.linalg.inv(start.cell)
    steps = (fractions - np.round(fractions)) @ start.cell
    return replace(end, positions=start.positions + steps)
