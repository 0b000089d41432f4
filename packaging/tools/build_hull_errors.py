"""Measure how far distances to the shipped hull lie from tabulated ones, by computed distance.

    DESIGNER_APP_DATA=DIR python packaging/tools/build_hull_errors.py

Writes resources/data/hull-errors.json: statistics only, of the crystals that `designer-app bench
hull` compares with their formula left out on both sides. To be run after the reference set is
packed anew.
"""

import argparse
from pathlib import Path

import numpy as np


def main() -> None:
    """Compare, and write the quantiles."""
    from designer_app.cli.benches.hull import compared
    from designer_app.screening.hull_errors import FILE, as_text, measured
    from designer_app.screening.reference.table import load_reference
    from designer_app.training.published.crystals import read_crystals
    from designer_app.training.published.folder import data_folder

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of the published data")
    given = parser.parse_args()
    table = load_reference("chgnet")
    if table is None:
        raise SystemExit("pack the reference set first: packaging/tools/build_reference.py")
    crystals = [
        crystal
        for crystal in read_crystals(data_folder(given.data))
        if crystal.e_above_hull is not None and crystal.formation_energy is not None
    ]
    found = [each for each in compared(table, crystals, print) if each.is_present]
    ours = np.array([each.distance_without for each in found])
    theirs = np.array([each.tabulated_without for each in found])
    known = np.isfinite(ours) & np.isfinite(theirs)
    errors = measured(ours[known], theirs[known], table.header.model_sha256)
    target = Path(__file__).resolve().parents[2] / "resources" / FILE
    target.write_text(as_text(errors), encoding="utf-8")
    print(f"{errors.n_crystals} crystals -> {target}")
    for distance in (-0.05, 0.0, 0.03, 0.06, 0.1, 0.2):
        low, high = errors.interval(distance)
        chance = errors.chance_within(distance)
        print(f"{1e3 * distance:6.0f} meV/atom: {1e3 * low:.0f} to {1e3 * high:.0f}, {chance:.2f}")


if __name__ == "__main__":
    main()
