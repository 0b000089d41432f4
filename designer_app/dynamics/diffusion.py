"""How far ions go: mean square displacement, diffusion coefficient, Nernst-Einstein conductivity.

Decision: a diffusion coefficient is given only where ions have left their cages: the displacement
at the longest lag passes 10 A^2, and MSD ~ t^alpha with alpha in 0.8-1.2. Otherwise vibration
would be sold as diffusion; what can be said then is a bound, and how long a run would tell.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import InvalidSpecError
from designer_app.units import CM2_PER_S, FS, KB

Array = NDArray[np.float64]

LONGEST_LAG = 0.25
"""Part of the trajectory up to which displacements are averaged."""
FIT_FROM = 0.2
"""Part of the longest lag from which the straight line is fitted: what is before is vibration."""
LEAST_MSD = 10.0
"""A^2; a hop between neighbouring sites is about 3 A long."""
ALPHA_RANGE = (0.8, 1.2)
"""Exponents of the displacement's growth that count as diffusion."""
_MOST_LAGS = 100
_MOST_ORIGINS = 3000
_TIME_BLOCKS = 3
_RESAMPLES = 400
FEWEST_FRAMES = 20

COMMON_CHARGES = {
    "H": 1, "Li": 1, "Na": 1, "K": 1, "Rb": 1, "Cs": 1, "Cu": 1, "Ag": 1,
    "Be": 2, "Mg": 2, "Ca": 2, "Sr": 2, "Ba": 2, "Zn": 2, "Al": 3,
    "O": -2, "S": -2, "F": -1, "Cl": -1, "Br": -1, "I": -1,
}  # fmt: skip
"""Charges in e of ions that move in solids."""


def unwrapped(positions: Array, cells: Array, pbc: tuple[bool, bool, bool]) -> Array:
    """Positions (frames, atoms, 3) in A without jumps through the cell, in the mean cell.

    Between frames every atom takes the nearest image. Changes of the cell are taken out: fractional
    coordinates are followed and set into the mean cell.
    """
    periodic = np.array(pbc)
    if not periodic.any():
        return positions
    spanning = cells.copy()
    # A direction without a lattice vector must not leave the cell flat.
    for axis in np.flatnonzero(~periodic):
        others = np.delete(np.arange(3), axis)
        normal = np.cross(spanning[:, others[0]], spanning[:, others[1]])
        length = np.linalg.norm(normal, axis=1, keepdims=True)
        spanning[:, axis] = normal / np.where(length > 0, length, 1.0)
    fractions = np.linalg.solve(spanning.transpose(0, 2, 1), positions.transpose(0, 2, 1))
    fractions = fractions.transpose(0, 2, 1)
    steps = np.diff(fractions, axis=0)
    jumps = np.cumsum(np.round(steps) * periodic, axis=0)
    fractions[1:] -= jumps
    followed: Array = fractions @ spanning.mean(axis=0)
    return followed


def without_drift(positions: Array, masses: Array) -> Array:
    """Positions (frames, atoms, 3) relative to their common centre of mass."""
    centre = np.einsum("tia,i->ta", positions, masses) / masses.sum()
    relative: Array = positions - (centre - centre[0])[:, None]
    return relative


@dataclass(frozen=True, eq=False)
class Displacements:
    """Mean square displacements, for each ion and block of time on its own."""

    lags_ps: Array
    """(n_lags,)."""
    units: Array
    """(n_blocks * n_ions, n_lags) A^2: what a bootstrap draws from."""

    @property
    def msd(self) -> Array:
        """(n_lags,) A^2."""
        mean: Array = self.units.mean(axis=0)
        return mean


