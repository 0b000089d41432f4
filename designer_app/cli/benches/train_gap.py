"""`bench train-gap`: our GAP against gap_fit and quippy on silicon, in one run.

Both learn the same training frames of mlearn (Zuo et al. 2020, doi:10.1021/acs.jpca.9b08723) with
descriptors of the same size and as many sparse points, and are judged on its test frames. gap_fit
runs with the Python that --peer names, where quippy-ase is installed, or with this one. Its noises
are 0.002 eV, 0.1 eV/A and 0.1 eV; ours are chosen by a tenth of the frames, which neither learns.
Times are CPU seconds of one thread, so that other work on the machine does not count.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from ase.io import write

from designer_app.device import Compute, thread_environment
from designer_app.dynamics.integrators import NVE
from designer_app.dynamics.simulation import ForceField, begin, simulate, start_state
from designer_app.errors import FitFailedError
from designer_app.io.labels import read_labelled
from designer_app.potentials.gap import GAPPotential
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.state import set_threads, state_from_structures
from designer_app.training.frame_splits import split_frames
from designer_app.training.frames import SplitFrames
from designer_app.training.gap_fit_program import arguments, quip_atoms
from designer_app.training.gap_fitting import fit, potential_of_fit
from designer_app.training.gap_plan import settings_for
from designer_app.training.metrics import errors_on
from designer_app.training.predicting import said_of
from designer_app.training.published.folder import data_file, data_folder
from designer_app.training.references import free_atom_energies
from designer_app.units import FS

SPARSE_POINTS, QUICK_POINTS, QUICK_FRAMES = 500, 100, 40
STEPS, TEMPERATURE_K, SEED = 100, 500.0, 1
_PEER = """
import json, os, subprocess, sys, time
import numpy as np
from ase import units
from ase.io import read
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from ase.md.verlet import VelocityVerlet
from quippy.potential import Potential
given, steps, temperature, seed = json.loads(sys.argv[1])
start = "import sys; from quippy.cli import gap_fit; sys.argv[0] = 'gap_fit'; sys.exit(gap_fit())"
with open("log", "w") as log:
    subprocess.run([sys.executable, "-c", start, *given], stdout=log, stderr=log, check=True)
fitted = os.times().children_user + os.times().children_system
potential = Potential("IP GAP", param_filename="gap.xml")
energy, forces = [], []
for atoms in read("test.xyz", ":"):
    known_energy, known = atoms.info["known_energy"], atoms.arrays["known_forces"]
    atoms.calc = potential
    energy.append(abs(atoms.get_potential_energy() - known_energy) / len(atoms))
    forces.append(abs(atoms.get_forces() - known).ravel())
atoms = read("start.xyz")
atoms.calc = potential
MaxwellBoltzmannDistribution(atoms, temperature_K=temperature, rng=np.random.RandomState(seed))
run = VelocityVerlet(atoms, units.fs)
run.run(2)
began = time.process_time()
run.run(steps)
step = (time.process_time() - began) / steps
print(json.dumps([fitted, 1e3 * np.mean(energy), 1e3 * np.concatenate(forces).mean(), step]))
"""


def rows(
    quick: bool,
    say: Callable[[str], None],
    data: Path | None = None,
    peer: Path | None = None,
) -> Iterator[dict[str, object]]:
    """Seconds of the fit, errors on the test frames, milliseconds of a step: ours and gap_fit's."""
    set_threads(Compute("cpu", "float64", 1))
    root = data_folder(data)
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        spec = TrainPotentialSpec(
            data=(data_file(root, "potentials/mlearn_Si/training.json"),),
            test_data=(data_file(root, "potentials/mlearn_Si/test.json"),),
            out=Path(name),
            model="gap",
            preset="custom",
            options=(f"n_sparse={QUICK_POINTS if quick else SPARSE_POINTS}",),
            n_train=QUICK_FRAMES if quick else 0,
        )
        kept_back = read_labelled(spec.test_data).frames
        frames = split_frames(read_labelled(spec.data).frames, spec, kept_back)
        largest = max(frames.test, key=len)
        say(f"ours learns {len(frames.train)} frames")
        ours = _ours(frames, spec, largest)
        python = _peer_python(peer)
        theirs: tuple[float | None, ...] = (None,) * 4
        if python is None:
            say("gap_fit is not installed (pip install 'designer-app[gap]'): its column is empty")
        else:
            say("gap_fit learns them too")
            theirs = _theirs(python, frames, spec, largest)
    what = (
        (f"fit to {len(frames.train)} frames of Si", "CPU s"),
        (f"energy, {len(frames.test)} test frames", "meV/atom"),
        (f"forces, {len(frames.test)} test frames", "meV/A"),
        (f"MD step of {len(largest)} atoms", "CPU ms"),
    )
    for (text, unit), mine, other in zip(what, ours, theirs, strict=True):
        yield {
            "what": text,
            "unit": unit,
            "ours": mine,
            "gap_fit and quippy": other,
            "ours / theirs": None if other is None else mine / other,
        }


