"""Radial functions of SOAP, tabulated: what one neighbour adds to the density of an atom.

Decision: SOAP of our own
    Context. Wheels of dscribe 2.1.2 (Apache-2.0) and featomic 0.6.7 (BSD-3) exist for Windows,
    macOS arm64 and Linux. dscribe has analytical derivatives for molecules only: 1.3 s by finite
    differences for 64 atoms of silicon in a cell. featomic hands out the whole derivative, one
    row of all features for each pair and direction: 76 ms, where dynamics needs the forces alone.
    Choice. Loops compiled by numba, which is a dependency already: dE/d(feature) is carried back
    through the expansion to the atoms, 2.4 ms with the spectra; the whole derivative, 18 ms, is
    made for the fit only, one atom at a time.
    Consequences. No further package, every system that numba serves, 600 lines to keep. What is
    lost is their choice of radial bases: a kernel knows only the space that the radial functions
    span, and ours is that of QUIP.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.special import ive

FloatArray = NDArray[np.float64]

KNOT_A = 0.02
"""Distance of two knots; the spline is then within 1e-7 of the integral for smearing >= 0.3 A."""
_N_QUADRATURE = 400


@dataclass(frozen=True, kw_only=True)
class SoapShape:
    """What fixes the descriptor of an atom, but for the elements."""

    n_max: int
    l_max: int
    cutoff: float
    """A."""
    smearing: float
    """Width of each neighbour's Gaussian, A."""
    transition: float
    """Neighbours fade from `cutoff - transition` to the cutoff, A."""
    decay: float
    """Power m of the radial weight 1 / (1 + (r / r0)^m); 0 gives all distances the same weight."""
    decay_from: float
    """r0, A."""


@dataclass(frozen=True, eq=False)
class RadialTable:
    """f_nl(r), weighted and cut off, as piecewise cubic polynomials: smooth to the 2nd slope."""

    coefficients: FloatArray
    """(n_knots, 4, l_max + 1, n_max): powers 0 to 3 of the distance from the knot, in A."""
    at_center: FloatArray
    """(n_max,) what an atom adds to its own density; l = 0."""


def radial_table(shape: SoapShape) -> RadialTable:
    """What a neighbour at r adds to c_nlm, but for the spherical harmonic.

    f_nl(r) = w(r) 4 pi exp(-r^2 / 2 s^2) Int g_n(q) q^2 exp(-q^2 / 2 s^2) i_l(q r / s^2) dq
    with orthonormal g_n that span Gaussians of width s on even centres from 0 to the cutoff
    (doi:10.1103/PhysRevB.87.184115, eqs. 28-32), and w(r) the fade at the cutoff times the
    radial weight (doi:10.1039/C8CP05921G, eq. 4).
    """
    radii = np.arange(0.0, shape.cutoff + 2 * KNOT_A, KNOT_A)
    nodes, weights = _quadrature(shape.cutoff + 4.0 * shape.smearing)
    basis = _orthonormal(shape, nodes, weights)
    values = np.empty((len(radii), shape.l_max + 1, shape.n_max))
    for degree in range(shape.l_max + 1):
        kernel = _angular_average(degree, radii, nodes, shape.smearing)
        values[:, degree] = 4.0 * np.pi * (kernel * (weights * nodes**2)) @ basis.T
    weighted = values * _weight(shape, radii)[:, None, None]
    powers = CubicSpline(radii, weighted, axis=0, bc_type="natural").c[::-1]
    table = np.ascontiguousarray(np.moveaxis(powers, 0, 1))
    return RadialTable(table, values[0, 0].copy() * 0.5 / np.sqrt(np.pi))


def fade(r: FloatArray, begin: float, end: float) -> tuple[FloatArray, FloatArray]:
    """1 up to `begin`, 0 from `end`, 1 - x^3 (10 - 15 x + 6 x^2) between; and its slope per A.

    Unlike a cosine it ends without curvature: forces are smooth where a neighbour leaves.
    """
    x = np.clip((r - begin) / (end - begin), 0.0, 1.0)
    values = 1.0 - x**3 * (10.0 - 15.0 * x + 6.0 * x * x)
    return values, -30.0 * x * x * (1.0 - x) ** 2 / (end - begin)


def _weight(shape: SoapShape, r: FloatArray) -> FloatArray:
    """Cutoff times radial weight; 1 at r = 0."""
    cut, _ = fade(r, shape.cutoff - shape.transition, shape.cutoff)
    if shape.decay == 0:
        return cut
    return cut / (1.0 + (r / shape.decay_from) ** shape.decay)


def _quadrature(end: float) -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(_N_QUADRATURE)
    return 0.5 * end * (nodes + 1.0), 0.5 * end * weights


def _orthonormal(shape: SoapShape, nodes: FloatArray, weights: FloatArray) -> FloatArray:
    """(n_max, n_nodes) with Int g_n g_k q^2 dq = 1 for n = k, else 0 (Loewdin)."""
    centers = np.linspace(0.0, shape.cutoff, shape.n_max)
    width = max(shape.smearing, 0.5 * shape.cutoff / shape.n_max)
    raw = np.exp(-0.5 * ((nodes - centers[:, None]) / width) ** 2)
    overlap = (raw * (weights * nodes**2)) @ raw.T
    # scaled first: the Gaussian at the centre has far less volume than the outer ones
    norms = np.sqrt(np.diag(overlap))
    values, vectors = np.linalg.eigh(overlap / np.outer(norms, norms))
    return (vectors / np.sqrt(values)) @ vectors.T @ (raw / norms[:, None])


def _angular_average(degree: int, r: FloatArray, q: FloatArray, smearing: float) -> FloatArray:
    """exp(-(r^2 + q^2) / 2 s^2) i_l(r q / s^2), without overflow."""
    x = np.outer(r, q) / smearing**2
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.sqrt(0.5 * np.pi / x) * ive(degree + 0.5, x)
    scaled[x == 0] = 1.0 if degree == 0 else 0.0
    gap = r[:, None] - q[None, :]
    found: FloatArray = scaled * np.exp(-0.5 * (gap / smearing) ** 2)
    return found
