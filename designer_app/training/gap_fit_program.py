"""Fitting by gap_fit of QUIP, where quippy-ase is installed: the same settings, its program.

quippy-ase is under the GPL and no part of this one: gap_fit runs as a process of its own.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import write

from designer_app.errors import FitFailedError
from designer_app.potentials.quip_files import XML
from designer_app.potentials.quip_gap import (
    QuipPotential,
    files_as_arrays,
    from_arrays,
    need_quippy,
)
from designer_app.running.control import RunControl
from designer_app.specs.fields import settings_of
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.networks import GAPSettings
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.training.frames import Fitted, SplitFrames
from designer_app.training.gap_frames import tag_factors
from designer_app.training.metrics import errors_on
from designer_app.training.predicting import said_of
from designer_app.training.references import references_for
from designer_app.training.training_log import TrainingLog

USUAL_ENERGY, USUAL_VIRIAL = 0.002, 0.1
"""eV, where the settings leave noises open: gap_fit does not choose them."""
DELTA, PAIR_DELTA = 1.0, 2.0
"""eV."""
_START = "import sys; from quippy.cli import gap_fit; sys.argv[0] = 'gap_fit'; sys.exit(gap_fit())"
_MOST_JUDGED = 50
_BETWEEN_LOOKS = 0.2
"""Seconds."""
_UNTAGGED = "untagged"


def fit_with_program(
    frames: SplitFrames, spec: TrainPotentialSpec, settings: GAPSettings, control: RunControl
) -> Fitted:
    """A GAP that gap_fit made. Raises `MissingPackageError`, `FitFailedError`."""
    need_quippy("fitting by gap_fit")
    began = time.perf_counter()
    references = references_for(frames, spec)
    tags = {tag: str(k) for k, tag in enumerate(sorted({each.tag for each in frames.train}))}
    with tempfile.TemporaryDirectory(prefix="gap-fit-") as name:
        folder = Path(name)
        write(str(folder / "train.xyz"), [quip_atoms(each, tags) for each in frames.train])
        control.progress(0, 1, "gap_fit")
        run_program(arguments(settings, references, tags, spec.seed), folder, control)
        arrays = files_as_arrays(folder / XML)
    seconds = time.perf_counter() - began
    _judge(from_arrays(arrays), frames, spec.out, seconds, control)
    return Fitted(
        settings=settings_of(settings),
        arrays=arrays,
        cutoff=settings.cutoff,
        references=references,
        training={"epochs": 1, "best_epoch": 1, "seconds": seconds, "engine": "gap_fit"},
        notes="Fitted by gap_fit: it computes where quippy-ase is installed.",
    )


def arguments(
    settings: GAPSettings, references: Mapping[str, float], tags: Mapping[str, str], seed: int
) -> list[str]:
    """What gap_fit is called with, for "train.xyz" in its folder."""
    cutoff = f"cutoff={settings.cutoff} cutoff_transition_width={settings.transition}"
    soap = (
        f"soap {cutoff} n_max={settings.n_max} l_max={settings.l_max} "
        f"atom_sigma={settings.smearing} zeta={settings.zeta} delta={DELTA} "
        f"covariance_type=dot_product sparse_method=cur_points "
        f"n_sparse={max(1, settings.n_sparse // len(references))} add_species=T"
    )
    pairs = (
        f"distance_2b {cutoff} covariance_type=ard_se theta_uniform={settings.pair_width} "
        f"delta={PAIR_DELTA} n_sparse={settings.pair_points} sparse_method=uniform add_species=T"
    )
    noises = (
        settings.sigma_energy or USUAL_ENERGY,
        settings.sigma_forces,
        settings.sigma_virial or USUAL_VIRIAL,
    )
    by_tag = [
        ":".join([tags[tag], *(f"{factor * each:g}" for each in noises), "0.0"])
        for tag, factor in tag_factors(settings).items()
        if tag in tags
    ]
    free = ":".join(f"{symbol}:{energy!r}" for symbol, energy in references.items())
    found = [
        "at_file=train.xyz",
        f"gp_file={XML}",
        "energy_parameter_name=known_energy",
        "force_parameter_name=known_forces",
        "virial_parameter_name=known_virial",
        "do_copy_at_file=F",
        "sparse_separate_file=T",
        f"rnd_seed={seed + 1}",
        f"e0={{{free}}}",
        f"default_sigma={{{' '.join(f'{each:g}' for each in noises)} 0.0}}",
        f"gap={{{' : '.join([pairs, soap] if settings.pair_points else [soap])}}}",
    ]
    if by_tag:
        found.append(f"config_type_sigma={{{':'.join(by_tag)}}}")
    return found


def run_program(given: Sequence[str], folder: Path, control: RunControl) -> None:
    """Run gap_fit in a folder until it is done; it ends with the run. Raises `FitFailedError`."""
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", _START, *given], cwd=folder, stdout=log, stderr=log
        )
        try:
            while process.poll() is None:
                control.checkpoint()
                try:
                    process.wait(_BETWEEN_LOOKS)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if process.returncode != 0 or not (folder / XML).is_file():
        said = [line for line in (folder / "log").read_text(errors="replace").splitlines() if line]
        raise FitFailedError("gap_fit", said[-1] if said else "it said nothing")


def quip_atoms(frame: LabelledFrame, tags: Mapping[str, str]) -> Atoms:
    """QUIP's words: the virial is minus stress times volume, tags are one word."""
    structure = frame.structure
    cell = structure.cell if all(structure.pbc) else None
    atoms = Atoms(structure.numbers, structure.positions, cell=cell, pbc=structure.pbc)
    if cell is None:
        atoms.center(vacuum=20.0)  # QUIP wants a cell
    atoms.info["config_type"] = tags[frame.tag]
    if frame.energy is not None and np.isfinite(frame.energy):
        atoms.info["known_energy"] = frame.energy
    if frame.forces is not None and np.isfinite(frame.forces).all():
        atoms.arrays["known_forces"] = frame.forces
    if cell is not None and frame.stress is not None and np.isfinite(frame.stress).all():
        atoms.info["known_virial"] = -frame.stress * atoms.get_volume()
    return atoms


def _judge(
    potential: QuipPotential,
    frames: SplitFrames,
    folder: Path,
    seconds: float,
    control: RunControl,
) -> None:
    """The one row of its series, and the points of its parity plots."""
    step = max(1, len(frames.train) // _MOST_JUDGED)
    train = frames.train[::step]
    learned = errors_on("train", train, said_of(potential, train, control, "Training frames"))
    said = said_of(potential, frames.validation, control, "Validation frames")
    kept_back = errors_on("validation", frames.validation, said)
    log = TrainingLog(folder, control)
    try:
        log.parity(frames.validation, said, at_last=True)
        told = {
            "energy_train_meV_atom": learned.energy_meV_atom,
            "force_train_meV_A": learned.force_meV_A,
            "stress_train_GPa": learned.stress_GPa,
            "energy_validation_meV_atom": kept_back.energy_meV_atom,
            "force_validation_meV_A": kept_back.force_meV_A,
            "stress_validation_GPa": kept_back.stress_GPa,
        }
        known = {name: value for name, value in told.items() if value is not None}
        log.row({"epoch": 1, "seconds": seconds, "best_epoch": 1, **known})
    finally:
        log.close()
