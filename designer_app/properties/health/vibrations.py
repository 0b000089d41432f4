"""Vibrations of the structure at rest: real, not too fast, and of a force that has an energy.

    D_ia,jb = -dF_ia/dx_jb / sqrt(m_i m_j) by central differences;  nu = sqrt(eigenvalue) / 2 pi

The matrix of a force that is the slope of an energy is symmetric. Moving as a whole is no
vibration: it is projected out, and so is turning as a whole, of what has no cell.
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
STRAIGHT = 1e-3
"""Of the longest: a line does not turn about itself."""
ASYMMETRY = 0.02
"""Of the largest force constant."""


def check(subject: Subject) -> HealthItem:
    """At Gamma of the given cell."""
    n = len(subject.rest)
    if n > MOST_ATOMS:
        sentence = f"Not done: {n} atoms are more than {MOST_ATOMS}; check a smaller cell."
        return HealthItem(key=KEY, title=TITLE, level="skipped", sentence=sentence)
    hessian = force_constants(subject)
    masses = STANDARD_MASSES[subject.rest.numbers]
    is_molecule = not any(subject.rest.pbc)
    rigid = rigid_motions(subject.rest.positions, masses, turning=is_molecule)
    frequencies = frequencies_of(hessian, masses, rigid)
    off = float(np.abs(hessian - hessian.T).max() / max(np.abs(hessian).max(), 1e-12))
    counts, edges = np.histogram(frequencies, bins=40)
    curve = Curve(
        name="modes",
        x=0.5 * (edges[1:] + edges[:-1]),
        y=counts.astype(np.float64),
        x_label="frequency, THz",
        y_label="modes",
    )
    level, sentence, advice = _judged(frequencies, off, is_molecule)
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


def rigid_motions(positions: Floats, masses: Floats, *, turning: bool) -> Floats:
    """(3n, k) orthonormal directions in which all atoms move, or turn, as a whole; by mass."""
    roots = np.sqrt(masses)[:, None]
    centred = positions - np.average(positions, axis=0, weights=masses)
    motions = [roots * axis for axis in np.eye(3)]
    if turning:
        motions += [roots * np.cross(axis, centred) for axis in np.eye(3)]
    directions, lengths, _ = np.linalg.svd(
        np.array([each.ravel() for each in motions]).T, full_matrices=False
    )
    found: Floats = directions[:, lengths > STRAIGHT * lengths[0]]
    return found


def frequencies_of(hessian: Floats, masses: Floats, rigid: Floats) -> Floats:
    """(3n,) THz, imaginary ones as negative numbers, ascending; 0 of what is no vibration."""
    weight = 1.0 / np.sqrt(np.repeat(masses, 3))
    matrix = 0.5 * (hessian + hessian.T) * weight[:, None] * weight
    others = np.eye(len(matrix)) - rigid @ rigid.T
    values = np.linalg.eigvalsh(others @ matrix @ others)
    return np.sign(values) * np.sqrt(np.abs(values)) / (2.0 * math.pi) * PS


def _judged(frequencies: Floats, asymmetry: float, is_molecule: bool) -> tuple[str, str, str]:
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
        many = "1 vibration is" if n_imaginary == 1 else f"{n_imaginary} vibrations are"
        sentence = f"{many} imaginary (down to {lowest:.1f}i THz): at rest "
        if is_molecule:
            sentence += "the molecule is no minimum."
            return "care", sentence, "Begin from another shape of it; some have a ridge there."
        sentence += "in this cell the structure is no minimum."
        return "care", sentence, "Relax it with its cell; some crystals are unstable at 0 K."
    return "good", f"All vibrations are real, the fastest at {fastest:.1f} THz.", ""
