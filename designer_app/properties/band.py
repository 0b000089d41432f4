"""Nudged elastic band: the lowest way over a pass between two minima, all images as one batch.

Forces on image i, with the unit tangent t_i of the improved tangent method (Henkelman and Jonsson
2000, doi:10.1063/1.1323224):

    F_i = f_i - (f_i . t_i) t_i + k (|x_(i+1) - x_i| - |x_i - x_(i-1)|) t_i

The highest image climbs, once the band has come near the way (Henkelman, Uberuaga and Jonsson
2000, doi:10.1063/1.1329672):

    F_c = f_c - 2 (f_c . t_c) t_c

These forces are no gradient of anything, so that a method with a line search or an energy has
nothing to go by; FIRE needs forces alone, and is as fast as the best on bands (Sheppard, Terrell
and Henkelman 2008, doi:10.1063/1.2841941). The band is one system to it, of one time step.

| symbol | variable |
|---|---|
| f, x | forces, positions (n_images, n_atoms, 3) |
| k | SPRING |
| t | tangents |
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from designer_app.errors import NotFiniteError
from designer_app.io.documents import atoms_from_structure
from designer_app.neighbors.verlet import VerletList
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential
from designer_app.relaxation.fire import Fire
from designer_app.relaxation.rows import Rows
from designer_app.running.control import RunControl
from designer_app.specs.structure import Structure
from designer_app.state import AtomicState, state_from_structures

SPRING = 5.0
"""eV/A^2; weaker springs let images slide off a steep way into the minima beside it."""
CLIMB_BELOW = 0.5
"""eV/A: the highest image climbs once no force is larger."""
CLIMB_HIGHER = 0.05
"""eV by which another image must be higher to climb instead: between two passes of one height the
climbing image would change at each step, and the band would never come to rest."""
LONGEST_BAND = 2.0
"""Lengths of the first band: one that has grown longer has left its way for other minima, in which
the crystal around the hop has another arrangement."""
LONGEST_MOVE = 0.1
"""A, of an atom in one step."""
BATCH_ATOMS = {"cpu": 1024, "cuda": 16384, "mps": 4096}
"""Atoms of images that are computed together, by device."""
SKIN = 0.5
_IDPP_STEPS = 100


@dataclass(frozen=True, eq=False)
class Band:
    """Images from one minimum to another, both included."""

    positions: Float[Tensor, "n_images n_atoms 3"]
    energies: Float[Tensor, "n_images"]
    """eV."""
    fmax: float
    """eV/A: the largest force across the band, and along it at the image that climbs."""
    n_steps: int
    converged: bool
    times_longer: float = 1.0
    """Its length, over that of the first band."""

    @property
    def is_lost(self) -> bool:
        """Whether it grew so long that it belongs to another process, and its energies to none."""
        return self.times_longer > LONGEST_BAND

    @property
    def highest(self) -> int:
        """The image at the top."""
        return int(self.energies.argmax())

    @property
    def distances(self) -> Float[Tensor, "n_images"]:
        """Length of the band up to each image, over all atoms, A."""
        legs = torch.linalg.vector_norm(
            (self.positions[1:] - self.positions[:-1]).flatten(1), dim=1
        )
        return torch.cat([legs.new_zeros(1), legs.cumsum(0)])


def interpolated(start: Structure, end: Structure, n_between: int) -> list[Structure]:
    """Images between two structures by the image-dependent pair potential, both ends included.

    Smidstrup, Pedersen, Stokbro and Jonsson 2014, doi:10.1063/1.4878664; ASE's, which sees no
    periodic images: meanwhile the atoms are laid around the middle of the longest move.
    """
    from ase.mep.neb import NEB, idpp_interpolate

    shifts = _around_the_move(start, end)
    images = [atoms_from_structure(start) for _ in range(n_between + 1)]
    images.append(atoms_from_structure(end))
    for image in images:
        image.positions += shifts
    band = NEB(images, method="improvedtangent")
    band.interpolate()
    silent: Any = None  # ASE takes None for no file, though it says otherwise
    idpp_interpolate(band, traj=silent, log=silent, steps=_IDPP_STEPS)
    between = [
        Structure(
            numbers=start.numbers,
            positions=np.array(image.positions) - shifts,
            cell=start.cell,
            pbc=start.pbc,
            fixed=start.fixed,
            name=start.name,
        )
        for image in images[1:-1]
    ]
    return [start, *between, end]


def _around_the_move(start: Structure, end: Structure) -> NDArray[np.float64]:
    """(n_atoms, 3) A, lattice vectors that bring each atom next to the one that moves farthest."""
    if not (any(start.pbc) and start.volume > 0):
        return np.zeros_like(start.positions)
    middles = 0.5 * (start.positions + end.positions)
    mover = int(np.linalg.norm(end.positions - start.positions, axis=1).argmax())
    fractions = (middles - middles[mover]) @ np.linalg.inv(start.cell)
    return np.asarray(-(np.rint(fractions) * np.array(start.pbc)) @ start.cell)


def relaxed_band(
    images: Sequence[Structure],
    potential: Potential,
    *,
    fmax: float = 0.05,
    steps: int = 200,
    climb: bool = True,
    control: RunControl | None = None,
    on_step: Callable[[int, float], None] | None = None,
) -> Band:
    """The band of lowest energy near the images given, whose ends stay where they are.

    It is given up where it grows too long, or out of steps. `on_step(step, largest force)` is
    called at each step. Raises `NotFiniteError`.
    """
    control = control or RunControl()
    reference = state_from_structures(images, potential.device)
    positions = reference.positions.view(len(images), -1, 3)
    free = ~reference.fixed.view(len(images), -1, 1)[1:-1]
    ends, _ = _Images((images[0], images[-1]), potential)(positions[[0, -1]], 0)
    evaluate = _Images(images[1:-1], potential)
    inner, forces = evaluate(positions[1:-1], 0)
    energies = torch.cat([ends[:1], inner, ends[1:]])
    rows = _rows(positions[1:-1])
    fire = Fire.start(positions[1:-1].reshape(-1, 3), 1)
    climbing: int | None = None
    first = _length(positions)
    for step in range(steps + 1):
        control.checkpoint()
        pushed = band_forces(positions, energies, forces * free, climbing=climbing) * free
        largest = _largest(pushed)
        if climb and (climbing is not None or largest <= max(CLIMB_BELOW, fmax)):
            climbing = _climbing(energies, climbing)
            pushed = band_forces(positions, energies, forces * free, climbing=climbing) * free
            largest = _largest(pushed)
        if on_step is not None:
            on_step(step, largest)
        longer = _length(positions) / first
        if largest <= fmax or step == steps or longer > LONGEST_BAND:
            converged = largest <= fmax and longer <= LONGEST_BAND
            return Band(positions, energies, largest, step, converged, longer)
        fire, moves = fire.step(rows, pushed.reshape(-1, 3), energies.sum()[None])
        inner = positions[1:-1] + moves.view_as(pushed)
        positions = torch.cat([positions[:1], inner, positions[-1:]])
        between, forces = evaluate(inner, step + 1)
        energies = torch.cat([ends[:1], between, ends[1:]])
    raise AssertionError


def band_forces(
    positions: Float[Tensor, "n_images n_atoms 3"],
    energies: Float[Tensor, "n_images"],
    forces: Float[Tensor, "n_between n_atoms 3"],
    *,
    climbing: int | None,
) -> Float[Tensor, "n_between n_atoms 3"]:
    """What pushes the inner images, eV/A; the image of the band that climbs, if any, is named."""
    along = tangents(positions, energies)
    flat = forces.flatten(1)
    parallel = (flat * along).sum(dim=1)
    legs = torch.linalg.vector_norm((positions[1:] - positions[:-1]).flatten(1), dim=1)
    spring = SPRING * (legs[1:] - legs[:-1])
    pushed = flat + (spring - parallel)[:, None] * along
    if climbing is not None:
        top = climbing - 1
        pushed[top] = flat[top] - 2.0 * parallel[top] * along[top]
    return pushed.view_as(forces)


def _climbing(energies: Float[Tensor, "n_images"], now: int | None) -> int | None:
    """The image that climbs: the highest, or the one that does, unless it is clearly lower; none
    where the way leads over no pass.
    """
    top = 1 + int(energies[1:-1].argmax())
    if now is not None and float(energies[top] - energies[now]) < CLIMB_HIGHER:
        top = now
    is_pass = float(energies[top]) > max(float(energies[0]), float(energies[-1]))
    return top if is_pass else None


def _length(positions: Float[Tensor, "n_images n_atoms 3"]) -> float:
    """A, of the band over all atoms."""
    steps = (positions[1:] - positions[:-1]).flatten(1)
    return float(torch.linalg.vector_norm(steps, dim=1).sum())


def tangents(
    positions: Float[Tensor, "n_images n_atoms 3"], energies: Float[Tensor, "n_images"]
) -> Float[Tensor, "n_between n_coordinates"]:
    """Unit vectors along the band: towards the higher neighbour, mixed at its extrema."""
    steps = (positions[1:] - positions[:-1]).flatten(1)
    before, after = steps[:-1], steps[1:]
    fall, rise = energies[1:-1] - energies[:-2], energies[2:] - energies[1:-1]
    larger = torch.maximum(fall.abs(), rise.abs())[:, None]
    smaller = torch.minimum(fall.abs(), rise.abs())[:, None]
    is_uphill = (energies[2:] > energies[:-2])[:, None]
    mixed = torch.where(
        is_uphill, larger * after + smaller * before, smaller * after + larger * before
    )
    # A flat band has no uphill: then the neighbours alone say where it leads.
    mixed = torch.where(larger > 0, mixed, before + after)
    climbing = ((fall > 0) & (rise > 0))[:, None]
    falling = ((fall < 0) & (rise < 0))[:, None]
    chosen = torch.where(climbing, after, torch.where(falling, before, mixed))
    return chosen / torch.linalg.vector_norm(chosen, dim=1, keepdim=True).clamp(min=1e-12)


def _largest(forces: Tensor) -> float:
    """The longest force on an atom."""
    return float(torch.linalg.vector_norm(forces, dim=2).max())


class _Images:
    """Energies and forces of the images, in as few batches as memory asks for."""

    def __init__(self, images: Sequence[Structure], potential: Potential) -> None:
        self.potential = potential
        size = max(BATCH_ATOMS[potential.device.type] // max(len(images[0]), 1), 1)
        self.chunks: list[tuple[slice, AtomicState, VerletList]] = []
        for begin in range(0, len(images), size):
            part = slice(begin, min(begin + size, len(images)))
            state = state_from_structures(images[part], potential.device)
            potential.check(state, ENERGY_AND_FORCES)
            verlet = VerletList(potential.cutoff, SKIN, half=potential.half_list)
            self.chunks.append((part, state, verlet))

    def __call__(self, positions: Tensor, step: int) -> tuple[Tensor, Tensor]:
        """((n_images,) eV, (n_images, n_atoms, 3) eV/A)."""
        energies, forces = [], []
        for part, state, verlet in self.chunks:
            moved = state.moved(positions[part].reshape(-1, 3))
            found = self.potential.predict(moved, verlet.update(moved), ENERGY_AND_FORCES)
            assert found.forces is not None
            energies.append(found.energy)
            forces.append(found.forces.view(-1, *positions.shape[1:]))
        energy, force = torch.cat(energies), torch.cat(forces)
        if not math.isfinite(float(energy.sum())) or not bool(torch.isfinite(force).all()):
            raise NotFiniteError(self.potential.key, "energy", step)
        return energy, force


def _rows(inner: Tensor) -> Rows:
    """All atoms of all inner images as one system."""
    n_rows = inner.shape[0] * inner.shape[1]
    system = torch.zeros(n_rows, dtype=torch.int64, device=inner.device)
    return Rows(system, 1, inner.new_full((n_rows,), LONGEST_MOVE))
