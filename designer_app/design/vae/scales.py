"""What the members of a prototype usually deviate by, and crystals shaken by that much.

A prototype's usual deviation is the root mean square of its members', drawn towards one for all
prototypes where members are few: a prototype with one member has it at its median, and the next
member elsewhere. For the same reason training shakes part of the crystals, so that a code learns
to carry geometries that no member has yet without mistaking the prototype.
"""

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.tokens import N_GEOMETRY, TokenTable

USUAL_VOLUME, USUAL_GEOMETRY = 0.08, 0.5
"""Usual deviations of the ln of the volume, and of geometry in scales of the library."""
_WORTH = 2.0
"""Members that the usual deviations of all prototypes count for."""
_OUTLIER = 3.0
"""A larger deviation counts as this one."""
_TAIL = 3
"""Degrees of freedom of Student's t: as deviations of crystals, shakes have long tails."""
Floats = NDArray[np.float32]


def scales(table: TokenTable, n_prototypes: int) -> tuple[Floats, Floats]:
    """(c,) mean ln volume and (c, 1 + N_GEOMETRY) usual deviations of each prototype."""
    where = table.prototype
    members = np.bincount(where, minlength=n_prototypes)
    volumes = np.bincount(where, table.log_volume, n_prototypes)
    centers = volumes / (members + 1.0)
    deviations = np.column_stack([table.log_volume - centers[where], table.geometry])
    squares = np.zeros((n_prototypes, 1 + N_GEOMETRY))
    np.add.at(squares, where, np.clip(deviations, -_OUTLIER, _OUTLIER) ** 2)
    usual = np.array([USUAL_VOLUME, *N_GEOMETRY * [USUAL_GEOMETRY]])
    spreads = np.sqrt((squares + _WORTH * usual**2) / (members[:, None] + _WORTH))
    return centers.astype(np.float32), spreads.astype(np.float32)


def shaken(
    table: TokenTable,
    spreads: Floats,
    free: NDArray[np.bool_],
    share: float,
    generator: np.random.Generator,
) -> TokenTable:
    """A share of the crystals with geometry off by about the usual deviation, volume by half.

    `spreads` and `free` are the usual deviations, volume first, and the free numbers of the rows.
    """
    chosen = generator.random((len(table), 1)) < share
    noise = generator.standard_t(_TAIL, spreads.shape) * spreads * chosen
    return TokenTable(
        table.prototype,
        table.elements,
        table.log_volume + (0.5 * noise[:, 0]).astype(np.float32),
        table.geometry + (noise[:, 1:] * free).astype(np.float32),
    )
