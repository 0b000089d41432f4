"""Migration barriers of published hops by CHGNet, against density-functional theory.

Of each family of crystals the hop in the smallest cell is computed: along the straight way in the
rigid crystal, and as a relaxed band. The bond-valence barrier stands beside.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from designer_app.cli.benches.bond_valence import crossable_hops, hop_barrier
from designer_app.device import Compute
from designer_app.errors import DesignerAppError, LostBandError
from designer_app.explanations import explain_exception
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials import Potential, load_potential
from designer_app.properties.band import interpolated, relaxed_band
from designer_app.relaxation import Goal, relax
from designer_app.state import state_from_structures
from designer_app.training.published.barriers import PublishedBarrier

FAMILIES, QUICK_FAMILIES = 12, 2
_GOAL = Goal(fmax=0.03, fix_cell=True, steps=300)


def rows(quick: bool, say: Callable[[str], None]) -> Iterator[dict[str, object]]:
    """A row for each hop, and one for each method over all hops."""
    torch.set_num_threads(1)
    potential = load_potential("chgnet", "", Compute(device="cpu"))
    hops = crossable_hops()
    chosen = list({hop.family: hop for hop in reversed(hops)}.values())
    chosen.sort(key=lambda hop: len(hop.places[0]))
    chosen = chosen[: QUICK_FAMILIES if quick else FAMILIES]
    found = []
    for hop in chosen:
        began = time.perf_counter()
        row = _row(hop, potential, say)
        band = "-" if row["band eV"] is None else f"{row['band eV']:.2f} eV"
        told = f"published {hop.barrier:.2f} eV, band {band}"
        say(f"{hop.family} {hop.name}: {told}, {time.perf_counter() - began:.0f} s")
        found.append(row)
        yield row
    for method in ("straight eV", "band eV", "bond valence eV"):
        yield _error(f"mean absolute error, {method[:-3]}", method, found)
    converged = [row for row in found if row["converged"]]
    yield _error("mean absolute error, band, where converged", "band eV", converged)


def _row(
    hop: PublishedBarrier, potential: Potential, say: Callable[[str], None]
) -> dict[str, object]:
    row: dict[str, object] = {
        "hop": f"{hop.name} ({hop.family.lower()})",
        "ion": hop.ion,
        "atoms": len(hop.places[0]),
        "hops": 1,
        "DFT eV": hop.barrier,
        "straight eV": None,
        "band eV": None,
        "converged": None,
        "bond valence eV": hop_barrier(hop, say),
        "mean error eV": None,
    }
    try:
        row["straight eV"] = _straight(hop, potential)
        row["band eV"], row["converged"] = _band(hop, potential)
    except DesignerAppError as error:
        say(f"{hop.name}: {explain_exception(error).sentence}")
    return row


def _error(title: str, method: str, table: list[dict[str, object]]) -> dict[str, object]:
    """Mean absolute and mean error over the hops that a method could answer."""
    pairs = [(row[method], row["DFT eV"]) for row in table if row[method] is not None]
    differences = np.array([float(str(ours)) - float(str(theirs)) for ours, theirs in pairs])
    return {
        "hop": title,
        "hops": len(pairs),
        method: float(np.abs(differences).mean()) if pairs else None,
        "mean error eV": float(differences.mean()) if pairs else None,
    }


def _straight(hop: PublishedBarrier, potential: Potential) -> float:
    """The highest of the five places above the lower end, with everything else at rest."""
    state = state_from_structures(hop.places, potential.device)
    neighbors = build_neighbors(state, potential.cutoff, half=potential.half_list)
    energies = potential.predict(state, neighbors, frozenset({"energy"})).energy
    return float(energies.max() - min(energies[0], energies[-1]))


def _band(hop: PublishedBarrier, potential: Potential) -> tuple[float, bool]:
    ends = relax((hop.places[0], hop.places[-1]), potential, _GOAL)
    for end in ends:
        if end.error is not None:
            raise end.error
    images = interpolated(ends[0].structure, ends[1].structure, 5)
    band = relaxed_band(images, potential, fmax=0.05, steps=200)
    if band.is_lost:
        raise LostBandError(f"the hop of {hop.ion}", band.times_longer)
    barrier = float(band.energies.max() - min(band.energies[0], band.energies[-1]))
    return barrier, band.converged
