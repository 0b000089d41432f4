"""A run at constant energy: whether the energy stays, and the atoms do."""

import numpy as np

from designer_app.dynamics.integrators import FREEDOMS, NVE
from designer_app.dynamics.observables import kinetic_energy, temperature
from designer_app.dynamics.simulation import ForceField, begin, simulate, start_state
from designer_app.errors import BlowUpError, NotFiniteError
from designer_app.properties.health.subject import Subject
from designer_app.specs.health import Curve, HealthItem
from designer_app.state import state_from_structures
from designer_app.units import FS, PS

KEY, TITLE = "constant-energy", "Energy conservation"
GOOD, USABLE = 1.0, 10.0
"""meV/atom in a picosecond: drifts that a thermostat hides, and that it does not."""
STEP_FS, STEP_WITH_H_FS = 1.0, 0.5


def check(subject: Subject) -> HealthItem:
    """Velocities of twice the temperature: a crystal at rest gives half of it to its springs."""
    spec = subject.spec
    dt = STEP_WITH_H_FS if 1 in subject.rest.numbers else STEP_FS
    atoms = state_from_structures([subject.rest], subject.potential.device)
    integrator = NVE(dt=dt * FS)
    evaluate = ForceField(subject.potential, integrator.wants)
    state = begin(start_state(atoms, 2.0 * spec.temperature, seed=0), integrator, evaluate)
    freedoms = state.extended[FREEDOMS]
    total, heat = [], []
    try:
        for now in simulate(state, subject.potential, integrator, spec.steps, evaluate=evaluate):
            subject.control.checkpoint()
            total.append(float((now.energy + kinetic_energy(now)).sum()))
            heat.append(float(temperature(now, freedoms)[0]))
    except (BlowUpError, NotFiniteError):
        step = len(total)
        sentence = f"The run at {spec.temperature:.0f} K broke after {step} steps of {dt:g} fs."
        advice = "Do not run dynamics with it: add hot frames to the training data."
        return HealthItem(key=KEY, title=TITLE, level="no", sentence=sentence, advice=advice)
    return _judged(np.array(total) / len(subject.rest), np.array(heat), dt)


def _judged(total: np.ndarray, heat: np.ndarray, dt: float) -> HealthItem:
    """`total` in eV/atom, `heat` in K, `dt` in fs."""
    time = np.asarray(dt * FS / PS * np.arange(len(total)), np.float64)
    drift = 1e3 * float(np.polyfit(time, total, 1)[0]) if len(total) > 1 else 0.0
    level = "good" if abs(drift) <= GOOD else "care" if abs(drift) <= USABLE else "no"
    sentence = (
        f"Over {time[-1]:.2f} ps at {heat[len(heat) // 2 :].mean():.0f} K the energy drifts by "
        f"{_in_words(drift)} meV/atom in a picosecond."
    )
    advice = "" if level == "good" else "Use a shorter time step, or double precision."
    curves = (
        Curve(
            name="energy",
            x=time,
            y=1e3 * (total - total[0]),
            x_label="time, ps",
            y_label="energy, meV/atom",
        ),
    )
    return HealthItem(
        key=KEY, title=TITLE, level=level, sentence=sentence, advice=advice, curves=curves
    )


def _in_words(drift: float) -> str:
    """With its sign, where it is more than nothing to two decimals."""
    return f"{drift:+.2f}" if abs(drift) >= 0.005 else "less than 0.01"
