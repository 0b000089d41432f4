"""One task of an inverse design, in whichever process it is done."""

import logging
from functools import lru_cache

from designer_app.design.checking import checked
from designer_app.design.physics import (
    catalyst_physics,
    electrode_physics,
    electrolyte_physics,
)
from designer_app.design.second_judge import judged_again, judges
from designer_app.device import Compute
from designer_app.potentials import Potential, load_potential
from designer_app.running.control import RunControl
from designer_app.screening.reference.relaxing import Inner, relax_phases
from designer_app.specs.design_tasks import DesignAnswer, DesignTask, RelaxedCrystal


def run(spec: DesignTask, control: RunControl) -> DesignAnswer:
    """What the task came to. Raises what its computation raises."""
    return _BODIES[spec.kind](spec, control)


def _relax(spec: DesignTask, control: RunControl) -> DesignAnswer:
    found = relax_phases(spec.structures, _loaded(spec), control=Inner(control))
    return DesignAnswer(
        relaxed=tuple(
            RelaxedCrystal(
                structure=each.structure,
                energy=each.energy,
                n_steps=each.n_steps,
                converged=each.converged,
                error=each.error,
            )
            for each in found
        )
    )


def _physics(spec: DesignTask, control: RunControl) -> DesignAnswer:
    (structure,) = spec.structures
    inner = Inner(control)
    inner.log = _UNHEARD
    if spec.purpose in ("cathode", "anode"):
        return electrode_physics(structure, spec.ion, _loaded(spec), inner)
    if spec.purpose == "electrolyte":
        return electrolyte_physics(structure, spec.ion, _loaded(spec), inner)
    if spec.purpose == "catalyst":
        return catalyst_physics(structure, spec.reaction, spec.expected, _loaded(spec), inner)
    return DesignAnswer()


def _check(spec: DesignTask, control: RunControl) -> DesignAnswer:
    (structure,) = spec.structures
    return checked(structure, spec.energy, _loaded(spec), spec.seed, control)


def _second(spec: DesignTask, control: RunControl) -> DesignAnswer:
    (structure,) = spec.structures
    answers = [
        judged_again(
            structure,
            spec.e_above_hull,
            _potential(key, model, spec.device, spec.dtype),
            control,
        )
        for key, model in judges(spec.potential, spec.model)
    ]
    return DesignAnswer(
        checks=tuple(check for each in answers for check in each.checks),
        estimates=tuple(found for each in answers for found in each.estimates),
        warnings=tuple(told for each in answers for told in each.warnings),
    )


_UNHEARD = logging.Logger("designer_app.design_task", logging.CRITICAL)  # noqa: LOG001
"""For what a command tells of one candidate: here it would be told of dozens, and without a name.
What counts stands in the answer."""
_BODIES = {"relax": _relax, "physics": _physics, "check": _check, "second": _second}


def _loaded(spec: DesignTask) -> Potential:
    return _potential(spec.potential, spec.model, spec.device, spec.dtype)


@lru_cache(maxsize=4)
def _potential(key: str, model: str, device: str, dtype: str) -> Potential:
    """Loaded once for all tasks of a process."""
    return load_potential(key, model, Compute(device, dtype))
