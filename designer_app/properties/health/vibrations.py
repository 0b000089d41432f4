"""Vibrations of the structure at rest: real, not too fast, and of a force that has an energy.

    D_ia,jb = -dF_ia/dx_jb / sqrt(m_i m_j) by central differences;  nu = sqrt(eigenvalue) / 2 pi

The matrix of a force that is the slope of an energy is symmetric.
"""

import math

import numpy as np

from designer_app.elements import STANDARD_MASSES
from designer_app.properties.health.subject import Floats, Subject, forces_of, moved
from designer_app.specs.health import Curve, HealthItem
from designer_app.units import PS

KEY, TITLE = "phonons", "Vibrations"
MOST_ATOMS = 100
"""Six evaluations of the forces for each atom."""
STEP_A = 0.01
IMAGINARY = -0.5
"""THz; what is nearer to zero is rounding, or the whole structure moving."""
FASTEST = 140.0
"""THz; a hydrogen molecule vibrates at 132."""
ASYMMETRY = 0.02
"""Of the largest force constant."""


def check(subject: Subject) -> HealthItem:
    """At Gamma of the given cell."""
    n = len(subject.rest)
    if n > MOST_ATOMS:
        sentence = f"Not done: {n} atoms are more than {MOST_ATOMS}; check a smaller cell."
        return HealthItem(key=KEY, title=TITLE, level="skipped", sentence=sentence)
    hessian = force_constants(subject)
    frequencies = frequencies_of(hessian, STANDARD_MASSES[subject.rest.numbers])
    off = float(np.abs(hessian - hessian.T).max() / max(np.abs(hessian).max(), 1e-12))
    counts, edges = np.histogram(frequencies, bins=40)
    curve = Curve(
        name="modes",
        x=0.5 * (edges[1:] + edges[:-1]),
        y=counts.astype(np.float64),
        x_label="frequency, THz",
        y_label="modes",
    )
    level, sentence, advice = _judged(frequencies, off)
    return HealthItem(
        key=KEY, title=TITLE, level=level, sentence=sentence, advice=advice, curves=(curve,)
    )


def force_constants(subject: Subject) -> Floats:
    """(3n, 3n) second derivatives of the energy, eV/A^2."""
    rest, n = subject.rest, len(subject.rest)
    shifted = []
    for atom in range(n):
        for axis in range(3):
            for sign in (1.0, -1.0):
                positions = rest.positions.copy()
                positions[atom, axis] += sign * STEP_A
                shifted.append(moved(rest, positions))
    forces = forces_of(subject.potential, shifted, subject.control)
    return np.array(
        [(forces[2 * row + 1] - forces[2 * row]).ravel() / (2.0 * STEP_A) for row in range(3 * n)]
    )


def frequencies_of(hessian: Floats, masses: Floats) -> Floats:
    """(3n,) THz, imaginary ones as negative numbers, ascending."""
    weight = 1.0 / np.sqrt(np.repeat(masses, 3))
    values = np.linalg.eigvalsh(0.5 * (hessian + hessian.T) * weight[:, None] * weight)
    return np.sign(values) * np.sqrt(np.abs(values)) / (2.0 * math.pi) * PS


def _judged(frequencies: Floats, asymmetry: float) -> tuple[str, str, str]:
    if asymmetry > ASYMMETRY:
        sentence = (
            f"Its force constants are not symmetric (by {100 * asymmetry:.1f} %): its forces "
        )
        sentence += "are not the slope of its energy."
        return "no", sentence, "Energy will drift in dynamics; use it to relax only."
    fastest, n_imaginary = float(frequencies[-1]), int((frequencies < IMAGINARY).sum())
    if fastest > FASTEST:
        sentence = f"The fastest vibration has {fastest:.0f} THz, faster than any bond."
        return "no", sentence, "The potential is too stiff here: check units of the labels."
    if n_imaginary:
        lowest = -float(frequencies[0])
        sentence = (
            f"{n_imaginary} vibrations are imaginary (down to {lowest:.1f}i THz): at rest in "
        )
        sentence += "this cell the structure is no minimum."
        return "care", sentence, "Relax it with its cell; some crystals are unstable at 0 K."
    return "good", f"All vibrations are real, the fastest at {fastest:.1f} THz.", ""
