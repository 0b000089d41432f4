"""Angles and dihedral angles of quadruplets c -> a - b <- d as sums that factor.

Y_lm(cab, cabd) holds cos(m cabd) = cos(m c) cos(m d) + sin(m c) sin(m d), with both angles
measured about the axis a - b from any direction across it. So the sum over d is made for each long
edge, before anything is known of c.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.linalg import vector_norm

from designer_app.neighbors.quadruplets import Quadruplets
from designer_app.neighbors.triplets import permuted, picked
from designer_app.nn.polynomials import legendre, legendre_derivatives
from designer_app.potentials.gemnet.bases import circular_harmonics

STRAIGHT = 0.1
"""Sine of the angle abd below which the dihedral, undefined for 180 degrees, fades out."""


@dataclass(frozen=True, eq=False)
class Dihedrals:
    """Angular functions of all quadruplets, in their two factors."""

    circular: Float[Tensor, "n_long n_degrees width"]
    """Y_l0(angle abd); 0 where d = a."""
    of_d: Float[Tensor, "n_long 2*n_degrees width"]
    """cos(m d), then sin(m d)."""
    of_c: tuple[Float[Tensor, "n_atoms width*n_l 2*long_width"], ...]
    """For each m: Y_lm without its factor of d, l from m on, for (c, l) by (cos or sin, b)."""
    of_triangles: Float[Tensor, "n_short n_harmonics triangle_width"]
    """Y_lm of the quadruplets with d = c."""


def orders(n_degrees: int) -> list[tuple[int, int]]:
    """(l, m) of the spherical harmonics, by m and then l."""
    return [(degree, m) for m in range(n_degrees) for degree in range(m, n_degrees)]


def dihedrals(
    vectors: Float[Tensor, "n_long 3"],
    units: Float[Tensor, "n_short 3"],
    reverse: Tensor,
    quads: Quadruplets,
    n_degrees: int,
) -> Dihedrals:
    """From the vectors a -> b of long edges and the directions a -> c of short ones."""
    n_atoms, width = quads.short.n_atoms, quads.short.width
    frames = _frames(vectors)
    ends = quads.short.rows(units)
    at_b = permuted(quads.long.of_atoms(ends.flatten(1)), reverse).unflatten(1, (width, 3))
    x, y, z = torch.bmm(frames, at_b.transpose(1, 2)).unbind(1)
    not_a = quads.d_is_not_a[:, None].to(z.dtype)
    of_d = torch.cat(_turns(x, y, n_degrees), dim=1)
    frames_at_a = quads.long.rows(frames).flatten(1, 2)
    seen = torch.bmm(ends, frames_at_a.transpose(1, 2))
    x_c, y_c, z_c = seen.reshape(n_atoms, width, quads.long.width, 3).unbind(3)
    harmonics = _harmonics(x_c, y_c, z_c, n_degrees) * quads.b_is_not_c[:, None, :, None]
    return Dihedrals(
        circular=circular_harmonics(-z, n_degrees) * not_a,
        of_d=of_d,
        of_c=_by_order(harmonics, n_degrees),
        of_triangles=_of_triangles(harmonics, of_d, quads, n_degrees),
    )


def _frames(vectors: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3 3"]:
    """Rows x, y, z: z along the vector, x across it as near as may be to a Cartesian axis."""
    z = vectors / vector_norm(vectors, dim=1, keepdim=True)
    axis = torch.nn.functional.one_hot(z.detach().abs().argmin(dim=1), 3).to(z.dtype)
    x = axis - (axis * z).sum(dim=1, keepdim=True) * z
    x = x / vector_norm(x, dim=1, keepdim=True)
    return torch.stack([x, torch.linalg.cross(z, x), z], dim=1)


def _powers(x: Tensor, y: Tensor, n: int) -> tuple[list[Tensor], list[Tensor]]:
    """Real and imaginary parts of (x + iy)^m for m = 0 ... n - 1."""
    real, imaginary = [torch.ones_like(x)], [torch.zeros_like(x)]
    for _ in range(n - 1):
        real_before, imaginary_before = real[-1], imaginary[-1]
        real.append(real_before * x - imaginary_before * y)
        imaginary.append(real_before * y + imaginary_before * x)
    return real, imaginary


def _turns(x: Tensor, y: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """(cos(m angle), sin(m angle)) of (x, y), m along axis 1, fading where x and y both vanish."""
    square = x * x + y * y
    safe = torch.where(square > 1e-6 * STRAIGHT**2, square, torch.ones_like(square))
    share = (square / STRAIGHT**2).clamp(max=1.0)
    fade = share**3 * (10.0 - share * (15.0 - 6.0 * share))
    inverse = torch.rsqrt(safe)
    real, imaginary = _powers(x * inverse, y * inverse, n)
    faded = [fade * each for each in (*real[1:], *imaginary)]
    return torch.stack([real[0], *faded[: n - 1]], dim=1), torch.stack(faded[n - 1 :], dim=1)


def _harmonics(x: Tensor, y: Tensor, z: Tensor, n_degrees: int) -> Tensor:
    """(n_atoms, 2, width, n_harmonics, long_width): Y_lm of c, with cos(m c) and with sin(m c).

    Y_lm = N_lm d^m P_l / dz^m (x + iy)^m, which needs no angle and no square root.
    """
    pairs = orders(n_degrees)
    factors = [
        math.sqrt((2.0 if m else 1.0) * (2 * degree + 1) / (4 * math.pi) * _factorials(degree, m))
        for degree, m in pairs
    ]
    table = np.array(factors)[:, None] * legendre_derivatives(pairs, n_degrees)
    polar = torch.matmul(torch.from_numpy(table).to(z), legendre(z, n_degrees))
    powers = _powers(x, y, n_degrees)
    parts = [torch.stack([each[m] for _, m in pairs], dim=-2) for each in powers]
    return torch.stack([polar * each for each in parts], dim=1)


def _factorials(degree: int, m: int) -> float:
    """(l - m)! / (l + m)!."""
    return math.factorial(degree - m) / math.factorial(degree + m)


def _by_order(harmonics: Tensor, n_degrees: int) -> tuple[Tensor, ...]:
    """One matrix an atom and order: (c, l) by (cos or sin, b)."""
    n_atoms, _, width, _, long_width = harmonics.shape
    parts = harmonics.permute(0, 2, 3, 1, 4).split(list(range(n_degrees, 0, -1)), dim=2)
    shapes = [(n_atoms, width * each.shape[2], 2 * long_width) for each in parts]
    return tuple(each.reshape(shape) for each, shape in zip(parts, shapes, strict=True))


def _of_triangles(
    harmonics: Tensor, of_d: Tensor, quads: Quadruplets, n_degrees: int
) -> Float[Tensor, "n_short n_harmonics triangle_width"]:
    """What the sum over d holds for d = c."""
    n_harmonics = harmonics.shape[3]
    at_c = picked(harmonics.permute(0, 2, 4, 1, 3).reshape(-1, 2 * n_harmonics), quads.corners)
    at_d = picked(of_d.transpose(1, 2).reshape(-1, 2 * n_degrees), quads.ends)
    order = [m for _, m in orders(n_degrees)]
    at_d = at_d[:, [*order, *(n_degrees + m for m in order)]]
    both = (at_c * at_d).reshape(-1, 2, n_harmonics).sum(dim=1)
    return quads.triangles.rows(both).transpose(1, 2)
