"""Judging potentials on labelled frames: what is asked and what comes out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.specs.fields import spec_field
from designer_app.specs.potential_fields import device_field, dtype_field, threads_field


@dataclass(frozen=True, kw_only=True)
class EvaluateSpec:
    """Which potentials are judged on which frames."""

    data: tuple[Path, ...] = spec_field(label="Data", doc="Files of reference calculations.")
    potentials: tuple[str, ...] = spec_field(
        label="Potentials",
        doc="key:model of each, such as chgnet:0.3.0 or schnet:FOLDER of a trained one.",
        argument="potential",
    )
    mapping: tuple[str, ...] = spec_field(
        (), label="Keys", doc="name=value, as for the training.", argument="key"
    )
    tags: tuple[str, ...] = spec_field(
        (), label="Tags", doc="Only frames of these tags; none named: all.", argument="tag"
    )
    align: bool = spec_field(
        True,
        label="Align energies",
        doc="Fit free-atom energies to the data first, for potentials of other functionals; "
        "trained ones are never aligned.",
    )
    most_frames: int = spec_field(
        0, label="Frames", doc="At most so many, evenly spread; 0: all.", low=0, high=10_000_000
    )
    device: str = device_field()
    dtype: str = dtype_field()
    threads: int = threads_field()


@dataclass(frozen=True, kw_only=True)
class ErrorRow:
    """Errors on a group of frames; None where there is nothing to compare."""

    group: str
    """all, "tag NAME" or "element X" (forces on its atoms)."""
    n_frames: int
    energy_mae_meV_atom: float | None = None  # noqa: N815
    force_mae_meV_A: float | None = None  # noqa: N815
    stress_mae_GPa: float | None = None  # noqa: N815
    energy_rmse_meV_atom: float | None = None  # noqa: N815
    force_rmse_meV_A: float | None = None  # noqa: N815


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """One potential on the frames."""

    potential: str
    model: str
    title: str
    model_sha256: str
    rows: tuple[ErrorRow, ...]
    aligned: bool
    """Whether energies of free atoms were fitted to the data first."""
    seconds_per_atom: float
    """Energy and forces, this machine, measured on these frames."""
    energies: NDArray[np.float64]
    """(n_frames,) eV/atom; NaN where it could not be computed."""
    forces: NDArray[np.float32]
    """(n_components,) eV/A, of the frames in order."""
    stresses: NDArray[np.float32]
    """(n_frames, 6) GPa in Voigt order; NaN where not known."""
    spread: NDArray[np.float32] | None = None
    """(n_frames,) largest disagreement of members on a force in the frame, eV/A."""
    problem: str = ""
    """Why it could not be judged, in a sentence."""
    interval_coverage: float | None = None
    """Share of force components inside their calibrated 90 % interval, where there is one."""
    spread_rank_correlation: float | None = None
    """Spearman correlation of spread with the error of the frame's forces."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """Potentials side by side on the same frames."""

    n_frames: int
    elements: tuple[str, ...]
    frames: tuple[tuple[str, int, str], ...]
    """(file, place in it, tag) of each frame, for clicks on points."""
    n_atoms: NDArray[np.int64]
    """(n_frames,)."""
    energies: NDArray[np.float64]
    """(n_frames,) reference, eV/atom."""
    forces: NDArray[np.float32]
    """(n_components,) reference, eV/A."""
    force_numbers: NDArray[np.int16]
    """(n_components,) atomic number behind each component."""
    stresses: NDArray[np.float32]
    """(n_frames, 6) reference, GPa."""
    judged: tuple[Judged, ...]
