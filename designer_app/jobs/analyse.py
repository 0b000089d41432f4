"""What a trajectory says: pair distances, displacements, diffusion, conductivity."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.dynamics.diffusion import (
    COMMON_CHARGES,
    FEWEST_FRAMES,
    Diffusion,
    diffusion,
    mean_square_displacements,
    nernst_einstein,
    unwrapped,
    without_drift,
)
from designer_app.dynamics.learned_region import left_behind
from designer_app.dynamics.pair_distances import radial_distribution
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.errors import FileUnreadableError
from designer_app.io.trajectory import read_frames
from designer_app.running.control import RunControl
from designer_app.specs.analyse import AnalyseSpec
from designer_app.specs.fields import check_spec, refusal
from designer_app.state import AtomicState
from designer_app.units import KB

if TYPE_CHECKING:
    from ase import Atoms

Array = NDArray[np.float64]

MOST_FRAMES_OF_RDF = 200
"""Frames, evenly spaced, over which pair distances are averaged."""
_FIGURES_OF_DIFFUSION = (
    "msd",
    "diffusion_seen",
    "D_cm2_s",
    "D_error_cm2_s",
    "D_interval_95_cm2_s",
    "D_upper_bound_cm2_s",
    "run_needed_ps",
    "conductivity_S_cm",
    "conductivity_error_S_cm",
)
KIND_OF_CONDUCTIVITY = "Nernst-Einstein (ions independent of each other)"


@dataclass(frozen=True, eq=False)
class _Motion:
    """A trajectory of one set of atoms as arrays."""

    numbers: NDArray[np.int64]
    masses: Array
    positions: Array
    """(n_frames, n_atoms, 3) A."""
    cells: Array
    pbc: tuple[bool, bool, bool]
    times_fs: Array | None
    kelvin: float | None
    """Mean temperature, where momenta are known."""


def run(spec: AnalyseSpec, control: RunControl) -> dict[str, Any]:
    """Figures by name; what was not asked for is left out, what cannot be said is None."""
    check_spec(spec)
    motion = _settled(_read(spec.trajectory, control), spec.skip)
    found: dict[str, Any] = {
        "n_frames": len(motion.positions),
        "n_atoms": len(motion.numbers),
        "temperature_K": motion.kelvin,
    }
    if spec.rdf:
        control.progress(0, 1, "Pair distances")
        distances, functions = radial_distribution(_states(motion, control), spec.cutoff, spec.bins)
        found["rdf"] = {"r_A": distances, "g": functions}
    if spec.msd:
        control.progress(0, 1, "Displacements")
        found |= _diffusion_where_long_enough(spec, motion, control)
    if outside := left_behind(spec.trajectory):
        control.log.warning("%s", outside)
        found["warnings"] = [*found.get("warnings", ()), outside]
    control.progress(1, 1, "Done")
    return found


def _diffusion_where_long_enough(
    spec: AnalyseSpec, motion: _Motion, control: RunControl
) -> dict[str, Any]:
    """The diffusion; None and a sentence where pair distances were found and frames are too few."""
    mobile = _mobile(spec, motion)
    n_frames = len(motion.positions)
    if n_frames >= FEWEST_FRAMES:
        return _diffusion_of(spec, motion, mobile)
    skipped = f" after the first {100 * spec.skip:.0f} % was left out" if spec.skip else ""
    told = (
        f"displacements need at least {FEWEST_FRAMES} frames, and there are {n_frames}{skipped}; "
        "run longer, or write frames more often"
    )
    if not spec.rdf:
        raise refusal(spec, "trajectory", told)
    sentence = f"{told[0].upper()}{told[1:]}."
    control.log.warning("%s", sentence)
    return {**dict.fromkeys(_FIGURES_OF_DIFFUSION), "warnings": [sentence]}


def _mobile(spec: AnalyseSpec, motion: _Motion) -> NDArray[np.bool_]:
    """Which atoms are of the element that is followed."""
    mobile = motion.numbers == ATOMIC_NUMBERS.get(spec.msd, -1)
    if not mobile.any():
        present = ", ".join(SYMBOLS[number] for number in np.unique(motion.numbers))
        raise refusal(spec, "msd", f"the trajectory holds {present}")
    return mobile


def _diffusion_of(spec: AnalyseSpec, motion: _Motion, mobile: NDArray[np.bool_]) -> dict[str, Any]:
    followed = unwrapped(motion.positions, motion.cells, motion.pbc)
    followed = without_drift(followed, motion.masses)[:, mobile]
    displacements = mean_square_displacements(followed, 1e-3 * _frame_fs(spec, motion))
    seen = diffusion(displacements, spec.seed)
    n_units = len(displacements.units)
    return {
        "msd": {
            "element": spec.msd,
            "time_ps": displacements.lags_ps,
            "msd_A2": displacements.msd,
            "error_A2": displacements.units.std(axis=0, ddof=1 if n_units > 1 else 0)
            / np.sqrt(n_units),
            "alpha": seen.alpha,
        },
        "diffusion_seen": seen.is_seen,
        "D_cm2_s": seen.coefficient,
        "D_error_cm2_s": seen.error,
        "D_interval_95_cm2_s": seen.interval,
        "D_upper_bound_cm2_s": seen.upper_bound,
        "run_needed_ps": seen.run_needed_ps,
        **_conductivity(spec, motion, seen, int(mobile.sum())),
    }


def _conductivity(
    spec: AnalyseSpec, motion: _Motion, seen: Diffusion, n_ions: int
) -> dict[str, Any]:
    """The conductivity with its error, where charge, volume and temperature are known."""
    charge = spec.charge if spec.charge is not None else COMMON_CHARGES.get(spec.msd)
    volume = float(np.abs(np.linalg.det(motion.cells)).mean()) if all(motion.pbc) else 0.0
    value = error = None
    if charge is not None and motion.kelvin and volume and seen.coefficient is not None:
        value = nernst_einstein(seen.coefficient, charge, n_ions, volume, motion.kelvin)
        error = value * (seen.error or 0.0) / seen.coefficient
    return {
        "conductivity_S_cm": value,
        "conductivity_error_S_cm": error,
        "conductivity_kind": KIND_OF_CONDUCTIVITY,
        "charge_e": charge,
    }


def _frame_fs(spec: AnalyseSpec, motion: _Motion) -> float:
    """Time between frames, the same throughout."""
    if motion.times_fs is None:
        if spec.frame_time is None:
            raise refusal(spec, "frame_time", "the file carries no times of its frames")
        return spec.frame_time
    steps = np.diff(motion.times_fs)
    if len(steps) == 0 or steps.min() <= 0 or np.ptp(steps) > 1e-6 * steps.mean():
        raise refusal(spec, "trajectory", "its frames are not evenly spaced in time")
    return float(steps.mean())


def _read(path: Path, control: RunControl) -> list["Atoms"]:
    """All frames; raises `FileUnreadableError` where they are not of the same atoms."""
    frames: list[Atoms] = []
    for atoms in read_frames(path):
        control.checkpoint()
        if frames and not np.array_equal(atoms.numbers, frames[0].numbers):
            raise FileUnreadableError(str(path), "its frames hold different atoms")
        frames.append(atoms)
    return frames


def _settled(frames: list["Atoms"], skip: float) -> _Motion:
    """The trajectory without its first part."""
    kept = frames[int(skip * len(frames)) :]
    first = kept[0]
    has_times = all("time_fs" in atoms.info for atoms in kept)
    has_momenta = all(atoms.has("momenta") for atoms in kept)
    return _Motion(
        numbers=first.numbers,
        masses=first.get_masses(),
        positions=np.array([atoms.positions for atoms in kept]),
        cells=np.array([atoms.cell.array for atoms in kept]),
        pbc=tuple(bool(flag) for flag in first.pbc),  # type: ignore[arg-type]
        times_fs=np.array([atoms.info["time_fs"] for atoms in kept]) if has_times else None,
        kelvin=_temperature(kept) if has_momenta else None,
    )


def _temperature(frames: list["Atoms"]) -> float | None:
    """Mean kinetic temperature in K.

    Three degrees of freedom are missing where the momenta of every frame add up to nothing.
    """
    momenta = np.array([atoms.get_momenta() for atoms in frames])
    n_moving = int((np.abs(momenta).max(axis=(0, 2)) > 0).sum())
    rests = np.abs(momenta.sum(axis=1)).max() < 1e-6 * max(np.abs(momenta).max(), 1e-300)
    freedoms = 3 * (n_moving - rests)
    kinetic = sum(float(atoms.get_kinetic_energy()) for atoms in frames) / len(frames)
    return 2.0 * kinetic / (freedoms * KB) if freedoms > 0 and kinetic > 0 else None


def _states(motion: _Motion, control: RunControl) -> Iterator[AtomicState]:
    """Frames as states, evenly chosen."""
    n_frames, n_atoms = motion.positions.shape[:2]
    chosen = np.unique(np.linspace(0, n_frames - 1, MOST_FRAMES_OF_RDF).astype(int))
    for done, index in enumerate(chosen):
        control.checkpoint()
        control.progress(done, len(chosen), "Pair distances")
        yield AtomicState(
            numbers=torch.from_numpy(motion.numbers.astype(np.int64)),
            positions=torch.from_numpy(motion.positions[index]),
            cell=torch.from_numpy(motion.cells[index][None]),
            pbc=torch.tensor([motion.pbc]),
            system_idx=torch.zeros(n_atoms, dtype=torch.int64),
            masses=torch.from_numpy(motion.masses),
            fixed=torch.zeros(n_atoms, dtype=torch.bool),
        )
