"""Whether the charges of a slab's layers add up to a dipole (Tasker 1979,
doi:10.1088/0022-3719/12/22/036: surfaces of type 3).

Such a face of an ionic crystal does not exist as it is cut: it reconstructs, loses ions or takes up
others, and what an ideal slab says of it is no property of the real surface.
"""

import numpy as np

from designer_app.elements import SYMBOLS
from designer_app.io.formulas import amounts_of, reduced
from designer_app.properties.charges import oxidation_states
from designer_app.properties.slab_cells import Slab

POLAR = 0.01
"""e/A^2: twice the rounding of places in files; LiF(111) has 0.09, SrTiO3(110) 0.11."""


def polarization(slab: Slab) -> float | None:
    """The dipole of the slab's formal charges along its normal over its volume, e/A^2; None where
    no common oxidation states balance it.
    """
    states = oxidation_states(reduced(amounts_of(slab.structure.numbers))[0])
    if states is None:
        return None
    charges = np.array([states.charges[SYMBOLS[int(each)]] for each in slab.structure.numbers])
    heights = slab.structure.positions[:, 2]
    return float(charges @ heights) / (slab.area * max(float(np.ptp(heights)), 1.0))


def is_polar(slab: Slab) -> bool:
    """Whether its layers carry charges that add up to a dipole."""
    found = polarization(slab)
    return found is not None and abs(found) > POLAR
