import numpy as np
import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from designer_app.nn.polynomials import chebyshev, legendre

X = torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(2, 2, 3)
families = pytest.mark.parametrize(
    ("family", "known"),
    [(legendre, np.polynomial.legendre.legvander), (chebyshev, np.polynomial.chebyshev.chebvander)],
)


@families
@pytest.mark.parametrize("n", [1, 2, 7, 33])
def test_polynomials_are_those_of_numpy(family, known, n):
    expected = torch.from_numpy(known(X.numpy(), n - 1)).movedim(-1, -2)
    torch.testing.assert_close(family(X, n), expected, rtol=0, atol=1e-12)


@families
def test_they_can_be_differentiated_twice(family, known):
    x = X.clone().requires_grad_()
    assert gradcheck(lambda x: family(x, 6), (x,))
    assert gradgradcheck(lambda x: family(x, 6), (x,))
