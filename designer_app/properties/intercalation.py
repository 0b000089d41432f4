"""Which structures a voltage compares: one host with fewer and more working ions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import NoRoomError
from designer_app.properties.ion_arrangements import Energies, arranged
from designer_app.properties.ion_sites import ROOM, ion_sites, pair_distances
from designer_app.properties.working_ions import (
    check_has_ion,
    check_pair,
    host_of,
    is_ion,
    repeated,
)
from designer_app.running.control import RunControl
from designer_app.specs.structure import Structure
from designer_app.specs.voltage import VoltageSpec

_LOST = 0.05
"""Share of the ions that may stay only because ions are whole."""
_MOST_CELLS = 6
_WHOLE = 1e-3
"""Of an ion, and of the ions: rounding."""


@dataclass(frozen=True, eq=False)
class Composition:
    """A number of ions in a cell, and the arrangements of them that are relaxed."""

    n_ions: int
    units: float
    """Formula units of the host in the cell; half of one in a cell of MnO2, where the host is Mn2O4
    because its full electrode is LiMn2O4."""
    structures: tuple[Structure, ...]
    searched: str

    @property
    def x(self) -> float:
        """Ions per formula unit of the host."""
        return self.n_ions / self.units


@dataclass(frozen=True, eq=False)
class Ladder:
    """The compositions of an electrode, by rising number of ions."""

    ion: str
    amounts: Mapping[str, float]
    """Of one formula unit of the host."""
    compositions: tuple[Composition, ...]
    is_mapped: bool
    """Whether the atoms of the host have one order in all structures."""
    is_limited: bool = False
    """Whether charges decided how many ions leave."""


def ladder_of(
    spec: VoltageSpec, energies: Energies, control: RunControl, *, share: float = 1.0
) -> Ladder:
    """The structures that a spec asks to compare; of ions that are removed up to `share` leave.

    Raises `NoWorkingIonError`, `NoFrameworkError`, `FrameworkMismatchError`, `NoRoomError`, and
    what makes a structure impossible to compute.
    """
    return _in_whole_ions(_ladder_of(spec, energies, control, share))


def _ladder_of(spec: VoltageSpec, energies: Energies, control: RunControl, share: float) -> Ladder:
    assert spec.structure is not None
    if spec.partner is not None:
        return _pair(spec.structure, spec.partner, spec.ion)
    host_of(spec.structure, spec.ion)  # refuses what is no electrode
    repeats = spec.repeats if spec.curve else 1
    if spec.insert:
        return _filled(repeated(spec.structure, repeats), spec, energies, control)
    check_has_ion(spec.structure, spec.ion)
    n_ions = int(is_ion(spec.structure, spec.ion).sum())
    structure = repeated(spec.structure, max(repeats, cells_for(share, n_ions)))
    found = _emptied(structure, spec, energies, control, share)
    return replace(found, is_limited=share < 1.0)


def cells_for(share: float, n_ions: int) -> int:
    """How many cells of `n_ions` it takes to remove a share of them in whole ions, or nearly.

    The fewest from which at least one ion leaves and at most `_LOST` of all stay too many; where
    none of up to `_MOST_CELLS` does, the one that comes nearest.
    """
    counts = range(1, _MOST_CELLS + 1)
    stay = {n: share - n_leaving(share, n * n_ions) / (n * n_ions) for n in counts}
    nearest = min(counts, key=lambda n: (abs(stay[n]), n))
    return next((n for n in counts if -_WHOLE < stay[n] <= _LOST), nearest)


def n_leaving(share: float, n_ions: int) -> int:
    """Whole ions of a cell that may leave, one at least."""
    return max(int(share * n_ions + _WHOLE), 1)


def _in_whole_ions(ladder: Ladder) -> Ladder:
    """The same in units that hold whole ions where full: Mn2O4 and LiMn2O4, not Li0.5MnO2."""
    times = Fraction(ladder.compositions[-1].x).limit_denominator(100).denominator
    compositions = [replace(each, units=each.units / times) for each in ladder.compositions]
    amounts = {element: times * amount for element, amount in ladder.amounts.items()}
    return replace(ladder, amounts=amounts, compositions=tuple(compositions))


def _pair(charged: Structure, discharged: Structure, ion: str) -> Ladder:
    check_pair(charged, discharged, ion)
    hosts = host_of(charged, ion), host_of(discharged, ion)
    compositions = tuple(
        Composition(host.n_ions, host.units, (each,), "as given")
        for host, each in zip(hosts, (charged, discharged), strict=True)
    )
    return Ladder(ion, hosts[0].amounts, compositions, is_mapped=False)


def _emptied(
    structure: Structure, spec: VoltageSpec, energies: Energies, control: RunControl, share: float
) -> Ladder:
    """From the ions that have to stay to those of the structure, on the sites they have."""
    sites = ion_sites(structure, spec.ion, with_voids=False)
    least = len(sites) - n_leaving(share, len(sites))
    counts = [least, *_between(least, len(sites), spec), len(sites)]
    return _ladder(structure, spec, sites, counts, 0.0, energies, control)


def _filled(
    structure: Structure, spec: VoltageSpec, energies: Energies, control: RunControl
) -> Ladder:
    """From the ions of the structure to more, which all may move to any void there is."""
    n_present = int(is_ion(structure, spec.ion).sum())
    sites = ion_sites(structure, spec.ion, with_voids=True)
    n_full = n_present + spec.insert * (len(structure) // len(_given(spec)))
    if n_full > len(sites):
        raise NoRoomError(spec.ion, n_full, len(sites))
    nearest = ROOM[spec.ion][1]
    if n_present > 1:
        present = structure.positions[is_ion(structure, spec.ion)]
        nearest = min(nearest, 0.98 * float(pair_distances(present, structure.cell).min()))
    counts = [*_between(n_present, n_full, spec), n_full]
    found = _ladder(structure, spec, sites, counts, nearest, energies, control)
    units = host_of(structure, spec.ion).units
    empty = Composition(n_present, units, (_hosts_first(structure, spec.ion),), "as given")
    return replace(found, compositions=(empty, *found.compositions))


def _given(spec: VoltageSpec) -> Structure:
    assert spec.structure is not None
    return spec.structure


def _between(low: int, high: int, spec: VoltageSpec) -> list[int]:
    """Evenly spaced whole numbers between two, at most as many as the spec allows."""
    if not spec.curve:
        return []
    inner = np.linspace(low, high, min(spec.levels, high - low - 1) + 2)
    return sorted({round(each) for each in inner} - {low, high})


def _ladder(
    structure: Structure,
    spec: VoltageSpec,
    sites: NDArray[np.float64],
    counts: list[int],
    nearest: float,
    energies: Energies,
    control: RunControl,
) -> Ladder:
    host = host_of(structure, spec.ion)
    compositions = []
    for done, count in enumerate(counts):
        control.checkpoint()
        control.progress(done, len(counts), "Arrangements of the ions")
        found = arranged(
            structure,
            spec.ion,
            sites,
            count,
            nearest=nearest,
            wanted=spec.orderings,
            energies=energies,
            seed=spec.seed,
            control=control,
        )
        compositions.append(Composition(count, host.units, found.structures, found.searched))
    return Ladder(spec.ion, host.amounts, tuple(compositions), is_mapped=True)


def _hosts_first(structure: Structure, ion: str) -> Structure:
    """The same structure with its ions last, as in all others."""
    order = np.argsort(is_ion(structure, ion), kind="stable")
    return replace(
        structure,
        numbers=structure.numbers[order],
        positions=structure.positions[order],
        velocities=None,
        magmoms=None,
        fixed=None,
        masses=None,
    )
