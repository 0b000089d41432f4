"""An electrode from start to end: structures, relaxations, voltage, and what it is worth."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from designer_app.elements import SYMBOLS
from designer_app.io.potential_cards import families
from designer_app.potentials import Potential
from designer_app.properties.intercalation import ladder_of
from designer_app.properties.single_points import energies_of
from designer_app.properties.voltage import Relaxer, measured
from designer_app.properties.voltage_errors import MeasuredError, measured_error
from designer_app.relaxation import Goal, Relaxed, relax
from designer_app.running.control import RunControl
from designer_app.specs.estimates import Estimate
from designer_app.specs.structure import Structure
from designer_app.specs.suitability import doubt
from designer_app.specs.voltage import VoltageResult, VoltageSpec
from designer_app.units import GPA

SMAX = 0.5 * GPA
"""eV/A^3, as for reference phases."""
SMOOTHED = (
    "Compositions between the ends may come out too stable: the potential spreads electrons that "
    "in some hosts order, as in LiFePO4, which separates into its ends."
)


def electrode(
    spec: VoltageSpec,
    potential: Potential,
    control: RunControl | None = None,
    relaxer: Relaxer | None = None,
    *,
    share: float = 1.0,
) -> VoltageResult:
    """Voltage, capacity, energy density and volume change of the electrode that a spec describes.

    `share` of the ions leaves where a spec removes them (`screening/usable_electrode.py`).
    `relaxer` replaces the relaxations, as by one that keeps what it did. Raises what `ladder_of`
    refuses, and the error of an end that cannot be relaxed.
    """
    assert spec.structure is not None
    control = control or RunControl()
    ladder = ladder_of(
        spec, lambda several: energies_of(several, potential, control), control, share=share
    )

    def relaxed(structures: Sequence[Structure]) -> list[Relaxed]:
        return relax(structures, potential, goal_of(spec), control=control)

    result, _ = measured(ladder, relaxer or relaxed)
    return with_origin(result, potential, spec.structure)


def goal_of(spec: VoltageSpec) -> Goal:
    """How far the structures of a spec are relaxed."""
    return Goal(fmax=spec.fmax, smax=SMAX, steps=spec.steps)


def with_origin(result: VoltageResult, potential: Potential, given: Structure) -> VoltageResult:
    """The result with its potential, the potential's error on known electrodes, and its doubts."""
    warning = doubt(potential.key, given, families(potential.key, potential.model))
    warnings = (*result.warnings, *([warning] if warning else []))
    known = measured_error(potential.model_sha256)
    if known is None:
        unknown = "The error of this potential on known electrodes was not measured."
        warnings = (*warnings, unknown)
    if len(result.steps) > 1:
        warnings = (*warnings, SMOOTHED)
    origin = f"{potential.key} {potential.model} ({potential.model_sha256[:12]})"
    estimate = replace(
        result.estimate,
        error=None if known is None else known.mae,
        origin=origin if known is None else f"{origin}; {known.sentence}",
        light="amber" if warnings else "green",
        reason=warnings[0] if warnings else "",
    )
    return replace(
        result,
        estimate=estimate,
        shifted=None if known is None else _shifted(estimate, known, given, result.ion),
        warnings=warnings,
        potential=potential.key,
        model=potential.model,
        model_sha256=potential.model_sha256,
    )


def _shifted(
    estimate: Estimate, known: MeasuredError, given: Structure, ion: str
) -> Estimate | None:
    """The voltage with the empirical shift that is offered for this host, if any."""
    metals = [SYMBOLS[kind] for kind in np.unique(given.numbers) if SYMBOLS[kind] != ion]
    shift = known.shift_for(metals)
    if shift is None:
        return None
    fitted = f"empirical shift of {shift:+.2f} V {known.shift}, from {known.n} known electrodes"
    return replace(
        estimate,
        value=estimate.value + shift,
        error=known.shift_mae,
        method="relaxation with an empirical shift",
        origin=f"{estimate.origin}; {fitted}, error {known.shift_mae:.2f} V where left out",
    )
