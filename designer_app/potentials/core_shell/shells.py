"""Shells brought to rest at given cores: dE/du = 0 of the displacements u of the shells.

Newton's method. The second derivatives (`stiffness.py`) are nearly right and change little on the
way, so that they are taken anew only where they no longer lead on.

In a crystal where each ion is a centre of inversion, no shell is pulled at, also where their rest
there is a saddle and the least displacement lets them fall. So such a rest is asked for its lowest
curvature, and left along it where that is negative.
"""

import torch
from torch import Tensor

from designer_app.errors import ShellsLostError
from designer_app.potentials.core_shell.energies import Cores, Moved
from designer_app.potentials.core_shell.stiffness import Stiffness

FARTHEST = 0.7
"""A between a core and its shell; polarised ions stay well below."""
RESIDUAL = 3e-10
"""eV/A that may be left on a shell in double precision: forces are as good as this."""
_SINGLE_RESIDUAL = 2e-4
_MOST_STEPS = 60
_LONGEST_STEP = 0.15
"""A."""
_SHARE = 3e-4
"""Of the slopes, that a solution of Newton's equations may leave."""
_SADDLE = -5e-3
"""Of the highest curvature: below, the lowest one is negative, and no error of it."""
_OFF_SADDLE = 1e-3
"""A that each shell is moved on the mean."""
_LEADS_ON = 0.05
"""Of the slopes, left after a step of second derivatives that are kept."""


def settled(
    cores: Cores,
    start: Tensor,
    *,
    field: Tensor | None = None,
    residual: float | None = None,
) -> Moved:
    """Shells at rest, looked for from displacements (m, 3) in A.

    `field` is a homogeneous electric field (3,) in V/A that pulls at the shells. Raises
    `ShellsLostError` where a shell leaves its core, two ions fall into each other, or no rest is
    found.
    """
    is_double = cores.positions.dtype == torch.float64
    allowed = residual or (RESIDUAL if is_double else _SINGLE_RESIDUAL)
    pull = 0.0 if field is None else cores.ions.on_shells[:, None] * field
    u, before = start, torch.inf
    is_still = bool((start == 0).all())
    stiffness: Stiffness | None = None
    for _ in range(_MOST_STEPS):
        moved = cores.with_shells(u)
        check(moved)
        slopes = moved.on_shells - pull
        left = float(slopes.abs().max()) if len(u) else 0.0
        if left < allowed:
            if not (is_still and len(u)):
                return moved
            lowest, way = Stiffness.of(moved).softest()
            if lowest > _SADDLE:
                return moved
            u, is_still = u + _OFF_SADDLE * len(u) ** 0.5 * way, False
            continue
        is_still = False
        if stiffness is None or left > _LEADS_ON * before:
            stiffness = Stiffness.of(moved)
        before = left
        step = stiffness.solve(-slopes, _SHARE)
        longest = float(torch.linalg.vector_norm(step, dim=1).max())
        u = u + step * min(1.0, _LONGEST_STEP / longest)
    raise ShellsLostError("unsettled", None, before)


def check(moved: Moved) -> None:
    """Raise `ShellsLostError` where a shell is far from its core, or two ions in each other."""
    ions = moved.cores.ions
    if len(moved.u):
        lengths = torch.linalg.vector_norm(moved.u, dim=1)
        farthest = int(lengths.argmax())
        if not float(lengths[farthest]) < FARTHEST:
            atom = int(ions.movable[farthest])
            raise ShellsLostError("left", atom, float(lengths[farthest]))
    d2, least = moved.short[1], ions.short.told[:, 4]
    fallen = d2 <= least * least
    if bool(fallen.any()):
        worst = int((d2 - least * least).argmin())
        apart = float(torch.sqrt(d2[worst]))
        raise ShellsLostError("fallen", int(ions.ions_of_short[0][worst]), apart)
