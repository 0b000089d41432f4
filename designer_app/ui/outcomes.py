"""What came out of a job, in one sentence; and which buttons mend an error."""

from collections.abc import Mapping
from typing import Any

from designer_app.running.messages import JobError
from designer_app.ui.panels.error_card import Remedy
from designer_app.ui.trust import Level, Verdict
from designer_app.ui.wording import rate_text, simulated_time, with_error

_DRIFT_TO_MENTION = 1e-3
"""eV per atom and ps: above, the time step is too long for the forces."""
_SETTLED_ERRORS, _SETTLED_SHARE = 3.0, 0.05
"""A mean temperature this many standard errors and this part off is no canonical average."""

_PBE_SWELLS = (1.0, 6.0)
"""%; PBE's lattice constants are about 1 % too long (doi:10.1103/PhysRevB.79.085104)."""

ORDER, POTENTIAL, SHORTER, RELAX, AGAIN, RESUME, OPEN, KEEP_CELL, ALLOW = (
    "order",
    "potential",
    "shorter",
    "relax",
    "again",
    "resume",
    "open",
    "keep-cell",
    "allow",
)
OF_SIMULATIONS = (SHORTER, RESUME, KEEP_CELL)
"""Remedies that make sense for a simulation only."""
_REMEDIES: Mapping[str, tuple[Remedy, ...]] = {
    "DisorderedStructureError": (Remedy(ORDER, "Make an ordered cell"),),
    "UnsupportedElementError": (Remedy(POTENTIAL, "Choose another potential"),),
    "BlowUpError": (Remedy(SHORTER, "Halve the time step"), Remedy(RELAX, "Relax first")),
    "NotFiniteError": (Remedy(RELAX, "Relax first"), Remedy(SHORTER, "Halve the time step")),
    "MissingCellError": (Remedy(KEEP_CELL, "Keep the cell"),),
    "WorkerDiedError": (Remedy(RESUME, "Resume"), Remedy(AGAIN, "Start again")),
    "WriteFailedError": (Remedy(AGAIN, "Try again"),),
    "OutOfMemoryError": (Remedy(AGAIN, "Try again"),),
    "CannotProvideError": (Remedy(POTENTIAL, "Choose another potential"),),
    "CodeNotTrustedError": (Remedy(ALLOW, "Let it run..."),),
    "FileUnreadableError": (Remedy(OPEN, "Open another file"),),
    "ModelUnreadableError": (Remedy(POTENTIAL, "Choose another potential"),),
    "UnfinishedTrainingError": (Remedy(POTENTIAL, "Choose another potential"),),
    "FileTooLargeError": (Remedy(OPEN, "Open another file"),),
    "TimeLimitError": (Remedy(OPEN, "Open another file"),),
    "NotConvergedError": (Remedy(RELAX, "Go on relaxing"),),
}


def remedies_for(error: JobError) -> tuple[Remedy, ...]:
    """The buttons of an error card."""
    return _REMEDIES.get(error.kind, ())


def md_outcome(
    result: Mapping[str, Any], timestep_fs: float, asked_K: float | None = None
) -> tuple[str, str]:
    """(sentence, ok or warn) about a finished run; `asked_K` is the thermostat's temperature."""
    steps = int(result["steps"])
    temperature = result.get("mean_temperature_K")
    error = result.get("mean_temperature_error_K")
    parts = [f"{simulated_time(steps * timestep_fs)} done"]
    if temperature is not None:
        told = with_error(float(temperature), float(error)) if error else f"{temperature:.0f}"
        parts.append(f"{told} K on average")
    if result.get("steps_per_s"):
        parts.append(rate_text(float(result["steps_per_s"])))
    sentence = ", ".join(parts) + "."
    trust = result.get("trust") or {}
    if trust.get("level", "good") != "good":
        return f"{sentence} {trust['sentence']}", "warn"
    drift = float(result.get("drift_eV_per_atom_ps") or 0.0)
    if abs(drift) > _DRIFT_TO_MENTION:
        told = f"The conserved energy drifts by {1000 * drift:.2g} meV/atom/ps"
        return f"{sentence} {told}: use a shorter time step before you trust numbers.", "warn"
    if asked_K is not None and temperature is not None:
        off = float(temperature) - asked_K
        if abs(off) > max(_SETTLED_ERRORS * float(error or 0.0), _SETTLED_SHARE * asked_K):
            side = "below" if off < 0 else "above"
            told = f"That is {abs(off):.0f} K {side} the {asked_K:g} K asked for"
            return f"{sentence} {told}: it has not settled yet, extend the run.", "warn"
    return f"{sentence} The conserved energy drifts by {1000 * drift:.1g} meV/atom/ps.", "ok"


def with_doubts(text: str, kind: str, verdict: Verdict | None) -> tuple[str, str]:
    """The outcome of a run whose potential has a red light: nothing is well then."""
    if kind != "ok" or verdict is None or verdict.level is not Level.NO:
        return text, kind
    return f"{text} {verdict.reasons[0]}", "warn"


def relax_outcome(result: Mapping[str, Any]) -> tuple[str, str]:
    """(sentence, ok or warn) about a finished relaxation."""
    steps = result.get("n_steps")
    energy = result.get("energy_eV")
    converged = bool(result.get("converged"))
    parts = [f"Relaxed in {steps} steps" if converged else f"Not relaxed after {steps} steps"]
    if energy is not None:
        parts.append(f"energy {float(energy):.4f} eV")
    if result.get("fmax_eV_A") is not None:
        parts.append(f"largest force {float(result['fmax_eV_A']):.3f} eV/Å")
    if result.get("volume_change_percent") is not None:
        change = float(result["volume_change_percent"])
        parts.append(f"volume {change:+.1f} %")
        if result.get("potential") == "chgnet" and _PBE_SWELLS[0] < change < _PBE_SWELLS[1]:
            parts.append("as usual for PBE, whose cells are a few percent larger than measured")
    return ", ".join(parts) + ".", "ok" if converged else "warn"
