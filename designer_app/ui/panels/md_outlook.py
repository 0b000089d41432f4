"""Before a run: what it will take, and what would go wrong."""

from dataclasses import dataclass, field

import numpy as np

from designer_app.specs.md import MDSpec
from designer_app.specs.structure import Structure
from designer_app.ui.wording import duration, simulated_time, size_text

_BYTES_A_FRAME_ATOM = 3 * 3 * 8
"""Positions, momenta and forces in double precision."""
_BYTES_A_FRAME = 900
_LONG_WITH_HYDROGEN, _LONG_WITH_LIGHT, _LONG = 0.5, 2.0, 5.0
"""fs: above, the fastest vibration (O-H 10 fs, first row about 40 fs) is not followed."""
_THIN_CELL = 4.0
"""Å: below, the next image is a near neighbour, and most vibrations have no room."""
_NPT = ("npt", "npt-mtk")


@dataclass
class MeasuredRates:
    """Steps per second seen so far, by what moves the atoms and by number of atoms."""

    seen: dict[tuple[str, str, str], dict[int, float]] = field(default_factory=dict)

    def note(self, spec: MDSpec, n_atoms: int, steps_per_s: float) -> None:
        """Remember how fast a run went."""
        if steps_per_s > 0:
            self.seen.setdefault(_mover(spec), {})[n_atoms] = steps_per_s

    def expect(self, spec: MDSpec, n_atoms: int) -> float | None:
        """Steps per second to expect, scaled by the number of atoms from the closest run."""
        same = self.seen.get(_mover(spec))
        if not same:
            return None
        n, rate = min(same.items(), key=lambda pair: abs(pair[0] - n_atoms))
        return rate * n / n_atoms


def _mover(spec: MDSpec) -> tuple[str, str, str]:
    return spec.engine, spec.potential, spec.model


def estimate(spec: MDSpec, n_atoms: int, rates: MeasuredRates) -> str:
    """Simulated time, wall time where a run has been timed, disk."""
    rate = rates.expect(spec, n_atoms)
    frames = spec.steps // spec.frame_interval + 1
    disk = frames * (_BYTES_A_FRAME + n_atoms * _BYTES_A_FRAME_ATOM)
    simulated = simulated_time(spec.steps * spec.timestep)
    wall = f"about {duration(spec.steps / rate)}" if rate else "its time is known once it runs"
    every = "each step" if spec.frame_interval == 1 else f"one of {spec.frame_interval} steps"
    return f"{simulated}: {wall}. The file keeps {every}: {frames} frames, {size_text(disk)}"


@dataclass(frozen=True)
class Caution:
    """Something to know before the run, and the change that mends it."""

    text: str
    button: str = ""
    changes: tuple[tuple[str, object], ...] = ()
    stops: bool = False
    """The run cannot start like this."""
    orders: bool = False
    """Mended by making an ordered cell."""


def warnings_for(spec: MDSpec, structure: Structure) -> list[Caution]:
    """What is odd about this run of this structure."""
    found: list[Caution] = []
    if structure.disordered_sites:
        found.append(
            Caution(
                "Sites are shared or partly occupied: an energy has no meaning yet.",
                "Make an ordered cell",
                stops=True,
                orders=True,
            )
        )
    if spec.ensemble in _NPT and not (all(structure.pbc) and structure.volume > 0):
        found.append(
            Caution(
                "A pressure needs a cell that is periodic in three directions.",
                "Keep the cell (NVT)",
                (("ensemble", "langevin"),),
                stops=True,
            )
        )
    found.extend(_time_step(spec, structure))
    found.extend(_thin_cell(structure))
    if spec.ensemble == "berendsen":
        found.append(
            Caution(
                "Berendsen equilibrates well but gives no canonical averages.",
                "Use Bussi",
                (("ensemble", "bussi"),),
            )
        )
    return found


def _thin_cell(structure: Structure) -> list[Caution]:
    """Between opposite faces of the cell, along each direction in which it repeats."""
    if not any(structure.pbc) or structure.volume == 0:
        return []
    heights = 1.0 / np.linalg.norm(np.linalg.inv(structure.cell), axis=0)
    thinnest = float(heights[np.array(structure.pbc)].min())
    if thinnest >= _THIN_CELL:
        return []
    return [
        Caution(
            f"The cell is {thinnest:.1f} Å thick: atoms move in step with their own images. "
            "For heat and diffusion take a larger cell."
        )
    ]


def longest_time_step(structure: Structure) -> tuple[float, str]:
    """The longest time step in fs that follows the fastest vibration, and whose that is."""
    lightest = int(structure.numbers.min()) if len(structure) else 0
    if lightest == 1:
        return _LONG_WITH_HYDROGEN, "H"
    if lightest <= 10:
        return _LONG_WITH_LIGHT, "atoms this light"
    return _LONG, "any vibration"


def _time_step(spec: MDSpec, structure: Structure) -> list[Caution]:
    limit, whom = longest_time_step(structure)
    if spec.timestep <= limit:
        return []
    steps = max(1, round(spec.steps * spec.timestep / limit))
    return [
        Caution(
            f"A time step of {spec.timestep:g} fs is long for {whom}: use {limit:g} fs.",
            f"Use {limit:g} fs",
            (("timestep", limit), ("steps", steps)),
        )
    ]
