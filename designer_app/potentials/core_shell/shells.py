"""Shells brought to rest at given cores: dE/du = 0 of the displacements u of the shells.

Anderson mixing (Anderson 1965, doi:10.1145/321296.321305) of the steps -g/k, with k the stiffness
of each shell's own spring and short-ranged forces: the rest of the nearly constant Hessian is
learned from the last steps.
"""

import torch
from torch import Tensor

from designer_app.errors import ShellsLostError
from designer_app.potentials.core_shell.ions import Ions

FARTHEST = 0.7
"""A between a core and its shell; polarised ions stay well below."""
RESIDUAL = 3e-10
"""eV/A that may be left on a shell in double precision: forces are as good as this."""
_SINGLE_RESIDUAL = 2e-4
_MOST_STEPS = 120
_HISTORY = 8
_LONGEST_STEP = 0.15
"""A."""


def relaxed(
    ions: Ions,
    positions: Tensor,
    cell: Tensor,
    start: Tensor,
    *,
    field: Tensor | None = None,
    residual: float | None = None,
) -> Tensor:
    """(n, 3) displacements in A of the shells from their cores, at rest.

    `field` is a homogeneous electric field (3,) in V/A that pulls at the shells. Raises
    `ShellsLostError` where a shell leaves its core, two ions fall into each other, or no rest is
    found.
    """
    allowed = residual or (RESIDUAL if positions.dtype == torch.float64 else _SINGLE_RESIDUAL)
    scale = torch.sqrt(ions.shell_stiffness(positions, cell))[:, None]
    pull = 0.0 if field is None else ions.shell[:, None] * field
    u = torch.where(ions.has_shell[:, None], start, 0.0)
    points: list[Tensor] = []
    steps: list[Tensor] = []
    left = 0.0
    for _ in range(_MOST_STEPS):
        gradient = shell_gradient(ions, positions, u, cell) - pull
        gradient = torch.where(ions.has_shell[:, None], gradient, 0.0)
        check(ions, positions, u, cell)
        left = float(torch.linalg.vector_norm(gradient, dim=1).max()) if len(gradient) else 0.0
        if left < allowed:
            return u
        points, steps = [*points[-_HISTORY:], u * scale], [*steps[-_HISTORY:], -gradient / scale]
        moved = _mixed(points, steps) / scale - u
        longest = float(torch.linalg.vector_norm(moved, dim=1).max())
        u = u + moved * min(1.0, _LONGEST_STEP / longest)
    raise ShellsLostError("unsettled", None, left)


def shell_gradient(ions: Ions, positions: Tensor, u: Tensor, cell: Tensor) -> Tensor:
    """dE/du in eV/A."""
    with torch.enable_grad():
        free = u.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(
            ions.energy(positions.detach(), free, cell.detach()), free
        )
    return gradient


def check(ions: Ions, positions: Tensor, u: Tensor, cell: Tensor) -> None:
    """Raise `ShellsLostError` where a shell is far from its core, or two ions in each other."""
    if u.numel():
        lengths = torch.linalg.vector_norm(u, dim=1)
        farthest = int(lengths.argmax())
        if not float(lengths[farthest]) < FARTHEST:
            raise ShellsLostError("left", farthest, float(lengths[farthest]))
    apart = ions.shell_vectors(positions + u, ions.shifts @ cell)
    fallen = torch.linalg.vector_norm(apart, dim=1) - ions.pairs[:, 4]
    if fallen.numel() and not float(fallen.min()) > 0.0:
        worst = int(fallen.argmin())
        distance = float(torch.linalg.vector_norm(apart[worst]))
        raise ShellsLostError("fallen", int(ions.first[worst]), distance)


def _mixed(points: list[Tensor], steps: list[Tensor]) -> Tensor:
    """The point to which the secants of the last steps lead."""
    point, step = points[-1], steps[-1]
    if len(points) == 1:
        return point + step
    moves = torch.stack([point - each for each in points[:-1]]).flatten(1)
    turns = torch.stack([step - each for each in steps[:-1]]).flatten(1)
    # Normal equations, kept solvable where the last steps nearly repeat each other.
    overlaps = turns @ turns.T
    lengths = torch.sqrt(torch.diagonal(overlaps)).clamp(min=torch.finfo(point.dtype).tiny)
    scaled = overlaps / lengths / lengths[:, None]
    scaled = scaled + 1e-12 * torch.eye(len(scaled), dtype=point.dtype, device=point.device)
    known = (turns @ step.flatten()) / lengths
    weights = torch.linalg.solve(scaled, known) / lengths
    return (point.flatten() + step.flatten() - weights @ (moves + turns)).reshape(point.shape)
