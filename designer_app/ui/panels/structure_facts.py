"""The facts of a structure as rows of text."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from designer_app.ui.wording import THIN, with_spaces

_ANGLES = "\N{GREEK SMALL LETTER ALPHA}, β, \N{GREEK SMALL LETTER GAMMA}"

Rows = list[tuple[str, str]]


def headline(facts: Mapping[str, Any]) -> str:
    """Space group, atoms, density in one line."""
    parts = []
    if facts.get("space_group"):
        parts.append(str(facts["space_group"]))
    count = facts.get("n_atoms", 0)
    parts.append("1 atom" if count == 1 else f"{with_spaces(count)} atoms")
    if facts.get("density_g_cm3"):
        parts.append(f"{facts['density_g_cm3']:.2f}{THIN}g/cm³")
    return " · ".join(parts)


def fact_rows(facts: Mapping[str, Any]) -> Rows:
    """Rows for the panel: symmetry, cell, density."""
    rows: Rows = []
    if facts.get("space_group"):
        number = facts.get("space_group_number")
        rows.append(("Space group", f"{facts['space_group']} ({number})"))
    if facts.get("crystal_system"):
        rows.append(("System", str(facts["crystal_system"])))
    rows.append(("Atoms", _atoms(facts)))
    lengths, angles = facts.get("cell_lengths_A"), facts.get("cell_angles_deg")
    if lengths is not None and angles is not None:
        rows.append(("a, b, c", "  ".join(f"{x:.4f}" for x in lengths) + f"{THIN}Å"))
        rows.append(
            (
                "\N{GREEK SMALL LETTER ALPHA}, β, \N{GREEK SMALL LETTER GAMMA}",
                "  ".join(f"{x:.2f}" for x in angles) + "°",
            )
        )
    if facts.get("volume_A3"):
        rows.append(("Volume", f"{facts['volume_A3']:.2f}{THIN}Å³"))
    if facts.get("density_g_cm3"):
        rows.append(("Density", f"{facts['density_g_cm3']:.3f}{THIN}g/cm³"))
    if facts.get("min_distance_A") and np.isfinite(facts["min_distance_A"]):
        rows.append(("Shortest distance", f"{facts['min_distance_A']:.3f}{THIN}Å"))
    if facts.get("periodic_directions") in (0, 1, 2):
        words = ("none: a molecule", "one direction", "two directions: a slab")
        rows.append(("Periodic", words[facts["periodic_directions"]]))
    return rows


def site_rows(facts: Mapping[str, Any], most: int = 10) -> Rows:
    """Rows for the inequivalent sites: element and Wyckoff position, fractional coordinates."""
    rows: Rows = []
    sites = facts.get("inequivalent_sites") or []
    for site in sites[:most]:
        place = coordinates(site["fractional"], 4)
        rows.append((f"{site['element']}  {site['wyckoff']}", place))
    if len(sites) > most:
        rows.append(("", f"and {len(sites) - most} more"))
    return rows


def coordinates(values: Iterable[float], decimals: int) -> str:
    """Three numbers side by side; what rounds to zero has no sign."""
    return "  ".join(f"{round(float(x), decimals) + 0.0:.{decimals}f}" for x in values)


def _atoms(facts: Mapping[str, Any]) -> str:
    count = facts.get("n_atoms", 0)
    units = facts.get("formula_units", 1)
    if units and units > 1:
        return f"{count} ({units} formula units)"
    return str(count)