def _ours(frames: SplitFrames, spec: TrainPotentialSpec, start: LabelledFrame) -> tuple[float, ...]:
    warm = replace(spec, options=("n_sparse=5", "n_max=3", "l_max=2"))
    control = RunControl()
    fit(SplitFrames(frames.train[:2], frames.validation[:1]), warm, control)  # loads machine code
    began = time.process_time()
    fitted = fit(frames, spec, control)
    seconds = time.process_time() - began
    potential = potential_of_fit(fitted)
    errors = errors_on("test", frames.test, said_of(potential, frames.test, control))
    assert errors.energy_meV_atom is not None
    assert errors.force_meV_A is not None
    step = 1e3 * _seconds_a_step(potential, start)
    return seconds, errors.energy_meV_atom, errors.force_meV_A, step


def _seconds_a_step(potential: GAPPotential, frame: LabelledFrame) -> float:
    """Of constant-energy dynamics by our own engine, pair lists included."""
    atoms = state_from_structures([frame.structure], torch.device("cpu"))
    integrator = NVE(dt=1.0 * FS)
    evaluate = ForceField(potential, integrator.wants)
    still = begin(start_state(atoms, TEMPERATURE_K, SEED), integrator, evaluate)
    *_, state = simulate(still, potential, integrator, 2, evaluate=evaluate)
    began = time.process_time()
    for _ in simulate(state, potential, integrator, STEPS, evaluate=evaluate):
        pass
    return (time.process_time() - began) / STEPS


def _peer_python(named: Path | None) -> str | None:
    """A Python with quippy: the one named, or this one."""
    if named is not None:
        return str(named)
    return sys.executable if find_spec("quippy") is not None else None


def _theirs(
    python: str, frames: SplitFrames, spec: TrainPotentialSpec, start: LabelledFrame
) -> tuple[float, ...]:
    """Raises `FitFailedError` where it ends without numbers."""
    settings = settings_for(frames, spec)
    references = free_atom_energies(frames.train, frames.free_atoms)
    everything = (*frames.train, *frames.test)
    tags = {tag: str(k) for k, tag in enumerate(sorted({frame.tag for frame in everything}))}
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        sets = {"train": frames.train, "test": frames.test, "start": (start,)}
        for key, each in sets.items():
            atoms = [
                quip_atoms(frame, {**dict.fromkeys([frame.tag], "x"), **tags}) for frame in each
            ]
            write(str(folder / f"{key}.xyz"), atoms, format="extxyz")
        given: list[Any] = [arguments(settings, references, tags, spec.seed), STEPS, TEMPERATURE_K]
        ended = subprocess.run(
            [python, "-c", _PEER, json.dumps([*given, SEED])],
            cwd=folder,
            env={**os.environ, **thread_environment(1)},
            capture_output=True,
            text=True,
            check=False,
        )
    if ended.returncode != 0:
        raise FitFailedError("gap_fit", (ended.stderr.strip() or "it said nothing")[-300:])
    fitted, energy, forces, step = json.loads(ended.stdout.splitlines()[-1])
    return float(fitted), float(energy), float(forces), 1e3 * float(np.float64(step))
