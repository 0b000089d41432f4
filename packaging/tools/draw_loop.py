"""Draw the loop of an inverse design in one picture, from the folder of a run.

    python packaging/tools/draw_loop.py RUN --out resources/figures/design-loop.png

Three panels: the plane of the latent space with known materials and the ways of the population
from its seeds to its ends; the funnel from decoded crystals to the shortlist; and what was
predicted beside what was computed afterwards.
"""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from designer_app.io.design_store import DesignStore
    from designer_app.specs.design import DesignSpec
    from designer_app.specs.screen_rows import ScreenRow

SIZE_IN = (13.0, 4.3)
BAND = "#E6F4EC"
MOST_PATHS = 20
"""Ways that are drawn; the ends of all are dots."""


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("--out", type=Path, required=True, help="PNG or SVG file")
    given = parser.parse_args()

    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["font.size"] = 9.0
    import matplotlib.pyplot as plt

    from designer_app.io.design_store import DesignStore
    from designer_app.specs.design import DesignSpec
    from designer_app.specs.fields import spec_from_settings

    store = DesignStore(given.run)
    spec = spec_from_settings(DesignSpec, store.settings())
    rows = list(store.rows().values())
    figure, (plane, middle, right) = plt.subplots(
        1, 3, figsize=SIZE_IN, width_ratios=(1.15, 1.0, 1.0), layout="constrained"
    )
    draw_map(plane, store, spec)
    draw_funnel(middle, rows)
    draw_verified(right, rows, spec)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(given.out, dpi=150)


def draw_map(axes: Any, store: "DesignStore", spec: "DesignSpec") -> None:
    """Known materials in colour, ways of the population over them."""
    from designer_app.io.design_store import PopulationReader
    from designer_app.screening.pictures import INK, ORANGE
    from designer_app.specs.design_targets import PROPERTIES

    found = store.map()
    if found is None:
        message = f"{store.folder}: the run has no map"
        raise SystemExit(message)
    colour = np.array(found.colour, dtype=float)
    low, high = np.nanpercentile(colour, [2, 98])
    dots = axes.scatter(
        found.x, found.y, c=colour, s=5, cmap="viridis", alpha=0.5, vmin=low, vmax=high,
        linewidths=0,
    )  # fmt: skip
    known = PROPERTIES.get(found.colour_key)
    label = f"{known.title}, {known.unit}" if known else found.colour_key
    axes.figure.colorbar(dots, ax=axes, label=f"{label} of known materials", shrink=0.85)
    reader = PopulationReader(store.folder, spec.seeds, len(found.targets))
    ways = np.array([reader.snapshot(k)[:, :2] for k in range(reader.n_snapshots)])
    if len(ways):
        moving = np.flatnonzero(np.isfinite(ways).all(axis=(0, 2)))
        for seed in moving[:: max(len(moving) // MOST_PATHS, 1)]:
            axes.plot(*ways[:, seed].T, color=ORANGE, linewidth=0.8, alpha=0.7)
        axes.scatter(*ways[0, moving].T, s=7, color=ORANGE, label="seeds", linewidths=0)
        axes.scatter(*ways[-1, moving].T, s=10, color=INK, label="ends", linewidths=0)
        axes.legend(loc="upper right", fontsize=8, framealpha=0.8, labelcolor=INK)
    axes.set_title(f"Latent space ({100 * found.explained:.0f} % of its variance)", fontsize=10)
    axes.set_xticks([])
    axes.set_yticks([])


def draw_funnel(axes: Any, rows: "list[ScreenRow]") -> None:
    """How many each stage was given, and let through."""
    from designer_app.screening.pictures import BLUE, PALE
    from designer_app.specs.design_rows import STAGES
    from designer_app.specs.screen_rows import funnel_of

    counts = funnel_of(rows, STAGES)
    places = np.arange(len(counts))
    axes.barh(places, [each.entered for each in counts], color=PALE)
    axes.barh(places, [each.passed for each in counts], color=BLUE)
    for place, each in zip(places, counts, strict=True):
        axes.text(each.entered, place, f" {each.passed:,}", va="center", fontsize=8)
    axes.set_yticks(places, [dict(STAGES)[each.stage] for each in counts], fontsize=8)
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.margins(x=0.12)
    axes.spines[:].set_visible(False)
    axes.set_title("Candidates that each stage let through", fontsize=10)


def draw_verified(axes: Any, rows: "list[ScreenRow]", spec: "DesignSpec") -> None:
    """The first target of which enough was computed, over what was predicted."""
    from designer_app.design.report.numbers import bounds_of, pairs_of, shown
    from designer_app.screening.pictures import BLUE, GREEN, GREY
    from designer_app.specs.design_targets import PROPERTIES

    for target in spec.wanted():
        unit = shown(target.key).unit
        pairs = pairs_of(rows, target.key)
        if len(pairs) < 3:
            continue
        low, high = bounds_of(target)
        values = [value for each in pairs for value in (each.predicted, each.verified)]
        ends = [min(values), max(values)]
        edges = [each for each in (low, high) if math.isfinite(each)]  # of the target, in sight
        room = 0.06 * (max(ends + edges) - min(ends + edges))
        limits = min(ends + edges) - room, max(ends + edges) + room
        axes.set_xlim(ends[0] - room, ends[1] + room)
        axes.set_ylim(limits)
        axes.axhspan(max(low, limits[0]), min(high, limits[1]), color=BAND, zorder=0)
        axes.plot(ends, ends, "--", color=GREY, linewidth=1)
        axes.scatter(
            [each.predicted for each in pairs],
            [each.verified for each in pairs],
            s=22,
            color=[GREEN if each.is_hit else BLUE for each in pairs],
        )
        axes.set_xlabel(f"predicted, {unit}")
        axes.set_ylabel(f"computed, {unit}")
        known = PROPERTIES.get(target.key)
        title = known.title if known else target.key
        axes.set_title(f"{title} (band: target, green: hit)", fontsize=10)
        return
    axes.set_axis_off()


if __name__ == "__main__":
    main()
