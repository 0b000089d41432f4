"""A run as a whole: begun from a structure, or continued from the folder it was left in."""

from dataclasses import dataclass
from typing import Any

import torch

from designer_app.dynamics.checkpoint import (
    has_checkpoint,
    newest_checkpoint,
    nothing_to_resume,
    structure_sha256,
)
from designer_app.dynamics.ensembles import integrator_for
from designer_app.dynamics.integrators import Integrator
from designer_app.dynamics.simulation import ForceField, begin, start_state
from designer_app.errors import InvalidSpecError, ResumeError
from designer_app.potentials.base import Potential
from designer_app.provenance import now, versions
from designer_app.specs.fields import settings_of
from designer_app.specs.md import MDSpec
from designer_app.state import AtomicState, MDState, state_from_structures

_MAY_CHANGE = frozenset(
    {
        "steps",
        "checkpoint_interval",
        "max_temperature",
        "device",
        "dtype",
        "threads",
        "out",
        "resume",
    }
)
"""Settings that a continued run may change; all others would make it another run."""


@dataclass(frozen=True, eq=False)
class Run:
    """A simulation that is ready to go on."""

    spec: MDSpec
    state: MDState
    integrator: Integrator
    evaluate: ForceField
    ramp_steps: int
    structure_sha256: str
    """Of what the run began from, also where it is continued without it."""
    is_resumed: bool = False
    is_bitwise: bool = True
    """Whether what follows is what would have followed without the stop."""

    @property
    def potential(self) -> Potential:
        """What computes the forces."""
        return self.evaluate.potential

    @property
    def keeps_until(self) -> int | None:
        """Last step of the frames in the folder that stay; None for all."""
        return None if self.is_bitwise else self.state.step


def ready_run(spec: MDSpec, potential: Potential, device: torch.device) -> Run:
    """The run of a specification: continued where that is asked for and possible, else begun."""
    return _resumed(spec, potential, device) or _begun(spec, potential, device)


def _begun(spec: MDSpec, potential: Potential, device: torch.device) -> Run:
    """A run from its structure."""
    if spec.structure is None:
        if spec.out is not None:
            raise nothing_to_resume(spec.out)
        raise InvalidSpecError("structure", None, "there is nothing to set in motion")
    atoms = state_from_structures([spec.structure], device)
    velocities = None
    if spec.structure.velocities is not None:
        velocities = torch.as_tensor(spec.structure.velocities, dtype=atoms.dtype, device=device)
    integrator = integrator_for(spec)
    evaluate = ForceField(potential, _wants(atoms, potential, integrator))
    state = start_state(atoms, spec.temperature, spec.seed, velocities)
    return Run(
        spec=spec,
        state=begin(state, integrator, evaluate),
        integrator=integrator,
        evaluate=evaluate,
        ramp_steps=spec.steps,
        structure_sha256=structure_sha256(spec.structure),
    )


def _resumed(spec: MDSpec, potential: Potential, device: torch.device) -> Run | None:
    """The run that is in the folder; None where it is to start or never came to a checkpoint."""
    if not spec.resume or spec.out is None or not has_checkpoint(spec.out):
        return None
    checkpoint = newest_checkpoint(spec.out, device)
    facts = checkpoint.facts
    _check_same_run(spec, potential, facts)
    same_machine = facts["machine"] == machine(spec, device)
    if same_machine:
        potential.use_kernels(facts["kernel_choice"])
    integrator = integrator_for(spec, facts["ramp_steps"])
    neighbors = checkpoint.neighbors(potential.cutoff, half=potential.half_list)
    wants = _wants(checkpoint.state, potential, integrator)
    return Run(
        spec=spec,
        state=checkpoint.state,
        integrator=integrator,
        evaluate=ForceField(potential, wants, neighbors),
        ramp_steps=facts["ramp_steps"],
        structure_sha256=facts["structure_sha256"],
        is_resumed=True,
        is_bitwise=potential.native and same_machine and spec.engine == "native",
    )


def _wants(atoms: AtomicState, potential: Potential, integrator: Integrator) -> frozenset[str]:
    """What is asked at each step: the stress too where there is a cell, for the pressure."""
    has_cell = bool((atoms.pbc.all(dim=1) & (atoms.volume > 0)).all())
    gives_pressure = has_cell and "stress" in potential.gives
    return integrator.wants | (frozenset({"stress"}) if gives_pressure else frozenset())


def machine(spec: MDSpec, device: torch.device) -> str:
    """What must be equal for a continuation to give the same bits.

    Only one thread of a CPU fixes the order of every sum; anything else is equal to nothing.
    """
    if device.type != "cpu" or torch.get_num_threads() != 1:
        return f"{device}, not repeatable since {now()}"
    return f"cpu, {spec.dtype}, torch {torch.__version__}"


def _check_same_run(spec: MDSpec, potential: Potential, facts: dict[str, Any]) -> None:
    """Raise `ResumeError` where the checkpoint belongs to another run."""
    then, today = facts["settings"], settings_of(spec)
    for name in sorted((then.keys() | today.keys()) - _MAY_CHANGE):
        if then.get(name) != today.get(name):
            reason = f"its {name} is {then.get(name)}, not {today.get(name)}"
            raise ResumeError(str(spec.out), reason)
    if facts["model_sha256"] != potential.model_sha256:
        raise ResumeError(str(spec.out), "the parameters of the potential have changed since")
    given = None if spec.structure is None else structure_sha256(spec.structure)
    if given not in (None, facts["structure_sha256"]):
        raise ResumeError(str(spec.out), "it started from another structure")


def facts_of(run: Run) -> dict[str, Any]:
    """What a continuation must know, as plain data."""
    return {
        "settings": settings_of(run.spec),
        "structure_sha256": run.structure_sha256,
        "model_sha256": run.potential.model_sha256,
        "machine": machine(run.spec, run.state.device),
        "ramp_steps": run.ramp_steps,
    }


def provenance_of(run: Run) -> dict[str, Any]:
    """What made the run, as plain data."""
    structure = run.spec.structure
    return {
        "made_by": "md",
        "source": "" if structure is None else structure.name,
        "created": now(),
        "resumed_from_step": run.state.step if run.is_resumed else None,
        "engine": run.spec.engine,
        "potential": run.potential.key,
        "model": run.potential.model,
        "model_sha256": run.potential.model_sha256,
        "structure_sha256": run.structure_sha256,
        "seed": run.spec.seed,
        "device": str(run.state.device),
        "threads": torch.get_num_threads(),
        "versions": versions(),
    }
