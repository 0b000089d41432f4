import math

import numpy as np
import pytest
import torch
from scipy.special import sph_harm_y, spherical_jn
from torch.autograd import gradcheck, gradgradcheck

from designer_app.potentials.gemnet.bases import (
    BesselBasis,
    SphericalBesselBasis,
    bessel_zeros,
    circular_harmonics,
    envelope,
)

CUTOFF = 5.0
DISTANCES = torch.linspace(0.1, 4.9, 23, dtype=torch.float64)
ROUNDING = 1e-12


def test_the_envelope_of_power_five_is_that_of_the_paper():
    u = torch.linspace(0, 1, 11, dtype=torch.float64)
    torch.testing.assert_close(envelope(u), 1 - 21 * u**5 + 35 * u**6 - 15 * u**7)


def test_nothing_is_left_of_the_envelope_at_the_cutoff_and_beyond():
    u = torch.tensor([1.0, 1.3], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(envelope(u).sum(), u)
    assert not envelope(u).any()
    assert float(slope.abs().max()) < ROUNDING


def test_the_radial_basis_is_a_set_of_sines_over_the_distance():
    found = BesselBasis(6, CUTOFF).double()(DISTANCES)
    d = DISTANCES[:, None]
    expected = math.sqrt(2 / CUTOFF) * torch.sin(torch.arange(1, 7) * math.pi * d / CUTOFF) / d
    torch.testing.assert_close(found, expected * envelope(d / CUTOFF), rtol=1e-6, atol=1e-6)


def test_zeros_of_spherical_bessel_functions_are_zeros_in_order():
    zeros = bessel_zeros(8, 6)
    values = np.stack([spherical_jn(degree, zeros[degree]) for degree in range(8)])
    assert np.abs(values).max() < ROUNDING
    assert (np.diff(zeros, axis=1) > 0).all()
    assert (np.diff(zeros, axis=0) > 0).all()


def test_functions_of_each_degree_are_normalised_spherical_bessel_functions():
    found = (
        SphericalBesselBasis(7, 6, CUTOFF)(DISTANCES) / envelope(DISTANCES / CUTOFF)[:, None, None]
    )
    zeros = bessel_zeros(7, 6)
    for degree in range(7):
        for n in range(6):
            z = zeros[degree, n]
            factor = math.sqrt(2 / CUTOFF**3) / abs(spherical_jn(degree + 1, z))
            expected = factor * spherical_jn(degree, z * DISTANCES.numpy() / CUTOFF)
            assert found[:, degree, n].numpy() == pytest.approx(expected, abs=1e-11)


def test_they_are_as_good_in_single_precision_near_the_origin():
    near = torch.tensor([0.05, 0.2, 0.6])
    basis = SphericalBesselBasis(7, 6, CUTOFF)
    torch.testing.assert_close(basis(near), basis(near.double()).float(), rtol=1e-5, atol=1e-6)


def test_they_can_be_differentiated_twice():
    d = DISTANCES[::6].clone().requires_grad_()
    basis = SphericalBesselBasis(4, 2, CUTOFF)
    assert gradcheck(basis, (d,))
    assert gradgradcheck(basis, (d,))


def test_harmonics_of_an_angle_are_those_without_an_azimuth():
    cosines = torch.linspace(-1, 1, 9, dtype=torch.float64)[None]
    found = circular_harmonics(cosines, 7)[0]
    for degree in range(7):
        expected = sph_harm_y(degree, 0, np.arccos(cosines[0].numpy()), 0.0).real
        assert found[degree].numpy() == pytest.approx(expected, abs=ROUNDING)
