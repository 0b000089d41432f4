"""Bond-valence barriers of published hops against density-functional theory, by ion.

The barrier of a hop is that of the lowest way between its two places.
"""

from collections.abc import Callable, Iterator

import numpy as np

from designer_app.errors import DesignerAppError
from designer_app.explanations import explain_exception
from designer_app.properties.bond_valence import barrier_between, site_energies
from designer_app.specs.structure import Structure
from designer_app.training.published.barriers import PublishedBarrier, read_barriers
from designer_app.training.published.folder import data_folder

HOPS, QUICK_HOPS = 48, 10
MOST_ATOMS = 80
HIGHEST = 2.5
"""eV: ions do not cross higher passes at any temperature of interest, and some rows are slips."""
_GRID = 0.2
"""A."""


def rows(quick: bool, say: Callable[[str], None]) -> Iterator[dict[str, object]]:
    """A row for each ion, and one of all."""
    hops = [hop for hop in crossable_hops() if len(hop.places[0]) <= MOST_ATOMS]
    hops = hops[:: max(len(hops) // (QUICK_HOPS if quick else HOPS), 1)]
    pairs: list[tuple[str, float, float | None]] = []
    for done, hop in enumerate(hops):
        pairs.append((hop.ion, hop.barrier, hop_barrier(hop, say)))
        if done % 10 == 9:
            say(f"{done + 1} of {len(hops)} hops")
    for ion in sorted({ion for ion, _, _ in pairs}):
        yield _row(ion, [pair for pair in pairs if pair[0] == ion])
    yield _row("all", pairs)


def _row(ion: str, pairs: list[tuple[str, float, float | None]]) -> dict[str, object]:
    answered = [(theirs, ours) for _, theirs, ours in pairs if ours is not None]
    row: dict[str, object] = {"ion": ion, "hops": len(pairs), "answered": len(answered)}
    if not answered:
        return row
    published, found = np.array(answered).T
    differences = found - published
    return row | {
        "mean DFT eV": float(published.mean()),
        "mean absolute error eV": float(np.abs(differences).mean()),
        "median absolute error eV": float(np.median(np.abs(differences))),
        "mean error eV": float(differences.mean()),
    }


def crossable_hops() -> list[PublishedBarrier]:
    """The published hops, in the order of their cells' sizes."""
    hops = [hop for hop in read_barriers(data_folder()) if hop.barrier <= HIGHEST]
    return sorted(hops, key=lambda hop: len(hop.places[0]))


def hop_barrier(hop: PublishedBarrier, say: Callable[[str], None]) -> float | None:
    """Of the crystal as it is, or else, where its charges do not balance, without the vacancy."""
    first, last = hop.places[0], hop.places[-1]
    whole = Structure(
        numbers=np.append(first.numbers, first.numbers[-1]),
        positions=np.vstack([first.positions, last.positions[-1:]]),
        cell=first.cell,
        pbc=first.pbc,
        name=hop.name,
    )
    told = ""
    for crystal in (first, whole):
        try:
            energies = site_energies(crystal, hop.ion, _GRID)
            return barrier_between(energies, first.positions[-1], last.positions[-1])
        except DesignerAppError as error:
            told = f"{hop.name}: {explain_exception(error).what}"
    say(told)
    return None