def mean_square_displacements(positions: Array, frame_ps: float) -> Displacements:
    """MSD(t) = <|r_i(s + t) - r_i(s)|^2>, averaged over start times s in blocks, ion by ion.

    A block is as long as the longest lag: within a block displacements are not independent.
    Raises `InvalidSpecError` for fewer than 20 frames.
    """
    n_frames = len(positions)
    if n_frames < FEWEST_FRAMES:
        raise InvalidSpecError(
            "trajectory", f"{n_frames} frames", f"displacements need at least {FEWEST_FRAMES}"
        )
    longest = max(int(LONGEST_LAG * n_frames), 2)
    lags = np.unique(np.linspace(1, longest, min(longest, _MOST_LAGS)).astype(int))
    units = np.empty((_TIME_BLOCKS, positions.shape[1], len(lags)))
    for column, lag in enumerate(lags):
        ends = np.linspace(0, n_frames - lag, _TIME_BLOCKS + 1).astype(int)
        for block, (begin, end) in enumerate(pairwise(ends)):
            stride = max((end - begin) * _TIME_BLOCKS // _MOST_ORIGINS, 1)
            moved = positions[begin + lag : end + lag : stride] - positions[begin:end:stride]
            units[block, :, column] = np.square(moved).sum(axis=2).mean(axis=0)
    return Displacements(lags * frame_ps, units.reshape(-1, len(lags)))


@dataclass(frozen=True, kw_only=True)
class Diffusion:
    """What a trajectory says about diffusion. Coefficients in cm^2/s."""

    is_seen: bool
    largest_msd: float
    """A^2, at the longest lag."""
    alpha: float
    """Exponent of MSD ~ t^alpha over the fitted lags."""
    coefficient: float | None = None
    error: float | None = None
    """One standard error by block bootstrap."""
    interval: tuple[float, float] | None = None
    """95 %, by the same bootstrap."""
    upper_bound: float | None = None
    """Where none is seen: a faster ion would have gone farther."""
    run_needed_ps: float | None = None
    """Where none is seen: the length of a run in which an ion as fast as the bound is seen."""


def diffusion(displacements: Displacements, seed: int) -> Diffusion:
    """Einstein's D = d MSD / dt / 6 with its error, or a bound where ions do not diffuse."""
    lags = displacements.lags_ps
    fitted = lags >= FIT_FROM * lags[-1]
    units = displacements.units[:, fitted]
    times = lags[fitted]
    msd = displacements.msd
    alpha = _slope(np.log(times), np.log(np.maximum(msd[fitted], 1e-300)))
    generator = np.random.default_rng(seed)
    chosen = generator.integers(len(units), size=(_RESAMPLES, len(units)))
    resampled = units[chosen].mean(axis=1)
    to_cm2_s = 1.0 / (6.0 * 1e3 * FS * CM2_PER_S)
    largest = float(msd[-1])
    if largest > LEAST_MSD and ALPHA_RANGE[0] <= alpha <= ALPHA_RANGE[1]:
        coefficients = np.array([_slope(times, each) for each in resampled]) * to_cm2_s
        low, high = np.percentile(coefficients, [2.5, 97.5])
        return Diffusion(
            is_seen=True,
            largest_msd=largest,
            alpha=alpha,
            coefficient=_slope(times, msd[fitted]) * to_cm2_s,
            error=float(coefficients.std(ddof=1)),
            interval=(float(low), float(high)),
        )
    at_most = float(np.percentile(resampled[:, -1], 97.5)) / lags[-1]
    return Diffusion(
        is_seen=False,
        largest_msd=largest,
        alpha=alpha,
        upper_bound=at_most * to_cm2_s,
        run_needed_ps=max(LEAST_MSD / at_most, 2.0 * lags[-1]) / LONGEST_LAG,
    )


def nernst_einstein(
    coefficient: float, charge: float, n_ions: int, volume: float, kelvin: float
) -> float:
    """Conductivity n q^2 D / (V kT) in S/cm of ions that move independently.

    Correlation between ions is left out, which is why the name belongs to the number. D in cm^2/s,
    q in e, V in A^3.
    """
    elementary_charge_C = 1.6021766208e-19
    per_cm3 = n_ions / volume * 1e24
    # e^2 / (kT in eV) = e / (kT / e): one factor e is the joule in an electronvolt.
    return per_cm3 * charge**2 * elementary_charge_C * coefficient / (KB * kelvin)


@dataclass(frozen=True, kw_only=True)
class Arrhenius:
    """D(T) = D_0 exp(-E_a / kT) through several temperatures."""

    prefactor: float
    """D_0, cm^2/s."""
    barrier: float
    """E_a, eV."""
    barrier_error: float
    """eV."""
    coefficient: float
    """D at the temperature asked for, cm^2/s."""
    interval: tuple[float, float]
    """68 % of that D."""


def extrapolate(kelvins: Array, coefficients: Array, errors: Array, at_kelvin: float) -> Arrhenius:
    """The diffusion coefficient at another temperature, from at least three.

    Weighted straight line of ln D against 1/kT. Raises `InvalidSpecError` with fewer: two points
    make a line of any slope, and no error.
    """
    if len(np.unique(kelvins)) < 3:
        raise InvalidSpecError(
            "temperatures", len(np.unique(kelvins)), "an extrapolation needs three temperatures"
        )
    inverse = 1.0 / (KB * np.asarray(kelvins))
    weights = np.asarray(coefficients) / np.asarray(errors)
    design = np.stack([np.ones_like(inverse), -inverse], axis=1)
    covariance = np.linalg.inv((design * weights[:, None] ** 2).T @ design)
    fitted = covariance @ (design * weights[:, None] ** 2).T @ np.log(coefficients)
    asked = np.array([1.0, -1.0 / (KB * at_kelvin)])
    value, error = float(asked @ fitted), float(np.sqrt(asked @ covariance @ asked))
    return Arrhenius(
        prefactor=float(np.exp(fitted[0])),
        barrier=float(fitted[1]),
        barrier_error=float(np.sqrt(covariance[1, 1])),
        coefficient=float(np.exp(value)),
        interval=(float(np.exp(value - error)), float(np.exp(value + error))),
    )


def _slope(x: Array, y: Array) -> float:
    centred = x - x.mean()
    return float(centred @ y / (centred @ centred))
