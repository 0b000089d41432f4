"""Migration barriers of published hops: ours by potential and by bond valence, and the published
ones by density-functional theory.

Of each family of crystals the hop in the smallest cell is computed: along the straight way in the
rigid crystal, and as a relaxed band. The bond-valence barrier of a hop is that of the lowest way
between its two places; being quick, it is compared over many hops besides.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from designer_app.device import Compute
from designer_app.errors import DesignerAppError
from designer_app.explanations import explain_exception
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials import Potential, load_potential
from designer_app.properties.band import interpolated, relaxed_band
from designer_app.properties.bond_valence import barrier_between, site_energies
from designer_app.relaxation import Goal, relax
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures
from designer_app.training.published.barriers import PublishedBarrier, read_barriers
from designer_app.training.published.folder import data_folder

FAMILIES, QUICK_FAMILIES = 6, 2
BOND_VALENCES, QUICK_BOND_VALENCES = 60, 10
HIGHEST = 2.5
"""eV: ions do not cross higher passes at any temperature of interest, and some rows are slips."""
_GOAL = Goal(fmax=0.03, fix_cell=True, steps=300)


def rows(quick: bool, say: Callable[[str], None]) -> Iterator[dict[str, object]]:
    """A row for each hop, and one for each method over all hops."""
    torch.set_num_threads(1)
    potential = load_potential("chgnet", "", Compute(device="cpu"))
    hops = [hop for hop in read_barriers(data_folder()) if hop.barrier <= HIGHEST]
    hops.sort(key=lambda hop: len(hop.places[0]))
    wider = hops[:: max(len(hops) // (QUICK_BOND_VALENCES if quick else BOND_VALENCES), 1)]
    table = [{"DFT eV": hop.barrier, "bond valence eV": _bond_valence(hop, say)} for hop in wider]
    by_bond_valence = _error("mean absolute error, bond valence", "bond valence eV", table)
    say(f"{by_bond_valence}")
    chosen = list({hop.family: hop for hop in reversed(hops)}.values())
    chosen.sort(key=lambda hop: len(hop.places[0]))
    chosen = chosen[: QUICK_FAMILIES if quick else FAMILIES]
    found = []
    for hop in chosen:
        began = time.perf_counter()
        row = _row(hop, potential, say)
        told = f"published {hop.barrier:.2f} eV, band {row['band eV']}"
        say(f"{hop.family} {hop.name}: {told}, {time.perf_counter() - began:.0f} s")
        found.append(row)
        yield row
    for method in ("straight eV", "band eV", "bond valence eV"):
        yield _error(f"mean absolute error, {method[:-3]}", method, found)
    yield by_bond_valence


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
        "bond valence eV": _bond_valence(hop, say),
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
    barrier = float(band.energies.max() - min(band.energies[0], band.energies[-1]))
    return barrier, band.converged


def _bond_valence(hop: PublishedBarrier, say: Callable[[str], None]) -> float | None:
    """Of the crystal as it is, or else, where its charges do not balance, without the vacancy."""
    first, last = hop.places[0], hop.places[-1]
    whole = Structure(
        numbers=np.append(first.numbers, first.numbers[-1]),
        positions=np.vstack([first.positions, last.positions[-1:]]),
        cell=first.cell,
        pbc=first.pbc,
        name=hop.name,
    )
    for crystal in (first, whole):
        try:
            energies = site_energies(crystal, hop.ion, 0.2)
            return barrier_between(energies, first.positions[-1], last.positions[-1])
        except DesignerAppError as error:
            told = f"{hop.name}: {explain_exception(error).sentence}"
    say(told)
    return None
