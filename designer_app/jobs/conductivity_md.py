"""Conductivity by molecular dynamics: runs at several temperatures, extrapolated.

Each run is one of the program's ordinary runs in a folder of its own, goes on where it was left,
and is read by the ordinary analysis: a coefficient counts only where ions left their cages.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np

from designer_app.device import Compute
from designer_app.dynamics.checkpoint import has_checkpoint
from designer_app.dynamics.diffusion import COMMON_CHARGES, extrapolate, nernst_einstein
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import InvalidSpecError
from designer_app.jobs import analyse, md
from designer_app.potentials import load_potential
from designer_app.properties.conductivity import unanswered
from designer_app.properties.hops import repeats_for
from designer_app.relaxation import Goal, relax
from designer_app.running.control import RunControl
from designer_app.specs.analyse import AnalyseSpec
from designer_app.specs.conductivity import (
    CONDUCTIVITY,
    LOG_UNIT,
    MD,
    ConductivitySpec,
    DiffusionRun,
    MigrationPath,
)
from designer_app.specs.estimates import Estimate
from designer_app.specs.md import MDSpec
from designer_app.specs.structure import Structure
from designer_app.state import check_computable, set_threads
from designer_app.units import GPA

FRAME_STEPS = 25
"""Steps between frames; ions cross no half cell in that time."""
_90_IN_68 = 1.645
"""Half width of 90 % of a normal distribution, in that of 68 %."""
KIND = "Nernst-Einstein, without correlation between ions"


def by_dynamics(
    spec: ConductivitySpec, ion: str, control: RunControl
) -> tuple[tuple[Estimate, ...], tuple[MigrationPath, ...], tuple[DiffusionRun, ...]]:
    """The conductivity extrapolated from runs that diffuse, and what each run says."""
    assert spec.structure is not None
    assert spec.out is not None
    check_computable(spec.structure)
    start: Structure | None = None
    runs = []
    for kelvin in temperatures(spec):
        folder = spec.out / f"{kelvin:.0f}K"
        is_begun = has_checkpoint(folder)
        if not is_begun and start is None:
            start = _start(spec, control)
        runs.append(_run(spec, ion, kelvin, folder, None if is_begun else start, control))
    estimate = extrapolated(spec, ion, runs)
    return (estimate,), (), tuple(runs)


def temperatures(spec: ConductivitySpec) -> list[float]:
    """In K, evenly spaced in 1/T, the highest first: it tells soonest whether ions move at all."""
    inverse = np.linspace(1 / spec.md_to, 1 / spec.md_from, spec.md_runs)
    return [round(float(1 / each)) for each in inverse]


def _start(spec: ConductivitySpec, control: RunControl) -> Structure:
    """A supercell of the relaxed crystal."""
    assert spec.structure is not None
    compute = Compute(spec.device, spec.dtype, spec.threads)
    set_threads(compute)
    potential = load_potential(spec.potential, spec.model, compute)
    goal = Goal(fmax=0.05, smax=0.5 * GPA)
    (relaxed,) = relax([spec.structure], potential, goal, control=control)
    if relaxed.error is not None:
        raise relaxed.error
    cell = relaxed.structure.cell
    repeats = repeats_for(cell, spec.separation, len(relaxed.structure))
    grid = np.stack(np.meshgrid(*map(np.arange, repeats), indexing="ij"), axis=-1).reshape(-1, 3)
    positions = relaxed.structure.positions[None] + (grid @ cell)[:, None]
    return Structure(
        numbers=np.tile(relaxed.structure.numbers, len(grid)),
        positions=positions.reshape(-1, 3),
        cell=cell * np.array(repeats)[:, None],
        pbc=(True, True, True),
        name=spec.structure.name,
    )


def _run(
    spec: ConductivitySpec,
    ion: str,
    kelvin: float,
    folder: Path,
    start: Structure | None,
    control: RunControl,
) -> DiffusionRun:
    """A run up to the steps asked for, begun or continued, and its diffusion."""
    dynamics = MDSpec(
        structure=start,
        potential=spec.potential,
        model=spec.model,
        ensemble="bussi",
        temperature=kelvin,
        timestep=spec.timestep,
        steps=spec.md_steps,
        frame_interval=FRAME_STEPS,
        seed=spec.seed,
        device=spec.device,
        dtype=spec.dtype,
        threads=spec.threads,
        out=folder,
        resume=start is None,
    )
    done = md.run(dynamics, control)
    seen: dict[str, Any] = {}
    try:
        asked = AnalyseSpec(trajectory=Path(done["trajectory"]), msd=ion, seed=spec.seed)
        seen = analyse.run(asked, control)
    except InvalidSpecError as error:  # too few frames yet
        control.log.warning("%s at %.0f K: %s", ion, kelvin, error.reason)
    return DiffusionRun(
        temperature=kelvin,
        picoseconds=1e-3 * spec.timestep * done["steps"],
        is_seen=bool(seen.get("diffusion_seen")),
        coefficient=seen.get("D_cm2_s"),
        error=seen.get("D_error_cm2_s"),
        upper_bound=seen.get("D_upper_bound_cm2_s"),
        folder=str(folder),
    )


def extrapolated(spec: ConductivitySpec, ion: str, runs: list[DiffusionRun]) -> Estimate:
    """The conductivity at the temperature asked for, from at least three runs that diffuse."""
    told = "; ".join(_sentence(ion, run) for run in runs)
    good = [run for run in runs if run.is_seen and run.coefficient and run.error]
    origin = f"{spec.potential} {spec.model}".strip() + f", {KIND}"
    if len(good) < 3:
        reason = f"An extrapolation needs three temperatures at which {ion} diffuses: {told}."
        return unanswered(MD, reason, origin)
    fitted = extrapolate(
        np.array([run.temperature for run in good]),
        np.array([run.coefficient for run in good]),
        np.array([run.error for run in good]),
        spec.temperature,
    )
    structure = spec.structure
    assert structure is not None
    n_ions = int((structure.numbers == ATOMIC_NUMBERS[ion]).sum())
    charge = COMMON_CHARGES.get(ion, 1)
    sigma = nernst_einstein(fitted.coefficient, charge, n_ions, structure.volume, spec.temperature)
    half = _90_IN_68 * 0.5 * math.log10(fitted.interval[1] / fitted.interval[0])
    value = math.log10(sigma)
    return Estimate(
        key=CONDUCTIVITY,
        value=value,
        unit=LOG_UNIT,
        low=value - half,
        high=value + half,
        method=MD,
        origin=origin,
        light="amber",
        reason=f"Extrapolated to {spec.temperature:.0f} K with a barrier of {fitted.barrier:.2f} ± "
        f"{fitted.barrier_error:.2f} eV; the interval holds the errors of sampling alone: {told}.",
    )


def _sentence(ion: str, run: DiffusionRun) -> str:
    where = f"{run.temperature:.0f} K, {run.picoseconds:.0f} ps"
    if run.is_seen:
        return f"D = {run.coefficient:.1e} cm²/s at {where}"
    if run.upper_bound is None:
        return f"too short to tell at {where}"
    return f"no diffusion of {ion} seen, D below {run.upper_bound:.1e} cm²/s at {where}"
