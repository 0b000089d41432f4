"""Barriers of vacancy hops by the nudged elastic band, and of the ways that hops make together.

An atom of the ion hops into a neighbouring vacancy, in a supercell that was relaxed as a crystal.
Every symmetry-distinct hop is one band. All bands hold the same atoms in the same cell, so that
their energies compare: a way is as high as its highest pass above the lowest place of the vacancy,
and the barrier is that of the lowest way without end (percolation). The vacancy is neutral; its
formation is not part of the barrier. Interstitial and concerted hops are not tried.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import InvalidSpecError, LostBandError
from designer_app.io.formulas import amounts_of, formula
from designer_app.potentials.base import Potential
from designer_app.properties.band import Band, interpolated, relaxed_band
from designer_app.properties.hops import (
    LONGEST,
    Cell,
    HopKind,
    Image,
    ends_of,
    hop_kinds,
    leads_somewhere,
    network_of,
    repeats_for,
)
from designer_app.properties.percolation import percolation, way
from designer_app.relaxation import Goal, relax
from designer_app.running.control import RunControl
from designer_app.specs.conductivity import NEB, MigrationPath
from designer_app.specs.structure import Structure
from designer_app.units import GPA

Array = NDArray[np.float64]

MOST_KINDS = 12
"""Symmetry-distinct hops that are computed, the shortest; a crystal with more is nearly without
symmetry, and would take hours."""
_SAME = 0.02
"""eV: barriers nearer than this count as one."""


@dataclass(frozen=True, kw_only=True)
class BandGoal:
    """How hops are chosen, and how far their bands are relaxed."""

    longest_hop: float = 4.5
    """A."""
    n_images: int = 5
    """Between the ends."""
    separation: float = 8.0
    """A between images of the vacancy."""
    fmax: float = 0.05
    """eV/A."""
    steps: int = 200
    relaxes_crystal: bool = True


@dataclass(frozen=True, eq=False)
class HopBarrier:
    """A hop and its band."""

    kind: HopKind
    band: Band
    track: Array
    """(n_images, 3) the hopping ion in fractional coordinates of the crystal's cell."""

    @property
    def barrier(self) -> float:
        """Height above the end that is lower, eV."""
        energies = self.band.energies
        return float(energies.max() - min(energies[0], energies[-1]))


@dataclass(frozen=True, eq=False)
class Migration:
    """What the hops of an ion come to."""

    ion: str
    barriers: tuple[float, float, float]
    """eV for ways in 1, 2 and 3 directions; infinite where the hops tried make none."""
    hops: tuple[HopBarrier, ...]
    repeats: Cell
    n_atoms: int
    """Of the supercell, before the vacancy."""
    paths: tuple[MigrationPath, ...]
    """The lowest way first, then each hop by itself."""
    is_complete: bool
    """Whether every hop up to the length asked for was computed, and its band has converged."""
    n_lost: int = 0
    """Hops whose band found no pass, and which are left out."""


def migration(
    structure: Structure,
    ion: str,
    potential: Potential,
    goal: BandGoal | None = None,
    control: RunControl | None = None,
) -> Migration:
    """Barriers of the vacancy hops of an ion in a crystal.

    A hop whose band is lost is left out, as long as the others lead through the crystal. Raises
    `LostBandError` where they do not, `InvalidSpecError` where there is no such ion, where no hops
    lead through the crystal or the cell gets too large, and what relaxations raise.
    """
    goal, control = goal or BandGoal(), control or RunControl()
    if not (structure.numbers == ATOMIC_NUMBERS[ion]).any():
        reason = f"{formula(amounts_of(structure.numbers))} holds none"
        raise InvalidSpecError("ion", ion, reason, "Moving ion")
    control.progress(0, 1, "Relaxing the crystal")
    crystal = _relaxed(structure, potential, goal, control)
    kinds = hop_kinds(structure, ion, goal.longest_hop)
    chosen = _affordable(structure, kinds)
    if not leads_somewhere(structure, chosen):
        reason = f"its sites are too far apart: hops of up to {LONGEST:g} A lead nowhere"
        raise InvalidSpecError("ion", ion, reason, "Moving ion")
    repeats = repeats_for(crystal.cell, goal.separation, len(crystal))
    tried = _hop_barriers(crystal, chosen, repeats, potential, goal, control)
    hops = [hop for hop in tried if not hop.band.is_lost]
    if not leads_somewhere(structure, [hop.kind for hop in hops]):
        lost = next(hop for hop in tried if hop.band.is_lost)
        name = f"the hop of {ion} over {lost.kind.length:.2f} Å"
        raise LostBandError(name, lost.band.times_longer)
    lowest = min(float(hop.band.energies[[0, -1]].min()) for hop in hops)
    steps = [(step, index) for index, hop in enumerate(hops) for step in hop.kind.images]
    tops = np.array([float(hops[index].band.energies.max()) - lowest for _, index in steps])
    network = network_of(len(crystal), [step for step, _ in steps], tops)
    found = percolation(network)
    nodes, cells = way(network, np.ones(len(steps)), found.node, found.direction, found.energies[0])
    route = _route(hops, nodes, cells, found.energies[0] + lowest)
    drawn = _drawn(structure, ion, hops, route, lowest)
    main = replace(
        drawn,
        dimensions=sum(energy <= found.energies[0] + _SAME for energy in found.energies),
        direction=found.direction,
        barrier=found.energies[0],
    )
    single = [_drawn(structure, ion, hops, [_itself(index)], lowest) for index in range(len(hops))]
    is_complete = len(chosen) == len(kinds) and all(hop.band.converged for hop in tried)
    n_atoms = len(crystal) * math.prod(repeats)
    return Migration(
        ion,
        found.energies,
        tuple(hops),
        repeats,
        n_atoms,
        (main, *single),
        is_complete,
        len(tried) - len(hops),
    )


