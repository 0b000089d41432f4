"""Symmetry operations of a CIF block: listed, or found from the space-group symbol or number.

A symbol alone may leave setting and origin open (24 groups have two origins, and spinels are
published in both). The candidates are narrowed by the cell, and the rest is decided by which one
gives the formula of the file.
"""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.io.cif_block import column
from designer_app.io.space_groups import Operations, operations, settings

_METRIC_TOLERANCE = 0.02
"""Relative: a rotation may change no element of the cell's metric by more."""


NO_SYMMETRY = "The file names no symmetry; the atoms it lists were taken for the whole cell."
IDENTITY = Operations(np.eye(3)[None], np.zeros((1, 3)))


def candidate_operations(
    tags: dict[str, Any], cell: NDArray[np.float64]
) -> tuple[list[Operations], str]:
    """(operations, the most likely first; a warning or "")."""
    listed = column(
        tags,
        "_space_group_symop_operation_xyz",
        "_space_group_symop.operation_xyz",
        "_symmetry_equiv_pos_as_xyz",
        "_space_group_symop_magn_operation.xyz",
        "_space_group_symop_magn_operation_xyz",
    )
    texts = [each for each in listed if isinstance(each, str) and each.count(",") >= 2]
    if texts:
        return [_with_centring(_parsed(texts), tags)], ""
    named = _named_settings(tags)
    if named is None:
        return [IDENTITY], NO_SYMMETRY
    fitting = [each for each in named if _preserves(each, cell)]
    if fitting:
        return fitting, ""
    return [IDENTITY], "The space group of the file is unknown; the atoms are shown as listed."


def _parsed(texts: list[str]) -> Operations:
    from ase.spacegroup.spacegroup import parse_sitesym

    spatial = [",".join(re.sub(r"\s", "", text).split(",")[:3]) for text in texts]
    rotations, translations = parse_sitesym(spatial)
    return Operations(np.array(rotations, dtype=np.float64), np.array(translations) % 1.0)


def _with_centring(listed: Operations, tags: dict[str, Any]) -> Operations:
    """Magnetic CIFs list the centring translations apart."""
    texts = column(
        tags, "_space_group_symop_magn_centering.xyz", "_space_group_symop_magn_centering_xyz"
    )
    texts = [each for each in texts if isinstance(each, str) and each.count(",") >= 2]
    if not texts:
        return listed
    centrings = _parsed(texts).translations
    rotations = np.concatenate([listed.rotations] * len(centrings))
    translations = np.concatenate([listed.translations + shift for shift in centrings])
    return Operations(rotations, translations % 1.0)


def _named_settings(tags: dict[str, Any]) -> list[Operations] | None:
    """All settings that the symbol or the number of the block may mean; None where it has none."""
    hall = _text(tags, "_space_group_name_hall", "_symmetry_space_group_name_hall")
    symbol = _text(
        tags,
        "_space_group_name_h-m_alt",
        "_space_group_name_h-m_full",
        "_symmetry_space_group_name_h-m",
        "_space_group.name_h-m_alt",
    )
    number = column(
        tags,
        "_space_group_it_number",
        "_space_group.it_number",
        "_symmetry_int_tables_number",
    )
    if not (hall or symbol or number):
        return None
    rows = settings()
    found = [row for row in rows if hall and _plain(row.hall_symbol) == _plain(hall)]
    if not found and symbol:
        bare, _, choice = symbol.partition(":")
        wanted = _plain(bare)
        found = [row for row in rows if wanted in _names(row)]
        stated = [row for row in found if choice.strip().upper() == row.choice.upper()]
        found = stated if choice.strip() and stated else found
    if not found and number and str(number[0]).isdigit():
        found = [row for row in rows if row.number == int(number[0])]
    # Nobody states an origin as often as the one at the inversion centre is meant.
    found.sort(key=lambda row: row.choice == "1")
    return [operations(row.hall_number) for row in found]


def _text(tags: dict[str, Any], *names: str) -> str:
    for name in names:
        value = tags.get(name)
        if isinstance(value, str) and value.strip() not in ("", "?", "."):
            return value
    return ""


def _plain(symbol: str) -> str:
    return re.sub(r"[\s_'\"]", "", symbol).lower()


def _names(row: Any) -> set[str]:
    """The symbols by which a setting goes, without blanks: short, full, and those joined by =."""
    written = [row.international_short, row.international_full, *row.international.split("=")]
    return {_plain(each) for each in written}


def _preserves(tried: Operations, cell: NDArray[np.float64]) -> bool:
    """Whether all rotations leave the cell's metric G = A A^T as it is: R^T G R = G."""
    metric = cell @ cell.T
    scale = np.sqrt(np.outer(np.diag(metric), np.diag(metric)))
    turned = np.einsum("nji,jk,nkl->nil", tried.rotations, metric, tried.rotations)
    return bool((np.abs(turned - metric) <= _METRIC_TOLERANCE * scale).all())
