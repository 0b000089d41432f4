"""What of an alloy and of the atoms at a site decides how strongly an adsorbate binds.

Columns of elements stand in for the d band: its centre and width follow group and row (Hammer and
Norskov 2000, doi:10.1016/S0360-0564(02)45013-4).
"""

from collections.abc import Sequence
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from designer_app.properties.features import PROPERTIES, Amounts, ElementTable

SITES = ("top", "bridge", "hollow")
_USED = tuple(
    PROPERTIES.index(each)
    for each in PROPERTIES
    if each not in ("lowest_common_oxidation", "number", "ionization_3_eV")
)
_IN_CELL = 4
"""Atoms of the repeated surface layer of A1, L1_0 and L1_2."""

Site = tuple[str, tuple[str, ...], str]
"""(top, bridge or hollow; elements touched; FCC, HCP or the element below)."""


def surface_features(
    amounts: Amounts, site: str, atoms: Sequence[str], below: str, table: ElementTable
) -> NDArray[np.float64]:
    """One row: properties of the alloy, of the site's atoms, and of the rest of the layer."""
    total = sum(amounts.values())
    bulk = _spread({each: n / total for each, n in amounts.items()}, table)
    touched = _spread({each: atoms.count(each) / len(atoms) for each in set(atoms)}, table)
    share = _IN_CELL / max(_IN_CELL, len(atoms))
    left = {
        each: max(_IN_CELL * n / total - share * atoms.count(each), 0.0)
        for each, n in amounts.items()
    }
    rest = _mean(left, table) if sum(left.values()) > 1e-6 else bulk[: len(_USED)]
    under = _known(table, below) if below in amounts else rest
    kinds = np.array(
        [
            *(site == each for each in SITES),
            below == "FCC",
            below == "HCP",
            len(set(atoms)),
            len(amounts),
            max(amounts.values()) / total,
        ],
        dtype=np.float64,
    )
    return np.concatenate([bulk, touched, rest, under, kinds])


def sites_of(amounts: Amounts) -> list[Site]:
    """Every kind of site on a close-packed surface of an alloy, by the atoms it touches.

    An element needs as many atoms among the four of the layer as the site takes of it; the
    minority of an A3B surface has no neighbour of its own kind.
    """
    total = sum(amounts.values())
    in_layer = {each: _IN_CELL * n / total for each, n in sorted(amounts.items())}

    def fits(atoms: tuple[str, ...]) -> bool:
        alone = len(in_layer) == 1
        return alone or all(
            atoms.count(each) <= max(round(in_layer[each]), 1) for each in set(atoms)
        )

    pairs = filter(fits, combinations_with_replacement(in_layer, 2))
    triples = list(filter(fits, combinations_with_replacement(in_layer, 3)))
    return [
        *(("top", (each,), "") for each in in_layer),
        *(("bridge", atoms, "") for atoms in pairs),
        *(("hollow", atoms, stacking) for atoms in triples for stacking in ("FCC", "HCP")),
    ]


def _known(table: ElementTable, symbol: str) -> NDArray[np.float64]:
    return np.nan_to_num(table.of(symbol)[list(_USED)])


def _mean(weights: Amounts, table: ElementTable) -> NDArray[np.float64]:
    total = sum(weights.values())
    ordered = sorted(weights)
    return sum(
        (weights[each] / total * _known(table, each) for each in ordered), np.zeros(len(_USED))
    )


def _spread(weights: Amounts, table: ElementTable) -> NDArray[np.float64]:
    """Mean, least and most."""
    values = np.array([_known(table, each) for each in sorted(weights)])
    return np.concatenate([_mean(weights, table), values.min(axis=0), values.max(axis=0)])