def _relaxed(
    structure: Structure, potential: Potential, goal: BandGoal, control: RunControl
) -> Structure:
    """The crystal where the potential takes it, so that hops feel no foreign stress."""
    if not goal.relaxes_crystal:
        return structure
    limit = Goal(fmax=goal.fmax, smax=0.5 * GPA, steps=500)
    (result,) = relax([structure], potential, limit, control=control)
    if result.error is not None:
        raise result.error
    return result.structure


def _affordable(structure: Structure, kinds: list[HopKind]) -> list[HopKind]:
    """The shortest hops, and as many more as it takes to lead through the crystal."""
    count = min(len(kinds), MOST_KINDS)
    while count < len(kinds) and not leads_somewhere(structure, kinds[:count]):
        count += 1
    return kinds[:count]


def _hop_barriers(
    crystal: Structure,
    kinds: Sequence[HopKind],
    repeats: Cell,
    potential: Potential,
    goal: BandGoal,
    control: RunControl,
) -> list[HopBarrier]:
    """A relaxed band for each kind of hop."""
    limit = Goal(fmax=0.5 * goal.fmax, fix_cell=True, steps=goal.steps)
    found = []
    for index, kind in enumerate(kinds):
        if kind.length > goal.separation - 1.0:
            reason = f"a hop is {kind.length:.1f} A long, and would meet its own image"
            raise InvalidSpecError("separation", goal.separation, reason, "Distance of images", "A")
        name = f"Hop {index + 1} of {len(kinds)}, {kind.length:.2f} A"
        control.progress(index, len(kinds), f"{name}: relaxing its ends")
        ends = relax(ends_of(crystal, kind, repeats), potential, limit, control=control)
        for end in ends:
            if end.error is not None:
                raise end.error
        images = interpolated(ends[0].structure, ends[1].structure, goal.n_images)

        def told(step: int, largest: float, at: int = index, hop: str = name) -> None:
            text = f"{hop}: step {step}, largest force {largest:.3f} eV/Å"
            control.progress(at + 0.5, len(kinds), text)

        band = relaxed_band(
            images, potential, fmax=goal.fmax, steps=goal.steps, control=control, on_step=told
        )
        if not all(end.converged for end in ends):
            band = replace(band, converged=False)
        found.append(HopBarrier(kind, band, _track(crystal, kind, band)))
    return found


def _track(crystal: Structure, kind: HopKind, band: Band) -> Array:
    """(n_images, 3) the hopping ion, bent so that it leads from site to site of the crystal.

    Beside a vacancy an ion sits a little off its site; hops that follow each other would not meet.
    """
    inverse = np.linalg.inv(crystal.cell)
    track = band.positions[:, -1].cpu().numpy().astype(np.float64) @ inverse
    ends = crystal.positions[[kind.first, kind.second]] @ inverse
    ends[1] += np.array(kind.cell)
    share = np.linspace(0.0, 1.0, len(track))[:, None]
    bent: Array = track + (1 - share) * (ends[0] - track[0]) + share * (ends[1] - track[-1])
    return bent


@dataclass(frozen=True, eq=False)
class _Leg:
    """A hop of a way: which band, and how it is laid into the crystal."""

    hop: int
    image: Image
    cell: NDArray[np.int64]


def _route(
    hops: list[HopBarrier], nodes: NDArray[np.int64], cells: NDArray[np.int64], highest: float
) -> list[_Leg]:
    """The hop of each edge of a way; of several between the same sites, the lowest."""
    legs = []
    for place in range(len(nodes) - 1):
        x, y, z = (int(value) for value in cells[place + 1] - cells[place])
        step = (int(nodes[place]), int(nodes[place + 1]), (x, y, z))
        tops = [
            (float(hop.band.energies.max()), index)
            for index, hop in enumerate(hops)
            if step in hop.kind.images
        ]
        top, index = min(tops)
        assert top <= highest + 1e-9
        legs.append(_Leg(index, hops[index].kind.images[step], cells[place]))
    return legs


def _itself(index: int) -> _Leg:
    """The representative hop where it was computed."""
    identity = Image(np.eye(3), np.zeros(3), is_reversed=False)
    return _Leg(index, identity, np.zeros(3, dtype=np.int64))


def _drawn(
    structure: Structure, ion: str, hops: list[HopBarrier], legs: list[_Leg], lowest: float
) -> MigrationPath:
    """Hops one after the other, laid into the crystal as it was given."""
    places: list[Array] = []
    energies: list[Array] = []
    for leg in legs:
        hop = hops[leg.hop]
        track = hop.track @ leg.image.rotation.T + leg.image.translation + leg.cell
        profile = hop.band.energies.cpu().numpy() - lowest
        if leg.image.is_reversed:
            track, profile = track[::-1], profile[::-1]
        begin = 1 if places else 0  # where the last hop ended
        places.append(track[begin:])
        energies.append(profile[begin:])
    positions, heights = np.concatenate(places) @ structure.cell, np.concatenate(energies)
    lengths = np.linalg.norm(np.diff(positions, axis=0), axis=1)
    return MigrationPath(
        method=NEB,
        ion=ion,
        dimensions=0,
        direction=(0, 0, 0),
        barrier=float(heights.max() - min(heights[0], heights[-1])),
        positions=positions,
        distances=np.concatenate([[0.0], np.cumsum(lengths)]),
        energies=heights,
    )
