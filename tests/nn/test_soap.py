"""SOAP of atoms: its integrals, its symmetries, its slopes."""

import numpy as np
import pytest
import torch
from scipy.special import sph_harm_y, spherical_in

from designer_app.neighbors.build import build_neighbors
from designer_app.nn.soap import Soap, surroundings
from designer_app.nn.soap_basis import KNOT_A, SoapShape, radial_table
from designer_app.nn.solid_harmonics import fill_harmonics, harmonic_norms
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

SHAPE = SoapShape(
    n_max=4, l_max=4, cutoff=4.0, smearing=0.5, transition=1.0, decay=4.0, decay_from=2.0
)
ROUNDING = 1e-12
"""Of double precision, after a few hundred operations."""
SPLINE = 1e-6
"""Of the tabulated radial functions, whose largest value is about 1."""
DIFFERENCE = 1e-6
"""Relative error of a finite difference with a step of 1e-4 A, through a spline."""
KIND_OF_NUMBER = np.zeros(119, np.int64)
KIND_OF_NUMBER[8] = 1


def harmonics(vector, l_max):
    found, slopes = np.empty((l_max + 1) ** 2), np.empty((3, (l_max + 1) ** 2))
    room = np.zeros((l_max + 2) ** 2)
    fill_harmonics(*vector, l_max, harmonic_norms(l_max), room, found, slopes)
    return found, slopes


def atoms(seed=0, n=6, box=4.5):
    rng = np.random.default_rng(seed)
    numbers = np.array([3, 8] * (n // 2))
    cell = box * (np.eye(3) + 0.1 * rng.normal(size=(3, 3)))
    return state_from_structures(
        [Structure(numbers, rng.random((n, 3)) @ cell, cell, (True, True, True))],
        torch.device("cpu"),
    )


def spectra(state, shape=SHAPE):
    soap = Soap(shape, 2)
    neighbors = build_neighbors(state, shape.cutoff, half=False)
    near = surroundings(state, neighbors, shape.cutoff, KIND_OF_NUMBER)
    return soap, near, soap.spectra(near, near.kinds)


@pytest.mark.parametrize("degree", range(5))
def test_harmonics_are_those_of_scipy_made_real(degree):
    vector = np.array([0.3, -1.1, 0.7])
    r = np.linalg.norm(vector)
    found, _ = harmonics(vector, 4)
    polar, azimuth = np.arccos(vector[2] / r), np.arctan2(vector[1], vector[0])
    for m in range(degree + 1):
        known = sph_harm_y(degree, m, polar, azimuth) * r**degree * (np.sqrt(2) if m else 1.0)
        assert found[degree**2 + degree + m] == pytest.approx(known.real, abs=ROUNDING)
        if m:
            assert found[degree**2 + degree - m] == pytest.approx(known.imag, abs=ROUNDING)


def test_slopes_of_harmonics_are_finite_differences():
    vector = np.array([0.3, -1.1, 0.7])
    _, slopes = harmonics(vector, 6)
    for axis in range(3):
        step = 1e-5 * np.eye(3)[axis]
        rise = harmonics(vector + step, 6)[0] - harmonics(vector - step, 6)[0]
        np.testing.assert_allclose(slopes[axis], rise / 2e-5, atol=1e-8)


def test_radial_functions_are_the_overlap_of_a_gaussian_with_the_basis():
    """In a rich basis their squares sum to the norm of a Gaussian, pi^(3/2) s^3."""
    shape = SoapShape(
        n_max=14, l_max=12, cutoff=7.0, smearing=0.7, transition=0.5, decay=0.0, decay_from=1.0
    )
    table = radial_table(shape)
    k = round(2.0 / KNOT_A)
    values = table.coefficients[k, 0]
    total = sum((2 * d + 1) / (4 * np.pi) * np.square(values[d]).sum() for d in range(13))
    assert total == pytest.approx(np.pi**1.5 * shape.smearing**3, rel=2e-3)


def test_the_scaled_bessel_function_is_that_of_scipy():
    from designer_app.nn.soap_basis import _angular_average

    r, q, width = np.array([0.5, 1.5]), np.array([0.7, 1.0, 2.0]), 0.6
    found = _angular_average(3, r, q, width)
    x = np.outer(r, q) / width**2
    known = np.exp(-0.5 * (r[:, None] ** 2 + q**2) / width**2) * spherical_in(3, x)
    np.testing.assert_allclose(found, known, rtol=1e-12)


def test_spectra_are_unit_vectors():
    _, _, found = spectra(atoms())
    np.testing.assert_allclose(np.linalg.norm(found.unit, axis=1), 1.0, atol=ROUNDING)


def test_turning_the_atoms_leaves_the_spectra():
    state = atoms()
    turn, _ = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64))
    _, _, before = spectra(state)
    _, _, after = spectra(state.moved(state.positions @ turn, state.cell @ turn))
    np.testing.assert_allclose(after.unit, before.unit, atol=1e-10)


