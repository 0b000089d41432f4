"""How far slab relaxations lie from published tables, by potential and adsorbate.

The figures are measured by `packaging/tools/measure_adsorption.py` and shipped; they hold for
metals, which is what the tables hold.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.potentials import Potential
from designer_app.resources import resource

FILE = "data/adsorption-errors.json"
LEVEL = 0.9
FEWEST = 5
"""Metals below which the deviations are not shipped."""


@dataclass(frozen=True, kw_only=True)
class SlabError:
    """Deviations of one potential for one adsorbate, eV."""

    n_metals: int
    error: float
    """Mean absolute deviation as computed."""
    half_width: float
    """Of the 90 % interval as computed: the conformal quantile of the deviations."""
    shift: float
    """Mean of tabulated minus computed."""
    shifted_error: float
    shifted_half_width: float
    """The same after a shift fitted to the other metals, one metal left out at a time."""
    rank_correlation: float
    """Spearman's, of computed and tabulated."""
    source: str


def model_key(potential: Potential) -> str:
    """What names a potential in the table: its kind and the hash of its weights."""
    return f"{potential.key} {potential.model_sha256}"


def slab_error(potential: Potential, adsorbate: str) -> SlabError | None:
    """The measured deviation, or None where this potential was not compared."""
    row = _table().get(model_key(potential), {}).get(adsorbate)
    return None if row is None else SlabError(**row)


def measured(
    computed: Mapping[str, float], tabulated: Mapping[str, float], source: str
) -> SlabError:
    """The deviations over the metals that stand in both."""
    from scipy.stats import spearmanr

    shared = sorted(computed.keys() & tabulated.keys())
    if len(shared) < 2:
        message = "a shift is fitted to all metals but one, so two or more must stand in both"
        raise ValueError(message)
    ours = np.array([computed[metal] for metal in shared])
    theirs = np.array([tabulated[metal] for metal in shared])
    missing = theirs - ours
    others = (missing.sum() - missing) / (len(missing) - 1)
    left = missing - others
    return SlabError(
        n_metals=len(shared),
        error=float(np.abs(missing).mean()),
        half_width=_quantile(np.abs(missing)),
        shift=float(missing.mean()),
        shifted_error=float(np.abs(left).mean()),
        shifted_half_width=_quantile(np.abs(left)),
        rank_correlation=float(spearmanr(ours, theirs)[0]),  # pyright: ignore[reportArgumentType]
        source=source,
    )


def _quantile(deviations: NDArray[np.float64]) -> float:
    """The ceil((n + 1) level)-th smallest deviation, the largest where n is too small for it."""
    rank = min(math.ceil((len(deviations) + 1) * LEVEL), len(deviations))
    return float(np.sort(deviations)[rank - 1])


@cache
def _table() -> dict[str, dict[str, dict[str, Any]]]:
    path = resource(FILE)
    if not path.is_file():
        return {}
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(path.read_text("utf-8"))
    return found
