"""Learning from a search while it runs: heads tuned on the single points of what it proposed.

Heads are fooled by what a descent finds to please them. The single points that rank the proposals
are labels of just these crystals and cost nothing more: with them the heads are tuned for this
run, and the descent is walked again from the best.
"""

import numpy as np
from numpy.typing import NDArray

from designer_app.design.heads.ensemble import DesignHeads
from designer_app.design.heads.features import IONS
from designer_app.design.heads.labels import MADE, NO_ION, LabelledTokens, labelled
from designer_app.design.heads.learning import learn_from
from designer_app.design.representation.tokens import TokenTable
from designer_app.design.search.ranking import Predictions
from designer_app.errors import InputError
from designer_app.running.control import RunControl

LEARNED = ("e_above_hull", "voltage")
"""Numbers that energies tell: as the heads mean them, above the hull of other formulas
(`Pointed.labels`).
"""


def labels_of(heads: DesignHeads, table: TokenTable, said: Predictions, ion: str) -> LabelledTokens:
    """What single points tell of the crystals that have one, as labels."""
    keys = [key for key in LEARNED if key in said.numbers]
    values = {key: said.numbers[key][0] for key in keys}
    there: NDArray[np.bool_] = np.asarray(np.isfinite(np.stack(list(values.values()))).any(axis=0))
    place = IONS.index(ion) if ion and "voltage" in keys else NO_ION
    return labelled(
        table.rows(there),
        {key: column[there] for key, column in values.items()},
        heads.library,
        origin=MADE,
        ion=np.full(int(there.sum()), place),
    )


def heads_after(
    heads: DesignHeads,
    table: TokenTable,
    said: Predictions,
    ion: str,
    seed: int,
    control: RunControl,
) -> DesignHeads | str:
    """Heads tuned on single points; why not, where there are too few or nothing to replay."""
    try:
        return learn_from(heads, labels_of(heads, table, said, ion), seed=seed, control=control)
    except InputError as error:
        return str(error)
