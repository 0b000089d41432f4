"""Distances to the hull of the shipped table against tabulated ones of the Materials Project.

Only crystals whose tabulated hull is wholly in the set are compared. Whether it is, the tabulated
formation energies say: of the phases in the set they must give back the tabulated distance to
within `PRESENT`. Both hulls are made of the same phases, the tabulated crystals and the elements;
what else the set holds, such as electrodes that the tables lack, stays out. One row has the
hypothetical phases beside them: they stand in for compounds that are missing, so where none is
missing they should change nothing. CHGNet was trained on
Materials Project crystals, so this tells how well it reproduces what it has seen, and nothing about
crystals that are new.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from designer_app.errors import MissingReferenceError
from designer_app.io.formulas import amounts_of
from designer_app.screening.convex_hull import SAME_COMPOSITION, Hull, hull_for
from designer_app.screening.reference.phases import ReferencePhase
from designer_app.screening.reference.table import ReferenceTable, load_reference
from designer_app.specs.hull import HullOrigin
from designer_app.training.published.crystals import ELEMENT, PublishedCrystal, read_crystals
from designer_app.training.published.folder import data_folder

PRESENT = 0.005
"""eV/atom by which the tabulated distance may differ from the one of the phases in the set."""
ABOVE = 0.005
"""eV/atom: errors are averaged over crystals tabulated farther above the hull."""
STABLE = 0.050
"""eV/atom: what counts as possibly stable."""
MOVED = 0.001
"""eV/atom by which a hypothetical phase must raise a distance to be counted."""
QUICK = 1500
"""Crystals of a quick run."""
_SEEN = "CHGNet has seen Materials Project crystals: this is no error on unseen ones."

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Compared:
    """One crystal, energies in eV/atom."""

    formation: float
    tabulated_formation: float
    distance: float
    tabulated: float
    distance_without: float
    """With its formula left out of the set; negative for what is stable. NaN where not judged."""
    distance_beside: float
    """With the hypothetical phases in the set; NaN where not judged."""
    tabulated_without: float
    """The same from the tabulated energies of the phases in the set; NaN for elements too."""
    is_present: bool
    """Whether the phases of its tabulated hull are in the set."""


def rows(
    quick: bool, say: Callable[[str], None], data: Path | None = None, plot: Path | None = None
) -> Iterator[dict[str, object]]:
    """Own entry in the set, and hypothetical phases beside; formula left out; on both sides."""
    table = load_reference("chgnet")
    if table is None:
        raise MissingReferenceError("", "chgnet", "its file is not installed")
    crystals = [
        crystal
        for crystal in read_crystals(data_folder(data))
        if crystal.e_above_hull is not None and crystal.formation_energy is not None
    ]
    say(f"{table.name}; correction: {table.header.correction}. {_SEEN}")
    found = compared(table, crystals, say, QUICK if quick else None)
    kept = [each for each in found if each.is_present]
    n_relaxed = sum(table.by_source(crystal.material_id) is not None for crystal in crystals)
    say(
        f"{len(crystals)} crystals with a tabulated distance, {n_relaxed} of them in the set, "
        f"{len(found)} compared; the tabulated formation energies of the phases in the set give "
        f"the tabulated distance back to within {1e3 * PRESENT:g} meV/atom for {len(kept)} "
        f"({100 * len(kept) / len(found):.1f} %): only these are judged."
    )
    if plot is not None:
        draw(kept, plot)
        say(f"parity plot: {plot}")
    tabulated = _column(kept, "tabulated")
    left_out = _column(kept, "distance_without")
    beside = _column(kept, "distance_beside")
    moved = beside > _column(kept, "distance") + MOVED
    before, after = (
        1e3 * float(np.abs(each - tabulated)[moved].mean()) if moved.any() else 0.0
        for each in (_column(kept, "distance"), beside)
    )
    say(
        f"hypothetical phases beside: {int(moved.sum())} of these crystals "
        f"({100 * moved.mean():.1f} %) move by more than {1e3 * MOVED:g} meV/atom; their mean "
        f"error goes from {before:.1f} to {after:.1f} meV/atom"
    )
    yield _row("own entry in the set", _column(kept, "distance"), tabulated, tabulated)
    yield _row("own entry, hypothetical phases beside", beside, tabulated, tabulated)
    yield _row("formula left out", left_out, tabulated, tabulated)
    without = _column(kept, "tabulated_without")
    is_known = np.isfinite(without)
    yield _row(
        "formula left out, also of the tabulated hull",
        left_out[is_known],
        without[is_known],
        tabulated[is_known],
    )
    yield _row(
        "formation energy", _column(kept, "formation"), _column(kept, "tabulated_formation"), None
    )


def compared(
    table: ReferenceTable,
    crystals: Sequence[PublishedCrystal],
    say: Callable[[str], None],
    at_most: int | None = None,
) -> list[Compared]:
    """Each crystal that is in the table, chemical system by chemical system."""
    by_id = {crystal.material_id: crystal for crystal in crystals}
    systems: dict[tuple[str, ...], list[PublishedCrystal]] = defaultdict(list)
    known = [each for each in crystals if table.by_source(each.material_id) is not None]
    if at_most is not None and at_most < len(known):
        chosen = np.random.default_rng(0).choice(len(known), at_most, replace=False)
        known = [known[index] for index in chosen]
    for crystal in known:
        systems[tuple(sorted(amounts_of(crystal.structure.numbers)))].append(crystal)
    found: list[Compared] = []
    for count, (elements, members) in enumerate(systems.items()):
        if count % 2000 == 0:
            say(f"{count} of {len(systems)} chemical systems")
        phases = _published(table.known_in_system(elements), by_id)
        try:
            ours = hull_for(elements, phases, table.origin)
        except MissingReferenceError:  # an element whose reference did not relax
            continue
        theirs = _tabulated_hull(elements, phases, by_id)
        more = [] if table.hypothetical is None else table.hypothetical.in_system(elements)
        beside = ours.with_phases(more, "and hypothetical ones") if more else ours
        found += [_compared(ours, beside, theirs, table, crystal) for crystal in members]
    return found


def _published(
    phases: Sequence[ReferencePhase], by_id: Mapping[str, PublishedCrystal]
) -> list[ReferencePhase]:
    """Those phases that have a tabulated energy, and those of the elements, which lie at 0."""
    return [phase for phase in phases if phase.source in by_id or phase.source.startswith(ELEMENT)]


def _tabulated_hull(
    elements: Sequence[str], phases: Sequence[ReferencePhase], by_id: Mapping[str, PublishedCrystal]
) -> Hull:
    """The hull of the tabulated formation energies of the same phases; elements at 0."""
    tabulated = [_phase(f"{ELEMENT}{symbol}", {symbol: 1.0}, 0.0) for symbol in elements]
    for phase in phases:
        crystal = by_id.get(phase.source)
        if crystal is not None and crystal.formation_energy is not None:
            energy = crystal.formation_energy * phase.n_atoms
            tabulated.append(_phase(phase.source, dict(phase.composition), energy))
    origin = HullOrigin(
        potential="DFT", model_sha256="", reference_set="tabulated", correction="MP2020"
    )
    return Hull(elements, tabulated, origin)


def _phase(source: str, composition: dict[str, float], energy: float) -> ReferencePhase:
    def no_structure() -> None:
        raise AssertionError

    return ReferencePhase(source, composition, energy, np.nan, no_structure)  # type: ignore[arg-type]


def _compared(
    ours: Hull, beside: Hull, theirs: Hull, table: ReferenceTable, crystal: PublishedCrystal
) -> Compared:
    assert crystal.formation_energy is not None
    assert crystal.e_above_hull is not None
    phase = table.by_source(crystal.material_id)
    assert phase is not None
    x = ours.fractions_of(phase.composition)
    energy = phase.energy_per_atom - float(x @ ours.element_energies)
    hull_energy = float(ours.energies_at(x[None])[0])
    tabulated_hull = float(theirs.energies_at(x[None])[0])
    hull_beside = hull_energy if beside is ours else float(beside.energies_at(x[None])[0])
    is_present = abs(crystal.formation_energy - crystal.e_above_hull - tabulated_hull) <= PRESENT
    if not is_present:  # not judged: the costly hulls without its formula are not asked for
        without = theirs_without = np.nan
    elif len(phase.composition) == 1:
        without, theirs_without = energy - hull_energy, np.nan
    else:
        without = energy - _without(ours, x, hull_energy)
        theirs_without = crystal.formation_energy - _without(theirs, x, tabulated_hull)
    return Compared(
        formation=energy,
        tabulated_formation=crystal.formation_energy,
        distance=max(energy - hull_energy, 0.0),
        tabulated=crystal.e_above_hull,
        distance_without=without,
        distance_beside=max(energy - hull_beside, 0.0) if is_present else np.nan,
        tabulated_without=theirs_without,
        is_present=is_present,
    )


def _without(hull: Hull, x: Floats, with_it: float) -> float:
    """Energy of the hull at x without the phases of this composition, eV/atom."""
    is_it = np.abs(hull.fractions - x).max(axis=1) < SAME_COMPOSITION
    if not np.isin(np.flatnonzero(is_it), hull.facets).any():
        return with_it
    return hull.mixture_of(x, np.flatnonzero(~is_it)).energy


def _column(found: Sequence[Compared], name: str) -> Floats:
    return np.array([getattr(each, name) for each in found], dtype=np.float64)


def _row(case: str, ours: Floats, truth: Floats, tabulated: Floats | None) -> dict[str, object]:
    """Errors over the crystals tabulated above the hull, and how well stable ones are told."""
    chosen = np.ones(len(ours), dtype=bool) if tabulated is None else tabulated > ABOVE
    errors = 1e3 * (ours - truth)[chosen]
    return {
        "case": case,
        "crystals": len(ours),
        f"above {1e3 * ABOVE:g} meV": int(chosen.sum()),
        "MAE meV/atom": float(np.abs(errors).mean()),
        "median error meV/atom": float(np.median(np.abs(errors))),
        "bias meV/atom": float(errors.mean()),
        f"AUC within {1e3 * STABLE:g} meV": None
        if tabulated is None
        else area_under_curve(-ours, tabulated <= STABLE),
    }


def area_under_curve(scores: Floats, is_positive: NDArray[np.bool_]) -> float:
    """Chance that a positive has a higher score than a negative (Mann and Whitney)."""
    ranks = rankdata(scores)
    n_positive = int(is_positive.sum())
    n_negative = len(scores) - n_positive
    above = ranks[is_positive].sum() - n_positive * (n_positive + 1) / 2
    return float(above / (n_positive * n_negative))


def draw(found: Sequence[Compared], path: Path) -> None:
    """Parity of formation energies and of distances to the hull, as a picture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    panels = (
        ("formation energy, eV/atom", "tabulated_formation", "formation", (-4.5, 1.0)),
        ("energy above hull, eV/atom", "tabulated", "distance", (0.0, 0.5)),
    )
    for axes, (title, truth, ours, limits) in zip(figure.subplots(1, 2), panels, strict=True):
        drawn = axes.hexbin(
            _column(found, truth),
            _column(found, ours),
            gridsize=90,
            extent=(*limits, *limits),
            bins="log",
            mincnt=1,
            cmap="viridis",
        )
        axes.plot(limits, limits, color="0.4", linewidth=0.8)
        axes.set(xlim=limits, ylim=limits, title=title, aspect="equal")
        axes.set_xlabel("Materials Project, tabulated")
        axes.set_ylabel("CHGNet 0.3.0, relaxed (crystals it has seen)")
        figure.colorbar(drawn, ax=axes, label="crystals", shrink=0.8)
    figure.savefig(path, dpi=150)