def test_other_elements_around_make_another_spectrum():
    state = atoms()
    _, _, before = spectra(state)
    numbers = state.numbers.clone()
    numbers[1] = 3
    swapped = type(state)(**{**vars(state), "numbers": numbers})
    _, _, after = spectra(swapped)
    assert np.abs(after.unit[0] - before.unit[0]).max() > 0.01


def test_a_lone_atom_has_a_spectrum():
    alone = Structure(np.array([8]), np.zeros((1, 3)), np.zeros((3, 3)), (False,) * 3)
    _, _, found = spectra(state_from_structures([alone], torch.device("cpu")))
    assert np.isfinite(found.unit).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_slopes_carried_back_are_finite_differences(seed):
    state = atoms(seed)
    soap, near, found = spectra(state)
    weights = np.random.default_rng(seed).normal(size=found.unit.shape)
    slopes = soap.pair_slopes(near, near.kinds, found, weights)
    first = np.repeat(np.arange(len(near.kinds)), np.diff(near.starts))
    way = np.random.default_rng(seed + 9).normal(size=state.positions.shape)
    expected = (slopes * (way[near.second] - way[first])).sum()

    def value(step):
        _, _, moved = spectra(state.moved(state.positions + step * torch.from_numpy(way)))
        return (moved.unit * weights).sum()

    slope = (value(1e-4) - value(-1e-4)) / 2e-4
    assert slope == pytest.approx(expected, rel=DIFFERENCE * 10, abs=DIFFERENCE)


def test_the_whole_derivative_tells_the_same_as_what_is_carried_back():
    state = atoms(3)
    soap, near, found = spectra(state)
    weights = np.random.default_rng(3).normal(size=found.unit.shape)
    slopes = soap.pair_slopes(near, near.kinds, found, weights)
    by_atom = np.zeros((len(near.kinds), 3))
    first = np.repeat(np.arange(len(near.kinds)), np.diff(near.starts))
    np.add.at(by_atom, near.second, slopes)
    np.add.at(by_atom, first, -slopes)
    whole, strain = np.zeros_like(by_atom), np.zeros(6)
    for atom in range(len(near.kinds)):
        touched, derivative = soap.derivative(near, near.kinds, found, atom)
        said = derivative @ weights[atom]
        np.add.at(whole, touched, said[:-6].reshape(-1, 3))
        strain += said[-6:]
    np.testing.assert_allclose(whole, by_atom, atol=1e-11)
    outer = np.einsum("pa,pb->ab", near.vectors, slopes)
    known = 0.5 * (outer + outer.T)[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
    np.testing.assert_allclose(strain, known, atol=1e-10)


def test_a_neighbour_at_the_cutoff_is_not_seen():
    def pair(distance):
        positions = np.array([[0.0, 0, 0], [distance, 0.0, 0.0]])
        two = Structure(np.array([3, 8]), positions, np.zeros((3, 3)), (False,) * 3)
        return spectra(state_from_structures([two], torch.device("cpu")))[2].unit

    assert np.abs(pair(SHAPE.cutoff - 1e-3) - pair(SHAPE.cutoff + 1e-3)).max() < SPLINE
