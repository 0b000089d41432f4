"""Energy against volume: one smooth minimum, and a bulk modulus that solids have."""

import numpy as np

from designer_app.io.cell_words import lattice_in_words
from designer_app.properties.health.subject import Subject, energies_of, moved
from designer_app.specs.health import Curve, HealthItem
from designer_app.specs.structure import Structure
from designer_app.units import GPA

KEY, TITLE = "equation-of-state", "Equation of state"
STRAINS = np.linspace(-0.08, 0.08, 17)
"""Of the cell's lengths: volumes from 78 % to 126 %."""
STIFFEST = 600.0
"""GPA; diamond has 443."""
NOISE = 1e-4
"""eV/atom below which a bump is rounding."""


def check(subject: Subject) -> HealthItem:
    """All atoms at their fractions of a cell that is blown up and squeezed."""
    if not subject.is_crystal:
        sentence = "Not done: a molecule has no volume."
        return HealthItem(key=KEY, title=TITLE, level="skipped", sentence=sentence)
    rest = subject.rest
    scaled = [
        moved(rest, (1.0 + each) * rest.positions, (1.0 + each) * rest.cell) for each in STRAINS
    ]
    energies = energies_of(subject.potential, scaled, subject.control) / len(rest)
    volumes = rest.volume * (1.0 + STRAINS) ** 3 / len(rest)
    curve = Curve(
        name="energy",
        x=volumes,
        y=energies - energies.min(),
        x_label="volume, Å³/atom",
        y_label="energy, eV/atom",
    )
    level, sentence, advice = _judged(volumes, energies, rest)
    return HealthItem(
        key=KEY, title=TITLE, level=level, sentence=sentence, advice=advice, curves=(curve,)
    )


def minima(energies: np.ndarray) -> int:
    """How many valleys deeper than rounding a curve has; one at its end counts."""
    n, lowest, highest, is_falling = 0, np.inf, -np.inf, True
    for energy in energies:
        if is_falling:
            lowest = min(lowest, energy)
            if energy > lowest + NOISE:
                n, highest, is_falling = n + 1, energy, False
        else:
            highest = max(highest, energy)
            if energy < highest - NOISE:
                lowest, is_falling = energy, True
    return n + int(is_falling)


def minimum(volumes: np.ndarray, energies: np.ndarray) -> tuple[float, float]:
    """(volume, bulk modulus in GPa) by Birch and Murnaghan (doi:10.1103/PhysRev.71.809).

    Their energy is a polynomial of third degree in V^(-2/3); it is fitted around the lowest point.
    """
    at = int(np.argmin(energies))
    inner = slice(max(at - 4, 0), at + 5)
    x = volumes[inner] ** (-2.0 / 3.0)
    middle, width = x.mean(), np.ptp(x)
    energy = np.polynomial.Polynomial.fit((x - middle) / width, energies[inner], 3).convert()
    slope = energy.deriv()
    found = [root.real for root in slope.roots() if abs(root.imag) < 1e-9]
    best = min(found, key=lambda root: abs(root - (x[at - inner.start] - middle) / width))
    volume = (best * width + middle) ** -1.5
    # d2E/dV2 = (dx/dV)^2 d2E/dx2 where dE/dx is 0
    by_volume = -2.0 / 3.0 * volume ** (-5.0 / 3.0) / width
    return float(volume), float(volume * by_volume**2 * slope.deriv()(best) / GPA)


def _judged(volumes: np.ndarray, energies: np.ndarray, rest: Structure) -> tuple[str, str, str]:
    n_minima, at = minima(energies), int(np.argmin(energies))
    if not np.isfinite(energies).all():
        return "no", "Some volumes have no finite energy.", "Do not use it far from this volume."
    if n_minima > 1:
        sentence = f"The energy has {n_minima} minima between 78 % and 126 % of the volume."
        return "no", sentence, "Add squeezed and stretched cells to the training data."
    if at in (0, len(energies) - 1):
        where = "less than 78 %" if at == 0 else "more than 126 %"
        sentence = f"The energy still falls at {where} of the volume: there is no minimum near."
        return "care", sentence, "Relax the cell first, or add squeezed and stretched cells."
    volume, modulus = minimum(volumes, energies)
    given = rest.volume / len(rest)
    longer = (volume / given) ** (1.0 / 3.0)
    cell = lattice_in_words(longer * rest.cell, longer * rest.positions, rest.numbers)
    told = (
        f"One smooth minimum at {volume:.2f} Å³/atom ({cell}; {100.0 * (volume / given - 1.0):+.1f}"
        f" % against the volume given), bulk modulus {modulus:.0f} GPa"
    )
    if not 0.0 < modulus < STIFFEST:
        return "no", f"{told}, which no solid has.", "Do not trust its pressures."
    return "good", f"{told}.", ""
